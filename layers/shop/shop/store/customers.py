"""Who a customer is, and their sign-ins.

A sign-in is alive while its row exists: logout deletes it, so that refresh and the routes that
read it stop at once, and a stolen token that is used twice takes its own sign-in with it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.crypto.sessions import RefreshToken
from shop.domain.customer import Profile
from shop.domain.ids import CustomerId
from shop.store import reads
from shop.store.table import (
    SESSION_PREFIX,
    Entity,
    customer_key,
    customer_of,
    customer_partition,
    identity_key,
    session_key,
)
from shop.store.writes import (
    ConditionFailed,
    Raw,
    Write,
    absent,
    apply,
    delete,
    present,
    put,
    together,
    update,
)

_MOST_TOGETHER = 100


class IdentityRow(Entity):
    """Whose openid this is. The openid itself is not kept."""

    customer_id = UnicodeAttribute(attr_name="c")


class CustomerRow(Entity):
    """A customer's profile; what names the person in the world outside is sealed."""

    nickname = UnicodeAttribute(attr_name="n", default="")
    avatar_url = UnicodeAttribute(attr_name="a", default="")
    phone = BinaryAttribute(legacy_encoding=False, attr_name="ph", null=True)
    unionid = BinaryAttribute(legacy_encoding=False, attr_name="u", null=True)
    openid = BinaryAttribute(legacy_encoding=False, attr_name="o", null=True)
    created_at = NumberAttribute(attr_name="ca")
    seen_at = NumberAttribute(attr_name="sa")
    erased_at = NumberAttribute(attr_name="ea", null=True)
    first_paid = UnicodeAttribute(attr_name="fo", null=True)
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    @property
    def is_erased(self) -> bool:
        """Whether this is the stone of a customer who is no more."""
        return self.erased_at is not None

    def profile(self) -> Profile:
        """The profile without what is sealed."""
        return Profile(
            id=CustomerId(customer_of(str(self.PK))),
            nickname=str(self.nickname),
            avatar_url=str(self.avatar_url),
            created_at=int(self.created_at),
        )


class SessionRow(Entity):
    """One sign-in: the hash of the one refresh token that is good now, and the sealed openid."""

    generation = NumberAttribute(attr_name="g")
    token_hash = BinaryAttribute(legacy_encoding=False, attr_name="h")
    rotated_at = NumberAttribute(attr_name="ra")
    created_at = NumberAttribute(attr_name="ca")
    expires_at = NumberAttribute(attr_name="ttl")
    openid = BinaryAttribute(legacy_encoding=False, attr_name="o")


def people_among(customer_ids: Sequence[str]) -> set[str]:
    """Which of these are customers who were not erased; half a unit each."""
    rows = reads.batch(CustomerRow, [customer_key(one) for one in dict.fromkeys(customer_ids)])
    return {customer_of(str(row.PK)) for row in rows.values() if not row.is_erased}


def has_paid(customer_id: str) -> bool:
    """Whether a customer has ever paid for an order; half a unit, may be a moment old."""
    row = reads.get(CustomerRow, customer_key(customer_id))
    return row is not None and row.first_paid is not None


def note_paid(customer_id: str, order_no: str) -> bool:
    """Remember a customer's first paid order; True if this is it. Half a unit for later ones."""
    row = reads.get(CustomerRow, customer_key(customer_id))
    if row is None or row.is_erased:
        return False
    if row.first_paid is None:
        first: Condition = present() & CustomerRow.first_paid.does_not_exist()
        is_person = CustomerRow.erased_at.does_not_exist()
        noted = update(
            CustomerRow(*customer_key(customer_id)),
            [CustomerRow.first_paid.set(order_no)],
            first & is_person,
        )
        try:
            apply(noted)
        except ConditionFailed as refused:
            found = refused.old.get("fo", {}).get("S")
            return bool(found == order_no)
        return True
    return bool(row.first_paid == order_no)


def customer_behind(
    openid_macs: Sequence[str], erased: Collection[str] = ()
) -> tuple[CustomerId, str] | None:
    """The customer whose openid has one of these codes, and the code that was found.

    Args:
        openid_macs: The openid's codes under every listed key.
        erased: Customers who are no more; a code may still lead to one.
    """
    for mac in openid_macs:
        row = reads.get(IdentityRow, identity_key(mac), consistent=True)
        if row is not None and row.customer_id not in erased:
            return CustomerId(str(row.customer_id)), mac
    return None


def add_identity(openid_mac: str, customer_id: str, gone: Collection[str] = ()) -> Write:
    """Make an openid lead to a customer, if it leads to nobody, or to one who was erased."""
    free = absent()
    if gone:
        free = free | IdentityRow.customer_id.is_in(*sorted(gone))
    return put(IdentityRow(*identity_key(openid_mac), customer_id=customer_id), free)


