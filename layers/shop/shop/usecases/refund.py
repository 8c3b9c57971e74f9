"""Make a durable refund happen at WeChat, and bring what WeChat says of it back.

The number is derived, so asking twice is one refund. Accepted is not done: PROCESSING goes on being
asked about until SUCCESS, ABNORMAL or CLOSED.
"""

from shop.domain.calendar import business_day
from shop.domain.payment import Refund, RefundRequest, RefundState
from shop.domain.refund import RefundEvent, RefundOrder, RefundStatus
from shop.store import anomalies, refunds
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import metrics
from shop.usecases.deps import Deps
from shop.usecases.refund_return import give_back

ASK_AGAIN_SECONDS = 60
ASK_STAFF_SECONDS = 3_600
_EVENTS = {
    RefundState.PROCESSING: RefundEvent.TAKEN,
    RefundState.SUCCESS: RefundEvent.SUCCEEDED,
    RefundState.ABNORMAL: RefundEvent.BOUNCED,
    RefundState.CLOSED: RefundEvent.ENDED,
}
_ACCEPTED = frozenset({RefundState.PROCESSING, RefundState.SUCCESS, RefundState.ABNORMAL})
"""WeChat has taken the refund on; ABNORMAL is the payee's bank refusing it afterwards."""
_FAILED = frozenset({RefundState.ABNORMAL, RefundState.CLOSED})
_NEVER_SENT = frozenset({RefundStatus.REQUESTED, RefundStatus.REFUSED})


def pursue(refund: RefundOrder, deps: Deps, now: int) -> None:
    """Take one refund that is on its way one step on; any other is left alone.

    Raises:
        ProviderError: WeChat gave no usable answer; it is tried again when due.
        UnavailableError: The store did not answer.
    """
    if refund.status is RefundStatus.PENDING:
        hear(refund, _begin(refund, deps), deps, now)
    elif refund.status is RefundStatus.PROCESSING:
        said = deps.gateway().query_refund(refund.out_refund_no)
        if said.state is RefundState.NOT_FOUND and not refund.redirected:
            # Taken once and not known any more: the same number asked for again is one refund.
            said = _begin(refund, deps)
        hear(refund, said, deps, now)


def _begin(refund: RefundOrder, deps: Deps) -> Refund:
    """Ask WeChat for the refund, or to send an abnormal one to another card."""
    number = refund.out_refund_no
    if not refund.amount_fen:
        # What is left of the order was free: there is nothing that WeChat could give back.
        return Refund(number, refund.order_no, RefundState.SUCCESS)
    gateway = deps.gateway()
    if refund.redirected:
        said = gateway.query_refund(number)
        if said.state is RefundState.ABNORMAL:
            return gateway.settle_abnormal_refund(said.refund_id, number)
        return said
    return gateway.refund(
        RefundRequest(
            out_refund_no=number,
            transaction_id=refund.transaction_id,
            refund_fen=refund.amount_fen,
            total_fen=refund.paid_fen,
            reason=refund.reason,
        )
    )


def hear_notice(refund: RefundOrder, said: Refund, deps: Deps, now: int) -> None:
    """Hear what a notice says of a refund; it may be older than what we know.

    Raises:
        UnavailableError: The store did not answer; the notice must come again.
    """
    if refund.redirected and said.state is RefundState.ABNORMAL:
        # Of the card that staff have turned away from, or of the next one: asking will tell.
        return
    hear(refund, said, deps, now)


def hear(refund: RefundOrder, said: Refund, deps: Deps, now: int) -> None:
    """Bring WeChat's word on a refund home: its state, and the goods and order that wait for it.

    Raises:
        UnavailableError: The store did not answer; the word must be heard again.
    """
    if said.state is RefundState.NOT_FOUND:
        _again(refund, now + ASK_AGAIN_SECONDS)
        return
    wrong = _contradiction(refund, said)
    if wrong:
        _report(wrong, refund, said, now)
        _again(refund, now + ASK_STAFF_SECONDS)
        return
    if said.state in _FAILED:
        _report("refund_failed", refund, said, now)
    if said.state in _ACCEPTED:
        give_back(refund, deps, now)
    try:
        apply(
            refunds.record(
                refund,
                _EVENTS[said.state],
                said.refund_id,
                now=now,
                again_at=now + ASK_AGAIN_SECONDS,
            )
        )
    except ConditionFailed as refused:
        current = refunds.of_raw(refused.old)
        if current.replaced_by and not refund.replaced_by:
            # Begun anew while WeChat spoke: its money may go back twice, which a person must see.
            hear(current, said, deps, now)
    else:
        _count(said.state)


def _count(state: RefundState) -> None:
    if state is RefundState.SUCCESS:
        metrics.add_metric(name="RefundMade", unit="Count", value=1)
    elif state in _FAILED:
        metrics.add_metric(name="RefundFailed", unit="Count", value=1)


def _contradiction(refund: RefundOrder, said: Refund) -> str:
    """What WeChat cannot rightly say of a refund, by the anomaly's name; "" when it fits."""
    if said.refund_fen and said.refund_fen != refund.amount_fen:
        return "refund_amount_mismatch"
    if said.transaction_id and said.transaction_id != refund.transaction_id:
        return "refund_of_other_payment"
    if refund.status in _NEVER_SENT:
        return "refund_never_asked"
    if refund.replaced_by and said.state is RefundState.SUCCESS:
        return "refund_made_twice"
    return ""


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
        {
            "state": said.state,
            "amount_fen": refund.amount_fen,
            "said_fen": said.refund_fen,
            "transaction_id": refund.transaction_id,
            "said_transaction_id": said.transaction_id,
        },
        now,
    )
