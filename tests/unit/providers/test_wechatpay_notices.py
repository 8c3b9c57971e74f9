"""Forged, stale and broken notices prove nothing and cost no outbound call (P8-P12)."""

import base64
import json
from collections.abc import Callable

import pytest

from shop.domain.payment import Payment, Refund, RefundState, TradeState
from shop.errors import InvalidError, MisconfiguredError, UnauthenticatedError
from shop.providers.wechatpay_notices import MAX_NOTICE_BYTES
from tests.unit.providers import pay_platform as platform
from tests.unit.providers.pay_platform import NOW

PAID_AT = 1_800_000_000


@pytest.fixture(scope="module")
def genuine() -> tuple[dict[str, str], bytes]:
    body = platform.payment_notice()
    return platform.signature_headers(body), body


def test_a_genuine_payment_notice_is_read(genuine: tuple[dict[str, str], bytes]) -> None:
    pay, transport = platform.client()
    headers, body = genuine
    assert pay.verify_notice(headers, body, now=NOW) == Payment(
        out_trade_no=platform.ORDER,
        state=TradeState.SUCCESS,
        transaction_id="4200000001202601010000000001",
        total_fen=1999,
        currency="CNY",
        openid="oPayer",
        attach="yunpu",
        paid_at=PAID_AT,
        appid=platform.APPID,
        mchid=platform.MCHID,
    )
    assert transport.sent == []


@pytest.mark.parametrize("state", ["SUCCESS", "ABNORMAL", "CLOSED"])
def test_a_genuine_refund_notice_is_read(state: str) -> None:
    pay, _ = platform.client()
    changes = {} if state == "SUCCESS" else {"success_time": ""}
    plain = platform.refund_body(refund_status=state, **changes)
    body = platform.notice(
        platform.sealed(plain, original_type="refund", aad="refund"), f"REFUND.{state}"
    )
    assert pay.verify_notice(platform.signature_headers(body), body, now=NOW) == Refund(
        out_refund_no=platform.REFUND,
        out_trade_no=platform.ORDER,
        state=RefundState(state),
        refund_id="50300000012026",
        refund_fen=500,
        total_fen=1999,
        succeeded_at=PAID_AT + 10 if state == "SUCCESS" else 0,
        transaction_id="4200000001202601010000000001",
    )


@pytest.mark.parametrize("aad", ["transaction", "", None], ids=["given", "empty", "absent"])
def test_associated_data_may_be_empty_or_absent(aad: str | None) -> None:
    pay, _ = platform.client()
    resource = platform.sealed(platform.transaction(), original_type="transaction", aad=aad)
    body = platform.notice(resource)
    answer = pay.verify_notice(platform.signature_headers(body), body, now=NOW)
    assert answer.out_trade_no == platform.ORDER


def test_while_rotating_both_apiv3_keys_open_notices() -> None:
    pay, _ = platform.client(apiv3_keys=(platform.APIV3_KEY, platform.OLD_APIV3_KEY))
    for key in (platform.APIV3_KEY, platform.OLD_APIV3_KEY):
        body = platform.notice(
            platform.sealed(platform.transaction(), original_type="transaction", key=key)
        )
        assert pay.verify_notice(platform.signature_headers(body), body, now=NOW)


def test_several_platform_keys_verify_side_by_side() -> None:
    pay, _ = platform.client(also={"PUB_KEY_ID_2": platform.public_pem("second")})
    body = platform.payment_notice()
    for serial, key in ((platform.KEY_ID, "platform"), ("PUB_KEY_ID_2", "second")):
        headers = platform.signature_headers(body, serial=serial, key=key)
        assert pay.verify_notice(headers, body, now=NOW)
    crossed = platform.signature_headers(body, serial="PUB_KEY_ID_2", key="platform")
    with pytest.raises(UnauthenticatedError):
        pay.verify_notice(crossed, body, now=NOW)


@pytest.mark.parametrize("age", [-299, 0, 299])
def test_a_notice_within_five_minutes_either_way_is_taken(
    genuine: tuple[dict[str, str], bytes], age: int
) -> None:
    pay, _ = platform.client()
    assert pay.verify_notice(*genuine, now=NOW + age)


def test_a_timestamp_may_have_twelve_digits() -> None:
    pay, _ = platform.client()
    body = platform.payment_notice()
    headers = platform.signature_headers(body, timestamp="100000000000")
    assert pay.verify_notice(headers, body, now=100_000_000_000)


