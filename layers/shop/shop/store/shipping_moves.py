"""The moves of an order on its way: shipped in parts or whole, corrected, due to end.

As in `shop.store.order_moves`, each is one conditional write that rests on the books as they were
read, so that no piece is shipped twice, nor shipped and refunded unseen.
"""

from pynamodb.expressions.update import Action

from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import OrderEvent, OrderStatus
from shop.domain.parcel_book import ParcelBook
from shop.domain.refund_book import RefundBook
from shop.store.order_moves import move, same_books
from shop.store.order_row import OrderRow, pack_book, pack_parcels
from shop.store.table import customer_of, due_partition, order_key, order_no_of
from shop.store.work import RECEIPT, RECEIPT_SHARD
from shop.store.writes import Write, update

FIRST_LOOK_SECONDS = 86_400
"""When it is first asked whether a shipped order has arrived."""
CORRECTABLE = (OrderStatus.TO_SHIP, OrderStatus.TO_RECEIVE)
"""States of an order whose parcels are still on their way."""


def shipped(row: OrderRow, book: ParcelBook, *, whole: bool, actor: str, now: int) -> Write:
    """TO_SHIP -> TO_RECEIVE, or TO_SHIP with one parcel more; goes with that parcel.

    Args:
        row: As it was read; what is left of it was told from that.
        book: With the parcel.
        whole: Whether nothing is left after it.
        actor: Who ships.
        now: UTC seconds.
    """
    return move(
        CustomerId(customer_of(str(row.PK))),
        OrderNo(order_no_of(str(row.SK))),
        OrderEvent.SHIPPED if whole else OrderEvent.PART_SHIPPED,
        actor=actor,
        cause="shipped" if whole else "part_shipped",
        now=now,
        also=[
            OrderRow.parcels.set(pack_parcels(book)),
            *(_on_its_way(now) if whole else []),
        ],
        only_if=same_books(row),
    )


def rest_refunded(row: OrderRow, book: RefundBook, *, actor: str, now: int) -> Write:
    """TO_SHIP -> TO_RECEIVE: this book leaves nothing of an order that was shipped in part."""
    return move(
        CustomerId(customer_of(str(row.PK))),
        OrderNo(order_no_of(str(row.SK))),
        OrderEvent.SHIPPED,
        actor=actor,
        cause="rest_refunded",
        now=now,
        also=[
            OrderRow.refunds.set(pack_book(book)),
            *_on_its_way(now),
        ],
        only_if=same_books(row) & OrderRow.parcels.exists(),
    )


def corrected(row: OrderRow, book: ParcelBook) -> Write:
    """A shipped order's one correction; goes with the parcel that it corrects."""
    return update(
        OrderRow(str(row.PK), str(row.SK)),
        [OrderRow.parcels.set(pack_parcels(book))],
        OrderRow.status.is_in(*CORRECTABLE) & same_books(row),
    )


def receipt_due(customer_id: CustomerId, order_no: OrderNo, at: int) -> Write:
    """Look at a shipped order's receipt at that time, UTC seconds."""
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [OrderRow.due_at.set(at)],
        (OrderRow.status == OrderStatus.TO_RECEIVE) & OrderRow.due_work.exists(),
    )


def _on_its_way(now: int) -> list[Action]:
    """Out of the list of work, into what ends by itself."""
    return [
        OrderRow.shipped_at.set(now),
        OrderRow.due_work.set(due_partition(RECEIPT, RECEIPT_SHARD)),
        OrderRow.due_at.set(now + FIRST_LOOK_SECONDS),
    ]
