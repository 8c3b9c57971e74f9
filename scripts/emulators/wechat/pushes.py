"""Message push in safe mode: encrypted, signed, sent again until the shop says success."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from scripts.emulators.faults import Fault
from scripts.emulators.outbox import Message, Outgoing
from scripts.emulators.wire import json_bytes

RESEND_GAPS_SECONDS = (5, 5, 5)
KINDS = (
    "drop|duplicate|forged_signature|altered_body|missing_signature|stale_timestamp|"
    "future_timestamp|wrong_appid|wrong_padding|plain_body"
)
STALE_SECONDS = 301
_BLOCK = 32


def accepted(status: int, body: bytes) -> bool:
    """HTTP 200 with "success" or nothing accepts."""
    return status == 200 and body in (b"", b"success")  # noqa: PLR2004


def settlement(order: dict[str, Any], confirmed: bool, now: float) -> dict[str, Any]:
    """`trade_manage_order_settlement`: at shipping, or at receipt if it is confirmed."""
    event: dict[str, Any] = {
        "Event": "trade_manage_order_settlement",
        "transaction_id": order["transaction_id"],
        "merchant_id": order["mchid"],
        "merchant_trade_no": order["out_trade_no"],
        "pay_time": int(order["visible_at"]),
        "shipped_time": int(now),
    }
    if confirmed:
        return event | {
            "confirm_receive_method": 1,
            "confirm_receive_time": int(now),
            "settlement_time": int(now),
        }
    return event | {"estimated_settlement_time": int(now) + 10 * 86_400}


class Composer:
    """Builds the requests of one attempt.

    Args:
        appid: The mini-program.
        token: Signs.
        aes_key: ``EncodingAESKey``, 43 characters.
        wire_now: The clock of timestamps.
    """

    def __init__(self, appid: str, token: str, aes_key: str, wire_now: Callable[[], float]) -> None:
        self._appid = appid
        self._token = token
        self._key = base64.b64decode(aes_key + "=")
        self._wire_now = wire_now

    def compose(self, message: Message, fault: Fault | None) -> list[Outgoing]:
        """The requests, spoiled as the fault says."""
        kind = fault.kind if fault else ""
        if kind == "drop":
            return []
        plain = json_bytes(message.payload)
        appid = "wxother" if kind == "wrong_appid" else self._appid
        sealed = self._encrypt(plain, appid, broken=kind == "wrong_padding")
        shift = {"stale_timestamp": -STALE_SECONDS, "future_timestamp": STALE_SECONDS}.get(kind, 0)
        timestamp, nonce = str(int(self._wire_now()) + shift), str(secrets.randbelow(10**9))
        query = {
            "signature": self.sign(timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": message.payload["FromUserName"],
            "encrypt_type": "aes",
            "msg_signature": self.sign(timestamp, nonce, sealed),
        }
        if kind == "forged_signature":
            query["msg_signature"] = self.sign(timestamp, nonce, sealed + "x")
        if kind == "missing_signature":
            del query["msg_signature"]
        if kind == "altered_body":
            sealed = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]
        body = {"ToUserName": message.payload["ToUserName"], "Encrypt": sealed}
        raw = plain if kind == "plain_body" else json_bytes(body)
        headers = {"Content-Type": "application/json"}
        genuine = kind in {"", "duplicate"}
        request = Outgoing(f"{message.url}?{urlencode(query)}", headers, raw, genuine)
        return [request, request] if kind == "duplicate" else [request]

    def sign(self, *parts: str) -> str:
        """The signature over token, timestamp, nonce and, in safe mode, the sealed text."""
        text = "".join(sorted((self._token, *parts)))
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def _encrypt(self, plain: bytes, appid: str, *, broken: bool) -> str:
        inner = secrets.token_bytes(16) + len(plain).to_bytes(4, "big") + plain + appid.encode()
        padding = _BLOCK - len(inner) % _BLOCK
        inner += bytes([0 if broken else padding]) * padding
        sealer = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).encryptor()
        return base64.b64encode(sealer.update(inner) + sealer.finalize()).decode()


def message(number: str, url: str, event: dict[str, Any], appid: str, now: float) -> Message:
    """A push that is due now."""
    payload = {
        "ToUserName": f"gh_{appid[-12:]}",
        "FromUserName": "o-wechat-system",
        "CreateTime": int(now),
        "MsgType": "event",
        **json.loads(json.dumps(event)),
    }
    return Message(number, str(event["Event"]), str(event["transaction_id"]), url, payload, None)
