"""Close an unpaid order: stop it here, ask WeChat, close it there, then give everything back once.

Stock is never released while WeChat could still take the money (reliability O6). Each step is one
conditional write and each run walks the same road, so it may stop anywhere and be run again.
"""

from shop.crypto import order_no as order_numbers
from shop.domain.flash import Attempt
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import CloseReason, Order, OrderEvent, OrderStatus
from shop.domain.payment import TradeState
from shop.errors import ConflictError, NotFoundError
from shop.store import coupons, orders, stock
from shop.store.orders import OrderRow
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.telemetry import metrics
from shop.usecases import flash_release
from shop.usecases.deps import Deps
from shop.usecases.settle import settle


def start(
    customer_id: CustomerId, order_no: OrderNo, reason: CloseReason, actor: str, now: int
) -> OrderRow:
    """TO_PAY -> CLOSING; the order as it is afterwards, which may be any other state.

    Raises:
        NotFoundError: There is no such order.
        UnavailableError: The store did not answer.
    """
    asked = orders.move(
        customer_id, order_no, OrderEvent.CLOSE_ASKED, actor=actor, cause=reason, now=now
    )
    try:
        return orders.of_raw(apply(asked))
    except ConditionFailed as refused:
        if not refused.old:
            raise NotFoundError from refused
        return orders.of_raw(refused.old)


def finish(row: OrderRow, deps: Deps, now: int) -> None:
    """Bring a CLOSING, unpaid order to CLOSED, or to TO_SHIP if the money came after all.

    Anything else is left alone.

    Raises:
        ProviderError: WeChat did not say; the order stays CLOSING and is tried again.
        UnavailableError: The store did not answer.
    """
    if row.status != OrderStatus.CLOSING or row.transaction_id:
        return
    order = row.to_domain(deps.ring())
    if _was_paid(order, deps, now):
        return
    writes = [
        orders.closed(
            order.customer_id, order.order_no, reason=row.cause, actor=row.moved_by, now=now
        ),
        *_given_back(order),
    ]
    try:
        if order.sale_id:
            apply(writes[0])
        else:
            together(writes)
    except ConditionFailed as refused:
        if refused.failed[0] is None:
            # The order could close, but what it holds is not there: never pass over that.
            raise
        return
    metrics.add_metric(name="OrderClosed", unit="Count", value=1)
    if order.sale_id:
        release_flash(order)


def release_flash(order: Order) -> None:
    """Return a closed flash order's units and allowance; each at most once."""
    flash_release.release(order.sale_id, order.customer_id, attempt_of(order), order.sale_shard)


def attempt_of(order: Order) -> Attempt:
    """The reservation behind a flash order, as its shard knows it."""
    return Attempt(
        issued_at=order_numbers.issued_at(order.order_no),
        salt=order.sale_salt,
        quantity=order.lines[0].quantity,
        here=True,
        due_after=None,
    )


def _was_paid(order: Order, deps: Deps, now: int) -> bool:
    """Ask WeChat, and make sure that it takes no money any more."""
    gateway = deps.gateway()
    payment = gateway.query(order.order_no)
    if payment.state is not TradeState.SUCCESS:
        try:
            gateway.close(order.order_no)
        except ConflictError:
            payment = gateway.query(order.order_no)
    if payment.state is not TradeState.SUCCESS:
        return False
    settle(payment, order.customer_id, deps, now=now)
    return True


def _given_back(order: Order) -> list[Write]:
    if order.sale_id:
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