def test_a_notice_of_exactly_the_limit_is_taken() -> None:
    pay, _ = platform.client()
    body = platform.payment_notice().ljust(64 * 1024)
    assert pay.verify_notice(platform.signature_headers(body), body, now=NOW)


def test_of_an_unknown_event_64_characters_are_told() -> None:
    pay, _ = platform.client()
    body = platform.notice(None, "E" * 70)
    with pytest.raises(InvalidError) as caught:
        pay.verify_notice(platform.signature_headers(body), body, now=NOW)
    assert caught.value.context == {"event_type": "E" * 64}


def test_a_missing_signature_type_is_taken(genuine: tuple[dict[str, str], bytes]) -> None:
    pay, _ = platform.client()
    headers = {k: v for k, v in genuine[0].items() if k != "wechatpay-signature-type"}
    assert pay.verify_notice(headers, genuine[1], now=NOW)


@pytest.mark.parametrize("event_type", ["PAYSCORE.USER_PAID", "COUPON.USE", "transaction.success"])
def test_a_genuine_notice_of_another_kind_is_told_apart(event_type: str) -> None:
    pay, transport = platform.client()
    for resource in ({}, None, platform.sealed({}, original_type="other")):
        body = platform.notice(resource or None, event_type)
        with pytest.raises(InvalidError) as caught:
            pay.verify_notice(platform.signature_headers(body), body, now=NOW)
        assert caught.value.code == "notice_ignored"
    assert transport.sent == []


Case = tuple[dict[str, str], bytes, int]


def _header(name: str, change: Callable[[str], str]) -> Callable[[], Case]:
    def build() -> Case:
        body = platform.payment_notice()
        headers = platform.signature_headers(body)
        return headers | {name: change(headers[name])}, body, NOW

    return build


def _without(name: str) -> Callable[[], Case]:
    def build() -> Case:
        body = platform.payment_notice()
        headers = platform.signature_headers(body)
        del headers[name]
        return headers, body, NOW

    return build


def _body(change: Callable[[bytes], bytes]) -> Callable[[], Case]:
    """The body is changed after it was signed."""

    def build() -> Case:
        body = platform.payment_notice()
        return platform.signature_headers(body), change(body), NOW

    return build


def _at(age: int) -> Callable[[], Case]:
    def build() -> Case:
        body = platform.payment_notice()
        return platform.signature_headers(body), body, NOW + age

    return build


def _signed(body: Callable[[], bytes], **options: str) -> Callable[[], Case]:
    """Rightly signed, so that what follows the signature has to refuse it."""

    def build() -> Case:
        raw = body()
        return platform.signature_headers(raw, **options), raw, NOW

    return build


def _resource(**changes: object) -> Callable[[], Case]:
    def body() -> bytes:
        resource = platform.sealed(platform.transaction(), original_type="transaction")
        return platform.notice(resource | changes)

    return _signed(body)


def _plain(value: object, event_type: str = "TRANSACTION.SUCCESS") -> Callable[[], Case]:
    return _signed(
        lambda: platform.notice(platform.sealed(value, original_type="transaction"), event_type)
    )


