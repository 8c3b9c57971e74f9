"""Which stored change is news for the buyer, and what there is to say of it."""

from collections.abc import Mapping
from typing import Any

from shop.domain.ids import CustomerId
from shop.domain.messages import Fact, Facts, MessageKind
from shop.domain.order import CloseReason, OrderStatus
from shop.domain.refund import RefundStatus
from shop.domain.shipment import ParcelState
from shop.domain.shipping_report import item_text
from shop.store import orders, refunds
from shop.store.order_row import OrderRow
from shop.store.parcels import ParcelRow
from shop.store.table import (
    ORDER_PREFIX,
    REFUND_PREFIX,
    customer_of,
    order_no_of,
    order_of_part,
)
from shop.usecases import couriers
from shop.usecases.messages import Messenger, send

Image = Mapping[str, Mapping[str, Any]]
_REASONS = {
    CloseReason.BUYER: "买家取消",
    CloseReason.EXPIRED: "超时未支付",
    CloseReason.STAFF: "商家取消",
}


def follow(old: Image | None, new: Image, messenger: Messenger, now: int) -> None:
    """Tell the buyer of a change in their partition, if it is news.

    Args:
        old: The row before; None where it is not known.
        new: The row after.
        messenger: Sends it.
        now: UTC seconds.

    Raises:
        UnavailableError: The store did not answer.
    """
    sort_key = str(new["SK"]["S"])
    if _same_state(old, new):
        return
    if sort_key.startswith(ORDER_PREFIX):
        _order(OrderRow.of(new), messenger, now)
    elif sort_key.startswith(REFUND_PREFIX):
        _refund(new, messenger, now)
    elif sort_key.startswith("P#"):
        _parcel(old, ParcelRow.from_raw_data(dict(new)), messenger, now)


def _same_state(old: Image | None, new: Image) -> bool:
    return old is not None and old.get("st") == new.get("st")


def _order(row: OrderRow, messenger: Messenger, now: int) -> None:
    if row.is_tombstone:
        return
    order_no = order_no_of(str(row.SK))
    told: dict[Fact, str | int] = {
        Fact.ORDER_NO: order_no,
        Fact.GOODS: goods_of(row),
        Fact.AMOUNT: int(row.payable_fen),
        Fact.TIME: int(row.moved_at),
    }
    kind = None
    if row.status == OrderStatus.TO_SHIP:
        kind = MessageKind.PAID
    elif row.status == OrderStatus.CLOSED and row.close_reason in _REASONS:
        kind = MessageKind.CLOSED
        told[Fact.REASON] = _REASONS[CloseReason(row.close_reason)]
    if kind:
        customer_id = customer_of(str(row.PK))
        send(messenger, customer_id, kind, order_no, lambda: told, at=int(row.moved_at), now=now)


def _refund(new: Image, messenger: Messenger, now: int) -> None:
    refund = refunds.of_raw(new)
    if refund.status is not RefundStatus.SUCCESS:
        return
    at = refund.settled_at or now
    told: dict[Fact, str | int] = {
        Fact.ORDER_NO: refund.order_no,
        Fact.AMOUNT: refund.amount_fen,
        Fact.REASON: refund.reason,
        Fact.TIME: at,
    }
    kind, subject = MessageKind.REFUNDED, refund.out_refund_no
    send(messenger, refund.customer_id, kind, subject, lambda: told, at=at, now=now)


def _parcel(old: Image | None, row: ParcelRow, messenger: Messenger, now: int) -> None:
    customer_id, order_no = customer_of(str(row.PK)), order_of_part(str(row.SK))
    subject = f"{order_no}#{row.number}"

    def told() -> Facts:
        order = orders.read(CustomerId(customer_id), order_no)
        return {
            Fact.ORDER_NO: order_no,
            Fact.GOODS: goods_of(order) if order else "",
            Fact.COURIER: couriers.name_of(row.company, now),
            Fact.TRACKING_NO: row.tracking_no,
            Fact.TIME: int(row.updated_at),
        }

    if old is None:
        kind, at = MessageKind.SHIPPED, int(row.shipped_at)
        send(messenger, customer_id, kind, subject, told, at=at, now=now)
    if row.state == ParcelState.SIGNED:
        kind, at = MessageKind.SIGNED, int(row.updated_at)
        send(messenger, customer_id, kind, subject, told, at=at, now=now)


def goods_of(row: OrderRow) -> str:
    """What an order is for, in a few words."""
    return item_text([(line.title, line.quantity) for line in row.lines])
