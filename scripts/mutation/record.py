"""What the last full run of each group found, committed, so that a quick proof can look at it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.mutation.groups import Group
from scripts.mutation.sampling import wilson

RECORD = Path(__file__).with_name("record.json")


@dataclass(frozen=True)
class Score:
    """A group's last full run.

    Attributes:
        mutants: How many there were.
        killed: How many of them a test noticed.
        slow: How many of those by running too long.
        hashes: Checksums of the modules as they were then.
        drawn_from: How many mutants the modules have, when only a sample was tried.
        seed: What drew the sample.
    """

    mutants: int
    killed: int
    slow: int = 0
    hashes: Mapping[str, int] = field(default_factory=dict)
    drawn_from: int = 0
    seed: int = 0

    @property
    def percent(self) -> float:
        """The mutation score; 0 where nothing was mutated."""
        return 100.0 * self.killed / self.mutants if self.mutants else 0.0

    @property
    def told(self) -> str:
        """The score with what it was found on, and for a sample how sure it is."""
        if not self.drawn_from:
            return f"{self.percent:.1f}% of {self.mutants:,}"
        least, most = wilson(self.killed, self.mutants)
        return (
            f"{self.percent:.1f}% of {self.mutants:,} drawn from {self.drawn_from:,}"
            f" (seed {self.seed}; 95 % interval {least:.1f}–{most:.1f}%)"
        )

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
