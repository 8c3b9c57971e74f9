"""The buyer cancels: an unpaid order is closed at WeChat and here, a paid one is refunded."""

from contextlib import suppress
from functools import reduce

from shop.crypto.sessions import CustomerSession
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, CloseReason, Order, OrderStatus
from shop.domain.refund import TOLD_PAYER, RefundCause, RefundOrder, RefundStatus
from shop.domain.refund_book import grant, put_back, take
from shop.errors import (
    ConflictError,
    MisconfiguredError,
    NotFoundError,
    ProviderError,
    UnavailableError,
)
from shop.store import order_moves, orders, refunds
from shop.store.order_row import OrderRow
from shop.store.table import customer_of
from shop.store.writes import ConditionFailed, apply, together
from shop.usecases import close_order
from shop.usecases.deps import Deps
from shop.usecases.order_payment import ASK_EVERY_SECONDS
from shop.usecases.refund import pursue
from shop.usecases.refund_return import ROUNDS

_DONE = frozenset({OrderStatus.CLOSING, OrderStatus.CLOSED})
_LATER = (ProviderError, MisconfiguredError)


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
    # When WeChat does not answer or refuses our account, the order stays CLOSING: the schedule goes
    # on with it, and tells staff.
    with suppress(*_LATER):
        if row.status == OrderStatus.TO_SHIP:
            _refund(row, deps, now)
        elif _may_ask(row, number, now):
            _close(row, deps, now)
    after = orders.read(customer_id, order_no) or row
    if after.status == OrderStatus.TO_SHIP:
        # The money came while the order was being closed; the buyer's wish still stands.
        with suppress(*_LATER):
            _refund(after, deps, now)
        after = orders.read(customer_id, order_no) or after
    if after.status not in _DONE:
        raise ConflictError("order_not_cancellable", "订单已发货，无法取消")
    return after.to_domain(deps.ring())


def _close(row: OrderRow, deps: Deps, now: int) -> None:
    """Ends an unpaid order; one that is hindered is due from now on, not when its window ends."""
    try:
        close_order.finish(row, deps, now)
    except (UnavailableError, MisconfiguredError):
        order = row.to_domain(deps.ring())
        # Paid or closed meanwhile.
        with suppress(ConditionFailed):
            apply(orders.postpone(order.customer_id, order.order_no, now))
        raise


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
    """TO_SHIP -> CLOSING together with the refund of all that is left, then ask WeChat for it.

    Requests that still wait for staff are refused by it: it takes their pieces too. An order that
    was shipped in part is left alone: its buyer asks for a refund of the rest.
    """
    for _ in range(ROUNDS):
        order = row.to_domain(deps.ring())
        if order.shipped.parcels:
            return
        waiting = _waiting(order)
        book = reduce(put_back, waiting, order.refunds)
        taken = take(order.bought, book, order.bought.left(book))
        book, lines = grant(
            taken.book,
            taken.lines,
            asked_fen=taken.worth_fen,
            amount_fen=taken.worth_fen,
            unshipped=order.to_ship,
        )
        asked = RefundOrder(
            customer_id=order.customer_id,
            order_no=order.order_no,
            sequence=str(book.made),
            transaction_id=order.transaction_id,
            amount_fen=taken.worth_fen,
            paid_fen=order.payable_fen,
            status=RefundStatus.PENDING,
            reason=TOLD_PAYER[RefundCause.CANCELLED],
            cause=RefundCause.CANCELLED,
            requested_at=now,
            lines=lines,
            freight_fen=taken.freight_fen,
        )
        moved = order_moves.refund_asked(row, book, actor=Actor.BUYER, cause="cancel", now=now)
        replaced = [refunds.refuse(one, by=Actor.BUYER, why="订单已取消") for one in waiting]
        try:
            together([moved, refunds.ask(asked), *replaced])
        except ConditionFailed:
            again = orders.read(order.customer_id, order.order_no)
            if again is None or again.status != OrderStatus.TO_SHIP:
                return
            row = again
            continue
        pursue(asked, deps, now)
        return
    raise UnavailableError


def _waiting(order: Order) -> list[RefundOrder]:
    """Requests of the buyer that nobody has decided."""
    if not order.refunds.made:
        return []
    found = refunds.of_order(order.customer_id, order.order_no)
    return [one for one in found if one.status is RefundStatus.REQUESTED]
