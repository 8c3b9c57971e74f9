"""Staff change their own password: with the old one and a code, as hard to guess as a sign-in."""

from dataclasses import dataclass, replace

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import unseal
from shop.crypto.sessions import StaffSession
from shop.errors import ForbiddenError, TooManyRequestsError, ValidationError
from shop.store import staff, staff_secrets
from shop.store.staff import StaffWrite
from shop.store.writes import ConditionFailed, together
from shop.usecases.staff_login import hashed, password_holds, step_of

_PURPOSE = "staff-password"


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """What a member of staff types."""

    current: str
    new: str
    code: str


def change(write: StaffWrite, session: StaffSession, given: PasswordChange, ring: KeyRing) -> None:
    """Replace the caller's password and end their other sign-ins; once per key.

    A wrong try counts towards the lock-out of sign-in, and the code is used up with the change.

    Args:
        write: Who, and under which key; its content is never kept or hashed as it is.
        session: The sign-in that goes on.
        given: What was typed.
        ring: Keys.

    Raises:
        ForbiddenError: `staff_password_wrong`, whatever was wrong.
        TooManyRequestsError: Five tries were used up.
        ValidationError: The new password is the old one; or `idempotency_key_reused`.
    """
    # A keyed code tells a repeat from another request and tells nobody the password.
    mac = ring.mac(_PURPOSE, f"{write.actor}|{given.new}".encode())
    # What is kept of it is that it is new.
    write = replace(
        write,
        content={"password": mac.hex()},
        before={},
        after={"password": "new"},  # nosec B105 # pragma: allowlist secret
    )
    if staff.carried_out(write):
        return
    wait = staff_secrets.count_try(write.actor, write.at)
    if wait:
        raise TooManyRequestsError(wait, "尝试次数过多，请稍后再试")
    row = staff.account(write.actor)
    if row is None or not password_holds(row, given.current):
        raise _refused()
    secret = unseal(ring, "totp", row.totp, write.actor.encode()).decode()
    step = step_of(secret, given.code, write.at)
    if step is None:
        raise _refused()
    if given.new == given.current:
        same = {"field": "$.new_password", "message": "is the old one"}
        raise ValidationError(errors=[same])
    changed = staff_secrets.change_password(
        row, hashed(given.new), step, session.session_id, write.at
    )
    try:
        together([*staff.guard(write), changed])
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            raise _refused() from refused


def _refused() -> ForbiddenError:
    return ForbiddenError("staff_password_wrong", "密码或动态码不正确")
