"""Orders by the day they were placed: how staff find an order, and a day's list.

Written by the outbox after the order itself, so it may lag a second; decisions use the order.
"""

import heapq
from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from shop.crypto.order_no import issued_at
from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId
from shop.domain.order import OrderStatus
from shop.store import reads
from shop.store.order_row import OrderRow
from shop.store.table import (
    DAY_SHARDS,
    DUE_SHARDS,
    Entity,
    customer_of,
    day_key,
    day_partition,
    due_partition,
    order_no_of,
    shard_of,
)
from shop.store.writes import Write, absent, update

TO_SHIP = "W"
"""The kind of due work that paid orders are until they are shipped whole."""
PAGE = 100


class DayRow(Entity):
    """One order of a day; in the due index while it is to be shipped, at when it was paid."""

    customer_id = UnicodeAttribute(attr_name="cu")
    status = UnicodeAttribute(attr_name="st")
    version = NumberAttribute(attr_name="v")
    payable_fen = NumberAttribute(attr_name="pay")
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)


def show(order: OrderRow) -> Write:
    """Bring an order's entry up to this version; an older version changes nothing."""
    order_no = order_no_of(str(order.SK))
    row = DayRow(*day_key(business_day(issued_at(order_no)), order_no))
    return update(
        row,
        [
            DayRow.customer_id.set(customer_of(str(order.PK))),
            DayRow.status.set(order.status),
            DayRow.version.set(int(order.version)),
            DayRow.payable_fen.set(int(order.payable_fen)),
            *_work(order, order_no),
        ],
        absent() | (DayRow.version < int(order.version)),
    )


def _work(order: OrderRow, order_no: str) -> list[Action]:
    """Into the list of what is to be shipped, or out of it."""
    if order.status != OrderStatus.TO_SHIP or not order.paid_at:
        return [DayRow.due_work.remove(), DayRow.due_at.remove()]
    shard = shard_of(order_no, DUE_SHARDS)
    return [
        DayRow.due_work.set(due_partition(TO_SHIP, shard)),
        DayRow.due_at.set(int(order.paid_at)),
    ]


def customer_of_order(order_no: str) -> CustomerId | None:
    """Whose order this is; None when there is no such order, or it is not a number of ours."""
    try:
        day = business_day(issued_at(order_no))
    except ValueError:
        return None
    row = reads.get(DayRow, day_key(day, order_no))
    return CustomerId(row.customer_id) if row else None


def of_day(day: str, after: str = "") -> Iterator[DayRow]:
    """A day's orders in order of time, from the one after `after` on, read as far as asked for."""
    shards = (_of_shard(day, shard, after) for shard in range(DAY_SHARDS))
    yield from heapq.merge(*shards, key=lambda row: str(row.SK))


def _of_shard(day: str, shard: int, after: str) -> Iterator[DayRow]:
    later = Entity.SK > after if after else None  # noqa: SIM300 - an expression
    start = None
    while True:
        page = reads.query_page(day_partition(day, shard), later, limit=PAGE, start=start)
        yield from map(DayRow.from_raw_data, page.items)
        start = page.last
        if start is None:
            return
