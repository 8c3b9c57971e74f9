"""Bring what staff describe into the store, and build from it what shoppers read."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from shop.domain.catalogue import NEVER, Category, Product, SaleState, Sku
from shop.domain.couriers import Courier, by_code
from shop.domain.freight import PROVINCES, FreightBook
from shop.domain.ids import product_of
from shop.domain.listing import Entry, Registered, Sort, next_switch, ordered
from shop.errors import NotFoundError, UnavailableError
from shop.store import catalogue
from shop.store.blobs import pack, unpack
from shop.store.stock import SkuRow
from shop.store.writes import ConditionFailed, Write, together
from shop.usecases.description import check, differences, with_parents, wrong
from shop.usecases.notes import Note, Outcome, without_note
from shop.usecases.summaries import summarise

T = TypeVar("T")

PAGE_SIZE = 20
SEARCH_CHUNK = 100
SEARCH = "search"
LISTS = "lists"
PUBLICATION = "publication"
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Published:
    """What a publishing made: products listed, lists, and rows that had to be written."""

    products: int
    lists: int
    rows_written: int


@dataclass(frozen=True, slots=True)
class Publication:
    """When the lists were last rebuilt, and when a product next goes on or off sale by itself."""

    started_at: int
    next_switch: int


def list_name(category_id: str | None, sort: Sort) -> str:
    """The list of a category, or of everything, in one order."""
    return f"category/{category_id}/{sort}" if category_id else f"all/{sort}"


def replace_categories(
    categories: Sequence[Category], now: int, note: Note = without_note
) -> Outcome:
    """Set all categories: changed, or unchanged when they were the same already.

    Raises:
        ConditionFailed: A write of the note did not hold.
        ValidationError: Two share an id, or a parent is missing or has a parent itself.
    """
    parents = {one.id: one.parent_id for one in categories}
    if len(parents) != len(categories):
        raise wrong("categories", "two categories share an id")
    for one in categories:
        if one.parent_id is not None and parents.get(one.parent_id, "") is not None:
            raise wrong("categories", f"{one.id}: its parent is not an upper category")
    kept = tuple(sorted(categories, key=lambda one: (one.sort, one.id)))
    return _replace_document(catalogue.CATEGORIES, kept, tuple[Category, ...], now, note)


def replace_freight(book: FreightBook, now: int, note: Note = without_note) -> Outcome:
    """Set all templates of delivery fees: changed, or unchanged when they were the same already.

    Products that name a template which is no longer there are charged by the default one.

    Raises:
        ValidationError: Two templates share an id, a province stands in two places of one, or it
            is none, such as a short form.
        ConditionFailed: A write of the note did not hold.
    """
    if len({one.id for one in book.templates}) != len(book.templates):
        raise wrong("templates", "two templates share an id")
    for one in book.templates:
        named = [*one.not_served, *(name for rate in one.rates for name in rate.provinces)]
        if len(set(named)) != len(named):
            raise wrong("templates", f"{one.id}: a province stands in two places")
        unknown = sorted(set(named) - PROVINCES)
        if unknown:
            raise wrong("templates", f"{one.id}: {unknown[0]} is not a province of China")
    return _replace_document(catalogue.FREIGHT, book, FreightBook, now, note)


def replace_couriers(couriers: tuple[Courier, ...], now: int, note: Note = without_note) -> Outcome:
    """Set the couriers that the shop ships with: changed, or unchanged when they were the same.

    Raises:
        ValidationError: Two couriers share a code.
        ConditionFailed: A write of the note did not hold.
    """
    if len(by_code(couriers)) != len(couriers):
        raise wrong("items", "two couriers share a code")
    return _replace_document(catalogue.COURIERS, couriers, tuple[Courier, ...], now, note)


def _replace_document(name: str, value: object, shape: type[T], now: int, note: Note) -> Outcome:
    for _ in range(_ATTEMPTS):
        before = catalogue.document_row(name)
        write = catalogue.keep_document(name, value, before, now)
        outcome = Outcome.CHANGED if write else Outcome.UNCHANGED
        noted = note(unpack(before.body, shape) if before else None, value, outcome)
        if _together(noted, [write] if write else []):
            return outcome
    raise UnavailableError


def _together(noted: Sequence[Write], writes: Sequence[Write]) -> bool:
    """Whether a change and its note were written; False if it must be looked at again.

    Raises:
        ConditionFailed: A write of the note did not hold.
    """
    if not noted and not writes:
        return True
    try:
        together([*noted, *writes])
    except ConditionFailed as refused:
        if any(old is not None for old in refused.failed[: len(noted)]):
            raise
        # Somebody else's change, or an earlier send of this one.
        return False
    return True


def upsert_product(product: Product, now: int, note: Note = without_note) -> Outcome:
    """Make a product and its SKUs as described, all or nothing. Stock is set once, never changed.

    A SKU that is no longer described goes off sale and keeps its stock.

    Raises:
        ValidationError: An id, category, specification or freight template does not fit.
        UnavailableError: Others kept changing the same product.
        ConditionFailed: A write of the note did not hold.
    """
    return _describe(product.id, lambda _: product, now, note)


def described(position: str, limit: int) -> tuple[list[Product], str]:
    """Products as staff described them, and where the next ones begin; "" after the last."""
    return catalogue.products_after(position, limit)


def description_of(product_id: str) -> Product:
    """A product as staff described it.

    Raises:
        NotFoundError: There is no such product.
    """
    kept = catalogue.read_product(product_id, consistent=True).kept
    if kept is None:
        raise NotFoundError
    return kept.product


def set_price(
    sku_id: str, price_fen: int, list_price_fen: int | None, now: int, note: Note = without_note
) -> Outcome:
    """Change what a SKU costs; quotes made at the old price stop at once.

    Args:
        sku_id: The SKU.
        price_fen: What it costs now.
        list_price_fen: The price beside it; None keeps it, raised to the price if it is below.
        now: UTC seconds.
        note: The key and audit writes.

    Raises:
        NotFoundError: No product describes this SKU.
        ValidationError: `list_price_fen` is below the price.
        UnavailableError, ConditionFailed: As `upsert_product`.
    """
    if list_price_fen is not None and list_price_fen < price_fen:
        raise wrong("list_price_fen", "must not be below price_fen")

    def changed(product: Product | None) -> Product:
        if product is None or sku_id not in {sku.id for sku in product.skus}:
            raise NotFoundError
        return replace(
            product,
            skus=tuple(
                _at_price(sku, price_fen, list_price_fen) if sku.id == sku_id else sku
                for sku in product.skus
            ),
        )

    return _describe(product_of(sku_id), changed, now, note)


def _at_price(sku: Sku, price_fen: int, list_price_fen: int | None) -> Sku:
    listed = max(sku.list_price_fen, price_fen) if list_price_fen is None else list_price_fen
    return replace(sku, price_fen=price_fen, list_price_fen=listed)


def set_sale_state(
    product_id: str, state: SaleState, now: int, note: Note = without_note
) -> Outcome:
    """Put a product with all its SKUs on or off sale, from now on or for a time.

    Raises:
        NotFoundError: There is no such product.
        ValidationError: The end is not after the beginning.
        UnavailableError, ConditionFailed: As `upsert_product`.
    """

    def changed(product: Product | None) -> Product:
        if product is None:
            raise NotFoundError
        return replace(
            product,
            on_sale=state.on_sale,
            sale_from=state.sale_from,
            sale_until=state.sale_until,
        )

    return _describe(product_id, changed, now, note)


def _describe(
    product_id: str, change: Callable[[Product | None], Product], now: int, note: Note
) -> Outcome:
    parents = {one.id: one.parent_id for one in catalogue.categories()}
    templates = {one.id for one in catalogue.freight().templates}
    for _ in range(_ATTEMPTS):
        before = catalogue.read_product(product_id, consistent=True)
        described = before.kept.product if before.kept else None
        product = change(described)
        check(product, parents, templates)
        category_ids = with_parents(product.category_ids, parents)
        writes = differences(product, before, category_ids, now)
        outcome = Outcome.UNCHANGED
        if writes:
            outcome = Outcome.CHANGED if described else Outcome.CREATED
        if _together(note(described, product, outcome), writes):
            return outcome
    raise UnavailableError


def publish(now: int) -> Published:
    """Rebuild from the registry every list, and what the search index is built from.

    Safe to repeat at any time.
    """
    names = {one.id: one.name for one in catalogue.categories()}
    registered = [one for one in catalogue.registry() if one.sale_window != NEVER]
    skus = catalogue.skus_of([sku_id for one in registered for sku_id in one.sku_ids])
    entries = [entry for one in registered if (entry := _entry(one, skus, names, now))]

    members: dict[str | None, list[Entry]] = defaultdict(list, {None: entries})
    for entry in entries:
        for category_id in entry.category_ids:
            members[category_id].append(entry)
    lists = {
        list_name(category_id, sort): ordered(listed, sort)
        for category_id, listed in members.items()
        for sort in Sort
    }
    written = sum(
        catalogue.replace_pages(name, _pages(listed), len(listed), now)
        for name, listed in lists.items()
    )
    for gone in set(catalogue.document(LISTS, tuple[str, ...]) or ()) - set(lists):
        written += catalogue.replace_pages(gone, [], 0, now)
    written += catalogue.replace_document(LISTS, sorted(lists), now)
    # By id, so that a change touches its own chunk; the index is built from these.
    by_id = sorted(entries, key=lambda entry: entry.summary.id)
    chunks = [pack(chunk) for chunk in _cut(by_id, SEARCH_CHUNK)]
    written += catalogue.replace_pages(SEARCH, chunks, len(by_id), now)
    windows = [one.sale_window for one in registered]
    catalogue.replace_document(PUBLICATION, Publication(now, next_switch(windows, now)), now)
    return Published(len(entries), len(lists), written)


def _pages(listed: Sequence[Entry]) -> list[bytes]:
    """Pages of summaries, each with the last id of the page before."""
    pages, before = [], ""
    for page in _cut(listed, PAGE_SIZE):
        pages.append(pack((before, [entry.summary for entry in page])))
        before = page[-1].summary.id
    return pages


def _cut(entries: Sequence[Entry], size: int) -> list[Sequence[Entry]]:
    return [entries[begin : begin + size] for begin in range(0, len(entries), size)]


def _entry(
    one: Registered, skus: Mapping[str, SkuRow], names: Mapping[str, str], now: int
) -> Entry | None:
    """A product as lists show it; None while none of its SKUs is on sale."""
    rows = [skus[sku_id] for sku_id in one.sku_ids if sku_id in skus]
    if not any(row.on_sale_at(now) for row in rows):
        return None
    summary = summarise(one, one.primary_image_url, rows, now)
    shown = tuple(names[category_id] for category_id in one.category_ids if category_id in names)
    return Entry(summary, one.category_ids, shown, one.created_at)
