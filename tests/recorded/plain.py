"""Values of the store and of the wire as a person reads them, the same on every machine."""

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from tests.proving.shop import keys

_LONGEST = 240
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{300,}={0,2}")
"""RSA, by keys that are made anew for each run."""
_SEALED = re.compile(r"[A-Za-z0-9_-]{100,}")
"""Deflated and sealed, and not every zlib deflates to the same bytes."""
_SIGNED = re.compile(r'(signature|serial_no|serial)="[^"]*"')
_DIGEST = re.compile(r"[0-9a-f]{64}")
"""Of files that another release of SQLite writes otherwise."""
_RELEASE = re.compile(r"python-requests/[\d.]+")
_DIGESTS = {"sign", "msgDigest"}
_FIXED = {"appid", "mchid", "sender"}
_PLACE = re.compile(r"[#:]\w+")
_NAMES, _VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"
_NOT_TOLD = {"TableName", "ReturnConsumedCapacity", "ClientRequestToken", _NAMES, _VALUES}


def value(typed: Mapping[str, Any]) -> Any:
    """A DynamoDB attribute value as plain data."""
    ((kind, held),) = typed.items()
    if kind == "N":
        return int(held) if held.lstrip("-").isdigit() else float(held)
    if kind == "M":
        return item(held)
    if kind == "L":
        return [value(one) for one in held]
    if kind == "B":
        return unpacked(base64.b64decode(held))
    return None if kind == "NULL" else text(held) if isinstance(held, str) else held


def item(typed: Mapping[str, Any]) -> dict[str, Any]:
    """A row as plain data, sorted by name."""
    return {name: value(typed[name]) for name in sorted(typed)}


def unpacked(data: bytes) -> Any:
    """What packed bytes hold; of sealed ones only how many they are and their checksum."""
    try:
        inside = zlib.decompress(data)
    except zlib.error:
        inside = data
    found = None
    for decode in (msgspec.msgpack.decode, msgspec.json.decode):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            found = found or decode(inside)
    return told(found) if isinstance(found, dict | list) else _digest("bytes", inside)


def told(found: Any) -> Any:
    """Plain data with long and ever different texts cut down."""
    if isinstance(found, Mapping):
        return {
            told(name): "<made>" if name in _DIGESTS else told(one) for name, one in found.items()
        }
    if isinstance(found, Enum):
        return found.value
    if isinstance(found, list | tuple):
        return [told(one) for one in found]
    if isinstance(found, bytes):
        return unpacked(found)
    return text(found) if isinstance(found, str) else found


def text(found: str) -> str:
    """A text, with what is different on each machine left out."""
    if _DIGEST.fullmatch(found):
        return "<sha256>"
    if _SEALED.fullmatch(found):
        return "<sealed>"
    found = _SIGNATURE.sub("<signature>", found)
    found = _RELEASE.sub("python-requests/<release>", found)
    found = _SIGNED.sub(r'\1="<made>"', found)
    for secret, name in _secrets().items():
        found = found.replace(secret, name)
    found = found.encode("utf-8", "backslashreplace").decode()
    return found if len(found) <= _LONGEST else f"{found[:60]}… {_digest('text', found.encode())}"


@cache
def _secrets() -> Mapping[str, str]:
    """Names for what is made anew for each run."""
    made = keys().shop_secrets
    named = {
        held: f"<{secret} {name}>"
        for secret, values in made.items()
        for name, held in _leaves(values)
    }
    return {**named, **dict.fromkeys(made["wechatpay"]["public_keys"], "<wechatpay key id>")}


def _leaves(held: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, one in held.items():
        if isinstance(one, Mapping) and name not in _FIXED:
            yield from _leaves(one)
        elif isinstance(one, str) and name not in _FIXED:
            yield name, one


def request(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A request to the store, with names and values put into its expressions."""
    values = {name: str(value(one)) for name, one in asked.get(_VALUES, {}).items()}
    places = {**asked.get(_NAMES, {}), **values}
    plain: dict[str, Any] = {}
    for name, held in sorted(asked.items()):
        if name.endswith("Expression"):
            plain[name] = _PLACE.sub(lambda found: places[found[0]], held)
        elif name in _PLAIN:
            plain[name] = _PLAIN[name](held)
        elif name == "RequestItems":
            plain |= _of_tables(held)
        elif name not in _NOT_TOLD:
            plain[name] = held
    return plain


def key(typed: Mapping[str, Any]) -> str:
    """Both parts of a row's key."""
    return " ".join(str(value(typed[name])) for name in ("PK", "SK") if name in typed)


def body(data: bytes) -> Any:
    """The body of a request or answer: JSON, a form, or a checksum."""
    if not data:
        return None
    try:
        return told(json.loads(data))
    except ValueError:
        pass
    try:
        form = dict(parse_qsl(data.decode(), strict_parsing=True))
    except ValueError:
        return _digest("bytes", data)
    return told(
        {name: body(one.encode()) if one[:1] in "[{" else one for name, one in form.items()}
    )


def _of_tables(tables: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for asked in tables.values():
        if isinstance(asked, list):
            found["Writes"] = [
                {kind: key(one.get("Item") or one["Key"])}
                for pair in asked
                for kind, one in pair.items()
            ]
        else:
            found |= request(asked)
    return found


def _digest(kind: str, data: bytes) -> str:
    return f"<{len(data)} {kind}, crc {zlib.crc32(data):08x}>"


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "Item": key,
    "Key": key,
    "ExclusiveStartKey": key,
    "Keys": lambda held: [key(one) for one in held],
    "TransactItems": lambda held: [
        {kind: request(one)} for pair in held for kind, one in pair.items()
    ],
}
