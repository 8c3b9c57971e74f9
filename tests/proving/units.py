"""Capacity units of one call, and the parts of tables and indexes they fall on."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Arm:
    """The share of a call that falls on one item of one table or index.

    ``target`` is the table, or ``table/index``; ``partition`` the value of its partition key;
    ``key`` names the item in the base table; ``writes`` and ``reads`` are capacity units.
    """

    target: str
    partition: str
    key: str
    writes: float = 0.0
    reads: float = 0.0


@dataclass(frozen=True, slots=True)
class Units:
    """What one call consumes, with the arms it is made of.

    ``note`` says when the figure is not the plain one: a replay of a transaction, a
    cancellation charged at its worst, a failed condition.
    """

    arms: tuple[Arm, ...] = field(default=())
    note: str = ""

    @property
    def writes(self) -> float:
        """Write units of all arms."""
        return sum(arm.writes for arm in self.arms)

    @property
    def reads(self) -> float:
        """Read units of all arms."""
        return sum(arm.reads for arm in self.arms)
