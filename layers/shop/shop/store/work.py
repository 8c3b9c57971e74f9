"""Orders that are to be shipped, the longest paid first, found without reading any other.

An order's entry of its day (`days`) is in the due index under `TO_SHIP` while the order waits. The
outbox keeps it, so the list is a moment behind and being paid costs nothing more; a page costs a
query per shard and the rows that it shows.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shop.domain.ids import CustomerId, OrderNo
from shop.store import reads
from shop.store.days import TO_SHIP, DayRow
from shop.store.order_row import OrderRow
from shop.store.table import DUE_SHARDS, Key, due_partition, order_key

RECEIPT = "V"
"""The kind of due work that shipped orders are until they are received."""
RECEIPT_SHARD = 0
PAGE = 50


class Place(NamedTuple):
    """Where an order stands in the list: when it was paid (UTC seconds), its shard, its entry."""

    paid_at: int
    shard: int
    partition: str
    sort_key: str

    @property
    def entry(self) -> Key:
        """The order's entry of its day."""
        return self.partition, self.sort_key

    def text(self) -> str:
        """For a cursor."""
        return "|".join(map(str, self))


def place_of(text: str) -> Place:
    """The place that `Place.text` told."""
    paid_at, shard, partition, sort_key = text.split("|")
    return Place(int(paid_at), int(shard), partition, sort_key)


def to_ship(since: int, until: int, after: Place | None = None) -> Iterator[Place]:
    """Places of orders paid from `since` to before `until`, from behind one on.

    Raises:
        UnavailableError: The store did not answer.
    """
    shards = (_of_shard(shard, since, until, after) for shard in range(DUE_SHARDS))
    # Within a shard and second the index keeps an order of its own, which a merge does not touch.
    yield from heapq.merge(*shards, key=lambda place: place[:2])


def orders_of(places: Sequence[Place]) -> Mapping[Place, OrderRow]:
    """The orders that stand there, as they are now; one that is gone is left out.

    Args:
        places: At most 100.

    Raises:
        UnavailableError: The store did not answer.
    """
    entries = reads.batch(DayRow, [place.entry for place in places])
    keys = {
        place: order_key(CustomerId(entries[place.entry].customer_id), OrderNo(place.sort_key))
        for place in places
        if place.entry in entries
    }
    rows = reads.batch(OrderRow, list(keys.values()), consistent=True)
    return {place: rows[key] for place, key in keys.items() if key in rows}


def _of_shard(shard: int, since: int, until: int, after: Place | None) -> Iterator[Place]:
    start: dict[str, Any] | None = None
    if after is not None:
        if shard == after.shard:
            start = _index_key(after)
        since = max(since, after.paid_at + (shard < after.shard))
    if since >= until:
        return
    while True:
        page = reads.query_page(
            due_partition(TO_SHIP, shard),
            DayRow.due_at.between(since, until - 1),
            limit=PAGE,
            start=start,
            index="due",
        )
        for item in page.items:
            yield Place(int(item["due"]["N"]), shard, item["PK"]["S"], item["SK"]["S"])
        start = page.last
        if start is None:
            return


def _index_key(place: Place) -> dict[str, Any]:
    return {
        "dk": {"S": due_partition(TO_SHIP, place.shard)},
        "due": {"N": str(place.paid_at)},
        "PK": {"S": place.partition},
        "SK": {"S": place.sort_key},
    }
