"""Exchange codes: sixteen readable characters, 80 bits that nobody can guess.

The alphabet is Crockford's base 32 (no I, L, O, U); what is typed is read kindly.
"""

import hashlib
from enum import StrEnum

CODE_BYTES = 10
CODE_LENGTH = 16
CODES_PER_PAGE = 200
MOST_PAGES = 5_000
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret
_KINDLY = str.maketrans("OIL", "011", " -")


class CodeUse(StrEnum):
    """Who may use a code: whoever is first, or everybody as far as the coupon's quota goes."""

    ONCE = "once"
    SHARED = "shared"


def code_of(secret: bytes) -> str:
    """The code behind ten secret bytes, as `XXXX-XXXX-XXXX-XXXX`."""
    number = int.from_bytes(secret[:CODE_BYTES], "big")
    digits = [_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5)]
    return "-".join("".join(digits[at : at + 4]) for at in range(0, CODE_LENGTH, 4))


def read_code(text: str) -> str | None:
    """What was typed, without its hyphens; None if it cannot be a code."""
    kept = text.upper().translate(_KINDLY)
    good = len(kept) == CODE_LENGTH and all(one in _ALPHABET for one in kept)
    return kept if good else None


def hash_of(code: str) -> str:
    """What is kept of a code; 80 random bits need no key nor salt."""
    kept = code.replace("-", "")
    return hashlib.sha256(kept.encode()).hexdigest()[:32]
