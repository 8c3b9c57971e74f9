"""Staff accounts, and the record of what staff did.

Every staff write is keyed and audited: the idempotency row and the audit row are written together
with the effect, or before it where the effect is many transactions that repeat harmlessly.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from shop.domain.calendar import business_day
from shop.domain.changes import outline
from shop.errors import ValidationError
from shop.store import reads
from shop.store.table import (
    STAFF_PARTITION,
    Entity,
    audit_key,
    audit_partition,
    staff_idempotency_key,
    staff_key,
)
from shop.store.writes import ConditionFailed, Raw, Write, absent, apply, present, put, update

KEY_SECONDS = 30 * 86_400


class StaffRow(Entity):
    """One account."""

    role = UnicodeAttribute(attr_name="ro")
    password_hash = UnicodeAttribute(attr_name="pw")
    totp = BinaryAttribute(attr_name="ot", legacy_encoding=False)
    last_step = NumberAttribute(attr_name="ls", default=0)
    tries = NumberAttribute(attr_name="tr", default=0)
    window_ends = NumberAttribute(attr_name="we", default=0)
    created_at = NumberAttribute(attr_name="c")
    disabled_at = NumberAttribute(attr_name="da", null=True)
    acted_at = NumberAttribute(attr_name="aa", null=True)
    ended_at = NumberAttribute(attr_name="ea", null=True)
    kept_session = UnicodeAttribute(attr_name="ks", null=True)

    def has_ended(self, session_id: str, issued_at: int) -> bool:
        """Whether a sign-in is over, though its token lives: by a new password or another start."""
        if issued_at < int(self.created_at):
            return True
        return issued_at <= int(self.ended_at or 0) and session_id != self.kept_session


class KeyRow(Entity):
    """What a keyed staff request was, and in a word what came of it; kept 30 days."""

    fingerprint = UnicodeAttribute(attr_name="fp")
    answer = UnicodeAttribute(attr_name="an", null=True)
    at = NumberAttribute(attr_name="at")
    expires_at = NumberAttribute(attr_name="ttl")


class AuditRow(Entity):
    """One staff write: who, what, why. `facts`, `before` and `after` are JSON, and small.

    `facts` outlines what was sent, where it is not known what was changed.
    """

    actor = UnicodeAttribute(attr_name="by")
    route = UnicodeAttribute(attr_name="rt")
    subject = UnicodeAttribute(attr_name="su")
    reason = UnicodeAttribute(attr_name="r")
    facts = UnicodeAttribute(attr_name="f", null=True)
    before = UnicodeAttribute(attr_name="b", null=True)
    after = UnicodeAttribute(attr_name="a", null=True)
    at = NumberAttribute(attr_name="at")


@dataclass(frozen=True, slots=True)
class StaffWrite:
    """One keyed staff request.

    Attributes:
        actor: The account's name.
        route: The route's key, without path values.
        subject: What is changed, such as a SKU or an order number.
        key: The `Idempotency-Key`.
        content: The request's body, for telling a repeat from another request.
        reason: Why, in the member of staff's words.
        at: UTC seconds.
        before: The fields that change, as they were, where the write itself makes sure of that;
            None for what was not there, and where nothing is known.
        after: The same fields as they are then.
        answer: What came of it, in a word, for whoever sends the same again.
    """

    actor: str
    route: str
    subject: str
    key: str
    content: object
    reason: str
    at: int
    before: object = None
    after: object = None
    answer: str = ""

    @property
    def fingerprint(self) -> str:
        """What two sendings of one request share."""
        body = msgspec.json.encode(self.content, order="sorted")
        return hashlib.sha256(f"{self.subject}|".encode() + body).hexdigest()[:32]


def account(username: str) -> StaffRow | None:
    """An account as it is now."""
    return reads.get(StaffRow, staff_key(username), consistent=True)


def create(username: str, role: str, password_hash: str, totp: bytes, now: int) -> None:
    """Make an account if there is none of that name; `totp` is sealed."""
    row = StaffRow(
        *staff_key(username), role=role, password_hash=password_hash, totp=totp, created_at=now
    )
    try:
        apply(put(row, absent()))
    except ConditionFailed:
        return


def accounts() -> list[StaffRow]:
    """Every account, closed ones too, by name."""
    return list(reads.query(StaffRow, STAFF_PARTITION, consistent=True))


def open_account(
    username: str, role: str, password_hash: str, totp: bytes, now: int, *, was: StaffRow | None
) -> Write:
    """A new account, or a closed one with new secrets, if it is still as it was read."""
    row = StaffRow(
        *staff_key(username), role=role, password_hash=password_hash, totp=totp, created_at=now
    )
    closed = StaffRow.disabled_at.exists()
    if was is None:
        return put(row, absent())
    return put(row, closed & (StaffRow.created_at == was.created_at))


def close_account(username: str, now: int) -> Write:
    """Close an account that is open."""
    return update(StaffRow(*staff_key(username)), [StaffRow.disabled_at.set(now)], is_open())


def act(username: str, now: int) -> Write:
    """Hold for an open account only: two who close each other's at once cannot both succeed."""
    return update(StaffRow(*staff_key(username)), [StaffRow.acted_at.set(now)], is_open())


