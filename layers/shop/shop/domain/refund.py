"""Money that goes back: where a refund stands, and the only moves between those states.

`MOVES` is the one table: what may follow what, and what the same write changes. No state is a dead
end: REQUESTED waits for staff, PENDING and PROCESSING for WeChat, which is asked until it answers,
ABNORMAL is sent to another card and CLOSED begun anew under the next number, by staff. Only SUCCESS
and REFUSED are final. How much goes back is `shop.domain.refund_book`.
"""

from dataclasses import dataclass
from enum import StrEnum


class RefundStatus(StrEnum):
    """Where a refund stands (`api-contract`: refunds[].status)."""

    REQUESTED = "REQUESTED"
    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    ABNORMAL = "ABNORMAL"
    CLOSED = "CLOSED"
    REFUSED = "REFUSED"


class RefundEvent(StrEnum):
    """What can happen to a refund."""

    ASKED = "asked"
    BEGUN = "begun"
    APPROVED = "approved"
    REFUSED = "refused"
    TAKEN = "taken"
    SUCCEEDED = "succeeded"
    BOUNCED = "bounced"
    ENDED = "ended"
    REDIRECTED = "redirected"
    REOPENED = "reopened"


class RefundCause(StrEnum):
    """Why money goes back."""

    CANCELLED = "cancelled"
    """The buyer cancelled a paid, unshipped order; the order closes once WeChat accepts."""
    REQUESTED = "requested"
    """The buyer asked for it and staff decide."""
    STAFF = "staff"
    """Staff began it."""
    LATE_PAYMENT = "late_payment"
    """The order was closed when the money came."""
    DOUBLE_PAYMENT = "double_payment"
    """The order had been paid already by another transaction."""


TOLD_PAYER = {
    RefundCause.CANCELLED: "买家取消订单",
    RefundCause.REQUESTED: "商品退款",
    RefundCause.STAFF: "商家退款",
    RefundCause.LATE_PAYMENT: "订单已关闭，款项原路退回",
    RefundCause.DOUBLE_PAYMENT: "重复支付，款项原路退回",
}
"""What WeChat tells the payer; the same on every repeat, and nobody's own words."""


@dataclass(frozen=True, slots=True)
class RefundMove:
    """One row of the state table.

    Attributes:
        sources: States the move may start from; none for a new refund.
        event: What happens.
        target: The state after it.
        together: What the same transaction changes besides the refund.
    """

    sources: tuple[RefundStatus, ...]
    event: RefundEvent
    target: RefundStatus
    together: str


