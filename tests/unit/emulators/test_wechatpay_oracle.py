"""wechatpayv3, written by others, judges the emulator: it signs, and it verifies and decrypts."""

import json
import time
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from wechatpayv3 import WeChatPay as OutsideClient
from wechatpayv3 import WeChatPayType

from scripts.emulators.openids import openid_for
from scripts.emulators.wechatpay import WeChatPay
from scripts.emulators.wechatpay.config import PayConfig
from tests.unit.emulators.pay_world import NOTIFY_URL, SEED, local_keys


class Loop(requests.adapters.BaseAdapter):
    """Carries the outside client's HTTP into the emulator."""

    def __init__(self, emulator: WeChatPay) -> None:
        super().__init__()
        self._emulator = emulator

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        reply = self._emulator.handle(str(request.method), target, dict(request.headers), raw)
        response = requests.Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        response._content = reply.body
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        pass


class Outside:
    def __init__(self) -> None:
        keys = local_keys()
        config = PayConfig.from_json(keys.wechatpay | {"refund_seconds": 0})
        shop = keys.shop_secrets["wechatpay"]
        self.openid = openid_for(config.appid, "u1")
        self.appid = config.appid
        self.notices: list[tuple[dict[str, str], bytes]] = []
        self.emulator = WeChatPay(config, deliver=self._deliver, now=time.time, rng=Random(SEED))
        self.client = OutsideClient(
            wechatpay_type=WeChatPayType.JSAPI,
            mchid=config.mchid,
            private_key=shop["private_key_pem"],
            cert_serial_no=shop["serial_no"],
            apiv3_key=shop["apiv3_key"],
            appid=config.appid,
            notify_url=NOTIFY_URL,
            public_key=shop["public_keys"][config.platform_key_id],
            public_key_id=config.platform_key_id,
        )

    def _deliver(self, _url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.notices.append((headers, body))
        return 204, b""

    def prepay(self) -> str:
        status, text = self.client.pay(
            description="云铺 白茶",
            out_trade_no="oracle0001",
            amount={"total": 100, "currency": "CNY"},
            payer={"openid": self.openid},
        )
        assert status == 200, text
        return str(json.loads(text)["prepay_id"])

    def pay(self) -> None:
        package = f"prepay_id={self.prepay()}"
        stamp = str(int(time.time()))
        asked = {
            "appId": self.appid, "timeStamp": stamp, "nonceStr": "n1", "package": package,
            "signType": "RSA", "openid": self.openid,
            "paySign": self.client.sign([self.appid, stamp, "n1", package]),
        }  # fmt: skip
        reply = self.emulator.handle("POST", "/_control/pay", {}, json.dumps(asked).encode())
        assert reply.status == 200, reply.body
        assert self.emulator.run_due() == 1


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    world = Outside()

    def get_adapter(_session: requests.Session, url: str) -> Loop:
        return Loop(world.emulator)

    monkeypatch.setattr(requests.Session, "get_adapter", get_adapter)
    return world


def test_requests_signed_by_the_outside_client_are_let_in(outside: Outside) -> None:
    outside.prepay()
    status, text = outside.client.query(out_trade_no="oracle0001")
    assert (status, json.loads(text)["trade_state"]) == (200, "NOTPAY")
    assert outside.client.close(out_trade_no="oracle0001")[0] == 204


def test_the_outside_client_verifies_answers_and_rejects_probes(outside: Outside) -> None:
    fault = json.dumps({"route": "jsapi", "kind": "signtest"}).encode()
    outside.emulator.handle("POST", "/_control/faults", {}, fault)
    with pytest.raises(Exception, match="verify the signature"):
        outside.prepay()


def test_the_outside_client_accepts_payment_notices(outside: Outside) -> None:
    outside.pay()
    headers, body = outside.notices[0]
    notice = outside.client.callback(headers, body)
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource"]["amount"]["total"] == 100
    assert not outside.client.callback(headers, body + b" ")


def test_the_outside_client_refunds_and_accepts_the_notice(outside: Outside) -> None:
    outside.pay()
    status, text = outside.client.refund(
        out_refund_no="r1",
        out_trade_no="oracle0001",
        amount={"refund": 40, "total": 100, "currency": "CNY"},
        notify_url=NOTIFY_URL,
    )
    assert (status, json.loads(text)["status"]) == (200, "PROCESSING")
    outside.emulator.run_due()
    assert json.loads(outside.client.query_refund(out_refund_no="r1")[1])["status"] == "SUCCESS"
    notice = outside.client.callback(*outside.notices[1])
    assert notice["event_type"] == "REFUND.SUCCESS"
    assert notice["resource"]["amount"]["refund"] == 40
