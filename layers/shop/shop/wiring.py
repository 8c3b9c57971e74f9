"""Constructors of what functions need, made once per process and only when first used."""

import os
from collections.abc import Mapping
from typing import Any

from shop import secret_store
from shop.config import secret_name
from shop.crypto.keyring import KeyRing
from shop.web.auth import TokenAuthenticator


def key_ring() -> KeyRing:
    """The root keys; read again when the secret store's cache ends, so that rotation is seen."""
    return _ring(secret_store.read(secret_name("SECRET_TOKEN_KEYS")))


def authenticator() -> TokenAuthenticator:
    """Who checks bearer tokens."""
    return TokenAuthenticator(key_ring)


def entropy(size: int) -> bytes:
    """Random bytes for ids and nonces."""
    return os.urandom(size)


_last: list[tuple[object, KeyRing]] = []


def _ring(secret: Mapping[str, Any]) -> KeyRing:
    """The parsed ring; the cached secret is one object for as long as it is unchanged."""
    if not _last or _last[0][0] is not secret:
        _last[:] = [(secret, KeyRing.of(secret))]
    return _last[0][1]
