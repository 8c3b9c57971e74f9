"""Order numbers: the same for the same token, sorted by time, and of one length."""

import hashlib
import hmac

import pytest

from shop.crypto import order_no
from shop.crypto.keyring import KeyRing
from shop.domain.ids import is_id

RING = KeyRing("2", {"1": bytes(range(32)), "2": bytes(32)})
NOW = 1_790_000_000


def test_a_token_gives_the_same_number_whatever_rotates_meanwhile() -> None:
    one = order_no.derive(RING, b"nonce", NOW)
    assert one == order_no.derive(RING, b"nonce", NOW, "2")
    assert one == order_no.derive(KeyRing("1", RING.roots), b"nonce", NOW, "2")
    assert one != order_no.derive(RING, b"nonce", NOW, "1")
    assert one != order_no.derive(RING, b"other", NOW)


def test_time_and_nonce_are_both_part_of_what_cannot_be_guessed() -> None:
    one, later = (order_no.derive(RING, b"n", at) for at in (NOW, NOW + 1))
    assert one[order_no.TIME_DIGITS :] != later[order_no.TIME_DIGITS :]
    shifted = order_no.derive(RING, NOW.to_bytes(8, "big")[-1:] + b"n", NOW >> 8)
    assert shifted[-18:] != one[-18:]


def test_a_number_is_an_id_of_25_characters_with_its_key_inside() -> None:
    number = order_no.derive(RING, b"n", NOW, "1")
    assert (len(number), number[6], is_id(number)) == (25, "1", True)
    message = NOW.to_bytes(8, "big") + b"n"
    key = hmac.digest(bytes(range(32)), b"order-no\x01", hashlib.sha256)
    value = int.from_bytes(hmac.digest(key, message, hashlib.sha256), "big")
    digits = ""
    for _ in range(18):
        value, rest = divmod(value, 62)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[rest] + digits
    assert number[7:] == digits


def test_numbers_sort_by_time() -> None:
    made = [order_no.derive(RING, b"n", at) for at in (NOW, NOW + 1, NOW + 62, NOW + 10**6)]
    assert made == sorted(made)
    assert [order_no.issued_at(one) for one in made] == [NOW, NOW + 1, NOW + 62, NOW + 10**6]


@pytest.mark.parametrize("text", ["", "x" * 24, "x" * 26, "é" * 25, "-" * 25])
def test_what_is_no_number_has_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"substring not found|^not an order number$"):
        order_no.issued_at(text)


def test_a_retired_key_makes_no_number() -> None:
    with pytest.raises(KeyError):
        order_no.derive(RING, b"n", NOW, "3")
