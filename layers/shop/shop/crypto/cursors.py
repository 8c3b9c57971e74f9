"""Cursors: a list's position as opaque text that nobody can make, read, or carry elsewhere.

AES-SIV (RFC 5297) is deterministic: the same page of the same list always carries the same cursor,
so that the answer's `ETag` is stable.
"""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, spelled

PURPOSE = "cursor"


def seal_cursor(ring: KeyRing, position: str, context: str) -> str:
    """The position, bound to its list and owner."""
    box = AESSIV(ring.derive(PURPOSE)).encrypt(position.encode(), [context.encode()])
    return ring.current + base64.urlsafe_b64encode(box).rstrip(b"=").decode()


def open_cursor(ring: KeyRing, cursor: str, context: str) -> str:
    """The position.

    Raises:
        UnsealError: Not ours, or of another list or owner.
    """
    try:
        key = ring.derive(PURPOSE, cursor[:1])
        return AESSIV(key).decrypt(spelled(cursor[1:]), [context.encode()]).decode()
    except (InvalidTag, KeyError, ValueError) as bad:
        raise UnsealError from bad
