"""The buyer cancels: an unpaid order is closed at WeChat and here, a paid one is refunded."""

from contextlib import suppress

from shop.crypto.sessions import CustomerSession
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, CloseReason, Order, OrderStatus
from shop.domain.refund import RefundCause, RefundOrder, RefundStatus
from shop.errors import ConflictError, NotFoundError, ProviderError
from shop.store import order_moves, orders, refunds
from shop.store.order_row import OrderRow
from shop.store.table import customer_of
from shop.store.writes import ConditionFailed, apply, together
from shop.usecases import close_order
from shop.usecases.deps import Deps
from shop.usecases.order_payment import ASK_EVERY_SECONDS
from shop.usecases.refund import pursue

_DONE = frozenset({OrderStatus.CLOSING, OrderStatus.CLOSED})


def cancel(session: CustomerSession, order_no: str, deps: Deps, *, now: int) -> Order:
    """Cancel an order that has not been shipped.

    Returns:
        The order: CLOSED, or CLOSING while WeChat has not confirmed; the schedule continues.

    Raises:
        NotFoundError: The customer has no such order.
        ConflictError: It is shipped or done.
        UnavailableError: The store did not answer.
    """
    customer_id, number = session.customer_id, OrderNo(order_no)
    row = close_order.start(customer_id, number, CloseReason.BUYER, Actor.BUYER, now)
    if row.is_tombstone:
        raise NotFoundError
    # When WeChat does not answer, the order stays CLOSING and the schedule goes on with it.
    with suppress(ProviderError):
        if row.status == OrderStatus.TO_SHIP:
            _refund(row, deps, now)
        elif _may_ask(row, number, now):
            close_order.finish(row, deps, now)
    after = orders.read(customer_id, order_no) or row
    if after.status == OrderStatus.TO_SHIP:
        # The money came while the order was being closed; the buyer's wish still stands.
        with suppress(ProviderError):
            _refund(after, deps, now)
        after = orders.read(customer_id, order_no) or after
    if after.status not in _DONE:
        raise ConflictError("order_not_cancellable", "订单已发货，无法取消")
    return after.to_domain(deps.ring())


def _may_ask(row: OrderRow, order_no: OrderNo, now: int) -> bool:
    """WeChat is asked by the call that began the closing, then at most every three seconds."""
    if row.status != OrderStatus.CLOSING or int(row.moved_at) == now:
        return True
    try:
        apply(
            orders.may_ask(CustomerId(customer_of(str(row.PK))), order_no, now, ASK_EVERY_SECONDS)
        )
    except ConditionFailed:
        return False
    return True


def _refund(row: OrderRow, deps: Deps, now: int) -> None:
    """TO_SHIP -> CLOSING together with the refund, then ask WeChat for it."""
    order = row.to_domain(deps.ring())
    asked = RefundOrder(
        customer_id=order.customer_id,
        order_no=order.order_no,
        sequence="1",
        amount_fen=order.payable_fen,
        paid_fen=order.payable_fen,
        status=RefundStatus.PENDING,
        reason="买家取消订单",
        cause=RefundCause.CANCELLED,
        requested_at=now,
    )
    moved = order_moves.refund_asked(
        CustomerId(order.customer_id), order.order_no, actor=Actor.BUYER, cause="cancel", now=now
    )
    try:
        together([moved, refunds.ask(asked)])
    except ConditionFailed:
        return
    pursue(asked, deps, now)
