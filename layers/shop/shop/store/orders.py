"""Orders in their customer's partition: placed once, noted on, and found again.

How they move is `shop.store.order_moves`.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pynamodb.expressions.condition import Condition

from shop.crypto.keyring import KeyRing
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import OVER, Order, OrderStatus
from shop.store import reads
from shop.store.order_row import (
    OrderRow,
    claims_text,
    payer_mark,
    seal_address,
    unchanging,
    without_remark,
)
from shop.store.table import (
    DUE_SHARDS,
    ORDER_PREFIX,
    Key,
    customer_partition,
    due_partition,
    order_key,
    order_no_of,
    shard_of,
)
from shop.store.writes import Write, absent, put, update

UNPAID = "U"
"""The kind of due work that unpaid orders are."""
GRACE_SECONDS = 5
"""How long after `pay_before` an order becomes due: more than two clocks differ."""


def place(
    ring: KeyRing, order: Order, openid: str, *, actor: str, due_indexed: bool = True
) -> Write:
    """Store a new order if no row has its number. Its lines never change again.

    Args:
        ring: Keys for the address.
        order: A new order, TO_PAY.
        openid: The only payer a notice may name.
        actor: Who placed it.
        due_indexed: Flash orders are found through their shard instead.
    """
    row = OrderRow(
        *order_key(order.customer_id, order.order_no),
        status=order.status,
        version=order.version,
        blob=unchanging(order),
        address=seal_address(ring, order.customer_id, order.address),
        payable_fen=order.payable_fen,
        payer=payer_mark(order.customer_id, openid),
        claims=claims_text(order.claim_ids, order.claim_savings),
        created_at=order.created_at,
        pay_before=order.pay_before,
        moved_by=actor,
        moved_at=order.created_at,
        cause="checkout",
        sale_id=order.sale_id or None,
        sale_shard=order.sale_shard if order.sale_id else None,
        sale_salt=order.sale_salt if order.sale_id else None,
    )
    if due_indexed:
        row.due_work = due_partition(UNPAID, shard_of(order.order_no, DUE_SHARDS))
        row.due_at = order.pay_before + GRACE_SECONDS
    return put(row, absent())


def forbid(customer_id: CustomerId, order_no: OrderNo, now: int) -> Write:
    """Put a closed tombstone if no row has this number, so that none can be placed any more."""
    row = OrderRow(
        *order_key(customer_id, order_no),
        status=OrderStatus.CLOSED,
        version=1,
        created_at=now,
        closed_at=now,
        close_reason="expired",
        moved_by="schedule",
        moved_at=now,
        cause="never_placed",
    )
    return put(row, absent())


def keep_prepay(customer_id: CustomerId, order_no: OrderNo, prepay_id: str) -> Write:
    """Remember WeChat's handle while the order can still be paid."""
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [OrderRow.prepay_id.set(prepay_id)],
        OrderRow.status == OrderStatus.TO_PAY,
    )


def may_ask(customer_id: CustomerId, order_no: OrderNo, now: int, every_seconds: int) -> Write:
    """Note that WeChat is asked about this order now, at most once in `every_seconds`."""
    never: Condition = OrderRow.asked_at.does_not_exist()
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [OrderRow.asked_at.set(now)],
        OrderRow.status.exists() & (never | (OrderRow.asked_at <= now - every_seconds)),
    )


def postpone(customer_id: CustomerId, order_no: OrderNo, until: int) -> Write:
    """Look at a CLOSING, unpaid order again then, a flash order too, which was in no index yet."""
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [
            OrderRow.due_work.set(due_partition(UNPAID, shard_of(order_no, DUE_SHARDS))),
            OrderRow.due_at.set(until),
        ],
        (OrderRow.status == OrderStatus.CLOSING) & OrderRow.transaction_id.does_not_exist(),
    )


def erase_person(row: OrderRow) -> Write:
    """Take address, payer and remark out of an order that is over; numbers and amounts stay."""
    over: Condition = OrderRow.status.is_in(*OVER)
    return update(
        OrderRow(str(row.PK), str(row.SK)),
        [
            OrderRow.blob.set(without_remark(row)),
            OrderRow.address.remove(),
            OrderRow.payer.remove(),
        ],
        over,
    )


def read(customer_id: CustomerId, order_no: str) -> OrderRow | None:
    """The order as it is now (consistent), or None; tombstones are none."""
    row = reads.get(OrderRow, order_key(customer_id, order_no), consistent=True)
    return None if row is None or row.is_tombstone else row


def of_customer(customer_id: CustomerId, before: str | None = None) -> Iterator[OrderRow]:
    """A customer's orders, newest first, from the one before `before` on."""
    condition: Condition = OrderRow.SK.startswith(ORDER_PREFIX)
    if before:
        condition = OrderRow.SK.between(ORDER_PREFIX, f"{ORDER_PREFIX}{before}")
    for row in reads.query(OrderRow, customer_partition(customer_id), condition, newest_first=True):
        if not row.is_tombstone and order_no_of(str(row.SK)) != before:
            yield row


def every(
    *, moved_since: int | None = None, may_go_on: Callable[[], bool] = lambda: True
) -> Iterator[OrderRow]:
    """All orders of all customers, in no order; billed as the whole table.

    Args:
        moved_since: Only those that moved, or had a refund changed, at or after it, and as they
            are now (consistent).
        may_go_on: Asked before each page.

    Raises:
        UnavailableError: The store did not answer, or there is no time to go on.
    """
    condition: Condition = OrderRow.SK.startswith(ORDER_PREFIX) & OrderRow.blob.exists()
    if moved_since is not None:
        condition &= (OrderRow.moved_at >= moved_since) | (OrderRow.refunds_at >= moved_since)
    yield from reads.scan(
        OrderRow, condition, consistent=moved_since is not None, may_go_on=may_go_on
    )


class Due(NamedTuple):
    """Keys of due work, the longest due first, and since when the first is."""

    keys: list[Key]
    since: int | None


def due(work: str, shard: int, now: int, limit: int) -> Due:
    """What is due of one shard's work."""
    page = reads.query_page(
        due_partition(work, shard), OrderRow.due_at <= now, limit=limit, index="due"
    )
    keys = [(item["PK"]["S"], item["SK"]["S"]) for item in page.items]
    return Due(keys, int(page.items[0]["due"]["N"]) if page.items else None)


def due_between(work: str, shard: int, since: int, until: int, page: int) -> Iterator[Key]:
    """Keys of one shard's work that is due from `since` to before `until`, in pages."""
    start: dict[str, Any] | None = None
    while True:
        read = reads.query_page(
            due_partition(work, shard),
            OrderRow.due_at.between(since, until - 1),
            limit=page,
            start=start,
            index="due",
        )
        yield from ((item["PK"]["S"], item["SK"]["S"]) for item in read.items)
        start = read.last
        if start is None:
            return


def due_handfuls(work: str, shard: int, now: int, size: int, most: int) -> Iterator[list[Key]]:
    """Keys of due work of one shard, the longest due first, in up to `most` lists of `size`."""
    start: dict[str, Any] | None = None
    for _ in range(most):
        page = reads.query_page(
            due_partition(work, shard), OrderRow.due_at <= now, limit=size, start=start, index="due"
        )
        if page.items:
            yield [(item["PK"]["S"], item["SK"]["S"]) for item in page.items]
        start = page.last
        if start is None:
            return
