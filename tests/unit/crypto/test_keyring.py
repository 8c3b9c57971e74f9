"""Keys: read from their secret, derived as RFC 5869 says, one for each purpose and version."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from shop.crypto.keyring import KeyRing
from shop.errors import MisconfiguredError

OLD, NEW = bytes(range(32)), bytes(range(100, 140))
SECRET: dict[str, Any] = {
    "current": "k2",
    "keys": {
        "k1": base64.b64encode(OLD).decode(),
        "k2": base64.b64encode(NEW).decode(),
    },
}
RING = KeyRing.of(SECRET)


def expanded(root: bytes, purpose: str) -> bytes:
    return HKDFExpand(SHA256(), 32, purpose.encode()).derive(root)


def test_the_secret_names_the_keys_and_the_current_one() -> None:
    ring = KeyRing.of(SECRET)
    assert (ring.current, ring.roots) == ("2", {"1": OLD, "2": NEW})


@pytest.mark.parametrize(
    "secret",
    [
        {},
        {"current": "k1"},
        {"keys": SECRET["keys"]},
        {**SECRET, "current": "k3"},
        {**SECRET, "current": ""},
        {"current": "k1", "keys": {"k1": base64.b64encode(bytes(31)).decode()}},
        {**SECRET, "keys": {**SECRET["keys"], "k0": base64.b64encode(b"x").decode()}},
        {"current": "k10", "keys": {"k10": SECRET["keys"]["k1"]}},
        {"current": "k1", "keys": {"k1": "no base64"}},
        {"current": "k1", "keys": {"k1": 7}},
        {"current": "k1", "keys": ["k1"]},
    ],
)
def test_a_secret_of_another_form_is_refused(secret: Any) -> None:
    with pytest.raises((MisconfiguredError, TypeError)) as refused:
        KeyRing.of(secret)
    if isinstance(refused.value, MisconfiguredError):
        assert refused.value.context == {"wrong": "token-keys"}


def test_a_key_is_derived_for_each_purpose_and_version() -> None:
    assert RING.derive("quote") == RING.derive("quote", "2") == expanded(NEW, "quote")
    assert RING.derive("quote", "1") == expanded(OLD, "quote")
    assert RING.derive("ticket") == expanded(NEW, "ticket")
    # The second time it is known.
    assert RING.derive("quote", "1") == expanded(OLD, "quote")
    assert RING.derive("quote") == expanded(NEW, "quote")


def test_a_key_is_derived_once() -> None:
    ring = KeyRing.of(SECRET)
    assert ring.derive("quote") is ring.derive("quote")
    assert ring.derive("quote", "1") is ring.derive("quote", "1")


def test_a_retired_key_derives_nothing() -> None:
    with pytest.raises(KeyError):
        RING.derive("quote", "3")


def test_a_code_is_made_under_the_purposes_key() -> None:
    def code(root: bytes) -> bytes:
        return hmac.digest(expanded(root, "refresh"), b"message", hashlib.sha256)

    assert RING.mac("refresh", b"message") == code(NEW)
    assert RING.mac("refresh", b"message", "1") == code(OLD)