def guard(write: StaffWrite) -> list[Write]:
    """The key row and the audit row, to go together with the effect; the key comes first."""
    key_row = KeyRow(
        *staff_idempotency_key(write.actor, write.route, write.key),
        fingerprint=write.fingerprint,
        answer=write.answer or None,
        at=write.at,
        expires_at=write.at + KEY_SECONDS,
    )
    is_known = write.before is not None or write.after is not None
    audit = AuditRow(
        *audit_key(business_day(write.at), write.at, f"{write.actor}#{write.key}#{write.route}"),
        actor=write.actor,
        route=write.route,
        subject=write.subject,
        reason=write.reason,
        facts=None if is_known else _json(outline(write.content)),
        before=None if write.before is None else _json(write.before),
        after=None if write.after is None else _json(write.after),
        at=write.at,
    )
    return [put(key_row, absent()), put(audit)]


def replayed(write: StaffWrite, failed_key: Raw | None) -> bool:
    """Whether a guarded transaction failed because this very request had been carried out.

    Raises:
        ValidationError: `idempotency_key_reused`: the key belongs to another request.
    """
    return failed_key is not None and _is_same(write, KeyRow.from_raw_data(dict(failed_key)))


def carried_out(write: StaffWrite) -> bool:
    """Whether this very request was carried out before; for what is asked before it is written.

    Raises:
        ValidationError: `idempotency_key_reused`: the key belongs to another request.
    """
    key = staff_idempotency_key(write.actor, write.route, write.key)
    row = reads.get(KeyRow, key, consistent=True)
    return row is not None and _is_same(write, row)


def _is_same(write: StaffWrite, row: KeyRow) -> bool:
    if row.fingerprint != write.fingerprint:
        raise key_reused()
    return True


def key_reused() -> ValidationError:
    """The refusal of a key that belongs to another request."""
    return ValidationError("idempotency_key_reused", "Idempotency-Key 已用于其他请求")


def answer_of(failed_key: Raw | None) -> str:
    """What the keyed request that was carried out before answered."""
    return str(KeyRow.from_raw_data(dict(failed_key)).answer or "") if failed_key else ""


def audits(day: str, after: str = "", limit: int | None = None) -> Iterator[AuditRow]:
    """What staff did on a day, oldest first; `after` is the sort key of the last one seen."""
    later = Entity.SK > after if after else None  # noqa: SIM300 - an expression
    yield from reads.query(AuditRow, audit_partition(day), later, limit=limit)


def is_open() -> Condition:
    """The condition that an account is there and was not closed."""
    condition: Condition = present() & StaffRow.disabled_at.does_not_exist()
    return condition


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()
