"""What the shop sends to WeChat Pay and how it reads answers, honest and otherwise (P14-P16)."""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import NameOID

from shop.domain.payment import (
    Payment,
    PrepayRequest,
    Refund,
    RefundRequest,
    RefundState,
    TradeState,
)
from shop.errors import ConflictError, MisconfiguredError, ProviderError, ShopError
from shop.providers.transport import Answer
from shop.providers.wechatpay import WechatPay
from tests.unit.providers import pay_platform as platform
from tests.unit.providers.pay_platform import NOW, ORDER, REFUND, client, refused, signed
from tests.unit.providers.scripted import Sent

PREPAY = PrepayRequest(
    out_trade_no=ORDER,
    description="云铺-龙井茶 明前特级",
    total_fen=1999,
    openid="oPayer",
    attach="yunpu",
    expires_at=NOW + 900,
)
REFUND_REQUEST = RefundRequest(REFUND, "42", 500, 1999, "商品有瑕疵")
PREPAY_ID = "wx201410272009395522657a690389285100"
REFUND_ANSWER = {
    "refund_id": "503",
    "out_refund_no": REFUND,
    "out_trade_no": ORDER,
    "transaction_id": "42",
    "channel": "ORIGINAL",
    "create_time": "2027-01-15T16:00:00+08:00",
    "status": "PROCESSING",
    "amount": {"total": 1999, "refund": 500, "currency": "CNY"},
}
CONNECT = ProviderError("wechatpay", "CONNECT", retryable=True)
TIMEOUT = ProviderError("wechatpay", "CONNECTION", retryable=True, outcome_unknown=True)

CALLS: dict[str, Callable[[WechatPay], object]] = {
    "prepay": lambda pay: pay.prepay(PREPAY),
    "query": lambda pay: pay.query(ORDER),
    "query_transaction": lambda pay: pay.query_transaction("42"),
    "close": lambda pay: pay.close(ORDER),
    "refund": lambda pay: pay.refund(REFUND_REQUEST),
    "query_refund": lambda pay: pay.query_refund(REFUND),
    "settle_abnormal_refund": lambda pay: pay.settle_abnormal_refund("503", REFUND),
    "trade bill": lambda pay: pay.bills.trade(datetime(2027, 1, 14, tzinfo=UTC).date()),
}


def _authorization(request: Sent) -> dict[str, str]:
    scheme, _, rest = request.headers["Authorization"].partition(" ")
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


def test_prepay_says_what_the_protocol_asks_for() -> None:
    pay, transport = client(signed(200, {"prepay_id": PREPAY_ID}))
    assert pay.prepay(PREPAY) == PREPAY_ID
    (request,) = transport.sent
    assert request.method == "POST"
    assert request.url == f"{platform.FIRST}/v3/pay/transactions/jsapi"
    assert request.json() == {
        "appid": platform.APPID,
        "mchid": platform.MCHID,
        "description": "云铺-龙井茶 明前特级",
        "out_trade_no": ORDER,
        "time_expire": "2027-01-15T16:15:00+08:00",
        "attach": "yunpu",
        "notify_url": "https://shop.invalid/v1/notify/wechatpay",
        "amount": {"total": 1999, "currency": "CNY"},
        "payer": {"openid": "oPayer"},
    }
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("yunpu/")
    assert request.headers["Wechatpay-Serial"] == platform.KEY_ID