_S = RefundStatus
MOVES: dict[RefundEvent, RefundMove] = {
    move.event: move
    for move in (
        RefundMove(
            (),
            RefundEvent.ASKED,
            _S.REQUESTED,
            "the order's book takes pieces and amount, if so much is left; joins staff's list",
        ),
        RefundMove(
            (),
            RefundEvent.BEGUN,
            _S.PENDING,
            "the order's book; unshipped pieces are stopped; due at once",
        ),
        RefundMove(
            (_S.REQUESTED,),
            RefundEvent.APPROVED,
            _S.PENDING,
            "key and audit row; unshipped pieces are stopped, and the order closes or stays; due",
        ),
        RefundMove(
            (_S.REQUESTED,),
            RefundEvent.REFUSED,
            _S.REFUSED,
            "key and audit row, or the cancellation that replaces it; the book gives it back",
        ),
        RefundMove(
            (_S.PENDING, _S.PROCESSING),
            RefundEvent.TAKEN,
            _S.PROCESSING,
            "nothing; before it, once: stopped pieces return, and an empty order is CLOSED",
        ),
        RefundMove(
            (_S.PENDING, _S.PROCESSING, _S.ABNORMAL, _S.CLOSED),
            RefundEvent.SUCCEEDED,
            _S.SUCCESS,
            "nothing; before it the same as TAKEN",
        ),
        RefundMove(
            (_S.PENDING, _S.PROCESSING),
            RefundEvent.BOUNCED,
            _S.ABNORMAL,
            "nothing; before it the same as TAKEN, and an anomaly; joins staff's list",
        ),
        RefundMove(
            (_S.PENDING, _S.PROCESSING, _S.ABNORMAL),
            RefundEvent.ENDED,
            _S.CLOSED,
            "nothing; before it an anomaly; joins staff's list",
        ),
        RefundMove(
            (_S.ABNORMAL,),
            RefundEvent.REDIRECTED,
            _S.PENDING,
            "key and audit row; due, to be sent to the merchant's own card",
        ),
        RefundMove(
            (_S.CLOSED,),
            RefundEvent.REOPENED,
            _S.CLOSED,
            "key and audit row; the same refund as PENDING under the next number; leaves the list",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class RefundLine:
    """What a refund takes of one line of its order.

    Attributes:
        position: The line's, from 1; its `line_id`.
        quantity: Pieces, at least 1.
        worth_fen: Their exact share of what was paid.
        stopped: How many of them will never be shipped, and return to the stock; known once
            granted.
    """

    position: int
    quantity: int
    worth_fen: int
    stopped: int = 0


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """One refund of one order. Its number is derived, so that a retry is the same refund.

    Attributes:
        sequence: "1".."50" for refunds of the order's own payment; "T" and the transaction id for
            a payment that should not have been taken, with "-2" and so on when begun anew.
        transaction_id: WeChat's number of the payment that it takes from.
        amount_fen: What goes back.
        paid_fen: What the payment was, as WeChat wants it told.
        reason: What WeChat tells the payer.
        lines: What it is for; empty for a payment that bought nothing.
        freight_fen: The part that is the delivery fee.
        asked_by: "buyer", or "staff:" and a name; "" where the shop itself began it.
        words: Why, in the words of who asked.
        description: What the buyer added.
        key: The `Idempotency-Key` it was asked under, with its body's fingerprint.
        returned: Whether its stopped pieces are in stock again.
        redirected: Whether staff had WeChat send it to another card.
        replaced_by: The sequence of the refund that took its place.
        refund_id: WeChat's number, once told.
        settled_at: When WeChat's last word on it was heard, UTC seconds; 0 before.
        decided_by: Which member of staff, "" before.
        decision: Why they decided so.
    """

    customer_id: str
    order_no: str
    sequence: str
    transaction_id: str
    amount_fen: int
    paid_fen: int
    status: RefundStatus
    reason: str
    cause: str
    requested_at: int
    settled_at: int = 0
    lines: tuple[RefundLine, ...] = ()
    freight_fen: int = 0
    asked_by: str = ""
    words: str = ""
    description: str = ""
    key: str = ""
    returned: bool = False
    redirected: bool = False
    replaced_by: str = ""
    refund_id: str = ""
    decided_by: str = ""
    decision: str = ""

    @property
    def out_refund_no(self) -> str:
        """The number WeChat knows the refund by; at most 64 characters of its alphabet."""
        return f"{self.order_no}-{self.sequence}"

    @property
    def worth_fen(self) -> int:
        """What its pieces and its part of the fee were paid with; `amount_fen` is at most this."""
        return sum(line.worth_fen for line in self.lines) + self.freight_fen

    @property
    def is_stopping(self) -> bool:
        """Whether pieces of it return to the stock once WeChat has accepted it."""
        return any(line.stopped for line in self.lines)


def split_number(refund_no: str) -> tuple[str, str]:
    """The order number and the sequence in a refund's number; "" for what is missing."""
    order_no, _, sequence = refund_no.partition("-")
    return order_no, sequence


def next_of_transaction(sequence: str) -> str:
    """The sequence after one that names a transaction: T1, T1-2, T1-3."""
    first, _, number = sequence.partition("-")
    return f"{first}-{int(number or 1) + 1}"
