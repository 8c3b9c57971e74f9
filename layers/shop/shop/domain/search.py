"""What is asked of a search and what it answers, whichever engine does the work."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.domain.listing import Sort, Summary

UNSOLD = 40
"""What a product without sales is worse by than one with 2**40 of them."""
OUT_OF_STOCK = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of a search.

    Attributes:
        text: The shopper's words, of any content.
        category_id: Only products of this category or one below it; None for all.
        sort: DEFAULT for best first.
        after: Where the page before ended; "" for the first.
        limit: How many products, 1..100.
    """

    text: str
    category_id: str | None
    sort: Sort
    after: str
    limit: int


@dataclass(frozen=True, slots=True)
class Page:
    """Products found, and where the next page begins (None: nowhere).

    The place is made of what the last product is sorted by and its id, so it stays good when the
    index is built anew: nothing is shown twice or left out but what itself has moved.
    """

    items: Sequence[Summary]
    next_after: str | None


EMPTY = Page((), None)


def demerit(one: Summary) -> int:
    """How far back a product stands among equal matches: stock, then sales by powers of two.

    Coarse, so that a sale rarely moves a product while somebody turns pages.
    """
    return OUT_OF_STOCK * (not one.in_stock) + UNSOLD - min(UNSOLD, one.sold_count.bit_length())