def test_prepay_repeats_the_same_bytes() -> None:
    pay, transport = client(*[signed(200, {"prepay_id": PREPAY_ID})] * 2)
    pay.prepay(PREPAY)
    pay.prepay(PREPAY)
    assert transport.sent[0].body == transport.sent[1].body


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("prepay", "POST", "/v3/pay/transactions/jsapi"),
        ("query", "GET", f"/v3/pay/transactions/out-trade-no/{ORDER}?mchid={platform.MCHID}"),
        ("query_transaction", "GET", f"/v3/pay/transactions/id/42?mchid={platform.MCHID}"),
        ("close", "POST", f"/v3/pay/transactions/out-trade-no/{ORDER}/close"),
        ("refund", "POST", "/v3/refund/domestic/refunds"),
        ("query_refund", "GET", f"/v3/refund/domestic/refunds/{REFUND}"),
        (
            "settle_abnormal_refund",
            "POST",
            "/v3/refund/domestic/refunds/503/apply-abnormal-refund",
        ),
        ("trade bill", "GET", "/v3/bill/tradebill?bill_date=2027-01-14&bill_type=ALL"),
    ],
)
def test_every_request_is_signed_over_what_is_sent(name: str, method: str, path: str) -> None:
    pay, transport = client(refused(400, "REQUEST_BLOCKED"))
    with pytest.raises(ProviderError):
        CALLS[name](pay)
    (request,) = transport.sent
    assert (request.method, request.url) == (method, platform.FIRST + path)
    parts = _authorization(request)
    assert parts["mchid"] == platform.MCHID
    assert parts["serial_no"] == platform.MERCHANT_SERIAL
    assert parts["timestamp"] == str(NOW)
    head = f"{method}\n{path}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode()
    platform.rsa_key("merchant").public_key().verify(
        base64.b64decode(parts["signature"]),
        head + request.body + b"\n",
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


def test_numbers_are_escaped_in_paths() -> None:
    pay, transport = client(refused(404, "ORDER_NOT_EXIST"))
    pay.query("a|b*/../c?d")
    assert "/out-trade-no/a%7Cb%2A%2F..%2Fc%3Fd?mchid=" in transport.sent[0].url


def test_pay_parameters_verify_with_the_merchants_public_key() -> None:
    pay, transport = client()
    params = pay.sign_params(PREPAY_ID, now=NOW, nonce="nonce")
    assert (params.time_stamp, params.nonce_str) == (str(NOW), "nonce")
    assert (params.package, params.sign_type) == (f"prepay_id={PREPAY_ID}", "RSA")
    platform.rsa_key("merchant").public_key().verify(
        base64.b64decode(params.pay_sign),
        f"{platform.APPID}\n{NOW}\nnonce\nprepay_id={PREPAY_ID}\n".encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    assert transport.sent == []


def test_a_paid_order_is_read() -> None:
    pay, _ = client(signed(200, platform.transaction()))
    payment = pay.query(ORDER)
    assert (payment.state, payment.total_fen, payment.currency) == (
        TradeState.SUCCESS,
        1999,
        "CNY",
    )
    assert (payment.paid_at, payment.openid) == (NOW, "oPayer")


def test_an_unpaid_order_is_read() -> None:
    unpaid = {
        "appid": platform.APPID,
        "mchid": platform.MCHID,
        "out_trade_no": ORDER,
        "trade_state": "NOTPAY",
        "trade_state_desc": "订单未支付",
        "amount": {"total": 1999, "currency": "CNY"},
        "payer": {},
    }
    pay, _ = client(signed(200, unpaid))
    assert pay.query(ORDER) == Payment(
        ORDER,
        TradeState.NOTPAY,
        total_fen=1999,
        currency="CNY",
        appid=platform.APPID,
        mchid=platform.MCHID,
    )


@pytest.mark.parametrize("code", ["ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"])
def test_what_wechat_pay_never_saw_is_not_found(code: str) -> None:
    pay, _ = client(*[refused(404, code)] * 4)
    assert pay.query(ORDER) == Payment(ORDER, TradeState.NOT_FOUND)
    assert pay.query_transaction("42") is None
    assert pay.query_refund(REFUND) == Refund(REFUND, "", RefundState.NOT_FOUND)
    pay.close(ORDER)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, {}, b"<html>not found</html>"),
        Answer(404, {}, b""),
        refused(404, "NO_ROUTE"),
        refused(400, "ORDER_NOT_EXIST"),
    ],
)
def test_only_wechat_pay_can_say_that_nothing_is_there(answer: Answer) -> None:
    for name in ("query", "query_transaction", "close", "query_refund"):
        pay, _ = client(answer)
        with pytest.raises(ProviderError):
            CALLS[name](pay)


