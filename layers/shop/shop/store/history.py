"""Every move of an order, with actor, time and cause: written by the outbox from the stream."""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shop.store import reads
from shop.store.dead_letters import LetterRow
from shop.store.order_row import OrderRow
from shop.store.table import Entity, customer_of, customer_partition, history_key, history_prefix
from shop.store.table import order_no_of as number_of
from shop.store.writes import Write, put


class HistoryRow(Entity):
    """One move. Keyed by the order's version, so writing it twice changes nothing."""

    status = UnicodeAttribute(attr_name="st")
    actor = UnicodeAttribute(attr_name="by")
    cause = UnicodeAttribute(attr_name="ca")
    at = NumberAttribute(attr_name="at")


def note(order: OrderRow) -> Write:
    """The history entry of the move that made this version of the order."""
    key = history_key(customer_of(str(order.PK)), number_of(str(order.SK)), int(order.version))
    row = HistoryRow(
        *key,
        status=order.status,
        actor=order.moved_by,
        cause=order.cause,
        at=int(order.moved_at),
    )
    return put(row)


def note_of(letter: LetterRow) -> Write:
    """The history entry of the move that a dead letter tells of."""
    row = HistoryRow(
        *history_key(
            customer_of(letter.changed[0]), number_of(letter.changed[1]), int(letter.version)
        ),
        status=letter.status,
        actor=letter.actor,
        cause=letter.cause,
        at=int(letter.changed_at),
    )
    return put(row)


def of_order(customer_id: str, order_no: str) -> Iterator[HistoryRow]:
    """An order's moves, oldest first."""
    condition = HistoryRow.SK.startswith(history_prefix(order_no))
    yield from reads.query(HistoryRow, customer_partition(customer_id), condition)
