"""Refunds that wait for a person, in the order in which they began to."""

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Any

from shop.domain.refund import RefundOrder
from shop.store import reads
from shop.store.refunds import FOR_STAFF, WAITS_FOR_STAFF, RefundRow
from shop.store.table import DUE_SHARDS, due_partition

_PAGE = 25


def for_staff(after: str = "") -> Iterator[tuple[str, RefundOrder]]:
    """What waits for a person, the longest waiting first; billed by how much of it is taken.

    Args:
        after: The place behind which to begin, as it was yielded.

    Yields:
        A refund's place in the list, and the refund.
    """
    begin = _read_place(after)
    shards = (_waiting(shard, begin) for shard in range(DUE_SHARDS))
    places = heapq.merge(*shards)
    while some := list(islice(places, _PAGE)):
        keys = [(partition, sort_key) for _, sort_key, partition in some]
        rows = reads.batch(RefundRow, keys, consistent=True)
        for due_at, sort_key, partition in some:
            row = rows.get((partition, sort_key))
            if row and row.status in WAITS_FOR_STAFF and row.replaced_by is None:
                yield f"{due_at}|{sort_key}", row.to_domain()


def _waiting(shard: int, begin: tuple[int, str]) -> Iterator[tuple[int, str, str]]:
    start: dict[str, Any] | None = None
    while True:
        page = reads.query_page(
            due_partition(FOR_STAFF, shard),
            RefundRow.due_at >= begin[0],
            limit=_PAGE,
            start=start,
            index="due",
        )
        for item in page.items:
            place = (int(item["due"]["N"]), item["SK"]["S"], item["PK"]["S"])
            if place[:2] > begin:
                yield place
        start = page.last
        if start is None:
            return


def _read_place(place: str) -> tuple[int, str]:
    due_at, _, sort_key = place.partition("|")
    return int(due_at or 0), sort_key
