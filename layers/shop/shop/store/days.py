"""Orders by the day they were placed: how staff find an order, and a day's list.

Written by the outbox after the order itself, so it may lag a second; decisions use the order.
"""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shop.crypto.order_no import issued_at
from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId
from shop.store import reads
from shop.store.table import DAY_SHARDS, Entity, day_key, day_partition
from shop.store.writes import Write, absent, update


class DayRow(Entity):
    """One order of a day."""

    customer_id = UnicodeAttribute(attr_name="cu")
    status = UnicodeAttribute(attr_name="st")
    version = NumberAttribute(attr_name="v")
    payable_fen = NumberAttribute(attr_name="pay")


def show(order_no: str, customer_id: str, status: str, version: int, payable_fen: int) -> Write:
    """Bring an order's entry up to this version; an older version changes nothing."""
    row = DayRow(*day_key(business_day(issued_at(order_no)), order_no))
    return update(
        row,
        [
            DayRow.customer_id.set(customer_id),
            DayRow.status.set(status),
            DayRow.version.set(version),
            DayRow.payable_fen.set(payable_fen),
        ],
        absent() | (DayRow.version < version),
    )


def customer_of_order(order_no: str) -> CustomerId | None:
    """Whose order this is; None when there is no such order, or it is not a number of ours."""
    try:
        day = business_day(issued_at(order_no))
    except ValueError:
        return None
    row = reads.get(DayRow, day_key(day, order_no))
    return CustomerId(row.customer_id) if row else None


def of_day(day: str, status: str | None = None) -> Iterator[DayRow]:
    """A day's orders, shard by shard, each in order of time."""
    for shard in range(DAY_SHARDS):
        for row in reads.query(DayRow, day_partition(day, shard)):
            if status is None or row.status == status:
                yield row
