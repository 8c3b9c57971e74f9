"""The buyer asks to pay, or says "I have paid": WeChat is asked first."""

from dataclasses import dataclass

from shop.crypto.sessions import CustomerSession
from shop.domain.ids import OrderNo
from shop.domain.order import Order, OrderStatus
from shop.domain.payment import PayParams, TradeState
from shop.errors import ConflictError, NotFoundError
from shop.store import orders
from shop.store.order_row import OrderRow
from shop.store.writes import ConditionFailed, apply
from shop.usecases.deps import Deps
from shop.usecases.pay import Checkout, params_for
from shop.usecases.settle import settle

ASK_EVERY_SECONDS = 3
_CLOSED = frozenset({OrderStatus.CLOSING, OrderStatus.CLOSED})


@dataclass(frozen=True, slots=True)
class OrderPayment:
    """The order as it is now, and how to pay it if it still can be."""

    order: Order
    payment: PayParams | None


def pay_again(session: CustomerSession, order_no: str, deps: Deps, *, now: int) -> OrderPayment:
    """Payment parameters again, or the order that turns out to be paid.

    Raises:
        NotFoundError: The customer has no such order.
        ConflictError: It can no longer be paid.
        ProviderError: WeChat gave no usable answer.
    """
    row, ask = _note_asking(session, order_no, now)
    if ask and row.status in {OrderStatus.TO_PAY, OrderStatus.CLOSING, OrderStatus.CLOSED}:
        payment = deps.gateway().query(order_no)
        if payment.state is TradeState.SUCCESS:
            settle(payment, session.customer_id, deps, now=now)
            row = orders.read(session.customer_id, order_no) or row
    order = row.to_domain(deps.ring())
    if order.transaction_id and order.status not in _CLOSED:
        return OrderPayment(order, None)
    checkout = Checkout(deps.gateway(), deps.entropy(16).hex(), now)
    params = params_for(order, session.openid, checkout)
    if params is None:
        return OrderPayment(_paid_meanwhile(session, order_no, deps), None)
    return OrderPayment(order, params)


def _paid_meanwhile(session: CustomerSession, order_no: str, deps: Deps) -> Order:
    """The order, if a notice came while its parameters were asked for.

    Raises:
        ConflictError: It can no longer be paid.
    """
    row = orders.read(session.customer_id, OrderNo(order_no))
    if row is None or not row.transaction_id or row.status in _CLOSED:
        raise ConflictError("order_not_payable", "订单已无法支付")
    return row.to_domain(deps.ring())


def _note_asking(session: CustomerSession, order_no: str, now: int) -> tuple[OrderRow, bool]:
    """The order as it is, and whether this call may ask WeChat about it."""
    noted = orders.may_ask(session.customer_id, OrderNo(order_no), now, ASK_EVERY_SECONDS)
    try:
        row, ask = OrderRow.of(apply(noted)), True
    except ConditionFailed as refused:
        if not refused.old:
            raise NotFoundError from refused
        row = OrderRow.of(refused.old)
        # Noted in this very second: by this call, whose answer was lost, if not by a twin of it.
        ask = int(row.asked_at or 0) == now
    if row.is_tombstone:
        raise NotFoundError
    return row, ask
