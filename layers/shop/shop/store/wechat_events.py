"""What WeChat pushed and the shop acts upon: kept once, and due until it was acted upon."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from shop.domain.wechat_event import WechatEvent
from shop.store import reads
from shop.store.table import Entity, due_partition, wechat_event_key
from shop.store.writes import ConditionFailed, Write, absent, apply, present, put, update

EVENT = "A"
"""The kind of due work that events are; one for each order at most, so one shard does."""
SHARD = 0
KEPT_SECONDS = 7 * 86_400


class EventRow(Entity):
    """One event about one order; names no person."""

    order_no = UnicodeAttribute(attr_name="o")
    transaction_id = UnicodeAttribute(attr_name="tx")
    at = NumberAttribute(attr_name="at")
    expires_at = NumberAttribute(attr_name="ttl")
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)


def keep(event: WechatEvent, now: int) -> bool:
    """Keep an event that is to be acted upon; False when it was kept before."""
    row = EventRow(
        *wechat_event_key(event.key),
        order_no=event.order_no,
        transaction_id=event.transaction_id,
        at=now,
        expires_at=now + KEPT_SECONDS,
        due_work=due_partition(EVENT, SHARD),
        due_at=now,
    )
    try:
        apply(put(row, absent()))
    except ConditionFailed:
        return False
    return True


def read(key: tuple[str, str]) -> EventRow | None:
    """An event as it is now."""
    return reads.get(EventRow, key, consistent=True)


def done(row: EventRow) -> Write:
    """It was acted upon, or is of no use."""
    actions: list[Action] = [EventRow.due_work.remove(), EventRow.due_at.remove()]
    return update(EventRow(str(row.PK), str(row.SK)), actions, present())


def later(row: EventRow, until: int) -> Write:
    """Look at it again later."""
    return update(
        EventRow(str(row.PK), str(row.SK)),
        [EventRow.due_at.set(until)],
        EventRow.due_work.exists(),
    )
