"""Products, the registry of all of them, and what is pre-built from it for shoppers.

A product's document and its SKUs share a partition, so one query reads a product with its stock.
Lists are read as whole pages, each one item of at most 4 KB.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pynamodb.attributes import BinaryAttribute, NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.catalogue import NEVER, Category, Product
from shop.domain.freight import FreightBook
from shop.domain.listing import Registered
from shop.store import reads
from shop.store.blobs import pack, unpack
from shop.store.stock import SkuRow
from shop.store.table import (
    LAST_SKU,
    PRODUCT_SORT_KEY,
    REGISTRY_BUCKETS,
    SKU_PREFIX,
    Entity,
    page_key,
    page_partition,
    product_key,
    product_partition,
    registry_key,
    registry_partition,
    sku_key,
)
from shop.store.writes import ConditionFailed, Write, absent, apply, delete, present, put, update

T = TypeVar("T")

CATEGORIES = "categories"
FREIGHT = "freight-templates"
COURIERS = "couriers"
_DESCRIBED = (
    "price_fen",
    "list_price_fen",
    "sale_first",
    "sale_last",
    "limit",
    "title",
    "spec",
    "image_url",
    "categories",
    "weight_g",
    "volume_cm3",
    "freight",
)


class ProductRow(Entity):
    """A product as staff described it."""

    body = BinaryAttribute(legacy_encoding=False, attr_name="b")
    created_at = NumberAttribute(attr_name="ca")
    version = NumberAttribute(attr_name="v")


class RegistryRow(Entity):
    """What lists and search need of one product."""

    body = BinaryAttribute(legacy_encoding=False, attr_name="b")


class PageRow(Entity):
    """One pre-built page. `total` counts the whole list, `generation` is when it was made."""

    body = BinaryAttribute(legacy_encoding=False, attr_name="b")
    total = NumberAttribute(attr_name="n")
    generation = NumberAttribute(attr_name="g")


@dataclass(frozen=True, slots=True)
class Kept:
    """A product as the store has it; `version` counts its document's changes."""

    product: Product
    created_at: int
    version: int


@dataclass(frozen=True, slots=True)
class ProductStock:
    """What one query knows of a product: its document, if any, and its SKUs by id."""

    kept: Kept | None
    skus: dict[str, SkuRow]


def read_product(product_id: str, *, consistent: bool = False) -> ProductStock:
    """A product with its stock: one request, half a unit while it stays below 4 KB."""
    kept: Kept | None = None
    skus: dict[str, SkuRow] = {}
    span: Condition = Entity.SK.between(PRODUCT_SORT_KEY, LAST_SKU)
    start: dict[str, object] | None = None
    while True:
        page = reads.query_page(
            product_partition(product_id), span, consistent=consistent, start=start
        )
        for raw in page.items:
            if raw["SK"]["S"].startswith(SKU_PREFIX):
                sku = SkuRow.from_raw_data(raw)
                skus[sku.sku_id] = sku
            else:
                row = ProductRow.from_raw_data(raw)
                kept = Kept(unpack(row.body, Product), int(row.created_at), int(row.version))
        start = page.last
        if start is None:
            return ProductStock(kept, skus)


def skus_of(sku_ids: Sequence[str]) -> dict[str, SkuRow]:
    """SKUs by id, missing ones left out; one request per 100."""
    rows = reads.batch(SkuRow, [sku_key(sku_id) for sku_id in sku_ids])
    return {row.sku_id: row for row in rows.values()}


def keep_product(product: Product, before: Kept | None, now: int) -> Write:
    """The product's document, if it is still as it was when read."""
    condition: Condition = absent() if before is None else ProductRow.version == before.version
    row = ProductRow(
        *product_key(product.id),
        body=pack(product),
        created_at=before.created_at if before else now,
        version=before.version + 1 if before else 1,
    )
    return put(row, condition)


def keep_registered(entry: Registered) -> Write:
    """The product's entry in the registry."""
    return put(RegistryRow(*registry_key(entry.id), body=pack(entry)))


def add_sku(row: SkuRow) -> Write:
    """A new SKU with its initial stock; one that is there already keeps its own."""
    return put(row, absent())


def change_sku(row: SkuRow, before: SkuRow) -> Write | None:
    """Bring a SKU's description and price up to date; its stock is never touched.

    A changed price is a new price version, so that quotes made at the old one stop.

    Returns:
        None when nothing differs.
    """
    actions: list[Action] = []
    for name in _DESCRIBED:
        value = getattr(row, name)
        if value != getattr(before, name):
            attribute = getattr(SkuRow, name)
            actions.append(attribute.remove() if value is None else attribute.set(value))
    if row.price_fen != before.price_fen:
        actions.append(SkuRow.price_version.add(1))
    if not actions:
        return None
    same_price: Condition = SkuRow.price_version == before.price_version
    return update(SkuRow(str(before.PK), str(before.SK)), actions, same_price)


