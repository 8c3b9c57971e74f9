"""A notice of WeChat Pay, from raw bytes to one effect."""

from collections.abc import Mapping

from shop.domain.calendar import business_day
from shop.domain.payment import Payment, Refund, TradeState
from shop.domain.refund import split_number
from shop.errors import InvalidError, UnauthenticatedError
from shop.store import anomalies, days, refunds
from shop.store.table import refund_key
from shop.telemetry import about, logger, metrics
from shop.usecases import refund as refunding
from shop.usecases.deps import Deps
from shop.usecases.ports import NoticeVerifier
from shop.usecases.settle import settle


def take(
    headers: Mapping[str, str],
    body: bytes,
    deps: Deps,
    verifier: NoticeVerifier,
    *,
    now: int,
) -> None:
    """Verify a notice and bring what it says to its order or refund.

    Args:
        headers: Lower-case names.
        body: The bytes as received.
        deps: Keys and account.
        verifier: Knows WeChat Pay's keys; makes no call.
        now: UTC seconds.

    Raises:
        UnauthenticatedError: It does not verify; nothing was read, written or sent.
        InvalidError: `notice_ignored`: genuine, and of no use here; kept once a day and kind.
        UnavailableError: Not durable; it must come again.
    """
    try:
        said = verifier.verify_notice(headers, body, now=now)
    except UnauthenticatedError as refused:
        reason = str(refused.context.get("reason", "signature"))
        metrics.add_metric(name=f"NoticeRefused_{reason}"[:60], unit="Count", value=1)
        if reason == "decrypt":
            # WeChat Pay signed it: what is wrong is our APIv3 key.
            metrics.add_metric(name="Misconfigured", unit="Count", value=1)
        raise
    except InvalidError as ignored:
        kind = str(ignored.context.get("event_type", ""))
        anomalies.report(business_day(now), "unknown_notice", kind, {"event_type": kind}, now)
        metrics.add_metric(name="NoticeUnknown", unit="Count", value=1)
        raise
    if isinstance(said, Payment):
        _payment(said, deps, now)
    else:
        _refund(said, deps, now)


def _payment(payment: Payment, deps: Deps, now: int) -> None:
    about(payment.out_trade_no)
    if payment.state is not TradeState.SUCCESS:
        # Only successes are announced; anything else is found by asking.
        return
    outcome = settle(payment, payment.attach, deps, now=now)
    logger.info("notice settled", outcome=outcome)


def _refund(said: Refund, deps: Deps, now: int) -> None:
    about(said.out_trade_no)
    customer_id = days.customer_of_order(said.out_trade_no)
    order_no, sequence = split_number(said.out_refund_no)
    mine = None
    if customer_id and order_no == said.out_trade_no:
        mine = refunds.read(*refund_key(customer_id, order_no, sequence))
    if mine is None:
        # Made by hand at WeChat Pay, or by another shop of the same merchant.
        anomalies.report(
            business_day(said.succeeded_at or now),
            "unknown_refund",
            said.out_refund_no,
            {"order_no": said.out_trade_no, "state": said.state, "refund_fen": said.refund_fen},
            now,
        )
        return
    refunding.hear_notice(mine, said, deps, now)
