"""How products are listed: order and membership."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.domain.catalogue import FOREVER


class Sort(StrEnum):
    """The orders a list can be asked for."""

    DEFAULT = "default"
    NEWEST = "newest"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    SALES = "sales"


@dataclass(frozen=True, slots=True)
class Registered:
    """What the registry keeps of a product; prices and stock stay with its SKUs.

    `category_ids` are its categories with their parents; `created_at` is UTC seconds;
    `sale_window` is the first and last second at which it can be bought.
    """

    id: str
    title: str
    subtitle: str
    primary_image_url: str
    tags: tuple[str, ...]
    category_ids: tuple[str, ...]
    sku_ids: tuple[str, ...]
    sale_window: tuple[int, int]
    created_at: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A product in a list, as of the last publishing. Prices in fen over SKUs on sale."""

    id: str
    title: str
    subtitle: str
    primary_image_url: str
    min_price_fen: int
    max_price_fen: int
    list_price_fen: int
    sold_count: int
    in_stock: bool
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A summary with what lists and searches look at and shoppers do not."""

    summary: Summary
    category_ids: tuple[str, ...]
    category_names: tuple[str, ...]
    created_at: int


def next_switch(windows: Iterable[tuple[int, int]], now: int) -> int:
    """The next second at which one of these sale windows opens or has closed; 0 for none."""
    switches = [at for first, last in windows for at in (first, last + 1) if now < at < FOREVER]
    return min(switches, default=0)


def ordered(entries: Sequence[Entry], sort: Sort) -> list[Entry]:
    """The entries in a list's order; equal ones by product id, so that pages never shuffle."""
    by_id = sorted(entries, key=lambda entry: entry.summary.id)
    match sort:
        case Sort.DEFAULT:
            return sorted(by_id, key=lambda entry: not entry.summary.in_stock)
        case Sort.NEWEST:
            return sorted(
                entries, key=lambda entry: (entry.created_at, entry.summary.id), reverse=True
            )
        case Sort.PRICE_ASC:
            return sorted(by_id, key=lambda entry: entry.summary.min_price_fen)
        case Sort.PRICE_DESC:
            return sorted(by_id, key=lambda entry: -entry.summary.min_price_fen)
        case Sort.SALES:
            return sorted(by_id, key=lambda entry: -entry.summary.sold_count)
