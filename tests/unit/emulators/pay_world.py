"""A WeChat Pay emulator under a virtual clock, and a merchant who signs by its own code."""

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from scripts.emulators.keys import LocalKeys, generate
from scripts.emulators.openids import openid_for
from scripts.emulators.wechatpay import WeChatPay
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wire import DeliveryError, Reply

START = 1_790_000_000.0
SEED = 20261105
NOTIFY_URL = "https://shop.example/pay/notify"


@cache
def local_keys() -> LocalKeys:
    return generate()


@cache
def private_key(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@dataclass
class PayWorld:
    overrides: dict[str, Any] = field(default_factory=dict)
    now: float = START
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    notices: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        keys = local_keys()
        self.config = PayConfig.from_json(keys.wechatpay | self.overrides)
        self.merchant = keys.shop_secrets["wechatpay"]
        self.key = private_key(self.merchant["private_key_pem"])
        self.openid = openid_for(self.config.appid, "u1")
        self.pay = WeChatPay(
            self.config,
            deliver=self.deliver,
            now=lambda: self.now,
            sleep=self.advance,
            rng=Random(SEED),
        )

    def deliver(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.notices.append((url, headers, body))
        status, answer = self.answers.pop(0) if self.answers else (204, b"")
        if status == 0:
            raise DeliveryError("no answer")
        return status, answer

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def sign(self, message: str) -> str:
        raw = self.key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(raw).decode()

    def authorization(self, method: str, target: str, body: str, **changed: str) -> str:
        parts = {
            "mchid": self.config.mchid,
            "nonce_str": "n" * 32,
            "timestamp": str(int(self.now)),
            "serial_no": self.config.merchant_serial_no,
        } | changed
        text = f"{method}\n{target}\n{parts['timestamp']}\n{parts['nonce_str']}\n{body}\n"
        parts.setdefault("signature", self.sign(text))
        joined = ",".join(f'{name}="{value}"' for name, value in parts.items())
        return "WECHATPAY2-SHA256-RSA2048 " + joined

    def call(self, method: str, target: str, body: object = None, **headers: str) -> Reply:
        text = "" if body is None else json.dumps(body, ensure_ascii=False)
        sent = {
            "Accept": "application/json",
            "User-Agent": "test",
            "Authorization": self.authorization(method, target, text),
        }
        if text:
            sent["Content-Type"] = "application/json"
        return self.pay.handle(method, target, sent | headers, text.encode())

    def control(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        text = b"" if body is None else json.dumps(body).encode()
        reply = self.pay.handle(method, "/_control/" + path, {}, text)
        return reply.status, json.loads(reply.body)

    def fault(self, route: str, kind: str, **more: int) -> None:
        status, answer = self.control("POST", "faults", {"route": route, "kind": kind, **more})
        assert status == 201, answer

    def order(self, number: str = "order0001", **changed: object) -> dict[str, Any]:
        return {
            "appid": self.config.appid,
            "mchid": self.config.mchid,
            "description": "云铺 白茶 饼茶",
            "out_trade_no": number,
            "notify_url": NOTIFY_URL,
            "attach": "c1",
            "amount": {"total": 9_900, "currency": "CNY"},
            "payer": {"openid": self.openid},
            **changed,
        }

    def prepay(self, number: str = "order0001", **changed: object) -> str:
        reply = self.call("POST", "/v3/pay/transactions/jsapi", self.order(number, **changed))
        assert reply.status == 200, reply.body
        return str(json.loads(reply.body)["prepay_id"])

    def payment(self, prepay_id: str, **changed: object) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "appId": self.config.appid,
            "timeStamp": str(int(self.now)),
            "nonceStr": "abc",
            "package": f"prepay_id={prepay_id}",
            "signType": "RSA",
        }
        lines = "".join(asked[n] + "\n" for n in ("appId", "timeStamp", "nonceStr", "package"))
        return asked | {"paySign": self.sign(lines), "openid": self.openid, **changed}

    def paid(self, number: str = "order0001", **changed: object) -> Any:
        status, answer = self.control("POST", "pay", self.payment(self.prepay(number), **changed))
        assert status == 200, answer
        return answer

    def query(self, number: str = "order0001") -> tuple[int, Any]:
        target = f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.config.mchid}"
        reply = self.call("GET", target)
        return reply.status, json.loads(reply.body)

    def close(self, number: str = "order0001") -> Reply:
        target = f"/v3/pay/transactions/out-trade-no/{number}/close"
        return self.call("POST", target, {"mchid": self.config.mchid})

    def verify(self, headers: dict[str, str], body: bytes) -> None:
        """Raises InvalidSignature unless the answer or notice is WeChat Pay's."""
        pem = self.merchant["public_keys"][headers["Wechatpay-Serial"]]
        key = load_pem_public_key(pem.encode())
        assert isinstance(key, rsa.RSAPublicKey)
        lines = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode()
        signature = base64.b64decode(headers["Wechatpay-Signature"])
        key.verify(signature, lines + body + b"\n", padding.PKCS1v15(), hashes.SHA256())

    def decrypted(self, body: bytes) -> Any:
        resource = json.loads(body)["resource"]
        plain = AESGCM(self.config.apiv3_key.encode()).decrypt(
            resource["nonce"].encode(),
            base64.b64decode(resource["ciphertext"]),
            resource["associated_data"].encode(),
        )
        return json.loads(plain)
