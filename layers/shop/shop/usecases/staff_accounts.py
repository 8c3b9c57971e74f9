"""Accounts of staff: opened with secrets that are told once, and closed at once."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

from shop.crypto.keyring import KeyRing
from shop.domain.staff_roles import Role
from shop.errors import ConflictError, ForbiddenError, NotFoundError
from shop.store import staff, staff_secrets
from shop.store.staff import StaffRow, StaffWrite
from shop.store.writes import ConditionFailed, together
from shop.usecases.staff_login import hashed, sealed_totp

_ACTOR, _ACCOUNT = 2, 3
"""Where the actor and the account stand behind the two rows of `staff.guard`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An account and, only in the answer to the call that opened it, its secrets."""

    row: StaffRow
    password: str | None
    totp_secret: str | None


def add(
    write: StaffWrite, username: str, role: Role, ring: KeyRing, entropy: Callable[[int], bytes]
) -> Opened:
    """Open an account, or open a closed one anew with other secrets; once per key.

    A repeat tells no secrets. Whose answer was lost closes the account and adds it again.

    Raises:
        ConflictError: `staff_exists`: there is an open account of that name.
        ForbiddenError: The actor's own account was closed meanwhile.
        ValidationError: `idempotency_key_reused`.
    """
    if username == write.actor:
        # The actor's own row is a condition of every staff write, and no write takes a row twice.
        raise ConflictError("staff_exists", "已有同名账号")
    password, secret = _secrets(entropy)
    password_hash = hashed(password)
    was = staff.account(username)
    totp = sealed_totp(ring, username, secret)
    account = staff.open_account(username, role, password_hash, totp, write.at, was=was)
    before = None if was is None else {"role": was.role, "open": False}
    noted = replace(write, before=before, after={"role": role, "open": True})
    try:
        together([*staff.guard(noted), staff.act(write.actor, write.at), account])
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            if refused.failed[_ACTOR] is not None:
                raise ForbiddenError from refused
            raise ConflictError("staff_exists", "已有同名账号") from refused
    return _told(username, password, secret, password_hash)


def reset(
    write: StaffWrite, username: str, ring: KeyRing, entropy: Callable[[int], bytes]
) -> Opened:
    """Give another's open account new secrets, and end all its sign-ins; once per key.

    A repeat tells no secrets. Whose answer was lost resets it again.

    Raises:
        NotFoundError: There is no such account.
        ConflictError: `own_account`: one's own password is changed with the old one;
            `staff_closed`: it is closed, and is opened by adding it.
        ForbiddenError: The actor's own account was closed meanwhile.
        ValidationError: `idempotency_key_reused`.
    """
    if username == write.actor:
        raise ConflictError("own_account", "请用旧密码修改自己的密码")
    password, secret = _secrets(entropy)
    password_hash = hashed(password)
    totp = sealed_totp(ring, username, secret)
    account = staff_secrets.reset_account(username, password_hash, totp, write.at)
    noted = replace(write, before={}, after={"password": "new", "code_secret": "new"})  # nosec B105 # no password
    try:
        together([*staff.guard(noted), staff.act(write.actor, write.at), account])
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            if refused.failed[_ACTOR] is not None:
                raise ForbiddenError from refused
            if not refused.failed[_ACCOUNT]:
                raise NotFoundError from refused
            raise ConflictError("staff_closed", "账号已停用") from refused
    return _told(username, password, secret, password_hash)


def disable(write: StaffWrite, username: str) -> StaffRow:
    """Close an account: it signs in no more, and its tokens open nothing from this moment.

    Raises:
        NotFoundError: There is no such account.
        ConflictError: `own_account`: nobody closes their own, so that one is always left.
        ForbiddenError: The actor's own account was closed meanwhile.
        ValidationError: `idempotency_key_reused`.
    """
    if username == write.actor:
        raise ConflictError("own_account", "不能停用自己的账号")
    closed = staff.close_account(username, write.at)
    noted = replace(write, before={"open": True}, after={"open": False})
    try:
        together([*staff.guard(noted), staff.act(write.actor, write.at), closed])
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            if refused.failed[_ACTOR] is not None:
                raise ForbiddenError from refused
            if not refused.failed[_ACCOUNT]:
                raise NotFoundError from refused
    return _account(username)


def _secrets(entropy: Callable[[int], bytes]) -> tuple[str, str]:
    """A password of 24 letters and a code secret, both random."""
    password = base64.b32encode(entropy(15)).decode().lower()
    return password, base64.b32encode(entropy(20)).decode()


def _told(username: str, password: str, secret: str, password_hash: str) -> Opened:
    row = _account(username)
    # The store may have taken an earlier send of this very call: then these are its secrets.
    is_ours = row.password_hash == password_hash
    return Opened(row, password if is_ours else None, secret if is_ours else None)


def _account(username: str) -> StaffRow:
    row = staff.account(username)
    if row is None:
        raise NotFoundError
    return row
