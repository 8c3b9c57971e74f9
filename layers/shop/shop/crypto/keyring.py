"""Root keys with versions, and one key per purpose derived from each.

A root key is 32 random bytes named `k` and one character, such as `k1`. Rotating adds a key and
makes it current; a retired key stays listed for at least 7 days, so that what was made with it
still resolves, and for as long as personal data is kept that was sealed under it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shop.errors import MisconfiguredError

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Root keys by version.

    Attributes:
        current: The version that new things are made with, one character.
        roots: Every version that still resolves.
    """

    current: str
    roots: Mapping[str, bytes]
    _derived: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, secret: Mapping[str, Any]) -> "KeyRing":
        """Read the secret `{"current": "k1", "keys": {"k1": "<base64>"}}`.

        Raises:
            MisconfiguredError: It is not of that form, or a key is short.
        """
        try:
            roots = {name[1:]: base64.b64decode(key) for name, key in secret["keys"].items()}
            current = str(secret["current"])[1:]
        except (KeyError, ValueError, AttributeError) as broken:
            raise MisconfiguredError(wrong="token-keys") from broken
        if current not in roots or any(
            len(name) != 1 or len(key) < KEY_BYTES for name, key in roots.items()
        ):
            raise MisconfiguredError(wrong="token-keys")
        return cls(current, roots)

    def derive(self, purpose: str, version: str | None = None) -> bytes:
        """The 32-byte key for a purpose (HKDF-Expand, RFC 5869, one block).

        Raises:
            KeyError: The version is not listed.
        """
        chosen = version or self.current
        known = self._derived.get((purpose, chosen))
        if known is None:
            known = hmac.digest(self.roots[chosen], purpose.encode() + b"\x01", hashlib.sha256)
            self._derived[purpose, chosen] = known
        return known

    def mac(self, purpose: str, message: bytes, version: str | None = None) -> bytes:
        """HMAC-SHA256 of a message under the purpose's key."""
        return hmac.digest(self.derive(purpose, version), message, hashlib.sha256)
