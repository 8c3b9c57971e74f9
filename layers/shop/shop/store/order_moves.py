"""The moves of an order: each row of the state table as one conditional write.

`shop.domain.order.MOVES` says which moves there are; the guards are here because they are write
conditions. Every move raises the version and says who moved the order, when and why, from which
the outbox makes the order's history.
"""

from collections.abc import Sequence

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import MOVES, Actor, CloseReason, OrderEvent, OrderStatus
from shop.domain.payment import Payment
from shop.domain.refund_book import RefundBook
from shop.store.order_row import OrderRow, pack_book, payer_mark
from shop.store.table import (
    customer_of,
    order_key,
    order_no_of,
)
from shop.store.writes import Write, update


def move(
    customer_id: CustomerId,
    order_no: OrderNo,
    event: OrderEvent,
    *,
    actor: str,
    cause: str,
    now: int,
    also: Sequence[Action] = (),
    only_if: Condition | None = None,
) -> Write:
    """The write of one row of the state table.

    Args:
        customer_id: Whose order.
        order_no: Which order.
        event: What happened.
        actor: Who did it.
        cause: Why, a short word for the history.
        now: UTC seconds.
        also: What else changes in the order.
        only_if: The guard, joined to the allowed source states.
    """
    declared = MOVES[event]
    allowed: Condition = OrderRow.status.is_in(*declared.sources)
    condition = allowed & only_if if only_if is not None else allowed
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [
            OrderRow.status.set(declared.target),
            OrderRow.version.set(OrderRow.version + 1),
            OrderRow.moved_by.set(actor),
            OrderRow.moved_at.set(now),
            OrderRow.cause.set(cause),
            *also,
        ],
        condition,
    )


def paid(customer_id: CustomerId, payment: Payment, *, actor: str, now: int) -> Write:
    """TO_PAY or CLOSING -> TO_SHIP, if amount and payer are the order's and it is unpaid yet."""
    return move(
        customer_id,
        OrderNo(payment.out_trade_no),
        OrderEvent.PAID,
        actor=actor,
        cause="payment",
        now=now,
        also=[
            OrderRow.transaction_id.set(payment.transaction_id),
            OrderRow.paid_at.set(payment.paid_at or now),
            *leave_due_index(),
        ],
        only_if=is_of(customer_id, payment),
    )


def is_of(customer_id: CustomerId, payment: Payment) -> Condition:
    """The guard that a payment is this order's first, of its amount and by its customer."""
    guard: Condition = (
        OrderRow.transaction_id.does_not_exist()
        & (OrderRow.payable_fen == payment.total_fen)
        & (OrderRow.payer == payer_mark(customer_id, payment.openid))
    )
    return guard


def revived(
    customer_id: CustomerId, payment: Payment, *, sale_shard: int | None = None, now: int
) -> Write:
    """CLOSED -> TO_SHIP for a late payment; goes with everything that is taken again.

    Args:
        customer_id: Whose order.
        payment: Verified.
        sale_shard: Where a flash order's units were taken again.
        now: UTC seconds.
    """
    also: list[Action] = [
        OrderRow.transaction_id.set(payment.transaction_id),
        OrderRow.paid_at.set(payment.paid_at or now),
        OrderRow.closed_at.remove(),
        OrderRow.close_reason.remove(),
        *leave_due_index(),
    ]
    if sale_shard is not None:
        also.append(OrderRow.sale_shard.set(sale_shard))
    return move(
        customer_id,
        OrderNo(payment.out_trade_no),
        OrderEvent.PAID_LATE,
        actor=Actor.WECHATPAY,
        cause="paid_after_close",
        now=now,
        also=also,
        only_if=is_of(customer_id, payment),
    )


def claimed_by_refund(customer_id: CustomerId, payment: Payment) -> Write:
    """Give a closed order's late payment to a refund, so that nothing can revive it any more."""
    return update(
        OrderRow(*order_key(customer_id, payment.out_trade_no)),
        [OrderRow.transaction_id.set(payment.transaction_id)],
        (OrderRow.status == OrderStatus.CLOSED) & OrderRow.transaction_id.does_not_exist(),
    )


