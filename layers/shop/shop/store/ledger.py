"""The money ledger's rows: appended once each, in shards of their business day.

A late or double payment's entry is written with the refund that it leads to. An ordinary payment's
and a refund's follow from their rows through the stream, so that the notice stays one write; what
the stream gave up is found and entered by the daily reconciliation.
"""

from collections.abc import Iterator, Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from shop.domain.ledger import Entry, EntryKind
from shop.store import reads
from shop.store.order_row import OrderRow
from shop.store.table import (
    LEDGER_SHARDS,
    Entity,
    customer_of,
    ledger_key,
    ledger_partition,
    order_no_of,
    shard_of,
)
from shop.store.writes import ConditionFailed, Write, absent, apply, put, together

_TOGETHER = 100
"""The most that one transaction takes."""


class EntryRow(Entity):
    """One entry; its kind, order and reference are its key."""

    customer_id = UnicodeAttribute(attr_name="cu")
    amount = NumberAttribute(attr_name="am")
    at = NumberAttribute(attr_name="at")

    def to_domain(self) -> Entry:
        """The entry."""
        order_no, kind, reference = str(self.SK).split("#", 2)
        return Entry(
            kind=EntryKind(kind),
            order_no=order_no,
            customer_id=self.customer_id,
            reference=reference,
            amount=int(self.amount),
            at=int(self.at),
        )


def shard_for(order_no: str) -> int:
    """The shard of each day that an order's entries are in."""
    return shard_of(order_no, LEDGER_SHARDS)


def of_order_row(row: OrderRow) -> Entry:
    """The entry of the payment that an order was given; one without `paid_at` was given none."""
    return Entry(
        kind=EntryKind.PAYMENT,
        order_no=order_no_of(str(row.SK)),
        customer_id=customer_of(str(row.PK)),
        reference=str(row.transaction_id),
        amount=int(row.payable_fen),
        at=int(row.paid_at or 0),
    )


def append(entry: Entry) -> Write:
    """Enter a movement if it is not entered yet."""
    row = EntryRow(
        *ledger_key(entry.day, entry.order_no, entry.kind, entry.reference),
        customer_id=entry.customer_id,
        amount=entry.amount,
        at=entry.at,
    )
    return put(row, absent())


def enter(entry: Entry) -> bool:
    """Make one entry durable; an entry that is there stays as it is.

    Returns:
        Whether it was new.

    Raises:
        UnavailableError: It is not durable.
    """
    try:
        apply(append(entry))
    except ConditionFailed:
        return False
    return True


def enter_all(entries: Sequence[Entry]) -> None:
    """Make many entries durable, a hundred at a time; repeating is harmless.

    Raises:
        UnavailableError: Not all are durable.
    """
    for begin in range(0, len(entries), _TOGETHER):
        part = entries[begin : begin + _TOGETHER]
        try:
            together([append(entry) for entry in part])
        except ConditionFailed:
            # Another run was here, or an entry is double: one by one each finds its place.
            for entry in part:
                enter(entry)


def of_shard(day: str, shard: int) -> Iterator[Entry]:
    """One shard of a day's entries, by order number (consistent)."""
    partition = ledger_partition(day, shard)
    for row in reads.query(EntryRow, partition, consistent=True):
        yield row.to_domain()


def of_order(day: str, order_no: str) -> Iterator[Entry]:
    """An order's entries of one day (consistent)."""
    of_it: Condition = EntryRow.SK.startswith(f"{order_no}#")
    partition = ledger_partition(day, shard_for(order_no))
    for row in reads.query(EntryRow, partition, of_it, consistent=True):
        yield row.to_domain()
