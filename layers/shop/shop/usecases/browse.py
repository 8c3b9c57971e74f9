"""What shoppers read of the catalogue: pages of lists, search, one product.

Lists are pre-built (`publish`), so a page of 20 is one item: one request and half a unit when this
process has not read it in the last 20 seconds, and nothing when it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shop.domain.catalogue import Category
from shop.domain.listing import Summary
from shop.domain.search import Asked
from shop.errors import NotFoundError
from shop.recent import Recent
from shop.store import catalogue
from shop.store.blobs import unpack
from shop.store.catalogue import Kept, PageRow
from shop.store.stock import SkuRow
from shop.usecases.publish import PAGE_SIZE, list_name
from shop.usecases.searching import Searcher, search
from shop.usecases.summaries import summarise

SECONDS = 20
MOST_SHOWN = 99
"""Shoppers are told the stock up to here; what is left of a large stock is not their business."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some summaries of a list, as JSON already, and where the next ones begin (None: nowhere)."""

    items: Sequence[msgspec.Raw]
    next_place: str | None


@dataclass(frozen=True, slots=True)
class SkuOnPage:
    """A SKU of a product page, live. `available` is capped."""

    id: str
    spec_values: tuple[str, ...]
    price_fen: int
    list_price_fen: int
    image_url: str
    available: int
    on_sale: bool


@dataclass(frozen=True, slots=True)
class ProductOnPage:
    """A product's document joined with its SKUs as they are now."""

    kept: Kept
    summary: Summary
    skus: tuple[SkuOnPage, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    """`before` is the id of the entry before its first."""

    items: Sequence[msgspec.Raw]
    total: int
    before: str


class _Id(msgspec.Struct):
    id: str


_NO_PAGE = _Page((), 0, "")
_pages: Recent[tuple[str, int], _Page] = Recent(SECONDS)
_categories: Recent[str, tuple[Category, ...]] = Recent(SECONDS, most=1)


def categories(now: int) -> tuple[Category, ...]:
    """Both levels, in the order staff gave them."""
    return _categories.get_or_load("", now, catalogue.categories)


def products(asked: Asked, who: Searcher, now: int) -> Slice:
    """Summaries from a place on: of a list, or of what a search for the text finds.

    Raises:
        InvalidError: `invalid_cursor`.
        UnavailableError: A store or the search did not answer.
    """
    if asked.text:
        page = search(asked, who, now)
        items = [msgspec.Raw(msgspec.json.encode(one)) for one in page.items]
        return Slice(items, page.next_after)
    return _listed(list_name(asked.category_id, asked.sort), asked.after, asked.limit, now)


def _listed(name: str, place: str, limit: int, now: int) -> Slice:
    """Summaries of a list behind the entry that was shown last, wherever that is by now.

    An entry that left or joined the list meanwhile pushes none past the shopper, unless the one
    shown last left together with others before it.
    """
    number, _, shown = place.partition("|")
    position = int(number or 0)
    loaded = _span(name, position, limit, now)
    if shown and _before(loaded[0], position % PAGE_SIZE) != shown:
        position = _behind(name, shown, position, now)
        loaded = _span(name, position, limit, now)
    offset, end = position % PAGE_SIZE, position + limit
    items = [item for page in loaded for item in page.items][offset : offset + limit]
    goes_on = items and end < loaded[0].total
    return Slice(items, f"{end}|{_id(items[-1])}" if goes_on else None)


def _span(name: str, position: int, limit: int, now: int) -> list[_Page]:
    """The pages that hold so many entries from a position on."""
    first, last = position // PAGE_SIZE, (position + limit - 1) // PAGE_SIZE
    return _load(name, range(first, last + 1), now)


def _before(page: _Page, offset: int) -> str:
    """The entry before this one of a page; "" if there is none."""
    if not offset:
        return page.before
    return _id(page.items[offset - 1]) if offset <= len(page.items) else ""


def _behind(name: str, shown: str, position: int, now: int) -> int:
    """The position behind an entry that was last seen before `position`."""
    here = position // PAGE_SIZE
    near = range(max(here - 1, 0), here + 2)
    for number, page in zip(near, _load(name, near, now), strict=True):
        for at, item in enumerate(page.items):
            if _id(item) == shown:
                return number * PAGE_SIZE + at + 1
    return max(position - 1, 0)


def _id(item: msgspec.Raw) -> str:
    return msgspec.json.decode(item, type=_Id).id


def show_product(product_id: str, now: int) -> ProductOnPage:
    """A product with its stock as it is now: one request, half a unit.

    Raises:
        NotFoundError: There is no such product.
    """
    read = catalogue.read_product(product_id)
    if read.kept is None:
        raise NotFoundError
    product = read.kept.product
    rows = {sku.id: read.skus[sku.id] for sku in product.skus if sku.id in read.skus}
    skus = tuple(
        _sku_on_page(rows[sku.id], tuple(sku.spec[one.name] for one in product.specs), now)
        for sku in product.skus
        if sku.id in rows
    )
    image_url = next(iter(product.images), "")
    return ProductOnPage(read.kept, summarise(product, image_url, list(rows.values()), now), skus)


def _sku_on_page(row: SkuRow, spec_values: tuple[str, ...], now: int) -> SkuOnPage:
    return SkuOnPage(
        id=row.sku_id,
        spec_values=spec_values,
        price_fen=int(row.price_fen),
        list_price_fen=int(row.list_price_fen),
        image_url=str(row.image_url),
        available=max(0, min(int(row.available), MOST_SHOWN)),
        on_sale=row.on_sale_at(now),
    )


def _load(name: str, numbers: Sequence[int], now: int) -> list[_Page]:
    kept = {number: _pages.get((name, number), now) for number in numbers}
    missing = [number for number, page in kept.items() if page is None]
    if len(missing) == 1:
        row = catalogue.page(name, missing[0])
        rows = {missing[0]: row} if row else {}
    else:
        rows = catalogue.pages(name, missing) if missing else {}
    for number in missing:
        kept[number] = _pages.keep((name, number), _parsed(rows.get(number)), now)
    return [kept[number] or _NO_PAGE for number in numbers]


def _parsed(row: PageRow | None) -> _Page:
    if row is None:
        return _NO_PAGE
    before, items = unpack(row.body, tuple[str, list[msgspec.Raw]])
    return _Page(items, int(row.total), before)