def keep_book(row: OrderRow, book: RefundBook, now: int) -> Write:
    """Keep an order's book of refunds, if order and books are still as they were read.

    A request takes, gives back or stops pieces by this alone: two of them cannot both have read
    the same book, and none meets an order that was shipped or closed meanwhile.
    """
    return update(
        OrderRow(str(row.PK), str(row.SK)),
        [OrderRow.refunds.set(pack_book(book)), OrderRow.refunds_at.set(now)],
        (OrderRow.status == row.status) & same_books(row),
    )


def refund_asked(row: OrderRow, book: RefundBook, *, actor: str, cause: str, now: int) -> Write:
    """TO_SHIP -> CLOSING: with this book the last piece of a paid, unshipped order is stopped."""
    return move(
        CustomerId(customer_of(str(row.PK))),
        OrderNo(order_no_of(str(row.SK))),
        OrderEvent.REFUND_ASKED,
        actor=actor,
        cause=cause,
        now=now,
        also=[OrderRow.refunds.set(pack_book(book)), *leave_due_index()],
        only_if=same_books(row),
    )


def refund_accepted(row: OrderRow, book: RefundBook, *, now: int) -> Write:
    """CLOSING -> CLOSED once WeChat has accepted the refund of a paid order's last pieces."""
    return move(
        CustomerId(customer_of(str(row.PK))),
        OrderNo(order_no_of(str(row.SK))),
        OrderEvent.REFUND_ACCEPTED,
        actor=Actor.WECHATPAY,
        cause="refund_accepted",
        now=now,
        also=[
            OrderRow.closed_at.set(now),
            OrderRow.close_reason.set(CloseReason.REFUNDED),
            OrderRow.refunds.set(pack_book(book)),
        ],
        only_if=OrderRow.transaction_id.exists() & same_books(row),
    )


def same_books(row: OrderRow) -> Condition:
    """Nothing was asked back, stopped or shipped since the order was read."""
    refunds: Condition = (
        OrderRow.refunds.does_not_exist()
        if row.refunds is None
        else OrderRow.refunds == row.refunds
    )
    parcels: Condition = (
        OrderRow.parcels.does_not_exist()
        if row.parcels is None
        else OrderRow.parcels == row.parcels
    )
    both: Condition = refunds & parcels
    return both


def received(customer_id: CustomerId, order_no: OrderNo, *, actor: str, now: int) -> Write:
    """TO_RECEIVE -> DONE."""
    return move(
        customer_id,
        order_no,
        OrderEvent.RECEIVED,
        actor=actor,
        cause="received",
        now=now,
        also=leave_due_index(),
    )


def closed(
    customer_id: CustomerId, order_no: OrderNo, *, reason: str, actor: str, now: int
) -> Write:
    """CLOSING -> CLOSED for an order that was never paid."""
    return move(
        customer_id,
        order_no,
        OrderEvent.CLOSED_UNPAID,
        actor=actor,
        cause=reason,
        now=now,
        also=[
            OrderRow.closed_at.set(now),
            OrderRow.close_reason.set(reason),
            *leave_due_index(),
        ],
        only_if=OrderRow.transaction_id.does_not_exist(),
    )


def refunded_outside(
    customer_id: CustomerId, payment: Payment, *, in_full_view: bool, now: int
) -> Write:
    """CLOSING -> CLOSED for money that came unheard and that somebody gave back at WeChat.

    The order keeps the payment's number, so that nothing can revive it or refund it again.

    Args:
        customer_id: Whose order.
        payment: Verified; state REFUND.
        in_full_view: Whether the payment was the order's to the fen, so that the ledger takes it.
        now: UTC seconds.
    """
    also: list[Action] = [
        OrderRow.transaction_id.set(payment.transaction_id),
        OrderRow.closed_at.set(now),
        OrderRow.close_reason.set(CloseReason.REFUNDED),
        *leave_due_index(),
    ]
    if in_full_view:
        also.append(OrderRow.paid_at.set(payment.paid_at or now))
    return move(
        customer_id,
        OrderNo(payment.out_trade_no),
        OrderEvent.REFUNDED_OUTSIDE,
        actor=Actor.WECHATPAY,
        cause="refunded_outside",
        now=now,
        also=also,
        only_if=OrderRow.transaction_id.does_not_exist(),
    )


def leave_due_index() -> list[Action]:
    """Nothing about the order is due any more."""
    return [OrderRow.due_work.remove(), OrderRow.due_at.remove()]
