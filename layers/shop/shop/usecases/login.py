"""Sign-in, refresh and sign-out of customers (`design.md` section 5)."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.crypto import sessions
from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal, unseal
from shop.crypto.sessions import CustomerSession, RefreshToken
from shop.domain.customer import Identity
from shop.domain.ids import CUSTOMER_ID_LENGTH, CustomerId, random_id
from shop.errors import UnauthenticatedError, UnavailableError
from shop.store import customers
from shop.store.customers import SessionRow
from shop.store.writes import ConditionFailed, Raw, Write, together
from shop.usecases.ports import IdentityProvider

GRACE_SECONDS = 60
"""How long a used refresh token is taken again while its successor was never used."""
_PII = "pii"
_OPENID = "openid"
_FIRST_GENERATION = 1
_ATTEMPTS = 4

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a client keeps after sign-in or refresh. Times in seconds from now."""

    customer_id: CustomerId
    is_new: bool
    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


def sign_in(
    code: str, provider: IdentityProvider, ring: KeyRing, entropy: Entropy, *, now: int
) -> SignedIn:
    """Sign in whoever `wx.login` gave this code to; a first sign-in makes the customer.

    The customer, the way from the openid to them and the sign-in are one transaction, so two
    first sign-ins at once make one customer: the loser finds the winner's.

    Raises:
        UnauthenticatedError, ForbiddenError, TooManyRequestsError, ProviderError,
        MisconfiguredError: As `IdentityProvider.identify`.
        UnavailableError: The store did not take it; the client brings a new code.
    """
    person = provider.identify(code)
    session_id = random_id(entropy(16))
    erased: set[str] = set()
    for _ in range(_ATTEMPTS):
        macs = openid_macs(ring, person.openid)
        known = customers.customer_behind(macs, erased)
        customer_id = known[0] if known else _new_id(entropy)
        token = sessions.refresh_token(ring, customer_id, session_id, _FIRST_GENERATION)
        openid = seal(ring, _OPENID, person.openid.encode(), customer_id.encode())
        unionid = _unionid(ring, person, customer_id)
        if known:
            writes = [customers.see_customer(customer_id, openid, unionid, now)]
            missing = macs[:1] if known[1] != macs[0] else []
        else:
            writes = [customers.add_customer(customer_id, openid, unionid, now)]
            # Under every listed key: another process may not have seen the newest one yet.
            missing = macs
        writes += [customers.add_identity(mac, customer_id, erased) for mac in missing]
        writes.append(_session(customer_id, session_id, token, openid, now))
        refused = _refused(writes)
        if refused is None:
            return _signed_in(
                ring, customer_id, session_id, person.openid, token,
                entropy=entropy, now=now, expires_at=now + sessions.REFRESH_SECONDS,
                is_new=known is None,
            )  # fmt: skip
        if known and refused[0] is not None:
            # Their erasure has begun: whoever signs in now is somebody new.
            erased.add(customer_id)
    raise UnavailableError


def refresh(token: str, ring: KeyRing, entropy: Entropy, *, now: int) -> SignedIn:
    """New tokens for a refresh token, which is used up by it.

    A lost answer must not sign the shopper out, so a used token gives the same successor again
    for `GRACE_SECONDS` while that successor was never used. Any other reuse ends the sign-in.

    Raises:
        UnauthenticatedError: Not ours, expired, ended, or used before.
    """
    presented = sessions.read_refresh(ring, token)
    successor = _successor(ring, presented, ring.current)
    try:
        row = customers.rotate(
            presented,
            sessions.token_hash(token),
            sessions.token_hash(successor),
            now,
            now + sessions.REFRESH_SECONDS,
        )
    except ConditionFailed as refused:
        row, successor = _once_more(ring, presented, refused.old, now)
    customer_id = presented.customer_id
    try:
        openid = unseal(ring, _OPENID, row.openid, customer_id.encode()).decode()
    except UnsealError as bad:
        raise UnauthenticatedError from bad
    return _signed_in(
        ring, customer_id, presented.session_id, openid, successor,
        entropy=entropy, now=now, expires_at=int(row.expires_at), is_new=False,
    )  # fmt: skip


def sign_out(session: CustomerSession, *, everywhere: bool) -> None:
    """End this sign-in, or all of the customer's. Ended already is fine."""
    if everywhere:
        customers.end_all_sessions(session.customer_id)
    else:
        customers.end_session(session.customer_id, session.session_id)


def require_alive(session: CustomerSession, *, now: int) -> None:
    """For routes that must stop at sign-out and not some minutes later. One read.

    Raises:
        UnauthenticatedError: The sign-in was ended.
    """
    if not customers.is_alive(session.customer_id, session.session_id, now):
        raise UnauthenticatedError


def _refused(writes: list[Write]) -> Sequence[Raw | None] | None:
    """None when the sign-in is stored, else what stood in the way of each write."""
    try:
        together(writes)
    except ConditionFailed as refused:
        # The sign-in's id is ours alone: if it is there, an earlier send of this very call put it.
        return None if refused.failed[-1] else refused.failed
    return None


def _once_more(
    ring: KeyRing, presented: RefreshToken, old: Raw, now: int
) -> tuple[SessionRow, str]:
    if not old:
        raise UnauthenticatedError
    row = customers.session_of(old)
    used_just_now = (
        int(row.generation) == presented.generation + 1
        and now - int(row.rotated_at) <= GRACE_SECONDS
        and int(row.expires_at) > now
    )
    if used_just_now:
        for version in ring.roots:
            successor = _successor(ring, presented, version)
            if sessions.token_hash(successor) == row.token_hash:
                return row, successor
    customers.end_session(presented.customer_id, presented.session_id)
    raise UnauthenticatedError


def _successor(ring: KeyRing, presented: RefreshToken, version: str) -> str:
    return sessions.refresh_token(
        ring, presented.customer_id, presented.session_id, presented.generation + 1, version
    )


def openid_macs(ring: KeyRing, openid: str) -> list[str]:
    """The openid's codes, that of the current key first."""
    versions = sorted(ring.roots, key=lambda version: version != ring.current)
    return [
        base64.urlsafe_b64encode(ring.mac(_OPENID, openid.encode(), version)).rstrip(b"=").decode()
        for version in versions
    ]


def _new_id(entropy: Entropy) -> CustomerId:
    return CustomerId(random_id(entropy(16), CUSTOMER_ID_LENGTH))


def _unionid(ring: KeyRing, person: Identity, customer_id: str) -> bytes | None:
    if not person.unionid:
        return None
    return seal(ring, _PII, person.unionid.encode(), customer_id.encode())


def _session(customer_id: str, session_id: str, token: str, openid: bytes, now: int) -> Write:
    return customers.add_session(
        customer_id,
        session_id,
        generation=_FIRST_GENERATION,
        token_hash=sessions.token_hash(token),
        openid=openid,
        now=now,
        expires_at=now + sessions.REFRESH_SECONDS,
    )


def _signed_in(
    ring: KeyRing,
    customer_id: CustomerId,
    session_id: str,
    openid: str,
    token: str,
    *,
    entropy: Entropy,
    now: int,
    expires_at: int,
    is_new: bool,
) -> SignedIn:
    access = sessions.issue_customer(
        ring, customer_id, session_id, openid, now=now, jti=random_id(entropy(16))
    )
    return SignedIn(customer_id, is_new, access, sessions.ACCESS_SECONDS, token, expires_at - now)
