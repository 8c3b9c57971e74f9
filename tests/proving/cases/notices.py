"""Notices that WeChat Pay never sent, or sent long ago: real keys, one thing wrong in each."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.emulators.wechatpay.signing import encrypted_resource
from tests.proving.shop import Shop

ROUTE = "POST /v1/notify/wechatpay"
AGES = (-86_400, -3_601, -600, -301, -300, 300, 301, 600, 3_601, 86_400)
"""Seconds between a notice's timestamp and now, at and beyond the five minutes."""
SERIALS = (
    "",
    "0",
    "PUB_KEY_ID_0000000000000000000000000000000000",
    "7132D72A03E93CDDF8C03BBD1F37EEDF",
    "../../etc/passwd",
    "PUB_KEY_ID_01\u0000",
)
TIMESTAMPS = (
    "",
    "0",
    "-1",
    "1e9",
    "١٢٣٤٥٦٧٨٩٠",
    "99999999999999999999",
    "1794398400.0",
    " 1794398400",
)
Headers = dict[str, str]


@dataclass(frozen=True)
class Notice:
    """One request to the notice route."""

    name: str
    headers: Headers
    body: bytes


class Forger:
    """Writes notices as WeChat Pay does, and spoils them."""

    def __init__(self, shop: Shop, order_no: str) -> None:
        self._shop = shop
        self._writer = shop.pay._writer
        self._order = shop.pay._ledger.orders[order_no]

    def genuine(self, *, second_key: bool = False) -> Notice:
        """The notice of the order's payment, as WeChat Pay would send it now."""
        message = self._shop.pay._buyer.success_notice(self._order)
        request = self._writer._request(
            message, message.payload["content"], "second_key" if second_key else ""
        )
        return Notice("genuine", request.headers, request.body)

    def forged(self) -> Iterator[Notice]:
        """Every header, the body, the key, the age, the sealed part; each wrong by itself."""
        good = self.genuine()
        yield from self._headers(good)
        yield from self._signatures(good)
        yield from self._bodies(good)
        yield from self._ages(good)
        yield from self._sealed(good)
        yield from self._unreadable(good)

    def _headers(self, good: Notice) -> Iterator[Notice]:
        names = [name for name in good.headers if name.startswith("Wechatpay-")]
        needed = [name for name in names if name != "Wechatpay-Signature-Type"]
        for name in needed:
            rest = {one: value for one, value in good.headers.items() if one != name}
            yield Notice(f"no {name}", rest, good.body)
        for name in names:
            value = good.headers[name]
            for wrong in ("", f"{value},{value}", f"{value}x", value[:-1], f"{value}é"):
                if name != "Wechatpay-Signature-Type" or wrong:
                    yield Notice(f"{name} {wrong[:40]!r}", good.headers | {name: wrong}, good.body)
        for serial in SERIALS:
            changed = good.headers | {"Wechatpay-Serial": serial}
            yield Notice(f"serial {serial!r}", changed, good.body)
        for stamp in TIMESTAMPS:
            changed = good.headers | {"Wechatpay-Timestamp": stamp}
            yield Notice(f"timestamp {stamp!r}", changed, good.body)

    def _signatures(self, good: Notice) -> Iterator[Notice]:
        signature = good.headers["Wechatpay-Signature"]
        for at in range(0, len(signature), 5):
            other = "B" if signature[at] == "A" else "A"
            wrong = signature[:at] + other + signature[at + 1 :]
            yield Notice(
                f"signature at {at}", good.headers | {"Wechatpay-Signature": wrong}, good.body
            )
        stranger = self._shop.courier  # somebody else's host, none of WeChat's keys
        del stranger
        probe = "WECHATPAY/SIGNTEST/" + signature[19:]
        yield Notice("probe", good.headers | {"Wechatpay-Signature": probe}, good.body)
        other_body = self._signed(b'{"another":"body"}')
        yield Notice("another body's signature", good.headers | other_body, good.body)

    def _bodies(self, good: Notice) -> Iterator[Notice]:
        for at in range(0, len(good.body), 12):
            changed = good.body[:at] + bytes([good.body[at] ^ 1]) + good.body[at + 1 :]
            yield Notice(f"body at {at}", good.headers, changed)
        for name, body in (
            ("empty", b""),
            ("longer", good.body + b" "),
            ("cut", good.body[:-1]),
            ("huge", good.body + b" " * 70_000),
        ):
            yield Notice(f"body {name}", good.headers, body)

    def _ages(self, good: Notice) -> Iterator[Notice]:
        for age in AGES:
            stamp = self._shop.now + age
            headers = good.headers | self._writer._key.headers(stamp, "0" * 32, good.body)
            yield Notice(f"{age} s old", headers, good.body)

    def _sealed(self, good: Notice) -> Iterator[Notice]:
        """Signed by WeChat Pay, but not readable with our key: a key rotated without us."""
        told = json.loads(good.body)
        resource = told["resource"]
        changes: dict[str, Any] = {
            "ciphertext": resource["ciphertext"][:-4] + "AAA=",
            "nonce": resource["nonce"][::-1] + "x",
            "associated_data": "refund",
            "algorithm": "AEAD_AES_128_GCM",
        }
        for name, value in changes.items():
            yield self._resigned(f"sealed {name}", {**told, "resource": {**resource, name: value}})
        other = encrypted_resource("k" * 32, "transaction", b"{}", lambda digits: "0" * digits)
        yield self._resigned("sealed with another key", {**told, "resource": other})
        yield self._resigned("sealed nothing", {**told, "resource": None})
        without = {name: value for name, value in told.items() if name != "event_type"}
        yield self._resigned("without event_type", without)

    def _unreadable(self, good: Notice) -> Iterator[Notice]:
        """Rightly signed, and nothing that WeChat Pay writes."""
        bodies = {
            "not JSON": b"<xml><return_code>SUCCESS</return_code></xml>",
            "not UTF-8": b"\xff\xfe{}",
            "a list": b"[" + good.body + b"]",
            "a number": b"1",
            "deep": b"[" * 5_000 + b"]" * 5_000,
            "a long integer": b'{"event_type":' + b"9" * 5_000 + b"}",
            "oversized": good.body[:-1] + b" " * 70_000 + b"}",
        }
        for name, body in bodies.items():
            yield Notice(f"signed, {name}", self._signed(body), body)
        told = json.loads(good.body)
        for name, plain in (("no JSON", b"paid"), ("no payment", b'{"id":1}'), ("empty", b"")):
            key, kind = self._writer._config.apiv3_key, "transaction"
            sealed = encrypted_resource(key, kind, plain, lambda digits: "0" * digits)
            yield self._resigned(f"sealed, {name}", {**told, "resource": sealed})

    def _resigned(self, name: str, told: dict[str, Any]) -> Notice:
        body = json.dumps(told).encode()
        return Notice(name, self._signed(body), body)

    def _signed(self, body: bytes) -> Headers:
        return self._writer._key.headers(self._shop.now, "1" * 32, body)
