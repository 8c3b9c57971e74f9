"""Make a durable refund happen at WeChat, and bring what WeChat says of it back.

The number is derived, so asking twice is one refund. Accepted is not done: PROCESSING goes on being
asked about until SUCCESS, ABNORMAL or CLOSED.
"""

from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Order
from shop.domain.payment import Refund, RefundRequest, RefundState
from shop.domain.refund import RefundCause, RefundOrder, RefundStatus
from shop.store import anomalies, order_moves, orders, refunds, stock
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.usecases.close_order import release_flash
from shop.usecases.deps import Deps

ASK_AGAIN_SECONDS = 60
ASK_STAFF_SECONDS = 3_600
_ACCEPTED = frozenset({RefundState.PROCESSING, RefundState.SUCCESS, RefundState.ABNORMAL})
"""WeChat has taken the refund on; ABNORMAL is the payee's bank refusing it afterwards."""
_FAILED = frozenset({RefundState.ABNORMAL, RefundState.CLOSED})


def pursue(refund: RefundOrder, deps: Deps, now: int) -> None:
    """Take one refund one step on.

    Raises:
        ProviderError: WeChat gave no usable answer; it is tried again when due.
        UnavailableError: The store did not answer.
    """
    gateway = deps.gateway()
    if refund.status is RefundStatus.PENDING:
        said = gateway.refund(
            RefundRequest(
                out_refund_no=refund.out_refund_no,
                out_trade_no=refund.order_no,
                refund_fen=refund.amount_fen,
                total_fen=refund.paid_fen,
                reason=refund.reason,
            )
        )
    else:
        said = gateway.query_refund(refund.out_refund_no)
    hear(refund, said, deps, now)


def hear(refund: RefundOrder, said: Refund, deps: Deps, now: int) -> None:
    """Bring WeChat's word on a refund home: its state, and the order that waits for it.

    Raises:
        UnavailableError: The store did not answer; the word must be heard again.
    """
    if said.state is RefundState.NOT_FOUND:
        _again(refund, now + ASK_AGAIN_SECONDS)
        return
    if said.refund_fen and said.refund_fen != refund.amount_fen:
        _report("refund_amount_mismatch", refund, said, now)
        _again(refund, now + ASK_STAFF_SECONDS)
        return
    if said.state in _FAILED:
        _report("refund_failed", refund, said, now)
    if said.state in _ACCEPTED and refund.cause == RefundCause.CANCELLED:
        _close_order(refund, deps, now)
    _record(refund, said, now)


def _record(refund: RefundOrder, said: Refund, now: int) -> None:
    try:
        apply(refunds.record(refund, RefundStatus(said.state), said.refund_id, now))
    except ConditionFailed:
        return
    if said.state is RefundState.PROCESSING:
        _again(refund, now + ASK_AGAIN_SECONDS)
    elif said.state is RefundState.CLOSED:
        # The money has not gone back: it stays findable until a person has acted.
        _again(refund, now + ASK_STAFF_SECONDS)


def _again(refund: RefundOrder, when: int) -> None:
    try:
        apply(refunds.postpone(refund, when))
    except ConditionFailed:
        return


def _report(kind: str, refund: RefundOrder, said: Refund, now: int) -> None:
    anomalies.report(
        business_day(refund.requested_at),
        kind,
        refund.out_refund_no,
        {"state": said.state, "amount_fen": refund.amount_fen, "said_fen": said.refund_fen},
        now,
    )


def _close_order(refund: RefundOrder, deps: Deps, now: int) -> None:
    """CLOSING -> CLOSED with the stock, once; coupons of a paid order stay used."""
    customer_id, order_no = CustomerId(refund.customer_id), OrderNo(refund.order_no)
    row = orders.read(customer_id, order_no)
    if row is None:
        return
    order = row.to_domain(deps.ring())
    try:
        together([order_moves.refund_accepted(customer_id, order_no, now=now), *_given_back(order)])
    except ConditionFailed as refused:
        if refused.failed[0] is None:
            raise
    if order.in_shard:
        release_flash(order, paid=True)


def _given_back(order: Order) -> list[Write]:
    if order.in_shard:
        return []
    return [
        *(stock.give_back(line.sku_id, line.quantity) for line in order.lines),
        *(
            stock.uncount_limit(order.customer_id, line.sku_id, line.quantity)
            for line in order.lines
            if line.limit is not None
        ),
    ]
