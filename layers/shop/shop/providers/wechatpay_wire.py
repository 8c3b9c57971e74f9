"""WeChat Pay's JSON, read strictly, as the shop's payments and refunds (`providers` 2.3-2.6).

Unknown fields are ignored; wrong types are not. Amounts are integer fen.
May import: domain.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, TypeVar

import msgspec

from shop.domain.payment import Payment, Refund, RefundState, TradeState

_MOVED = frozenset({TradeState.SUCCESS, TradeState.REFUND})
"""States of money that moved, which has a number."""
BEIJING = timezone(timedelta(hours=8))

Fen = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Text = Annotated[str, msgspec.Meta(max_length=256)]
Wire = TypeVar("Wire")


class WireError(ValueError):
    """The bytes are not what WeChat Pay documents."""


class _Payer(msgspec.Struct):
    openid: Text = ""


class _TradeAmount(msgspec.Struct):
    total: Fen = 0
    currency: Text = ""


class _Transaction(msgspec.Struct):
    out_trade_no: Text
    trade_state: TradeState
    appid: Text = ""
    mchid: Text = ""
    transaction_id: Text = ""
    attach: Text = ""
    success_time: Text = ""
    payer: _Payer = msgspec.field(default_factory=_Payer)
    amount: _TradeAmount = msgspec.field(default_factory=_TradeAmount)


class _RefundAmount(msgspec.Struct):
    total: Fen
    refund: Fen


class _RefundBody(msgspec.Struct):
    out_refund_no: Text
    out_trade_no: Text
    amount: _RefundAmount
    refund_id: Text = ""
    transaction_id: Text = ""
    success_time: Text = ""


class _RefundAnswer(_RefundBody, kw_only=True):
    status: RefundState
    create_time: Text = ""


class _RefundNotice(_RefundBody, kw_only=True):
    refund_status: RefundState
    mchid: Text = ""


class _Prepay(msgspec.Struct):
    prepay_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Resource(msgspec.Struct):
    """The sealed part of a notice."""

    algorithm: Text
    ciphertext: str
    nonce: Text
    associated_data: Text | None = ""


class Notice(msgspec.Struct):
    """A notice's envelope."""

    event_type: Text
    resource: Resource | None = None


def payment(body: bytes) -> Payment:
    """A transaction object.

    Raises:
        WireError: It is not one.
    """
    wire = decode(body, _Transaction)
    if wire.trade_state in _MOVED and not wire.transaction_id:
        raise WireError
    return Payment(
        out_trade_no=wire.out_trade_no,
        state=wire.trade_state,
        transaction_id=wire.transaction_id,
        total_fen=wire.amount.total,
        currency=wire.amount.currency,
        openid=wire.payer.openid,
        attach=wire.attach,
        paid_at=utc_seconds(wire.success_time),
        appid=wire.appid,
        mchid=wire.mchid,
    )


def refund(body: bytes) -> Refund:
    """A refund object as refund calls answer it.

    Raises:
        WireError: It is not one.
    """
    wire = decode(body, _RefundAnswer)
    return _refund(wire, wire.status, utc_seconds(wire.create_time))


def noticed_refund(body: bytes) -> tuple[Refund, str]:
    """A refund object as notices carry it, and the merchant it names.

    Raises:
        WireError: It is not one.
    """
    wire = decode(body, _RefundNotice)
    return _refund(wire, wire.refund_status), wire.mchid


def _refund(wire: _RefundBody, state: RefundState, accepted_at: int = 0) -> Refund:
    return Refund(
        out_refund_no=wire.out_refund_no,
        out_trade_no=wire.out_trade_no,
        state=state,
        refund_id=wire.refund_id,
        refund_fen=wire.amount.refund,
        total_fen=wire.amount.total,
        succeeded_at=utc_seconds(wire.success_time),
        accepted_at=accepted_at,
        transaction_id=wire.transaction_id,
    )


def prepay_id(body: bytes) -> str:
    """The id in a prepay answer.

    Raises:
        WireError: There is none.
    """
    return decode(body, _Prepay).prepay_id


def decode(body: bytes, kind: type[Wire]) -> Wire:
    """The bytes as one strict structure.

    Raises:
        WireError: They are not.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as failure:
        raise WireError from failure


def utc_seconds(text: str) -> int:
    """UTC seconds of an RFC 3339 time with an offset; 0 for "".

    Raises:
        WireError: It is not such a time.
    """
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as failure:
        raise WireError from failure
    if moment.tzinfo is None:
        raise WireError
    return int(moment.timestamp())


def beijing(seconds: int) -> str:
    """RFC 3339 with +08:00, as WeChat Pay writes times."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(BEIJING).isoformat()
