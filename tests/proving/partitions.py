"""The published limits of table partitions: capacity for each second, and transaction conflicts.

A partition gives 1,000 write and 3,000 read units in a second; what a second leaves unused is
lost (no burst), what one request takes beyond the limit is owed by the next second. Keys fall on
partitions by hash, on each index as on a table of its own. An item inside a running transaction
refuses every other write for the length of the conflict window, which AWS does not publish
(``performance.md`` infers at most 17 ms).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from tests.proving.units import Arm

WRITES_PER_SECOND = 1_000.0
READS_PER_SECOND = 3_000.0
CONFLICT_WINDOWS = (0.005, 0.017, 0.030)
"""Seconds; results are shown for each."""

Place = tuple[str, int | str]


@dataclass(slots=True)
class _Use:
    second: int = 0
    writes: float = 0.0
    reads: float = 0.0


@dataclass
class Partitions:
    """The partitions of a table and of each of its indexes.

    ``count`` partitions exist from the start (4 in a new on-demand table, more when pre-warmed)
    and none is split during a run. ``isolated`` gives each key a partition of its own instead:
    the best case after splits.
    """

    count: int = 4
    isolated: bool = False
    writes: float = WRITES_PER_SECOND
    reads: float = READS_PER_SECOND
    throttled: int = 0
    conflicts: int = 0
    _uses: dict[Place, _Use] = field(default_factory=dict)
    _held: dict[tuple[str, str], float] = field(default_factory=dict)

    def place(self, arm: Arm) -> Place:
        """The partition that an arm of a call falls on."""
        if self.isolated:
            return arm.target, arm.partition
        return arm.target, _hashed(arm.target, arm.partition) % self.count

    def room(self, now: float, arms: Iterable[Arm]) -> bool:
        """Whether every partition touched still has units left in this second."""
        for arm in arms:
            use = self._use(now, arm)
            if (arm.writes and use.writes + arm.writes > self.writes) or (
                arm.reads and use.reads + arm.reads > self.reads
            ):
                self.throttled += 1
                return False
        return True

    def charge(self, now: float, arms: Iterable[Arm], sign: int = 1) -> None:
        """Takes the units of a call from its partitions, or gives them back."""
        for arm in arms:
            use = self._use(now, arm)
            use.writes += sign * arm.writes
            use.reads += sign * arm.reads

    def _use(self, now: float, arm: Arm) -> _Use:
        place = self.place(arm)
        use = self._uses.get(place)
        second = int(now)
        if use is None:
            use = self._uses[place] = _Use(second)
        elif use.second != second:
            passed = second - use.second
            use.writes = max(0.0, use.writes - passed * self.writes)
            use.reads = max(0.0, use.reads - passed * self.reads)
            use.second = second
        return use

    def held(self, now: float, arms: Iterable[Arm]) -> int | None:
        """The position of the first item that a running transaction holds, or None."""
        for position, arm in enumerate(arms):
            if self._held.get((arm.target, arm.key), 0.0) > now:
                self.conflicts += 1
                return position
        return None

    def hold(self, until: float, arms: Iterable[Arm]) -> None:
        """Lets a transaction hold its items until a moment."""
        for arm in arms:
            self._held[arm.target, arm.key] = until


@lru_cache(maxsize=100_000)
def _hashed(target: str, partition: str) -> int:
    return int.from_bytes(blake2b(f"{target}|{partition}".encode(), digest_size=8).digest())
