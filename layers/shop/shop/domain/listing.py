"""How products are listed: order, membership, and what a search finds."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


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

    `category_ids` are its categories with their parents; `created_at` is UTC seconds.
    """

    id: str
    title: str
    subtitle: str
    primary_image_url: str
    tags: tuple[str, ...]
    category_ids: tuple[str, ...]
    sku_ids: tuple[str, ...]
    on_sale: bool
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


def found(entries: Sequence[Entry], text: str) -> list[Entry]:
    """Entries in which every word of the text stands somewhere, best first.

    A title counts more than a subtitle, a subtitle more than categories and tags; equal ones keep
    the order they came in.
    """
    words = _plain(text).split()
    ranked = [(_rank(entry, words), entry) for entry in entries]
    hits = [(rank, entry) for rank, entry in ranked if rank]
    return [entry for _, entry in sorted(hits, key=lambda hit: -hit[0])]


_TITLE, _SUBTITLE, _LABEL = 100, 10, 1
_TITLE_FRONT = 50


def _rank(entry: Entry, words: Sequence[str]) -> int:
    title, subtitle = _plain(entry.summary.title), _plain(entry.summary.subtitle)
    labels = _plain(" ".join((*entry.category_names, *entry.summary.tags)))
    total = 0
    for word in words:
        rank = (
            _TITLE * (word in title)
            + _TITLE_FRONT * title.startswith(word)
            + _SUBTITLE * (word in subtitle)
            + _LABEL * (word in labels)
        )
        if not rank:
            return 0
        total += rank
    return total


def _plain(text: str) -> str:
    """Width and case do not matter to a shopper."""
    return unicodedata.normalize("NFKC", text).casefold()
