"""The rows of an erasure: a stone where the customer was, found when due, until all is done."""

from collections.abc import Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from shop.store import reads
from shop.store.customers import CustomerRow, IdentityRow, alive
from shop.store.table import Entity, customer_key, due_partition, identity_key
from shop.store.writes import Write, absent, delete, put, update

ERASURE = "E"
"""The kind of due work that unfinished erasures are; so few that one shard does."""
SHARD = 0


class StoneRow(Entity):
    """What is left of a customer: when they were erased. `due` until nothing else is left."""

    erased_at = NumberAttribute(attr_name="ea")
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)


def begin(customer_id: str, openid_macs: Sequence[str], now: int, due_at: int) -> list[Write]:
    """Replace the profile by a stone, and let the openid lead to nobody; all or nothing."""
    stone = StoneRow(
        *customer_key(customer_id),
        erased_at=now,
        due_work=due_partition(ERASURE, SHARD),
        due_at=due_at,
    )
    theirs: Condition = IdentityRow.customer_id == customer_id
    return [
        put(stone, alive()),
        *(delete(IdentityRow(*identity_key(mac)), absent() | theirs) for mac in openid_macs),
    ]


def stone_of(customer_id: str) -> StoneRow | None:
    """The stone, if the customer's erasure has begun."""
    row = reads.get(CustomerRow, customer_key(customer_id), consistent=True)
    if row is None or not row.is_erased:
        return None
    return StoneRow(
        *customer_key(customer_id),
        erased_at=row.erased_at,
        due_work=row.due_work,
        due_at=row.due_at,
    )


def postpone(customer_id: str, until: int) -> Write:
    """Look at an unfinished erasure again later."""
    return update(
        StoneRow(*customer_key(customer_id)),
        [StoneRow.due_at.set(until)],
        StoneRow.due_work.exists(),
    )


def finish(customer_id: str) -> Write:
    """Nothing is left to erase; the stone stays."""
    return update(
        StoneRow(*customer_key(customer_id)),
        [StoneRow.due_work.remove(), StoneRow.due_at.remove()],
        StoneRow.due_work.exists(),
    )


def remove(key: tuple[str, str]) -> Write:
    """Remove any row; one that is gone stays gone."""
    return delete(Entity(*key))