def keep_identity(openid_mac: str, customer_id: str) -> Write:
    """Make an openid lead to a customer, if it leads to nobody else."""
    theirs: Condition = IdentityRow.customer_id == customer_id
    row = IdentityRow(*identity_key(openid_mac), customer_id=customer_id)
    return put(row, absent() | theirs)


def add_customer(customer_id: str, openid: bytes, unionid: bytes | None, now: int) -> Write:
    """A new customer. `openid` and `unionid` are sealed."""
    row = CustomerRow(
        *customer_key(customer_id), openid=openid, unionid=unionid, created_at=now, seen_at=now
    )
    return put(row, absent())


def see_customer(customer_id: str, openid: bytes, unionid: bytes | None, now: int) -> Write:
    """Note a sign-in with the sealed openid, and unionid if told, if the customer is there."""
    actions: list[Action] = [CustomerRow.seen_at.set(now), CustomerRow.openid.set(openid)]
    if unionid is not None:
        actions.append(CustomerRow.unionid.set(unionid))
    return update(CustomerRow(*customer_key(customer_id)), actions, alive())


def alive() -> Condition:
    """The condition that a customer is there and was not erased."""
    condition: Condition = present() & CustomerRow.erased_at.does_not_exist()
    return condition


def add_session(
    customer_id: str,
    session_id: str,
    *,
    generation: int,
    token_hash: bytes,
    openid: bytes,
    now: int,
    expires_at: int,
) -> Write:
    """A new sign-in. `openid` is sealed."""
    row = SessionRow(
        *session_key(customer_id, session_id),
        generation=generation,
        token_hash=token_hash,
        rotated_at=now,
        created_at=now,
        expires_at=expires_at,
        openid=openid,
    )
    return put(row, absent())


def rotate(
    presented: RefreshToken, token_hash: bytes, successor_hash: bytes, now: int, expires_at: int
) -> SessionRow:
    """Replace a sign-in's refresh token by its successor, if it is the one that is good now.

    Raises:
        ConditionFailed: It is not; with the sign-in as it is, or nothing if it has ended.
    """
    row = SessionRow(*session_key(presented.customer_id, presented.session_id))
    actions: list[Action] = [
        SessionRow.generation.set(presented.generation + 1),
        SessionRow.token_hash.set(successor_hash),
        SessionRow.rotated_at.set(now),
        SessionRow.expires_at.set(expires_at),
    ]
    good: Condition = (
        (SessionRow.generation == presented.generation)
        & (SessionRow.token_hash == token_hash)
        & (SessionRow.expires_at > now)
    )
    return session_of(apply(update(row, actions, good)))


def session_of(raw: Raw) -> SessionRow:
    """A sign-in from what a write gave back."""
    return SessionRow.from_raw_data(dict(raw))


def is_alive(customer_id: str, session_id: str, now: int) -> bool:
    """Whether a sign-in has not been ended; one unit."""
    row = reads.get(SessionRow, session_key(customer_id, session_id), consistent=True)
    return row is not None and int(row.expires_at) > now


def end_session(customer_id: str, session_id: str) -> None:
    """End one sign-in; one that has ended stays ended."""
    apply(delete(SessionRow(*session_key(customer_id, session_id))))


def end_all_sessions(customer_id: str) -> None:
    """End every sign-in that there is now. A call that was cut off is simply repeated."""
    span: Condition = Entity.SK.startswith(SESSION_PREFIX)
    rows = list(reads.query(SessionRow, customer_partition(customer_id), span, consistent=True))
    for begin in range(0, len(rows), _MOST_TOGETHER):
        together([delete(row) for row in rows[begin : begin + _MOST_TOGETHER]])


def customer(customer_id: str) -> CustomerRow | None:
    """A customer's row; None when there is none, or no more."""
    row = reads.get(CustomerRow, customer_key(customer_id))
    return None if row is None or row.is_erased else row


def everything_of(customer_id: str) -> Iterator[dict[str, Any]]:
    """Every row of a customer, raw, as it is now."""
    start: dict[str, Any] | None = None
    while True:
        page = reads.query_page(customer_partition(customer_id), consistent=True, start=start)
        yield from page.items
        start = page.last
        if start is None:
            return


def change_profile(customer_id: str, changes: dict[str, Any]) -> CustomerRow:
    """Set attributes of a profile by their Python names.

    Raises:
        ConditionFailed: There is no such customer, or no more.
    """
    actions = [getattr(CustomerRow, name).set(value) for name, value in changes.items()]
    raw = apply(update(CustomerRow(*customer_key(customer_id)), actions, alive()))
    return CustomerRow.from_raw_data(dict(raw))


def reseal(row: CustomerRow, name: str, box: bytes) -> Write:
    """Replace a sealed field of a profile, if it is still as it was read."""
    field = getattr(CustomerRow, name)
    same: Condition = field == getattr(row, name)
    return update(CustomerRow(str(row.PK), str(row.SK)), [field.set(box)], same & alive())