def _flip(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[0] ^= 1
    return base64.b64encode(bytes(raw)).decode()


TYPE, SERIAL = "wechatpay-signature-type", "wechatpay-serial"
STAMP, NONCE, SIGN = "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature"

FORGED: dict[str, tuple[str, Callable[[], Case]]] = {
    "no headers": ("missing_header", lambda: ({}, platform.payment_notice(), NOW)),
    "no timestamp": ("missing_header", _without(STAMP)),
    "no nonce": ("missing_header", _without(NONCE)),
    "no signature": ("missing_header", _without(SIGN)),
    "no serial": ("missing_header", _without(SERIAL)),
    "empty timestamp": ("missing_header", _header(STAMP, lambda _: "")),
    "empty signature": ("missing_header", _header(SIGN, lambda _: "")),
    "empty serial": ("missing_header", _header(SERIAL, lambda _: "")),
    "empty type": ("missing_header", _header(TYPE, lambda _: "")),
    "timestamp twice": ("duplicate_header", _header(STAMP, lambda old: f"{old},{old}")),
    "nonce twice": ("duplicate_header", _header(NONCE, lambda old: f"{old}, {old}")),
    "signature twice": ("duplicate_header", _header(SIGN, lambda old: f"{old},{old}")),
    "forged signature, then the true one": (
        "duplicate_header",
        _header(SIGN, lambda old: f"{_flip(old)},{old}"),
    ),
    "serial twice": ("duplicate_header", _header(SERIAL, lambda old: f"{old},{old}")),
    "type twice": ("duplicate_header", _header(TYPE, lambda old: f"{old},{old}")),
    "other signature type": ("signature_type", _header(TYPE, lambda _: "WECHATPAY2-SM2-WITH-SM3")),
    "type in lower case": ("signature_type", _header(TYPE, str.lower)),
    "type of HMAC": ("signature_type", _header(TYPE, lambda _: "HMAC-SHA256")),
    "nonce with a surrogate": ("malformed_header", _header(NONCE, lambda _: "\ud800")),
    "nonce in Chinese": ("malformed_header", _header(NONCE, lambda _: "随机")),
    "exactly five minutes old": ("stale", _at(300)),
    "five minutes ahead": ("stale", _at(-300)),
    "a year old": ("stale", _at(365 * 86400)),
    "timestamp in words": ("stale", _header(STAMP, lambda _: "now")),
    "timestamp negative": ("stale", _header(STAMP, lambda old: f"-{old}")),
    "timestamp with a sign": ("stale", _header(STAMP, lambda old: f"+{old}")),
    "timestamp as a fraction": ("stale", _header(STAMP, lambda old: f"{old}.0")),
    "timestamp in milliseconds": ("stale", _header(STAMP, lambda old: f"{old}000")),
    "timestamp with a space": ("stale", _header(STAMP, lambda old: f" {old}")),
    "timestamp of 5000 digits": ("stale", _header(STAMP, lambda _: "9" * 5000)),
    "timestamp with an underscore": ("stale", _header(STAMP, lambda old: old[:1] + "_" + old[1:])),
    "timestamp moved by one second": (
        "signature",
        _header(STAMP, lambda old: str(int(old) + 1)),
    ),
    "timestamp with a leading zero": ("signature", _header(STAMP, lambda old: f"0{old}")),
    "unknown serial": ("unknown_serial", _header(SERIAL, lambda _: "PUB_KEY_ID_9")),
    "serial of a certificate": ("unknown_serial", _header(SERIAL, lambda _: "5" * 40)),
    "serial in lower case": ("unknown_serial", _header(SERIAL, str.lower)),
    "serial as a path": ("unknown_serial", _header(SERIAL, lambda _: "../../etc/passwd")),
    "nonce swapped": ("signature", _header(NONCE, lambda _: "another-nonce")),
    "signature of another key": ("signature", _signed(platform.payment_notice, key="stranger")),
    "signature of the merchant": ("signature", _signed(platform.payment_notice, key="merchant")),
    "signature cut": ("signature", _header(SIGN, lambda old: old[:-8])),
    "signature flipped": ("signature", _header(SIGN, _flip)),
    "signature no base64": ("signature", _header(SIGN, lambda _: "!!!!")),
    "signature with a line feed": ("signature", _header(SIGN, lambda old: f"{old}\n")),
    "signature of zeros": (
        "signature",
        _header(SIGN, lambda _: base64.b64encode(bytes(256)).decode()),
    ),
    "probe": ("probe", _header(SIGN, lambda old: "WECHATPAY/SIGNTEST/" + old[19:])),
    "probe around a true signature": (
        "probe",
        _header(SIGN, lambda old: "WECHATPAY/SIGNTEST/" + old),
    ),
    "empty body": ("signature", _body(lambda _: b"")),
    "body one space longer": ("signature", _body(lambda old: old + b" ")),
    "body with a byte order mark": ("signature", _body(lambda old: b"\xef\xbb\xbf" + old)),
    "body re-written with the same meaning": (
        "signature",
        _body(lambda old: json.dumps(json.loads(old)).encode()),
    ),
    "body with another event": (
        "signature",
        _body(lambda old: old.replace(b"TRANSACTION.SUCCESS", b"REFUND.SUCCESS")),
    ),
    "body of another notice": (
        "signature",
        _body(lambda _: platform.payment_notice(out_trade_no="OTHER-ORDER")),
    ),
    "body too large": ("too_large", _body(lambda _: b" " * (MAX_NOTICE_BYTES + 1))),
    "signed body too large": (
        "too_large",
        _signed(lambda: platform.payment_notice() + b" " * MAX_NOTICE_BYTES),
    ),
    "signed but not JSON": ("malformed", _signed(lambda: b"<xml/>")),
    "signed but empty": ("malformed", _signed(lambda: b"")),
    "signed but an array": ("malformed", _signed(lambda: b"[]")),
    "signed but not UTF-8": ("malformed", _signed(lambda: b'{"event_type":"\xff"}')),
    "signed but two values": ("malformed", _signed(lambda: platform.payment_notice() + b"{}")),
    "signed but deep": ("malformed", _signed(lambda: b'{"x":' + b"[" * 30_000)),
    "signed without event type": ("malformed", _signed(lambda: b"{}")),
    "signed without resource": ("algorithm", _signed(lambda: platform.notice(None))),
    "resource is text": ("malformed", _signed(lambda: platform.notice("x"))),
    "other algorithm": ("algorithm", _resource(algorithm="AEAD_SM4_GCM")),
    "ciphertext flipped": ("decrypt", _resource(ciphertext="AAAA" * 40)),
    "ciphertext no base64": ("decrypt", _resource(ciphertext="***")),
    "ciphertext empty": ("decrypt", _resource(ciphertext="")),
    "ciphertext a number": ("malformed", _resource(ciphertext=1)),
    "nonce of another length": ("decrypt", _resource(nonce="0123456789")),
    "nonce changed": ("decrypt", _resource(nonce="ba9876543210")),
    "associated data changed": ("decrypt", _resource(associated_data="refund")),
    "associated data dropped": ("decrypt", _resource(associated_data=None)),
    "sealed with an unknown key": (
        "decrypt",
        _signed(
            lambda: platform.notice(
                platform.sealed(platform.transaction(), original_type="transaction", key="z" * 32)
            )
        ),
    ),
    "plain text not JSON": ("malformed", _plain(b"hello")),
    "plain text without order": ("malformed", _plain({"trade_state": "SUCCESS"})),
    "amount as text": ("malformed", _plain(platform.transaction(amount={"total": "1999"}))),
    "amount as a fraction": ("malformed", _plain(platform.transaction(amount={"total": 1999.0}))),
    "amount true": ("malformed", _plain(platform.transaction(amount={"total": True}))),
    "amount negative": ("malformed", _plain(platform.transaction(amount={"total": -1}))),
    "unknown trade state": ("malformed", _plain(platform.transaction(trade_state="PAID"))),
    "paid without a number": ("malformed", _plain(platform.transaction(transaction_id=""))),
    "time without offset": (
        "malformed",
        _plain(platform.transaction(success_time="2027-01-15T16:00:00")),
    ),
    "time in words": ("malformed", _plain(platform.transaction(success_time="today"))),
    "a payment under a refund's event": (
        "malformed",
        _plain(platform.transaction(), "REFUND.SUCCESS"),
    ),
    "a refund under a payment's event": ("malformed", _plain(platform.refund_body())),
    "a refund of another merchant": (
        "other_merchant",
        _plain(platform.refund_body(mchid="1600000002"), "REFUND.SUCCESS"),
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_notice_is_refused_without_a_call(name: str) -> None:
    reason, build = FORGED[name]
    headers, body, now = build()
    pay, transport = platform.client()
    with pytest.raises(UnauthenticatedError) as caught:
        pay.verify_notice(headers, body, now=now)
    assert (caught.value.code, caught.value.detail) == ("notice_rejected", "通知未通过验证")
    assert caught.value.context == {"reason": reason}
    assert transport.sent == []


def test_there_are_at_least_forty_forgeries() -> None:
    assert len(FORGED) >= 40


@pytest.mark.parametrize("keys", [(), ("short",), (platform.APIV3_KEY, "short")])
def test_an_apiv3_key_of_another_length_is_refused_at_once(keys: tuple[str, ...]) -> None:
    with pytest.raises(MisconfiguredError):
        platform.client(apiv3_keys=keys)


def test_a_damaged_platform_key_is_our_fault_not_the_callers() -> None:
    pay, _ = platform.client(also={"PUB_KEY_ID_2": "no key"})
    body = platform.payment_notice()
    with pytest.raises(MisconfiguredError):
        pay.verify_notice(platform.signature_headers(body, serial="PUB_KEY_ID_2"), body, now=NOW)
