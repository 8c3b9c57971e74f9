"""Sealing: AES-256-GCM under a purpose's key, with the key's version in front.

Used for quote tokens, tickets, cursors and personal fields. What was sealed for one purpose does
not open for another, since both the key and the associated data name it.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shop.crypto.keyring import KeyRing

NONCE_BYTES = 12
_URL_SAFE, _USUAL = (bytes.maketrans(*both) for both in ((b"+/", b"-_"), (b"-_", b"+/")))


class UnsealError(Exception):
    """The bytes were not made by us for this purpose, or were changed."""


def seal(ring: KeyRing, purpose: str, plain: bytes, context: bytes = b"") -> bytes:
    """One version byte, the nonce, and the ciphertext with its tag.

    Args:
        ring: The keys; the current one seals.
        purpose: What the bytes are for.
        plain: Anything.
        context: Must be given again to open, and is not contained; an owner's id, say.
    """
    nonce = os.urandom(NONCE_BYTES)
    box = AESGCM(ring.derive(purpose)).encrypt(nonce, plain, _bound(purpose, context))
    return ring.current.encode() + nonce + box


def unseal(ring: KeyRing, purpose: str, box: bytes, context: bytes = b"") -> bytes:
    """What was sealed.

    Raises:
        UnsealError: Not ours, not for this purpose or context, or the key is retired.
    """
    try:
        key = ring.derive(purpose, box[:1].decode("ascii"))
        return AESGCM(key).decrypt(
            box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :], _bound(purpose, context)
        )
    except (InvalidTag, KeyError, ValueError) as bad:
        raise UnsealError from bad


def is_current(ring: KeyRing, box: bytes) -> bool:
    """Whether a box was sealed with the key that seals now."""
    return box[:1] == ring.current.encode()


def seal_text(ring: KeyRing, purpose: str, plain: bytes, context: bytes = b"") -> str:
    """`seal` as URL-safe text without padding."""
    return base64.urlsafe_b64encode(seal(ring, purpose, plain, context)).rstrip(b"=").decode()


def unseal_text(ring: KeyRing, purpose: str, text: str, context: bytes = b"") -> bytes:
    """What `seal_text` sealed.

    Raises:
        UnsealError: As `unseal`, or the text is another spelling of the same bytes.
    """
    return unseal(ring, purpose, spelled(text), context)


def spelled(text: str) -> bytes:
    """The bytes that a URL-safe text without padding spells, in the one way that we do.

    Raises:
        UnsealError: It spells nothing, or what we spell otherwise.
    """
    try:
        raw = text.encode("ascii")
        box = binascii.a2b_base64(raw.translate(_USUAL) + b"=" * (-len(raw) % 4))
    except (UnicodeEncodeError, binascii.Error) as bad:
        raise UnsealError from bad
    # The last character may have bits that say nothing, and foreign characters are passed over.
    if binascii.b2a_base64(box, newline=False).translate(_URL_SAFE).rstrip(b"=") != raw:
        raise UnsealError
    return box


def _bound(purpose: str, context: bytes) -> bytes:
    return purpose.encode() + b"\x00" + context