def test_an_answer_about_another_order_is_not_taken() -> None:
    other = platform.transaction(out_trade_no="OTHER-ORDER", transaction_id="43")
    for name in ("query", "query_transaction"):
        pay, _ = client(signed(200, other))
        with pytest.raises(ProviderError) as caught:
            CALLS[name](pay)
        assert caught.value.outcome_unknown
    pay, _ = client(signed(200, REFUND_ANSWER | {"out_refund_no": "OTHER"}))
    with pytest.raises(ProviderError):
        pay.query_refund(REFUND)


def test_a_transaction_is_found_by_its_own_number() -> None:
    pay, _ = client(signed(200, platform.transaction(transaction_id="42")))
    payment = pay.query_transaction("42")
    assert payment is not None
    assert payment.out_trade_no == ORDER


@pytest.mark.parametrize(
    "answer", [signed(204, None), refused(400, "ORDER_CLOSED"), refused(400, "ORDERCLOSED")]
)
def test_closed_is_closed(answer: Answer) -> None:
    pay, transport = client(answer)
    pay.close(ORDER)
    assert transport.sent[0].json() == {"mchid": platform.MCHID}


@pytest.mark.parametrize("code", ["ORDERPAID", "ORDER_PAID"])
@pytest.mark.parametrize("name", ["prepay", "close"])
def test_a_paid_order_is_told_as_paid(name: str, code: str) -> None:
    for status in (400, 403):
        pay, _ = client(refused(status, code))
        with pytest.raises(ConflictError) as caught:
            CALLS[name](pay)
        assert caught.value.code == "already_paid"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "ORDER_CLOSED", "payment_closed"),
        (400, "ORDERCLOSED", "payment_closed"),
        (403, "OUT_TRADE_NO_USED", "out_trade_no_used"),
        (403, "INVALID_REQUEST", "out_trade_no_used"),
    ],
)
def test_prepay_conflicts(status: int, code: str, expected: str) -> None:
    pay, _ = client(refused(status, code))
    with pytest.raises(ConflictError) as caught:
        pay.prepay(PREPAY)
    assert caught.value.code == expected


@pytest.mark.parametrize("code", ["INVALID_REQUEST", "PARAM_ERROR"])
def test_a_prepay_past_its_time_is_closed(code: str) -> None:
    pay, _ = client(refused(400, code))
    with pytest.raises(ConflictError) as caught:
        pay.prepay(replace(PREPAY, expires_at=NOW))
    assert caught.value.code == "payment_closed"


def test_what_is_empty_is_left_out() -> None:
    pay, transport = client(signed(200, {"prepay_id": "x"}), signed(200, REFUND_ANSWER))
    pay.prepay(replace(PREPAY, attach=""))
    pay.refund(replace(REFUND_REQUEST, reason=""))
    assert "attach" not in transport.sent[0].json()
    assert "reason" not in transport.sent[1].json()


def test_refund_sends_its_number_and_exact_amounts() -> None:
    pay, transport = client(signed(200, REFUND_ANSWER))
    assert pay.refund(REFUND_REQUEST) == Refund(
        REFUND, ORDER, RefundState.PROCESSING, "503", 500, 1999,
        accepted_at=1_800_000_000, transaction_id="42",
    )  # fmt: skip
    assert transport.sent[0].json() == {
        "transaction_id": "42",
        "out_refund_no": REFUND,
        "reason": "商品有瑕疵",
        "notify_url": "https://shop.invalid/v1/notify/wechatpay",
        "amount": {"refund": 500, "total": 1999, "currency": "CNY"},
    }


@pytest.mark.parametrize("state", ["PROCESSING", "SUCCESS", "ABNORMAL", "CLOSED"])
def test_refund_states_are_read(state: str) -> None:
    answer = REFUND_ANSWER | {"status": state}
    if state == "SUCCESS":
        answer["success_time"] = "2027-01-15T08:00:00Z"
    pay, _ = client(signed(200, answer))
    refund = pay.query_refund(REFUND)
    assert refund.state == RefundState(state)
    assert refund.succeeded_at == (NOW if state == "SUCCESS" else 0)


