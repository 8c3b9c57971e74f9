"""What the last full run of each group found, committed, so that a quick proof can look at it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.mutation.groups import Group

RECORD = Path(__file__).with_name("record.json")


@dataclass(frozen=True)
class Score:
    """A group's last full run.

    Attributes:
        mutants: How many there were.
        killed: How many of them a test noticed.
        slow: How many of those by running too long.
        hashes: Checksums of the modules as they were then.
    """

    mutants: int
    killed: int
    slow: int = 0
    hashes: Mapping[str, int] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """The mutation score; 0 where nothing was mutated."""
        return 100.0 * self.killed / self.mutants if self.mutants else 0.0

    def stale(self, group: Group) -> list[str]:
        """Modules of the group that have changed since, came or went."""
        now = group.hashes()
        return sorted(one for one in {*now, *self.hashes} if now.get(one) != self.hashes.get(one))


def read(path: Path = RECORD) -> dict[str, Score]:
    """The committed scores by group."""
    if not path.exists():
        return {}
    return {name: Score(**told) for name, told in json.loads(path.read_text("utf-8")).items()}


def keep(name: str, score: Score, path: Path = RECORD) -> None:
    """Write a group's score beside the others'."""
    told = {one: asdict(kept) for one, kept in {**read(path), name: score}.items()}
    path.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", "utf-8")
