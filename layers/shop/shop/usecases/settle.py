"""Bring a verified payment to its order, exactly once, whatever the order has become.

Every payment ends in one of: PAID (the order ships), DUPLICATE (known already), REVIVED (closed,
and everything could be taken again), REFUNDED (a refund of it is durable), ANOMALY (a durable
record for a person). Rows P1-P6 of the reliability notes.
"""

from collections.abc import Mapping
from enum import StrEnum

from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId, OrderNo, is_id
from shop.domain.ledger import Entry, EntryKind
from shop.domain.order import Actor, Order, OrderStatus
from shop.domain.payment import Payment
from shop.domain.refund import TOLD_PAYER, RefundCause, RefundOrder, RefundStatus
from shop.errors import UnavailableError
from shop.store import anomalies, coupons, ledger, order_moves, refunds, stock
from shop.store.order_row import OrderRow, payer_mark
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.telemetry import metrics
from shop.usecases import flash_revival
from shop.usecases.deps import Account, Deps

_CURRENCY = "CNY"
_ROUNDS = 3


class Outcome(StrEnum):
    """What became of a payment."""

    PAID = "paid"
    DUPLICATE = "duplicate"
    REVIVED = "revived"
    REFUNDED = "refunded"
    ANOMALY = "anomaly"


def settle(payment: Payment, customer_id: str, deps: Deps, *, now: int) -> Outcome:
    """Settle one payment.

    Args:
        payment: Verified; state SUCCESS.
        customer_id: Whose order it says it is (`attach`).
        deps: Keys, and whom it must have been paid to.
        now: UTC seconds.

    Raises:
        UnavailableError: Nothing is durable yet; the notice must come again.
    """
    wrong = _not_ours(payment, customer_id, deps.account())
    if wrong:
        return _anomaly(wrong, payment, now)
    customer = CustomerId(customer_id)
    for _ in range(_ROUNDS):
        try:
            apply(order_moves.paid(customer, payment, actor=Actor.WECHATPAY, now=now))
        except ConditionFailed as refused:
            outcome = _otherwise(refused.old, customer, payment, deps, now)
            if outcome is None:
                continue
            return outcome
        metrics.add_metric(name="OrderPaid", unit="Count", value=1)
        return Outcome.PAID
    raise UnavailableError


def _not_ours(payment: Payment, customer_id: str, account: Account) -> str | None:
    if payment.mchid != account.mchid or payment.appid != account.appid:
        return "foreign_account"
    if payment.currency != _CURRENCY:
        return "currency_mismatch"
    if not is_id(customer_id) or not is_id(payment.out_trade_no):
        return "unknown_order"
    return None


def _otherwise(
    old: Mapping[str, Mapping[str, object]],
    customer: CustomerId,
    payment: Payment,
    deps: Deps,
    now: int,
) -> Outcome | None:
    """What a payment means to an order that did not simply become paid; None to look again."""
    if not old:
        return _anomaly("unknown_order", payment, now)
    row = OrderRow.of(old)
    if row.transaction_id == payment.transaction_id:
        return Outcome.DUPLICATE
    if row.transaction_id:
        return _refund(customer, payment, RefundCause.DOUBLE_PAYMENT, now)
    if row.is_tombstone or row.is_erased:
        return _refund(customer, payment, RefundCause.LATE_PAYMENT, now)
    if int(row.payable_fen) != payment.total_fen or row.payer != payer_mark(
        customer, payment.openid
    ):
        return _anomaly("amount_or_payer_mismatch", payment, now)
    if row.status == OrderStatus.CLOSED:
        return _late(row, customer, payment, deps, now)
    return None


def _late(
    row: OrderRow, customer: CustomerId, payment: Payment, deps: Deps, now: int
) -> Outcome | None:
    """Paid after close: revive if everything can be taken again at once, else refund."""
    order = row.to_domain(deps.ring())
    writes = (
        flash_revival.revival(order, payment, now)
        if order.sale_id
        else _revival(order, payment, now)
    )
    if writes is not None:
        try:
            together(writes)
        except ConditionFailed as refused:
            # What a flash order takes was there a moment ago: it may be elsewhere now.
            if order.sale_id or refused.failed[0] is not None:
                return None
        else:
            metrics.add_metric(name="OrderRevived", unit="Count", value=1)
            return Outcome.REVIVED
    return _refund(customer, payment, RefundCause.LATE_PAYMENT, now)


def _revival(order: Order, payment: Payment, now: int) -> list[Write]:
    customer = order.customer_id
    return [
        order_moves.revived(customer, payment, now=now),
        *(stock.retake(line.sku_id, line.quantity) for line in order.lines),
        *(coupons.rehold(customer, claim_id, order.order_no) for claim_id in order.claim_ids),
        *(
            stock.count_limit(customer, line.sku_id, line.quantity, line.limit)
            for line in order.lines
            if line.limit is not None
        ),
    ]


def _refund(customer: CustomerId, payment: Payment, cause: RefundCause, now: int) -> Outcome | None:
    """Make the refund of a payment that bought nothing durable, once per transaction."""
    asked = refunds.ask(
        RefundOrder(
            customer_id=customer,
            order_no=OrderNo(payment.out_trade_no),
            sequence=f"T{payment.transaction_id}",
            transaction_id=payment.transaction_id,
            amount_fen=payment.total_fen,
            paid_fen=payment.total_fen,
            status=RefundStatus.PENDING,
            reason=TOLD_PAYER[cause],
            cause=cause,
            requested_at=now,
        )
    )
    writes = [asked, ledger.append(_entry(customer, payment, now))]
    if cause is RefundCause.LATE_PAYMENT:
        writes.insert(0, order_moves.claimed_by_refund(customer, payment))
    try:
        together(writes)
    except ConditionFailed as refused:
        if cause is RefundCause.LATE_PAYMENT and refused.failed[0] is not None:
            return None
    metrics.add_metric(name=f"Refund_{cause}", unit="Count", value=1)
    return Outcome.REFUNDED


def _entry(customer: CustomerId, payment: Payment, now: int) -> Entry:
    return Entry(
        kind=EntryKind.PAYMENT,
        order_no=payment.out_trade_no,
        customer_id=customer,
        reference=payment.transaction_id,
        amount=payment.total_fen,
        at=payment.paid_at or now,
    )


def _anomaly(kind: str, payment: Payment, now: int) -> Outcome:
    anomalies.report(
        business_day(payment.paid_at or now),
        kind,
        payment.transaction_id or payment.out_trade_no,
        {
            "out_trade_no": payment.out_trade_no,
            "transaction_id": payment.transaction_id,
            "total_fen": payment.total_fen,
        },
        now,
    )
    return Outcome.ANOMALY
