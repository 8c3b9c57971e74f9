"""WeChat's message push in safe mode: is it WeChat, and what does it say (`providers` 1.8).

Signature and age are checked before anything is decrypted or parsed; whatever is wrong, the answer
is the same. The push must be set to JSON in WeChat's console.
May import: errors, domain, telemetry.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Annotated

import msgspec

from shop.domain.wechat_event import WechatEvent
from shop.errors import UnauthenticatedError
from shop.telemetry import misconfigured

OLDEST_SECONDS = 300
_KEY_CHARACTERS = 43
_RANDOM_BYTES = 16
_LENGTH_BYTES = 4
_BLOCK_BYTES = 32
_LONGEST_ECHO = 64

_Text = Annotated[str, msgspec.Meta(max_length=256)]


class _Envelope(msgspec.Struct):
    Encrypt: str


class _Event(msgspec.Struct):
    FromUserName: _Text = ""
    CreateTime: int = 0
    Event: _Text = ""
    transaction_id: _Text | int = ""
    merchant_trade_no: _Text | int = ""
    confirm_receive_time: _Text | int | None = None
    confirm_receive_method: _Text | int | None = None


class WechatPush:
    """The push of one mini-program.

    Args:
        appid: Whose events these must be.
        token: What signatures are made with.
        encoding_aes_key: 43 characters, as shown in WeChat's console.

    Raises:
        MisconfiguredError: The token is empty, or the key is not of that form.
    """

    def __init__(self, *, appid: str, token: str, encoding_aes_key: str) -> None:
        if not token or len(encoding_aes_key) != _KEY_CHARACTERS:
            raise misconfigured(wrong="wechat-app")
        try:
            self._key = base64.b64decode(f"{encoding_aes_key}=", validate=True)
        except binascii.Error as bad:
            raise misconfigured(wrong="wechat-app") from bad
        self._appid = appid
        self._token = token

    def echo(self, query: Mapping[str, str], *, now: int) -> str:
        """What WeChat wants to hear back when the address is entered in its console.

        Raises:
            UnauthenticatedError: `push_rejected`.
        """
        self._check(query, "signature", (), now)
        text = query.get("echostr", "")
        if not (0 < len(text) <= _LONGEST_ECHO and text.isascii() and text.isalnum()):
            raise _rejected()
        return text

    def open(self, query: Mapping[str, str], body: bytes, *, now: int) -> WechatEvent:
        """The event in a push.

        Args:
            query: The query string's fields.
            body: The bytes as received.
            now: UTC seconds.

        Raises:
            UnauthenticatedError: `push_rejected`: anything at all is wrong with it.
        """
        try:
            sealed = msgspec.json.decode(body, type=_Envelope).Encrypt
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
            raise _rejected() from bad
        self._check(query, "msg_signature", (sealed,), now)
        try:
            event = msgspec.json.decode(self._decrypt(sealed), type=_Event)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as bad:
            raise _rejected() from bad
        names = (
            event.FromUserName,
            str(event.CreateTime),
            event.Event,
            str(event.transaction_id),
            str(event.merchant_trade_no),
            str(event.confirm_receive_time or 0),
        )
        return WechatEvent(
            key=hashlib.sha256("\n".join(names).encode()).hexdigest()[:32],
            name=event.Event,
            created_at=event.CreateTime,
            order_no=str(event.merchant_trade_no),
            transaction_id=str(event.transaction_id),
            receipt_confirmed=bool(event.confirm_receive_method or event.confirm_receive_time),
        )

    def _check(
        self, query: Mapping[str, str], name: str, signed: tuple[str, ...], now: int
    ) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        parts = sorted((self._token, timestamp, nonce, *signed))
        due = hashlib.sha1("".join(parts).encode("utf-8", "replace"), usedforsecurity=False)
        given = query.get(name, "").encode("utf-8", "replace")
        if not hmac.compare_digest(due.hexdigest().encode(), given):
            raise _rejected()
        if not (timestamp.isascii() and timestamp.isdecimal()) or (
            abs(now - int(timestamp[:20])) > OLDEST_SECONDS
        ):
            raise _rejected()

    def _decrypt(self, sealed: str) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        box = base64.b64decode(sealed, validate=True)
        opener = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:_RANDOM_BYTES])).decryptor()
        padded = opener.update(box) + opener.finalize()
        padding = padded[-1] if padded else 0
        if not 1 <= padding <= _BLOCK_BYTES or len(padded) % _BLOCK_BYTES:
            raise ValueError
        plain = padded[_RANDOM_BYTES:-padding]
        length = int.from_bytes(plain[:_LENGTH_BYTES], "big")
        message, appid = plain[_LENGTH_BYTES:][:length], plain[_LENGTH_BYTES + length :]
        if appid != self._appid.encode():
            raise ValueError
        return message


def _rejected() -> UnauthenticatedError:
    return UnauthenticatedError("push_rejected", "推送未通过验证")
