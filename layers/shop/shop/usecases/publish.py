"""Bring what staff describe into the store, and build from it what shoppers read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shop.domain.catalogue import NEVER, Category, Product, Sku
from shop.domain.couriers import Courier, by_code
from shop.domain.freight import FreightBook
from shop.domain.ids import is_id, product_of
from shop.domain.listing import Entry, Registered, Sort, ordered
from shop.errors import UnavailableError, ValidationError
from shop.store import catalogue
from shop.store.blobs import pack, unpack
from shop.store.catalogue import ProductStock
from shop.store.stock import SkuRow
from shop.store.table import sku_key
from shop.store.writes import ConditionFailed, Write, together
from shop.usecases.notes import Note, Outcome, without_note
from shop.usecases.summaries import summarise

T = TypeVar("T")

PAGE_SIZE = 20
SEARCH_CHUNK = 100
SEARCH = "search"
LISTS = "lists"
MOST_SKUS = 45
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Published:
    """What a publishing made: products listed, lists, and rows that had to be written."""

    products: int
    lists: int
    rows_written: int


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
        raise _wrong("categories", "two categories share an id")
    for one in categories:
        if one.parent_id is not None and parents.get(one.parent_id, "") is not None:
            raise _wrong("categories", f"{one.id}: its parent is not an upper category")
    kept = tuple(sorted(categories, key=lambda one: (one.sort, one.id)))
    return _replace_document(catalogue.CATEGORIES, kept, tuple[Category, ...], now, note)


def replace_freight(book: FreightBook, now: int, note: Note = without_note) -> Outcome:
    """Set all templates of delivery fees: changed, or unchanged when they were the same already.

    Products that name a template which is no longer there are charged by the default one.

    Raises:
        ValidationError: Two templates share an id, or a province stands in two places of one.
        ConditionFailed: A write of the note did not hold.
    """
    if len({one.id for one in book.templates}) != len(book.templates):
        raise _wrong("templates", "two templates share an id")
    for one in book.templates:
        named = [*one.not_served, *(name for rate in one.rates for name in rate.provinces)]
        if len(set(named)) != len(named):
            raise _wrong("templates", f"{one.id}: a province stands in two places")
    return _replace_document(catalogue.FREIGHT, book, FreightBook, now, note)


def replace_couriers(couriers: tuple[Courier, ...], now: int, note: Note = without_note) -> Outcome:
    """Set the couriers that the shop ships with: changed, or unchanged when they were the same.

    Raises:
        ValidationError: Two couriers share a code.
        ConditionFailed: A write of the note did not hold.
    """
    if len(by_code(couriers)) != len(couriers):
        raise _wrong("items", "two couriers share a code")
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
    parents = {one.id: one.parent_id for one in catalogue.categories()}
    _check(product, parents)
    if product.freight and product.freight not in {one.id for one in catalogue.freight().templates}:
        raise _wrong("freight", f"unknown template {product.freight}")
    for _ in range(_ATTEMPTS):
        before = catalogue.read_product(product.id, consistent=True)
        writes = _differences(product, before, _with_parents(product.category_ids, parents), now)
        outcome = Outcome.UNCHANGED
        if writes:
            outcome = Outcome.CHANGED if before.kept else Outcome.CREATED
        described = before.kept.product if before.kept else None
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
        _replace(name, [entry.summary for entry in listed], PAGE_SIZE, now)
        for name, listed in lists.items()
    )
    for gone in set(catalogue.document(LISTS, tuple[str, ...]) or ()) - set(lists):
        written += catalogue.replace_pages(gone, [], 0, now)
    written += catalogue.replace_document(LISTS, sorted(lists), now)
    # By id, so that a change touches its own chunk; the index is built from these.
    by_id = sorted(entries, key=lambda entry: entry.summary.id)
    written += _replace(SEARCH, by_id, SEARCH_CHUNK, now)
    return Published(len(entries), len(lists), written)


def _replace(name: str, rows: Sequence[object], size: int, now: int) -> int:
    bodies = [pack(rows[begin : begin + size]) for begin in range(0, len(rows), size)]
    return catalogue.replace_pages(name, bodies, len(rows), now)


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


def _differences(
    product: Product, before: ProductStock, category_ids: Sequence[str], now: int
) -> list[Write]:
    """The writes that make the store agree with the description; none if it does."""
    writes: list[Write] = []
    described = {sku.id for sku in product.skus}
    for sku in product.skus:
        row = _row(product, sku, category_ids)
        old = before.skus.get(sku.id)
        change = catalogue.change_sku(row, old) if old else catalogue.add_sku(row)
        writes += [change] if change else []
    for sku_id, old in before.skus.items():
        if sku_id not in described and old.sale_last > NEVER[1]:
            writes.append(catalogue.take_off_sale(sku_id))
    if before.kept is None or before.kept.product != product or writes:
        writes.append(catalogue.keep_product(product, before.kept, now))
        created_at = before.kept.created_at if before.kept else now
        writes.append(catalogue.keep_registered(_registered(product, category_ids, created_at)))
    return writes


def _row(product: Product, sku: Sku, category_ids: Sequence[str]) -> SkuRow:
    return SkuRow(
        *sku_key(sku.id),
        available=sku.initial_stock,
        taken=0,
        in_total=sku.initial_stock,
        sale_first=product.sale_window[0],
        sale_last=product.sale_window[1],
        price_fen=sku.price_fen,
        list_price_fen=sku.list_price_fen,
        price_version=1,
        limit=sku.limit,
        title=product.title,
        spec=" / ".join(sku.spec[dimension.name] for dimension in product.specs),
        image_url=sku.image_url or next(iter(product.images), ""),
        categories=",".join(category_ids),
        weight_g=sku.weight_g,
        volume_cm3=sku.volume_cm3 or None,
        freight=product.freight or None,
    )


def _registered(product: Product, category_ids: Sequence[str], created_at: int) -> Registered:
    return Registered(
        id=product.id,
        title=product.title,
        subtitle=product.subtitle,
        primary_image_url=next(iter(product.images), ""),
        tags=product.tags,
        category_ids=tuple(category_ids),
        sku_ids=tuple(sku.id for sku in product.skus),
        sale_window=product.sale_window,
        created_at=created_at,
    )


def _with_parents(ids: Iterable[str], parents: Mapping[str, str | None]) -> tuple[str, ...]:
    made: dict[str, None] = {}
    for category_id in ids:
        made[category_id] = None
        parent = parents.get(category_id)
        if parent:
            made[parent] = None
    return tuple(made)


def _check(product: Product, parents: Mapping[str, str | None]) -> None:
    for category_id in product.category_ids:
        if category_id not in parents:
            raise _wrong("category_ids", f"unknown category {category_id}")
    if not 1 <= len(product.skus) <= MOST_SKUS:
        raise _wrong("skus", f"a product has 1 to {MOST_SKUS} SKUs")
    if len({sku.id for sku in product.skus}) != len(product.skus):
        raise _wrong("skus", "two SKUs share an id")
    values = {dimension.name: dimension.values for dimension in product.specs}
    for sku in product.skus:
        if not is_id(sku.id) or product_of(sku.id) != product.id:
            raise _wrong("skus", f"{sku.id}: a SKU id is its product's id, a hyphen and a number")
        if sku.spec.keys() != values.keys() or any(
            value not in values[name] for name, value in sku.spec.items()
        ):
            raise _wrong("skus", f"{sku.id}: its spec does not fit the product's specs")


def _wrong(field: str, message: str) -> ValidationError:
    return ValidationError(errors=[{"field": field, "message": message}])
