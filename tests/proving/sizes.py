"""The size of an item in bytes, by the published rules of DynamoDB.

An item weighs the UTF-8 bytes of its attribute names plus its values. Strings and binaries weigh
their bytes; a number one byte, plus one for each two significant digits (pairs are counted from
the decimal point), plus one if negative; a boolean or null one byte; a set the sum of its
members; a list or map three bytes, plus one for each element, plus names and values inside.
"""

import base64
from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Mapping[str, Any]]


def item_size(item: Item | None) -> int:
    """Bytes of an item; 0 if there is none."""
    if not item:
        return 0
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one attribute value in its typed form, such as ``{"S": "a"}``."""
    (kind, content), *rest = value.items()
    if rest:
        raise ValueError(f"a value of more than one type: {value!r}")
    size: int = _SIZES[kind](content)
    return size


def number_size(text: str) -> int:
    """Bytes of a number given as its decimal text."""
    negative = text.startswith("-")
    mantissa, _, exponent_text = text.lstrip("+-").lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(exponent_text or 0) - len(fraction)
    significant = digits.rstrip("0")
    if not significant:
        return 1
    exponent += len(digits) - len(significant)
    # A pair never straddles the decimal point, so an odd exponent costs half a pair.
    pairs = (len(significant) + exponent % 2 + 1) // 2
    return 1 + pairs + negative


def _binary_size(text: str) -> int:
    return len(base64.b64decode(text))


_SIZES: dict[str, Any] = {
    "S": lambda text: len(text.encode()),
    "N": number_size,
    "B": _binary_size,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda members: sum(len(member.encode()) for member in members),
    "NS": lambda members: sum(number_size(member) for member in members),
    "BS": lambda members: sum(_binary_size(member) for member in members),
    "L": lambda members: 3 + sum(1 + value_size(member) for member in members),
    "M": lambda members: (
        3 + sum(1 + len(name.encode()) + value_size(member) for name, member in members.items())
    ),
}


def write_units(size: int) -> int:
    """Write units of a change whose larger image has this size: one for each started KB."""
    return max(1, -(-size // 1024))


def read_units(size: int) -> int:
    """Units of a strongly consistent read of this many bytes: one for each started 4 KB."""
    return max(1, -(-size // 4096))