def take_off_sale(sku_id: str) -> Write:
    """A SKU that is no longer described cannot be bought."""
    return update(SkuRow(*sku_key(sku_id)), [SkuRow.sale_last.set(NEVER[1])], present())


def registry() -> Iterator[Registered]:
    """Every product's entry, bucket by bucket."""
    for bucket in range(REGISTRY_BUCKETS):
        for row in reads.query(RegistryRow, registry_partition(bucket)):
            yield unpack(row.body, Registered)


def products_after(position: str, limit: int) -> tuple[list[Product], str]:
    """Products as staff described them, bucket by bucket of the registry, each by id.

    Args:
        position: Where the page before ended; "" for the first page.
        limit: At most so many, 100 at most.

    Returns:
        The products, fewer than `limit` at times, and where they end; "" when none follow.
    """
    bucket, _, after = position.partition("/")
    number = int(bucket or 0)
    later = Entity.SK > after if after else None  # noqa: SIM300 - an expression
    found = reads.query_page(registry_partition(number), later, limit=limit)
    ids = [str(raw["SK"]["S"]) for raw in found.items]
    rows = reads.batch(ProductRow, [product_key(one) for one in ids])
    products = [unpack(rows[key].body, Product) for one in ids if (key := product_key(one)) in rows]
    if found.last is not None:
        return products, f"{number}/{ids[-1]}"
    return products, f"{number + 1}/" if number + 1 < REGISTRY_BUCKETS else ""


def page(name: str, number: int) -> PageRow | None:
    """One page of a list; half a unit."""
    return reads.get(PageRow, page_key(name, number))


def pages(name: str, numbers: Sequence[int]) -> dict[int, PageRow]:
    """Several pages of a list by number, missing ones left out; one request."""
    rows = reads.batch(PageRow, [page_key(name, number) for number in numbers])
    return {int(str(row.SK)): row for row in rows.values()}


def all_pages(name: str) -> list[PageRow]:
    """A whole list in order."""
    return list(reads.query(PageRow, page_partition(name)))


def each_page(name: str) -> Iterator[PageRow]:
    """A whole list in order as it is now, page after page; for what must not miss a change."""
    return reads.query(PageRow, page_partition(name), consistent=True)


def replace_pages(name: str, bodies: Sequence[bytes], total: int, generation: int) -> int:
    """Make a list consist of these pages. What is the same already is not written again.

    Pages that a later reading of the catalogue made stay as they are.

    Args:
        name: Of the list.
        bodies: Its pages.
        total: How long the whole list is.
        generation: When the catalogue was read for them, UTC seconds.

    Returns:
        How many rows were written or removed.
    """
    before = {str(row.SK): row for row in all_pages(name)}
    not_later: Condition = PageRow.generation <= generation
    changes = []
    for number, body in enumerate(bodies):
        key = page_key(name, number)
        old = before.pop(key[1], None)
        if old is None or old.body != body or old.total != total:
            row = PageRow(*key, body=body, total=total, generation=generation)
            changes.append(put(row, absent() | not_later))
    changes += [delete(beyond, not_later) for beyond in before.values()]
    return sum(_unless_refused(one) for one in changes)


def _unless_refused(write: Write) -> bool:
    try:
        apply(write)
    except ConditionFailed:
        return False
    return True


def document(name: str, shape: type[T]) -> T | None:
    """A document of one row; None if it was never written."""
    row = page(name, 0)
    return unpack(row.body, shape) if row else None


def document_row(name: str) -> PageRow | None:
    """A document's row as it is now; None if it was never written."""
    return reads.get(PageRow, page_key(name, 0), consistent=True)


def keep_document(name: str, value: object, before: PageRow | None, now: int) -> Write | None:
    """A document of one row, if it is still as it was read; None when it is the same already."""
    body = pack(value)
    if before is not None and before.body == body:
        return None
    same: Condition = absent() if before is None else PageRow.body == before.body
    return put(PageRow(*page_key(name, 0), body=body, total=1, generation=now), same)


def replace_document(name: str, value: object, now: int) -> bool:
    """Write a document of one row; False when it was the same already."""
    return bool(replace_pages(name, [pack(value)], 1, now))


def categories() -> tuple[Category, ...]:
    """All categories as staff keep them."""
    return document(CATEGORIES, tuple[Category, ...]) or ()


def freight() -> FreightBook:
    """The shop's delivery fees; everything travels free until staff set them."""
    return document(FREIGHT, FreightBook) or FreightBook()
