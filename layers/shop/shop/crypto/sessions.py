"""Sign-in: access tokens checked without a store read, refresh tokens that rotate.

Access tokens are JWTs, HS256 and nothing else, with `iss aud sub iat exp jti sid` required; the
header's `kid` picks one of the listed keys and is never used as a path. A customer's openid
travels encrypted inside. Refresh tokens are derived from (customer, sign-in, generation), so that
the answer to a repeated refresh is the same token (`design.md` section 5).
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal_text, unseal_text
from shop.domain.ids import CustomerId, is_id
from shop.errors import UnauthenticatedError

ALGORITHM = "HS256"
ISSUER = "yunpu"
CUSTOMER_AUDIENCE = "customer"
STAFF_AUDIENCE = "staff"
ACCESS_SECONDS = 600
REFRESH_SECONDS = 30 * 86_400
LEEWAY_SECONDS = 5
_REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti", "sid"]
_REFRESH_PARTS = 5


@dataclass(frozen=True, slots=True)
class CustomerSession:
    """Who is calling. `openid` is for WeChat calls only and is never logged."""

    customer_id: CustomerId
    session_id: str
    openid: str
    issued_at: int


@dataclass(frozen=True, slots=True)
class StaffSession:
    """Which member of staff is calling; roles are read from the store at call time."""

    username: str
    session_id: str
    issued_at: int


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a refresh token says once its signature holds."""

    customer_id: CustomerId
    session_id: str
    generation: int


def issue_customer(
    ring: KeyRing, customer_id: CustomerId, session_id: str, openid: str, *, now: int, jti: str
) -> str:
    """An access token of 10 minutes for a customer."""
    sealed = seal_text(ring, "openid", openid.encode(), customer_id.encode())
    claims = {"sub": customer_id, "sid": session_id, "oid": sealed, "jti": jti}
    return _issue(ring, CUSTOMER_AUDIENCE, claims, now)


def issue_staff(ring: KeyRing, username: str, session_id: str, *, now: int, jti: str) -> str:
    """An access token of 10 minutes for staff, of another audience and key."""
    return _issue(ring, STAFF_AUDIENCE, {"sub": username, "sid": session_id, "jti": jti}, now)


def customer_of(ring: KeyRing, token: str, *, now: int) -> CustomerSession:
    """The customer behind an access token.

    Raises:
        UnauthenticatedError: Anything at all is wrong with it; the answer never says what.
    """
    claims = _verify(ring, CUSTOMER_AUDIENCE, token, now)
    customer_id = CustomerId(str(claims["sub"]))
    try:
        openid = unseal_text(ring, "openid", str(claims.get("oid", "")), customer_id.encode())
    except UnsealError as bad:
        raise UnauthenticatedError from bad
    return CustomerSession(
        customer_id, str(claims["sid"]), openid.decode(), int(str(claims["iat"]))
    )


def staff_of(ring: KeyRing, token: str, *, now: int) -> StaffSession:
    """The member of staff behind an access token.

    Raises:
        UnauthenticatedError: Anything at all is wrong with it.
    """
    claims = _verify(ring, STAFF_AUDIENCE, token, now)
    return StaffSession(str(claims["sub"]), str(claims["sid"]), int(str(claims["iat"])))


def refresh_token(
    ring: KeyRing,
    customer_id: CustomerId,
    session_id: str,
    generation: int,
    version: str | None = None,
) -> str:
    """The refresh token of one generation of one sign-in."""
    version = version or ring.current
    body = f"{version}.{customer_id}.{session_id}.{generation}"
    mac = base64.urlsafe_b64encode(ring.mac("refresh", body.encode(), version)).rstrip(b"=")
    return f"{body}.{mac.decode()}"


def read_refresh(ring: KeyRing, token: str) -> RefreshToken:
    """What a refresh token says; whether it is still good is for the store to decide.

    Raises:
        UnauthenticatedError: We did not make it.
    """
    parts = token.split(".")
    if len(parts) != _REFRESH_PARTS or not all(is_id(part) for part in parts):
        raise UnauthenticatedError
    version, customer_id, session_id, generation, _ = parts
    if version not in ring.roots or not (generation.isascii() and generation.isdecimal()):
        raise UnauthenticatedError
    mine = refresh_token(ring, CustomerId(customer_id), session_id, int(generation), version)
    if not _same(mine, token):
        raise UnauthenticatedError
    return RefreshToken(CustomerId(customer_id), session_id, int(generation))


def token_hash(token: str) -> bytes:
    """What is kept of a refresh token: 16 bytes of its SHA-256."""
    return hashlib.sha256(token.encode()).digest()[:16]


def _same(mine: str, theirs: str) -> bool:
    return hmac.compare_digest(mine.encode(), theirs.encode())


@cache
def _library() -> ModuleType:
    """The library, told not to ask at each token whether our derived key is a certificate.

    It asks so that nobody takes a public key for a secret one; only `ring` makes keys here, and
    only one algorithm is let in.
    """
    # A third of a fresh process's imports; notices, sweeps and the stream see no token.
    import jwt
    from jwt.algorithms import HMACAlgorithm

    class Derived(HMACAlgorithm):
        def prepare_key(self, key: str | bytes) -> bytes:
            return key if isinstance(key, bytes) else key.encode()

    jwt.unregister_algorithm(ALGORITHM)
    jwt.register_algorithm(ALGORITHM, Derived(HMACAlgorithm.SHA256))
    return jwt


def _issue(ring: KeyRing, audience: str, claims: dict[str, str], now: int) -> str:
    token: str = _library().encode(
        {**claims, "iss": ISSUER, "aud": audience, "iat": now, "exp": now + ACCESS_SECONDS},
        ring.derive(f"access-{audience}"),
        algorithm=ALGORITHM,
        headers={"kid": ring.current},
    )
    return token


def _verify(ring: KeyRing, audience: str, token: str, now: int) -> dict[str, object]:
    jwt = _library()
    try:
        key = ring.derive(f"access-{audience}", _key_version(token))
        claims: dict[str, object] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            # The time checks below use our clock, not the library's.
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError) as bad:
        raise UnauthenticatedError from bad
    issued, expires = claims["iat"], claims["exp"]
    if not isinstance(issued, int) or not isinstance(expires, int):
        raise UnauthenticatedError
    if now >= expires or issued > now + LEEWAY_SECONDS or expires - issued > ACCESS_SECONDS:
        raise UnauthenticatedError
    return claims


def _key_version(token: str) -> str:
    """The header's `kid`, read alone: the library would decode the whole token twice."""
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    return str(header["kid"])
