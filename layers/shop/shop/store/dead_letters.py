"""Stored changes whose followers failed, kept until somebody lets them be done again.

A letter names a row and what its history needs, and holds no personal data, so that it means
something long after the stream has forgotten the change (24 hours). `docs/adr/0010`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shop.store import reads
from shop.store.order_row import OrderRow
from shop.store.table import (
    DEAD_LETTERS_PARTITION,
    ORDER_PREFIX,
    Entity,
    Key,
    dead_letter_key,
)
from shop.store.writes import ConditionFailed, Write, absent, apply, delete, present, put, update


class LetterRow(Entity):
    """One change. Its key makes filing it twice one letter."""

    partition = UnicodeAttribute(attr_name="pk")
    row = UnicodeAttribute(attr_name="rw")
    version = NumberAttribute(attr_name="v", default=0)
    status = UnicodeAttribute(attr_name="st", null=True)
    actor = UnicodeAttribute(attr_name="by", null=True)
    cause = UnicodeAttribute(attr_name="ca", null=True)
    changed_at = NumberAttribute(attr_name="mt")
    failure = UnicodeAttribute(attr_name="f")
    filed_at = NumberAttribute(attr_name="c")
    tries = NumberAttribute(attr_name="n", default=0)

    @property
    def id(self) -> str:
        """What tells a letter from every other."""
        return str(self.SK)

    @property
    def changed(self) -> Key:
        """The changed row's key."""
        return str(self.partition), str(self.row)


@dataclass(frozen=True, slots=True)
class Changed:
    """What is kept of a stored change.

    Attributes:
        key: The row's.
        at: UTC seconds; the same each time the change is looked at.
        order: The order as it was then; None for other rows.
    """

    key: Key
    at: int
    order: OrderRow | None = None


def file(changed: Changed, failure: str, now: int) -> bool:
    """Keep a change whose followers failed; False if it is kept already.

    Args:
        changed: Which.
        failure: The kind of the failure, never what it says.
        now: UTC seconds.

    Raises:
        UnavailableError: It is not durable.
    """
    order = changed.order
    version = int(order.version) if order else 0
    letter = LetterRow(
        *dead_letter_key(changed.at, changed.key, version),
        partition=changed.key[0],
        row=changed.key[1],
        version=version,
        changed_at=changed.at,
        failure=failure,
        filed_at=now,
    )
    if order:
        letter.status, letter.actor, letter.cause = order.status, order.moved_by, order.cause
        letter.changed_at = int(order.moved_at)
    try:
        apply(put(letter, absent()))
    except ConditionFailed:
        return False
    return True


def waiting(after: str = "", limit: int | None = None) -> Iterator[LetterRow]:
    """Letters, the oldest change first, from the one after `after` on."""
    later = Entity.SK > after if after else None  # noqa: SIM300 - an expression
    yield from reads.query(LetterRow, DEAD_LETTERS_PARTITION, later, limit=limit)


def done(letter: LetterRow) -> Write:
    """Forget a letter whose change has been followed."""
    return delete(LetterRow(str(letter.PK), str(letter.SK)))


def failed_again(letter: LetterRow, failure: str) -> Write:
    """Count a try that failed, if the letter is still there."""
    row = LetterRow(str(letter.PK), str(letter.SK))
    return update(
        row, [LetterRow.tries.set(LetterRow.tries + 1), LetterRow.failure.set(failure)], present()
    )


def is_of_order(letter: LetterRow) -> bool:
    """Whether the changed row was an order."""
    return str(letter.row).startswith(ORDER_PREFIX)
