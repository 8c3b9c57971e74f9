"""Staff sign in with a password and a one-time code; five tries in a quarter of an hour.

The first account comes from the secret store. Passwords are kept as Argon2id hashes (RFC 9106);
codes are RFC 6238, 30 s, one step of drift, each usable once.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import seal, unseal
from shop.crypto.sessions import ACCESS_SECONDS, StaffSession, issue_staff
from shop.domain.staff_roles import Role, may_call
from shop.errors import ForbiddenError, TooManyRequestsError, UnauthenticatedError
from shop.store import staff, staff_secrets
from shop.store.staff import StaffRow

STEP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a member of staff types."""

    username: str
    password: str
    code: str


@dataclass(frozen=True, slots=True)
class StaffToken:
    """A staff access token and its life in seconds."""

    access_token: str
    expires_in: int


def sign_in(
    given: Credentials, first: Mapping[str, Any], ring: KeyRing, jti: str, *, now: int
) -> StaffToken:
    """Sign a member of staff in.

    Args:
        given: What was typed.
        first: The secret of the first account: `username`, `password`, `totp_secret`.
        ring: Keys.
        jti: A fresh id for the token.
        now: UTC seconds.

    Raises:
        UnauthenticatedError: `staff_login_failed`, whatever was wrong.
        TooManyRequestsError: Five tries were used up.
    """
    row = staff.account(given.username) or _first_account(given.username, first, ring, now)
    if row is None or row.disabled_at:
        # As long as for an account that exists, so that names cannot be found by the clock.
        hashed(given.password)
        raise _refused()
    wait = staff_secrets.count_try(given.username, now)
    if wait:
        raise TooManyRequestsError(wait, "尝试次数过多，请稍后再试")
    secret = unseal(ring, "totp", row.totp, given.username.encode()).decode()
    step = step_of(secret, given.code, now)
    if not password_holds(row, given.password) or step is None:
        raise _refused()
    if not staff_secrets.accept_step(given.username, step):
        raise _refused()
    return StaffToken(issue_staff(ring, given.username, jti, now=now, jti=jti), ACCESS_SECONDS)


def permit(session: StaffSession, route: str) -> StaffRow:
    """The account behind a staff token as it is now, if it may call this route. One read.

    Raises:
        ForbiddenError: It is no more, was closed or given a new password since, or its role does
            not go so far.
    """
    row = staff.account(session.username)
    is_over = row is None or row.has_ended(session.session_id, session.issued_at)
    if row is None or row.disabled_at or is_over:
        raise ForbiddenError
    if not may_call(row.role, route):
        raise ForbiddenError
    return row


def _first_account(
    username: str, first: Mapping[str, Any], ring: KeyRing, now: int
) -> StaffRow | None:
    """Make the first account from the secret store, at its first use."""
    if not first.get("password") or username != first.get("username"):
        return None
    totp = sealed_totp(ring, username, str(first["totp_secret"]))
    staff.create(username, Role.OWNER, hashed(str(first["password"])), totp, now)
    return staff.account(username)


def sealed_totp(ring: KeyRing, username: str, secret: str) -> bytes:
    """A one-time code's secret (base32) as it is kept."""
    return seal(ring, "totp", secret.encode(), username.encode())


def hashed(password: str) -> str:
    """The Argon2id hash that is kept of a password."""
    from argon2 import PasswordHasher

    return str(PasswordHasher().hash(password))


def password_holds(row: StaffRow, password: str) -> bool:
    """Whether this is the account's password."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(str(row.password_hash), password)
    except (VerificationError, InvalidHashError):
        return False


def step_of(secret: str, code: str, now: int) -> int | None:
    """The time step a code belongs to: this one or a neighbour."""
    from pyotp import TOTP

    totp = TOTP(secret)
    this = now // STEP_SECONDS
    for step in (this, this - 1, this + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def _refused() -> UnauthenticatedError:
    return UnauthenticatedError("staff_login_failed", "账号、密码或动态码不正确")
