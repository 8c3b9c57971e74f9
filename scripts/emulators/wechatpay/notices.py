"""Payment and refund notices: encrypted, signed, and spoiled when a fault asks for it."""

import copy
import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from scripts.emulators.faults import Fault
from scripts.emulators.outbox import Message, Outgoing
from scripts.emulators.wechatpay.certificates import in_force
from scripts.emulators.wechatpay.clock import rfc3339
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.signing import PlatformKey, as_probe, encrypted_resource
from scripts.emulators.wire import json_bytes

PLAN_GAPS_SECONDS = (
    15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600,
)  # fmt: skip
ANSWER_TIMEOUT_SECONDS = 5.0
STALE_SECONDS = 301
WRONG_CONTENT = {
    "wrong_amount": ("amount", "total"),
    "wrong_currency": ("amount", "currency"),
    "wrong_appid": ("appid",),
    "wrong_mchid": ("mchid",),
    "wrong_openid": ("payer", "openid"),
    "wrong_state": ("trade_state",),
    "unknown_order": ("out_trade_no",),
}
SIGNATURE_FAULTS = (
    "stale_timestamp", "future_timestamp", "forged_signature", "altered_body", "signtest",
    "unknown_serial", "missing_signature",
)  # fmt: skip
KINDS = "|".join(["drop", "duplicate", "second_key", "slow", *WRONG_CONTENT, *SIGNATURE_FAULTS])
SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
}


def accepted(status: int, _body: bytes) -> bool:
    """Only 200 and 204 accept a notice; the body does not count."""
    return status in {200, 204}


class NoticeWriter:
    """Turns a message into the signed HTTP request of one attempt."""

    def __init__(
        self,
        config: PayConfig,
        *,
        wire_now: Callable[[], float],
        sleep: Callable[[float], None],
        rng: Random,
    ) -> None:
        self._config = config
        self._key = PlatformKey.from_pem(config.platform_key_id, config.platform_private_key_pem)
        self._second = (
            PlatformKey.from_pem(
                config.second_platform_key_id, config.second_platform_private_key_pem
            )
            if config.second_platform_key_id
            else None
        )
        self._wire_now = wire_now
        self._sleep = sleep
        self._rng = rng

    def key_for(self, serial: str | None) -> PlatformKey:
        """The key that signs an answer: the one the request names, else the first."""
        if self._second is not None and serial == self._second.key_id:
            return self._second
        certified = in_force(self._config.platform_certificates, self._wire_now())
        if serial is None and certified is not None:
            return certified
        return self._key

    def message(self, topic: str, subject: str, url: str, content: dict[str, Any]) -> Message:
        """A fresh notice, not yet due."""
        number = uuid.UUID(int=self._rng.getrandbits(128), version=4)
        payload = {"create_time": rfc3339(self._wire_now()), "content": content}
        return Message(str(number), topic, subject, url, payload, None)

    def compose(self, message: Message, fault: Fault | None) -> list[Outgoing]:
        """The requests of one attempt; signed anew each time, as WeChat Pay does."""
        kind = fault.kind if fault else ""
        if fault and kind == "slow":
            self._sleep(fault.delay_seconds(1.0))
        if kind == "drop":
            return []
        content = _spoiled(message.payload["content"], kind)
        request = self._request(message, content, kind)
        return [request, request] if kind == "duplicate" else [request]

    def _request(self, message: Message, content: dict[str, Any], kind: str) -> Outgoing:
        original_type = "refund" if message.topic.startswith("REFUND") else "transaction"
        body = json_bytes(
            {
                "id": message.id,
                "create_time": message.payload["create_time"],
                "resource_type": "encrypt-resource",
                "event_type": message.topic,
                "summary": SUMMARIES[message.topic],
                "resource": encrypted_resource(
                    self._config.apiv3_key, original_type, json_bytes(content), self._hex
                ),
            }
        )
        signed = self._signed(body, kind)
        if kind == "altered_body":
            body = body.replace(b'"summary":"', b'"summary":"!')
        headers = {
            "Content-Type": "application/json",
            "Accept": "*/*",
            "User-Agent": "Mozilla/4.0",
            "Request-ID": self._hex(32).upper(),
        }
        genuine = kind not in WRONG_CONTENT and kind not in SIGNATURE_FAULTS
        return Outgoing(message.url, headers | signed, body, genuine)

    def _signed(self, body: bytes, kind: str) -> dict[str, str]:
        key = self._second if kind == "second_key" and self._second else self.key_for(None)
        shift = {"stale_timestamp": -STALE_SECONDS, "future_timestamp": STALE_SECONDS}.get(kind, 0)
        headers = key.headers(int(self._wire_now()) + shift, self._hex(32), body)
        if kind == "signtest":
            return as_probe(headers)
        if kind == "forged_signature":
            other = key.headers(int(self._wire_now()), self._hex(32), b"another body")
            return headers | {"Wechatpay-Signature": other["Wechatpay-Signature"]}
        if kind == "unknown_serial":
            return headers | {"Wechatpay-Serial": "PUB_KEY_ID_0100000000000000000000000000"}
        if kind == "missing_signature":
            del headers["Wechatpay-Signature"]
        return headers

    def _hex(self, digits: int) -> str:
        return f"{self._rng.getrandbits(4 * digits):0{digits}x}"


def _spoiled(content: dict[str, Any], kind: str) -> dict[str, Any]:
    if kind not in WRONG_CONTENT:
        return content
    spoiled = copy.deepcopy(content)
    *parents, name = WRONG_CONTENT[kind]
    part = spoiled
    for parent in parents:
        part = part[parent]
    value = part.get(name)
    if isinstance(value, int):
        part[name] = value + 1
    elif name == "trade_state":
        part[name] = "PAYERROR"
    elif value is not None:
        part[name] = value[:-1] + ("x" if value[-1] != "x" else "y")
    return spoiled
