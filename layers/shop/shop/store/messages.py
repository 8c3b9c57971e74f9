"""What buyers let the shop tell them, and what it has told: each message at most once.

A permission is one accepted prompt. Claiming a message and spending its permission is one
transaction, before anything is sent.
"""

from enum import StrEnum

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.messages import MessageKind
from shop.store import reads
from shop.store.table import Entity, due_partition, message_key, subscription_key
from shop.store.writes import (
    ConditionFailed,
    Raw,
    Write,
    absent,
    apply,
    present,
    put,
    together,
    update,
)

COUPON_LOOK = "N"
"""The kind of due work that looking after ending coupons is."""
SHARD = 0
KEPT_SECONDS = 30 * 86_400
MOST_LEFT = 100


class MessageState(StrEnum):
    """What became of a message; CLAIMED stays where nobody knows whether it was sent."""

    CLAIMED = "CLAIMED"
    SENT = "SENT"
    UNWANTED = "UNWANTED"
    FAILED = "FAILED"


class SubscriptionRow(Entity):
    """How many messages of a kind a buyer still lets the shop send; the openid is sealed."""

    left = NumberAttribute(attr_name="n")
    openid = BinaryAttribute(legacy_encoding=False, attr_name="o")
    answered_at = NumberAttribute(attr_name="at")
    request_id = UnicodeAttribute(attr_name="rq")
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    @property
    def kind(self) -> str:
        """Of which kind."""
        return str(self.SK).partition("#")[2]


class MessageRow(Entity):
    """One message; names no person and nothing that was said."""

    state = UnicodeAttribute(attr_name="st")
    at = NumberAttribute(attr_name="at")
    expires_at = NumberAttribute(attr_name="ttl")


def allow(
    customer_id: str, kind: MessageKind, openid: bytes, request_id: str, now: int
) -> SubscriptionRow:
    """One more message of a kind, counted once per request; at most `MOST_LEFT` are kept."""
    actions: list[Action] = [
        SubscriptionRow.left.add(1),
        SubscriptionRow.openid.set(openid),
        SubscriptionRow.answered_at.set(now),
        SubscriptionRow.request_id.set(request_id),
    ]
    if kind is MessageKind.COUPON_ENDING:
        actions += [
            SubscriptionRow.due_work.set(due_partition(COUPON_LOOK, SHARD)),
            SubscriptionRow.due_at.set(now),
        ]
    another = (SubscriptionRow.request_id != request_id) & (SubscriptionRow.left < MOST_LEFT)
    row = SubscriptionRow(*subscription_key(customer_id, kind))
    try:
        return _subscription(apply(update(row, actions, absent() | another)))
    except ConditionFailed as refused:
        return _subscription(refused.old)


def refuse(customer_id: str, kind: MessageKind) -> None:
    """The buyer wants no more of a kind, or WeChat says that none is left."""
    actions: list[Action] = [SubscriptionRow.left.set(0), *_not_due()]
    try:
        apply(update(SubscriptionRow(*subscription_key(customer_id, kind)), actions, present()))
    except ConditionFailed:
        return


def permission(customer_id: str, kind: MessageKind) -> SubscriptionRow | None:
    """The permission to send a message of a kind; None when there is none."""
    row = reads.get(SubscriptionRow, subscription_key(customer_id, kind), consistent=True)
    return row if row and row.left > 0 else None


def claim(customer_id: str, kind: MessageKind, subject: str, now: int) -> bool:
    """Take a message and spend its permission; False when it was taken or none is left."""
    row = MessageRow(
        *message_key(customer_id, kind, subject),
        state=MessageState.CLAIMED,
        at=now,
        expires_at=now + KEPT_SECONDS,
    )
    some_left: Condition = SubscriptionRow.left > 0
    spent = update(
        SubscriptionRow(*subscription_key(customer_id, kind)),
        [SubscriptionRow.left.add(-1)],
        some_left,
    )
    try:
        together([put(row, absent()), spent])
    except ConditionFailed:
        return False
    return True


def settle(customer_id: str, kind: MessageKind, subject: str, state: MessageState) -> None:
    """Note what became of a claimed message; a permission that was not used comes back."""
    writes = [
        update(
            MessageRow(*message_key(customer_id, kind, subject)),
            [MessageRow.state.set(state)],
            MessageRow.state == MessageState.CLAIMED,
        )
    ]
    if state is MessageState.FAILED:
        writes.append(
            update(
                SubscriptionRow(*subscription_key(customer_id, kind)),
                [SubscriptionRow.left.add(1)],
                present(),
            )
        )
    try:
        together(writes)
    except ConditionFailed:
        return


def look_again(row: SubscriptionRow, at: int | None) -> Write:
    """When to look after ending coupons again, unless more was allowed since; None for never."""
    actions: list[Action] = [SubscriptionRow.due_at.set(at)] if at is not None else _not_due()
    same: Condition = SubscriptionRow.request_id == row.request_id
    return update(
        SubscriptionRow(str(row.PK), str(row.SK)),
        actions,
        SubscriptionRow.due_work.exists() & same,
    )


def subscription(key: tuple[str, str]) -> SubscriptionRow | None:
    """A permission as it is now, spent or not."""
    return reads.get(SubscriptionRow, key, consistent=True)


def _not_due() -> list[Action]:
    return [SubscriptionRow.due_work.remove(), SubscriptionRow.due_at.remove()]


def _subscription(raw: Raw) -> SubscriptionRow:
    row: SubscriptionRow = SubscriptionRow.from_raw_data(dict(raw))
    return row
