"""How much of an order left the house: a book per order, kept in its row, changed by exact compare.

A piece is in one parcel at most. What may still go into a parcel is what was bought and neither
stopped by a refund (`shop.domain.refund_book`) nor shipped before. WeChat takes one change of an
order that it was told whole (`providers` 1.7), so an order's numbers are corrected once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shop.errors import ConflictError

MOST_PARCELS = 15
"""Parcels of one order: as many as one shipping report to WeChat names (`shipping_list`)."""


@dataclass(frozen=True, slots=True)
class ParcelBook:
    """Everything of one order that was shipped.

    Attributes:
        lines: Pieces shipped, one for each line of the order; empty while nothing was.
        parcels: How many parcels there are; they are numbered from 1.
        corrected: Whether a tracking number of it was corrected.
    """

    lines: tuple[int, ...] = ()
    parcels: int = 0
    corrected: bool = False

    def line(self, position: int) -> int:
        """Pieces of one line that were shipped, counted from 1."""
        return self.lines[position - 1] if self.lines else 0


NOTHING_SHIPPED = ParcelBook()


def left_of(quantities: Sequence[int], stopped: Sequence[int], book: ParcelBook) -> dict[int, int]:
    """Pieces that are to be shipped, by position; lines with none are left out.

    Args:
        quantities: What was bought, line by line.
        stopped: Of those, what refunds stopped; empty for nothing.
        book: What was shipped.
    """
    rest = {
        at: quantity - (stopped[at - 1] if stopped else 0) - book.line(at)
        for at, quantity in enumerate(quantities, start=1)
    }
    return {at: pieces for at, pieces in rest.items() if pieces}


def pack(
    book: ParcelBook, count: int, left: Mapping[int, int], wanted: Mapping[int, int]
) -> ParcelBook:
    """The book with one more parcel.

    Args:
        book: Before.
        count: How many lines the order has.
        left: What is to be shipped, by position, as `left_of` tells.
        wanted: What goes into the parcel: pieces by position, each at least 1.

    Raises:
        ConflictError: `shipment_exceeds_rest`: a line has fewer pieces left; or
            `too_many_parcels`: WeChat takes no more of one order.
    """
    if any(pieces > left.get(at, 0) for at, pieces in wanted.items()):
        raise ConflictError("shipment_exceeds_rest", "发货数量超过待发数量")
    if book.parcels >= MOST_PARCELS:
        raise ConflictError("too_many_parcels", "该订单的包裹数已达上限")
    shipped = tuple(book.line(at) + wanted.get(at, 0) for at in range(1, count + 1))
    return replace(book, lines=shipped, parcels=book.parcels + 1)
