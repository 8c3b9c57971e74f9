"""What must hold of parcels, whatever happened: no piece goes out twice, nor out and back."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from tests.proving.raw import Order, Row, Tables


def packed(tables: Tables) -> Iterator[str]:
    """Each order's book of parcels is the sum of its parcels, within what was bought and kept."""
    mine: defaultdict[str, list[Row]] = defaultdict(list)
    for row in tables.parcels:
        mine[row["order"]].append(row)
    for order in tables.orders:
        if order.blob is not None:
            yield from _of_order(order, mine[order.number])


def _of_order(order: Order, parcels: Sequence[Row]) -> Iterator[str]:
    kept = order.row.get("pc")
    sums, count, _ = msgspec.msgpack.decode(kept) if kept else ([], 0, False)
    found = [0] * len(order.lines)
    for row in parcels:
        for position, pieces in row["lines"]:
            found[position - 1] += pieces
    if len(parcels) != count or (found if count else []) != sums:
        yield f"order {order.number}: {sums} in {count} parcels, but they hold {found}"
    stopped = [one[2] for one in order.book.lines] or [0] * len(order.lines)
    left = [
        line["quantity"] - out - gone
        for line, out, gone in zip(order.lines, found, stopped, strict=True)
    ]
    if min(left) < 0:
        yield f"order {order.number}: more is shipped and stopped than was bought: {left}"
    if order.status in {"TO_RECEIVE", "DONE"} and (any(left) or not count):
        yield f"order {order.number}: {order.status}, and {left} are not shipped"
    if order.status == "TO_SHIP" and not any(left):
        yield f"order {order.number}: TO_SHIP, and nothing is left to ship"