def test_an_abnormal_refund_goes_to_the_merchants_card() -> None:
    pay, transport = client(signed(200, REFUND_ANSWER))
    assert pay.settle_abnormal_refund("503", REFUND).state == RefundState.PROCESSING
    assert transport.sent[0].json() == {
        "out_refund_no": REFUND,
        "type": "MERCHANT_BANK_CARD",
    }


# status, code, exception, retryable, outcome unknown
REFUSALS: list[tuple[int, str, type[ShopError], bool, bool]] = [
    (400, "PARAM_ERROR", MisconfiguredError, False, False),
    (400, "INVALID_REQUEST", MisconfiguredError, False, False),
    (400, "APPID_MCHID_NOT_MATCH", MisconfiguredError, False, False),
    (400, "MCH_NOT_EXISTS", MisconfiguredError, False, False),
    (401, "SIGN_ERROR", MisconfiguredError, False, False),
    (403, "NO_AUTH", MisconfiguredError, False, False),
    (500, "OPENID_MISMATCH", MisconfiguredError, False, False),
    (403, "NOT_ENOUGH", ProviderError, True, False),
    (403, "NOTENOUGH", ProviderError, True, False),
    (403, "RULE_LIMIT", ProviderError, False, False),
    (403, "RULELIMIT", ProviderError, False, False),
    (403, "TRADE_ERROR", ProviderError, False, False),
    (403, "USER_ACCOUNT_ABNORMAL", ProviderError, False, False),
    (403, "REQUEST_BLOCKED", ProviderError, False, False),
    (202, "USERPAYING", ProviderError, True, True),
    (429, "FREQUENCY_LIMITED", ProviderError, True, False),
    (429, "RATELIMIT_EXCEEDED", ProviderError, True, False),
    (429, "", ProviderError, True, False),
    (500, "SYSTEM_ERROR", ProviderError, True, True),
    (500, "BANK_ERROR", ProviderError, True, True),
    (500, "BANKERROR", ProviderError, True, True),
    (500, "", ProviderError, True, True),
    (504, "", ProviderError, True, True),
    (302, "", ProviderError, True, True),
    (400, "", ProviderError, True, True),
    (403, "SOMETHING_NEW", ProviderError, False, False),
]


@pytest.mark.parametrize("name", ["prepay", "query", "close", "refund", "query_refund"])
@pytest.mark.parametrize(("status", "code", "kind", "retryable", "unknown"), REFUSALS)
def test_refusals(
    name: str, status: int, code: str, kind: type[ShopError], retryable: bool, unknown: bool
) -> None:
    pay, transport = client(refused(status, code))
    with pytest.raises(kind) as caught:
        CALLS[name](pay)
    if isinstance(caught.value, ProviderError):
        assert (caught.value.retryable, caught.value.outcome_unknown) == (retryable, unknown)
    assert len(transport.sent) == 1


BROKEN: dict[str, Callable[[], Answer]] = {
    "unsigned": lambda: Answer(200, {}, b'{"prepay_id":"x"}'),
    "signed by a stranger": lambda: Answer(
        200, platform.signature_headers(b"{}", key="stranger"), b"{}"
    ),
    "unknown serial": lambda: Answer(
        200, platform.signature_headers(b"{}", serial="PUB_KEY_ID_9"), b"{}"
    ),
    "stale": lambda: Answer(
        200, platform.signature_headers(b"{}", timestamp=str(NOW - 300)), b"{}"
    ),
    "body changed": lambda: Answer(200, platform.signature_headers(b"{}"), b'{"a":1}'),
    "probe": lambda: Answer(
        200,
        platform.signature_headers(b"{}") | {"wechatpay-signature": "WECHATPAY/SIGNTEST/AAAA"},
        b"{}",
    ),
    "unsigned 204": lambda: Answer(204, {}, b""),
    "unsigned 201": lambda: Answer(201, {}, b"{}"),
    "signed, empty object": lambda: signed(200, {}),
    "signed, list": lambda: signed(200, []),
    "signed, wrong types": lambda: signed(
        200, {"prepay_id": 1, "trade_state": 1, "out_trade_no": ORDER, "status": 1}
    ),
    "signed, no JSON": lambda: Answer(200, platform.signature_headers(b"<a/>"), b"<a/>"),
    "signed, empty": lambda: Answer(200, platform.signature_headers(b""), b""),
}


