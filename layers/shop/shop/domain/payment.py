"""What the shop and a payment provider tell each other, free of any vendor's wording."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PrepayRequest:
    """What is needed to let the buyer pay one order. Same values on every repeat.

    Attributes:
        out_trade_no: Our order number, 6-32 characters.
        description: Shown to the buyer, at most 127 characters.
        total_fen: At least 1.
        openid: The payer.
        attach: Comes back with the notice; at most 128 characters.
        expires_at: UTC seconds after which the provider refuses the payment.
    """

    out_trade_no: str
    description: str
    total_fen: int
    openid: str
    attach: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class PayParams:
    """What `wx.requestPayment` takes; `package` is `prepay_id=...`."""

    time_stamp: str
    nonce_str: str
    package: str
    sign_type: str
    pay_sign: str


class TradeState(StrEnum):
    """What the provider says of a payment order; UNKNOWN for a word that it has not documented."""

    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    NOTPAY = "NOTPAY"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def _missing_(cls, value: object) -> "TradeState":
        del value
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class Payment:
    """A verified statement of the provider about one order.

    Attributes:
        out_trade_no: Our order number.
        state: The provider's state; NOT_FOUND when it never saw the order.
        transaction_id: The provider's number; "" unless paid.
        total_fen: What was asked for, before the provider's own vouchers; 0 unless told.
        currency: "CNY" in all that we accept; "" unless told.
        openid: Who paid; "" unless told.
        attach: What we sent with the prepay; "" unless told.
        paid_at: UTC seconds; 0 unless paid.
        appid: The app it was paid in; "" unless told.
        mchid: The merchant it was paid to; "" unless told.
    """

    out_trade_no: str
    state: TradeState
    transaction_id: str = ""
    total_fen: int = 0
    currency: str = ""
    openid: str = ""
    attach: str = ""
    paid_at: int = 0
    appid: str = ""
    mchid: str = ""


class RefundState(StrEnum):
    """What the provider says of a refund."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    ABNORMAL = "ABNORMAL"
    CLOSED = "CLOSED"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One refund. The number is the idempotency key: same number, same values.

    Attributes:
        transaction_id: The payment that it takes from; an order's number could name two.
    """

    out_refund_no: str
    transaction_id: str
    refund_fen: int
    total_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refund:
    """A verified statement of the provider about one refund; amounts in fen, times 0 unless told.

    Attributes:
        accepted_at: When the provider took it on, UTC seconds; bills count it to that day.
        transaction_id: The payment that it takes from; "" unless told.
    """

    out_refund_no: str
    out_trade_no: str
    state: RefundState
    refund_id: str = ""
    refund_fen: int = 0
    total_fen: int = 0
    succeeded_at: int = 0
    accepted_at: int = 0
    transaction_id: str = ""
