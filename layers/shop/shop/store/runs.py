"""When schedules that leave no other trace last came to their end: one row each.

A schedule of every minute tells it at most once in ten minutes and process: 144 units a day.
"""

from pynamodb.attributes import NumberAttribute

from shop.recent import Recent
from shop.store import reads
from shop.store.table import Entity, run_key
from shop.store.writes import apply, put

EVERY_SECONDS = 600

_told: Recent[str, int] = Recent(EVERY_SECONDS)


class RunRow(Entity):
    """One schedule."""

    at = NumberAttribute(attr_name="at")


def ended(schedule: str, now: int) -> None:
    """Remember that a run came to its end; repeating is harmless. One unit, or nothing.

    Raises:
        UnavailableError: It may have been stored.
    """
    if _told.get(schedule, now) is None:
        apply(put(RunRow(*run_key(schedule), at=now)))
        _told.keep(schedule, now, now)


def last(schedule: str) -> int | None:
    """When a run last came to its end, UTC seconds; None before the first. Half a unit.

    Raises:
        UnavailableError: The store did not answer.
    """
    row = reads.get(RunRow, run_key(schedule))
    return int(row.at) if row else None