UNVERIFIED = {
    "unsigned": "missing_header",
    "signed by a stranger": "signature",
    "unknown serial": "unknown_serial",
    "stale": "stale",
    "body changed": "signature",
    "probe": "probe",
    "unsigned 204": "missing_header",
    "unsigned 201": "missing_header",
}


@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("broken", list(BROKEN))
def test_a_success_that_proves_nothing_leaves_the_outcome_unknown(name: str, broken: str) -> None:
    pay, transport = client(BROKEN[broken]())
    with pytest.raises(ProviderError) as caught:
        CALLS[name](pay)
    assert caught.value.outcome_unknown
    if broken in UNVERIFIED:
        assert caught.value.provider_code == f"UNVERIFIED:{UNVERIFIED[broken]}"
    else:
        # Closing has no answer to read: only 204 says that it was done.
        assert caught.value.provider_code == ("200" if name == "close" else "UNREADABLE")
    assert len(transport.sent) == 1


@pytest.mark.parametrize("first", [CONNECT, refused(502, ""), refused(503, "SERVICE_UNAVAILABLE")])
def test_the_backup_host_takes_over(first: Answer | ProviderError) -> None:
    pay, transport = client(first, signed(200, {"prepay_id": PREPAY_ID}))
    assert pay.prepay(PREPAY) == PREPAY_ID
    assert [request.url.split("/v3")[0] for request in transport.sent] == [
        platform.FIRST,
        platform.BACKUP,
    ]
    assert transport.sent[0].body == transport.sent[1].body


def test_after_a_timeout_no_other_host_is_asked() -> None:
    pay, transport = client(TIMEOUT)
    with pytest.raises(ProviderError) as caught:
        pay.refund(REFUND_REQUEST)
    assert caught.value.outcome_unknown
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    ("first", "unknown"), [(CONNECT, False), (refused(502, ""), True), (refused(503, ""), True)]
)
def test_both_hosts_failing_tells_whether_one_may_have_acted(
    first: Answer | ProviderError, unknown: bool
) -> None:
    pay, _ = client(first, ProviderError("wechatpay", "CONNECT", retryable=True))
    with pytest.raises(ProviderError) as caught:
        pay.prepay(PREPAY)
    assert caught.value.retryable
    assert caught.value.outcome_unknown is unknown


def test_an_unreadable_private_key_is_misconfiguration() -> None:
    _, transport = client()
    for pem in ("", "no key", platform.public_pem("merchant")):
        pay = WechatPay(
            appid=platform.APPID,
            mchid=platform.MCHID,
            serial_no=platform.MERCHANT_SERIAL,
            private_key_pem=pem,
            apiv3_keys=(platform.APIV3_KEY,),
            public_keys={},
            base_urls=(platform.FIRST,),
            public_base_url="https://shop.invalid",
            clock=lambda: NOW,
            nonce=lambda: "n",
            transport=transport,
        )
        with pytest.raises(MisconfiguredError):
            pay.prepay(PREPAY)


def test_platform_certificates_verify_beside_public_keys() -> None:
    key = platform.rsa_key("certified")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x5157F0)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1825))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )
    body = b'{"prepay_id":"x"}'
    headers = platform.signature_headers(body, serial="5157F0", key="certified")
    pay, transport = client(Answer(200, headers, body), also={"5157F0": certificate})
    assert pay.prepay(PREPAY) == "x"
    assert transport.sent[0].headers["Wechatpay-Serial"] == platform.KEY_ID
