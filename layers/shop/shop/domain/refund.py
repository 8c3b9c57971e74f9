"""Money that goes back, and where it stands."""

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


class RefundCause(StrEnum):
    """Why money goes back."""

    CANCELLED = "cancelled"
    """The buyer cancelled a paid, unshipped order; the order closes once WeChat accepts."""
    LATE_PAYMENT = "late_payment"
    """The order was closed when the money came."""
    DOUBLE_PAYMENT = "double_payment"
    """The order had been paid already by another transaction."""


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """One refund of one order. Its number is derived, so that a retry is the same refund.

    Attributes:
        sequence: "1".."50" for refunds of the order's own payment; "T" and the transaction id for
            a payment that should not have been taken.
        amount_fen: What goes back, at least 1.
        paid_fen: What the payment was, as WeChat wants it told.
        settled_at: When its end was heard of, UTC seconds; 0 before.
    """

    customer_id: str
    order_no: str
    sequence: str
    amount_fen: int
    paid_fen: int
    status: RefundStatus
    reason: str
    cause: str
    requested_at: int
    settled_at: int = 0

    @property
    def out_refund_no(self) -> str:
        """The number WeChat knows the refund by; at most 64 characters of its alphabet."""
        return f"{self.order_no}-{self.sequence}"
