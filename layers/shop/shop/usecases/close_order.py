"""Close an unpaid order: stop it here, ask WeChat, close it there, then give everything back once.

Stock is never released while WeChat could still take the money (reliability O6). Each step is one
conditional write and each run walks the same road, so it may stop anywhere and be run again.
"""

from shop.crypto import order_no as order_numbers
from shop.domain.calendar import business_day
from shop.domain.flash import Attempt
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import CloseReason, Order, OrderEvent, OrderStatus
from shop.domain.payment import Payment, TradeState
from shop.errors import ConflictError, MisconfiguredError, NotFoundError, ProviderError
from shop.store import anomalies, coupons, order_moves, stock
from shop.store.order_row import OrderRow
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.telemetry import metrics
from shop.usecases import flash_release
from shop.usecases.deps import Deps
from shop.usecases.settle import Outcome, settle

_TAKEN = frozenset({TradeState.SUCCESS, TradeState.REFUND})
"""WeChat has, or had, the buyer's money."""
_PAID_UNSEEN = "ORDERPAID"
"""WeChat refuses to close what it calls paid, and shows no payment."""
STUCK_SECONDS = 6 * 3_600
"""After so long without a word that ends it, a closing order is shown to a person."""


def start(
    customer_id: CustomerId, order_no: OrderNo, reason: CloseReason, actor: str, now: int
) -> OrderRow:
    """TO_PAY -> CLOSING; the order as it is afterwards, which may be any other state.

    For EXPIRED only once its window is over: an order that can still be paid stays TO_PAY.

    Raises:
        NotFoundError: There is no such order.
        UnavailableError: The store did not answer.
    """
    overdue = OrderRow.pay_before <= now if reason is CloseReason.EXPIRED else None
    asked = order_moves.move(
        customer_id,
        order_no,
        OrderEvent.CLOSE_ASKED,
        actor=actor,
        cause=reason,
        now=now,
        only_if=overdue,
    )
    try:
        return OrderRow.of(apply(asked))
    except ConditionFailed as refused:
        if not refused.old:
            raise NotFoundError from refused
        return OrderRow.of(refused.old)


def finish(row: OrderRow, deps: Deps, now: int) -> bool:
    """Bring a CLOSING, unpaid order to CLOSED, or to TO_SHIP if the money came after all.

    Money that came and was given back at WeChat by somebody else closes it too, for a person to
    see whether all of it went back. Anything else is left alone.

    Returns:
        False when WeChat has money that does not fit the order, or answers for hours without
        telling what became of it: then it stays CLOSING, for a person to see; else True.

    Raises:
        ProviderError: WeChat did not say; the order stays CLOSING and is tried again.
        MisconfiguredError: WeChat refuses our account, key or request; the same.
        UnavailableError: The store did not answer.
    """
    if row.status != OrderStatus.CLOSING or row.transaction_id:
        return True
    order = row.to_domain(deps.ring())
    try:
        payment = _paid_after_all(order, deps)
    except (ProviderError, MisconfiguredError) as failure:
        since = int(row.moved_at)
        if now - since >= STUCK_SECONDS:
            facts = {"out_trade_no": order.order_no, "code": failure.provider_code}
            anomalies.report(business_day(since), "closing_stuck", order.order_no, facts, now)
            if _is_an_answer(failure):
                return False
        # A WeChat that is away, or refuses our account, may be back within a minute.
        raise
    if payment is None:
        _end(
            order,
            order_moves.closed(
                order.customer_id, order.order_no, reason=row.cause, actor=row.moved_by, now=now
            ),
        )
    elif payment.state is TradeState.SUCCESS:
        return settle(payment, order.customer_id, deps, now=now) is not Outcome.ANOMALY
    else:
        _end(order, _refunded_outside(order, payment, now))
    return True


def _is_an_answer(failure: ProviderError | MisconfiguredError) -> bool:
    """Whether WeChat said something of this order that asking again soon will not change."""
    if isinstance(failure, MisconfiguredError):
        return False
    return failure.provider_code == _PAID_UNSEEN or not failure.retryable


def _refunded_outside(order: Order, payment: Payment, now: int) -> Write:
    """The end of an order whose money came unheard and went back without us; told first."""
    facts = {
        "out_trade_no": order.order_no,
        "transaction_id": payment.transaction_id,
        "total_fen": payment.total_fen,
    }
    day = business_day(payment.paid_at or order.created_at)
    anomalies.report(day, "refunded_outside", payment.transaction_id, facts, now)
    in_full_view = payment.total_fen == order.payable_fen
    return order_moves.refunded_outside(
        order.customer_id, payment, in_full_view=in_full_view, now=now
    )


def _end(order: Order, closing: Write) -> None:
    """CLOSED, and everything that the order held is free again, once."""
    writes = [closing, *_given_back(order)]
    try:
        if order.sale_id:
            apply(closing)
        else:
            together(writes)
    except ConditionFailed as refused:
        if refused.failed[0] is None:
            # The order could close, but what it holds is not there: never pass over that.
            raise
        if order.in_shard and OrderRow.of(refused.failed[0]).status == OrderStatus.CLOSED:
            # Another run closed it, or this one and the answer was lost.
            release_flash(order)
        return
    metrics.add_metric(name="OrderClosed", unit="Count", value=1)
    if order.in_shard:
        release_flash(order)


def release_flash(order: Order, *, paid: bool = False) -> None:
    """Return a closed flash order's units and allowance, each at most once.

    Args:
        order: CLOSED.
        paid: It had been paid and is refunded.
    """
    flash_release.release(
        order.sale_id, order.customer_id, attempt_of(order), order.sale_shard, paid=paid
    )


def attempt_of(order: Order) -> Attempt:
    """The reservation behind a flash order, as its shard knows it."""
    return Attempt(
        issued_at=order_numbers.issued_at(order.order_no),
        salt=order.sale_salt,
        quantity=order.lines[0].quantity,
        here=True,
        due_after=None,
    )


def _paid_after_all(order: Order, deps: Deps) -> Payment | None:
    """Ask WeChat, and make sure that it takes no money any more.

    Returns:
        The payment, if there is one, with state SUCCESS, or REFUND where some of it has gone back;
        None once WeChat can take none.

    Raises:
        ProviderError: WeChat says that it was paid and cannot yet tell the payment.
    """
    gateway = deps.gateway()
    payment = gateway.query(order.order_no)
    if payment.state in _TAKEN:
        return payment
    try:
        gateway.close(order.order_no)
    except ConflictError as paid:
        payment = gateway.query(order.order_no)
        if payment.state not in _TAKEN:
            raise ProviderError("wechatpay", _PAID_UNSEEN, retryable=True) from paid
        return payment
    return None


def _given_back(order: Order) -> list[Write]:
    if order.in_shard:
        return []
    return [
        *(stock.give_back(line.sku_id, line.quantity) for line in order.lines),
        *(
            coupons.release(order.customer_id, claim_id, order.order_no)
            for claim_id in order.claim_ids
        ),
        *(
            stock.uncount_limit(order.customer_id, line.sku_id, line.quantity)
            for line in order.lines
            if line.limit is not None
        ),
    ]
