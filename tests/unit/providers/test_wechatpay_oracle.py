"""The community SDK as a witness: what it signs we would sign, what it seals we open."""

import json
from typing import Any

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3 import utils as oracle_utils

from shop.domain.payment import Payment, PrepayRequest
from tests.unit.providers import pay_platform as platform
from tests.unit.providers.pay_platform import NOW, ORDER, client, refused, signed


@pytest.fixture(scope="module")
def oracle() -> Any:
    return WeChatPay(
        wechatpay_type=WeChatPayType.MINIPROG,
        mchid=platform.MCHID,
        private_key=platform.private_pem("merchant"),
        cert_serial_no=platform.MERCHANT_SERIAL,
        appid=platform.APPID,
        apiv3_key=platform.APIV3_KEY,
        public_key=platform.public_pem("platform"),
        public_key_id=platform.KEY_ID,
    )


def _parts(authorization: str) -> dict[str, str]:
    scheme, _, rest = authorization.partition(" ")
    pairs = (part.split("=", 1) for part in rest.split(","))
    return {"scheme": scheme} | {name: value.strip('"') for name, value in pairs}


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_both_sign_a_request_alike(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle_utils.time, "time", lambda: float(NOW))
    if method == "POST":
        pay, transport = client(signed(200, {"prepay_id": "x"}))
        pay.prepay(PrepayRequest(ORDER, "明前龙井", 1, "oPayer", "", NOW + 900))
    else:
        pay, transport = client(refused(404, "ORDER_NOT_EXIST"))
        pay.query(ORDER)
    (request,) = transport.sent
    ours = _parts(request.headers["Authorization"])
    theirs = _parts(
        oracle_utils.build_authorization(
            request.url.removeprefix(platform.FIRST),
            method,
            platform.MCHID,
            platform.MERCHANT_SERIAL,
            platform.rsa_key("merchant"),
            data=request.body.decode(),
            nonce_str=ours["nonce_str"],
        )
    )
    assert ours == theirs


def test_both_sign_pay_parameters_alike(oracle: Any) -> None:
    pay, _ = client()
    params = pay.sign_params("wx2014", now=NOW, nonce="abc")
    assert params.pay_sign == oracle.sign([platform.APPID, str(NOW), "abc", "prepay_id=wx2014"])


def test_both_read_the_same_notice(oracle: Any) -> None:
    body = platform.payment_notice()
    headers = platform.signature_headers(body)
    theirs = oracle.callback(headers=headers, body=body)["resource"]
    pay, _ = client()
    ours = pay.verify_notice(headers, body, now=NOW)
    assert isinstance(ours, Payment)
    assert (ours.out_trade_no, ours.transaction_id, ours.total_fen, ours.openid) == (
        theirs["out_trade_no"],
        theirs["transaction_id"],
        theirs["amount"]["total"],
        theirs["payer"]["openid"],
    )


def test_we_accept_a_notice_signed_by_the_oracle() -> None:
    body = json.dumps(
        json.loads(platform.payment_notice()), ensure_ascii=False, separators=(",", ":")
    )
    signature = oracle_utils.rsa_sign(platform.rsa_key("platform"), f"{NOW}\nnonce\n{body}\n")
    headers = platform.signature_headers(body.encode(), nonce="nonce") | {
        "wechatpay-signature": signature
    }
    pay, _ = client()
    assert pay.verify_notice(headers, body.encode(), now=NOW).out_trade_no == ORDER
