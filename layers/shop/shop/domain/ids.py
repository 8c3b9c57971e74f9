"""How things are numbered. Every id is opaque to clients: `[0-9A-Za-z_-]{1,64}`."""

import re
from typing import NewType

CustomerId = NewType("CustomerId", str)
OrderNo = NewType("OrderNo", str)
SkuId = NewType("SkuId", str)

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CUSTOMER_ID_LENGTH = 11
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def is_id(text: str) -> bool:
    """Whether a text from outside may be looked at as an id at all."""
    return _ID.fullmatch(text) is not None


def base62(number: int, width: int) -> str:
    """The number in base 62, most significant first, cut to its last `width` digits.

    Digits sort like their values, so equal widths sort like the numbers.
    """
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def from_base62(text: str) -> int:
    """The number that `base62` wrote.

    Raises:
        ValueError: A character is outside the alphabet.
    """
    number = 0
    for character in text:
        number = number * 62 + ALPHABET.index(character)
    return number


def random_id(entropy: bytes, width: int = 22) -> str:
    """An id from at least `width * 6 / 8` random bytes."""
    return base62(int.from_bytes(entropy, "big"), width)


def product_of(sku_id: str) -> str:
    """A SKU's product: a SKU id is its product's id, a hyphen, and an ordinal.

    So a SKU's key needs no lookup, and one query reads a product with its stock.
    """
    return sku_id.rpartition("-")[0]
