"""Notices from WeChat Pay: verified first, read afterwards (`providers` 2.2, 2.5).

No network and no store: a stranger's request costs one signature check at most.
May import: errors, domain.
"""

from collections.abc import Mapping, Sequence

from shop.domain.payment import Payment, Refund, TradeState
from shop.errors import InvalidError, UnauthenticatedError
from shop.providers import wechatpay_wire as wire
from shop.providers.wechatpay_crypto import Verifier, lines, unseal

MAX_NOTICE_BYTES = 64 * 1024
WINDOW_SECONDS = 300
SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
ALGORITHM = "AEAD_AES_256_GCM"
PAYMENT_EVENT = "TRANSACTION.SUCCESS"
REFUND_EVENTS = frozenset({"REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"})
_PROBE = "WECHATPAY/SIGNTEST/"
_TIMESTAMP_DIGITS = 12


def check_signature(
    verifier: Verifier, headers: Mapping[str, str], body: bytes, now: int
) -> str | None:
    """Why the bytes are not proven to be WeChat Pay's, or None when they are.

    The reasons: missing_header, duplicate_header, malformed_header, signature_type, stale,
    unknown_serial, signature, and probe, WeChat Pay's test that signatures are checked at all.
    """
    timestamp, nonce, signature, serial = (
        headers.get(f"wechatpay-{name}", "")
        for name in ("timestamp", "nonce", "signature", "serial")
    )
    kind = headers.get("wechatpay-signature-type", SIGNATURE_TYPE)
    if fault := _header_fault(timestamp, nonce, signature, serial, kind):
        return fault
    if not _is_fresh(timestamp, now):
        return "stale"
    if not verifier.knows(serial):
        return "unknown_serial"
    if verifier.verify(serial, signature, lines(timestamp, nonce) + body + b"\n"):
        return None
    return "probe" if signature.startswith(_PROBE) else "signature"


def _header_fault(*values: str) -> str | None:
    if not all(values):
        return "missing_header"
    # API Gateway joins repeated headers with commas; none of the genuine values has one.
    if any("," in value for value in values):
        return "duplicate_header"
    if not all(value.isascii() for value in values):
        return "malformed_header"
    return None if values[-1] == SIGNATURE_TYPE else "signature_type"


def _is_fresh(timestamp: str, now: int) -> bool:
    digits = timestamp.isascii() and timestamp.isdecimal()
    if not digits or len(timestamp) > _TIMESTAMP_DIGITS:
        return False
    return abs(now - int(timestamp)) < WINDOW_SECONDS


class NoticeReader:
    """Turns a notice's raw bytes into a statement that can be trusted."""

    def __init__(self, verifier: Verifier, apiv3_keys: Sequence[bytes], mchid: str) -> None:
        self._verifier = verifier
        self._keys = apiv3_keys
        self._mchid = mchid

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> Payment | Refund:
        """See `WechatPay.verify_notice`."""
        if len(body) > MAX_NOTICE_BYTES:
            raise _rejected("too_large")
        reason = check_signature(self._verifier, headers, body, now)
        if reason is not None:
            raise _rejected(reason)
        try:
            return self._open(wire.decode(body, wire.Notice))
        except wire.WireError as failure:
            raise _rejected("malformed") from failure

    def _open(self, notice: wire.Notice) -> Payment | Refund:
        if notice.event_type != PAYMENT_EVENT and notice.event_type not in REFUND_EVENTS:
            raise InvalidError("notice_ignored", event_type=notice.event_type[:64])
        resource = notice.resource
        if resource is None or resource.algorithm != ALGORITHM:
            raise _rejected("algorithm")
        plain = unseal(
            self._keys,
            nonce=resource.nonce,
            aad=resource.associated_data or "",
            ciphertext=resource.ciphertext,
        )
        if plain is None:
            raise _rejected("decrypt")
        if notice.event_type == PAYMENT_EVENT:
            payment = wire.payment(plain)
            if payment.state is TradeState.UNKNOWN:
                raise _rejected("malformed")
            return payment
        refund, mchid = wire.noticed_refund(plain)
        # `Refund` does not carry the merchant, so nobody after this point could compare it.
        if mchid != self._mchid:
            raise _rejected("other_merchant")
        return refund


def _rejected(reason: str) -> UnauthenticatedError:
    return UnauthenticatedError("notice_rejected", "通知未通过验证", reason=reason)
