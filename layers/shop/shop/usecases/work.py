"""What staff have to ship: the orders that wait, filtered, page by page; and with whose address.

Each reading of an address is logged before anything is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from shop.crypto.keyring import KeyRing
from shop.domain.calendar import begins_at
from shop.domain.ids import CustomerId
from shop.domain.order import Order, OrderStatus
from shop.errors import ValidationError
from shop.store import parcels, personal_reads, waybills, work
from shop.store.order_row import OrderRow
from shop.store.table import customer_of, order_no_of

MOST_EXAMINED = 300
"""Orders that one request reads; where few of them fit, its page is short and more follow."""
LONG_AGO, FAR_AHEAD = 0, 1 << 40
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the orders that wait; "" for any.

    Attributes:
        day: When they were paid, `YYYYMMDD` in Shanghai.
        company: Kuaidi100's code of a courier that has a parcel or a waybill of them.
        sku_id: What is still to be shipped of them.
        partial: Whether a part of them was shipped; None for either.
    """

    day: str = ""
    company: str = ""
    sku_id: str = ""
    partial: bool | None = None


def waiting(wanted: Wanted, after: str, limit: int) -> tuple[list[OrderRow], str]:
    """A page of orders that are to be shipped, the longest paid first.

    Args:
        wanted: Which.
        after: Where the last page ended; "" for the first.
        limit: At most so many, 1-100.

    Returns:
        The orders, and where the next page begins; "" when none follows.

    Raises:
        ValidationError: There is no such day.
        UnavailableError: The store did not answer.
    """
    since, until = _bounds(wanted.day)
    places = work.to_ship(since, until, work.place_of(after) if after else None)
    found: list[OrderRow] = []
    examined = 0
    while handful := list(islice(places, limit)):
        rows = work.orders_of(handful)
        for place in handful:
            examined += 1
            row = rows.get(place)
            if row is not None and _fits(row, wanted):
                found.append(row)
            if len(found) == limit:
                is_last = place == handful[-1] and next(places, None) is None
                return found, "" if is_last else place.text()
        if examined >= MOST_EXAMINED:
            return found, handful[-1].text()
    return found, ""


def with_addresses(
    rows: Sequence[OrderRow], ring: KeyRing, actor: str, request_id: str, now: int
) -> list[Order]:
    """The same orders with what is on the label; every reading is durable first.

    Raises:
        UnavailableError: The readings are not logged, so nothing may be shown.
    """
    orders = [row.to_domain(ring) for row in rows]
    personal_reads.log_all(
        f"staff:{actor}",
        [(order.customer_id, order.order_no, f"{request_id}-{order.order_no}") for order in orders],
        now,
    )
    return orders


def _bounds(day: str) -> tuple[int, int]:
    if not day:
        return LONG_AGO, FAR_AHEAD
    try:
        since = begins_at(day)
    except ValueError as bad:
        raise ValidationError(errors=[{"field": "$.day", "message": "is no day"}]) from bad
    return since, since + DAY_SECONDS


def _fits(row: OrderRow, wanted: Wanted) -> bool:
    if row.status != OrderStatus.TO_SHIP:
        # The index is a moment behind.
        return False
    if wanted.partial is not None and wanted.partial != bool(row.shipped.parcels):
        return False
    if wanted.sku_id and wanted.sku_id not in {row.lines[at - 1].sku_id for at in row.to_ship()}:
        return False
    return not wanted.company or wanted.company in _companies(row)


def _companies(row: OrderRow) -> set[str]:
    customer_id, order_no = CustomerId(customer_of(str(row.PK))), order_no_of(str(row.SK))
    sent = {one.company for one in parcels.of_order(customer_id, order_no)}
    return sent | {one.company for one in waybills.of_order(customer_id, order_no)}
