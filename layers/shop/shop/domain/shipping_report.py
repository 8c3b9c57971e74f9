"""What WeChat must be told of an order's parcels (`providers` 1.7).

Nothing is counted or remembered of earlier reports: what WeChat has is compared with what it should
have, so that a report whose outcome is unknown needs no special case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from shop.domain.parcel_book import MOST_PARCELS

LONGEST_ITEM = 120


class DutyState(IntEnum):
    """Where WeChat sees an order (`order_state` of `get_order`)."""

    TO_SHIP = 1
    SHIPPED = 2
    RECEIVED = 3
    COMPLETE = 4
    REFUNDED = 5
    SETTLING = 6


RECEIVED_STATES = frozenset({DutyState.RECEIVED, DutyState.COMPLETE, DutyState.SETTLING})
"""The buyer has the goods: WeChat settles only after that."""


@dataclass(frozen=True, slots=True)
class ReportedParcel:
    """One entry of `shipping_list`.

    Attributes:
        tracking_no: The courier's number, at most 128 bytes.
        courier: WeChat's delivery id, such as `SF`.
        item: What is in it, 1-120 characters.
        phone: The receiver's, masked; WeChat asks for it with SF.
    """

    tracking_no: str
    courier: str
    item: str = ""
    phone: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from another parcel."""
        return self.tracking_no, self.courier


@dataclass(frozen=True, slots=True)
class Known:
    """What WeChat has of an order.

    Attributes:
        state: Where it stands.
        openid: Who paid.
        finished: Whether WeChat was told that everything is shipped.
        parcels: The parcels told so far.
    """

    state: int
    openid: str
    finished: bool
    parcels: tuple[ReportedParcel, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One report.

    Attributes:
        parcels: At most `MOST_PARCELS`.
        split: Whether the order goes out in several parcels.
        all_delivered: Whether nothing follows these.
    """

    parcels: tuple[ReportedParcel, ...]
    split: bool
    all_delivered: bool


def next_report(known: Known, wanted: Sequence[ReportedParcel], *, complete: bool) -> Report | None:
    """What to tell WeChat next, or None when it knows everything.

    Args:
        known: What it has.
        wanted: The order's parcels, at least one.
        complete: Whether nothing else of the order will be shipped.
    """
    told = {parcel.name for parcel in known.parcels}
    if known.finished:
        # Only a correction is left, and it replaces the whole list (once: WeChat keeps count).
        if told == {parcel.name for parcel in wanted}:
            return None
        return Report(tuple(wanted[:MOST_PARCELS]), len(wanted) > 1, all_delivered=True)
    missing = [parcel for parcel in wanted if parcel.name not in told]
    if not missing and not complete:
        return None
    if complete and len(wanted) == 1 and not told:
        return Report(tuple(wanted), split=False, all_delivered=True)
    # Everything is told but that it is everything: the last parcel says so.
    rest = missing or [wanted[-1]]
    return Report(
        tuple(rest[:MOST_PARCELS]), split=True, all_delivered=complete and len(rest) <= MOST_PARCELS
    )


def item_text(goods: Sequence[tuple[str, int]]) -> str:
    """What is in a parcel, from titles and pieces, within WeChat's length."""
    text = "；".join(f"{title}×{pieces}" for title, pieces in goods)
    return text if len(text) <= LONGEST_ITEM else text[: LONGEST_ITEM - 1] + "…"
