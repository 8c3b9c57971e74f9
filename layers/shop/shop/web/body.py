"""Request bodies: bytes from anybody to one typed value, or a clear refusal.

Checked in this order: size (413), content type (415), UTF-8, depth, JSON, no duplicate key (400),
then the declared type, strictly: no unknown field, no `true` or `"1"` or `1.0` for 1 (422).
"""

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgspec

from shop.errors import InvalidError, MediaTypeError, TooLargeError, ValidationError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
MAX_DIGITS = 20

T = TypeVar("T")


def raw(event: Mapping[str, Any], limit: int = MAX_BYTES) -> bytes:
    """The body's bytes as they were sent.

    Raises:
        TooLargeError: More than `limit` bytes.
        InvalidError: Declared as base64 and not base64.
    """
    text = event.get("body") or ""
    if len(text) > limit * 2:
        raise TooLargeError
    if event.get("isBase64Encoded"):
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as bad:
            raise InvalidError from bad
    else:
        data = text.encode("utf-8", "surrogatepass")
    if len(data) > limit:
        raise TooLargeError
    return data


def decode(data: bytes, content_type: str, shape: type[T]) -> T:
    """The body as `shape`.

    Raises:
        MediaTypeError: Not declared as JSON.
        InvalidError: Not JSON, too deep, or a key stands twice.
        ValidationError: JSON of another shape; `errors` names the field.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise MediaTypeError
    return convert(_parse(data), shape)


def convert(value: object, shape: type[T]) -> T:
    """A parsed value as `shape`, strictly.

    Raises:
        ValidationError: It does not fit; `errors` names the field.
    """
    try:
        return msgspec.convert(value, shape, strict=True)
    except msgspec.ValidationError as bad:
        raise ValidationError(errors=[_field_error(str(bad))]) from bad
    except UnicodeEncodeError as bad:
        raise _lone_surrogate() from bad


def convert_text(values: Mapping[str, str], shape: type[T]) -> T:
    """Query parameters as `shape`: numbers and booleans are read from text.

    Raises:
        ValidationError: They do not fit; `errors` names the field.
    """
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as bad:
        raise ValidationError(errors=[_field_error(str(bad))]) from bad
    except UnicodeEncodeError as bad:
        raise _lone_surrogate() from bad


def _lone_surrogate() -> ValidationError:
    return ValidationError(errors=[{"field": "$", "message": "contains a lone surrogate"}])


def clean_text(text: str) -> str:
    """Free text as it is kept: NFC, trimmed, no control or direction-changing characters.

    Raises:
        ValidationError: A character that is not text (C0/C1 controls, bidi overrides, lone
            surrogates).
    """
    tidy = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in tidy) or (
        _BIDI & set(tidy)
    ):
        raise ValidationError(errors=[{"field": "$", "message": "contains control characters"}])
    return tidy


_BIDI = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def _parse(data: bytes) -> object:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as bad:
        raise InvalidError(detail="请求不是有效的 UTF-8 文本") from bad
    _check_depth(text)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as bad:
        raise InvalidError(detail="请求不是有效的 JSON") from bad
    if _SURROGATE.search(text):
        _check_encodable(value)
    return value


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _check_encodable(value: object) -> None:
    """Half of an escaped pair is no character, and could be neither stored nor sent."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as bad:
        raise _lone_surrogate() from bad


_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _check_depth(text: str) -> None:
    """Depth by brackets outside strings, so that no parser is asked to go deep."""
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", _STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise InvalidError(detail="请求嵌套过深")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("duplicate key")
    return made


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        # Out of every range we accept; a short stand-in keeps the answer a 422.
        return int("9" * MAX_DIGITS)
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _field_error(message: str) -> dict[str, str]:
    """The library says `Expected ... - at `$.path``; the contract wants field and message apart."""
    text, _, path = message.partition(" - at `")
    return {"field": path.rstrip("`") or "$", "message": text}
