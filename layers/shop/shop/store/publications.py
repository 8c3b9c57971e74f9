"""Whether what lists are built from has changed since: one row, kept by the outbox."""

from contextlib import suppress

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition

from shop.store import reads
from shop.store.table import Entity, page_key
from shop.store.writes import ConditionFailed, absent, apply, update


class WantedRow(Entity):
    """The latest change that the outbox has seen."""

    changed_at = NumberAttribute(attr_name="g")


def want(now: int) -> None:
    """Remember that something has changed; repeating is harmless. One unit."""
    row = WantedRow(*page_key("publication-wanted", 0))
    is_later: Condition = absent() | (WantedRow.changed_at < now)
    with suppress(ConditionFailed):
        apply(update(row, [WantedRow.changed_at.set(now)], is_later))


def wanted_at() -> int:
    """When the latest change was seen, UTC seconds; 0 for never. Half a unit."""
    row = reads.get(WantedRow, page_key("publication-wanted", 0))
    return int(row.changed_at) if row else 0
