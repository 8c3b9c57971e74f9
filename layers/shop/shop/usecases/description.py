"""What a product's description asks of the store: whether it fits, and the writes that follow."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from shop.domain.catalogue import NEVER, Product, Sku
from shop.domain.ids import is_id, product_of
from shop.domain.listing import Registered
from shop.errors import ValidationError
from shop.store import catalogue
from shop.store.catalogue import ProductStock
from shop.store.stock import SkuRow
from shop.store.table import sku_key
from shop.store.writes import Write

MOST_SKUS = 45


def differences(
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


def with_parents(ids: Iterable[str], parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """Categories with their parents, each once."""
    made: dict[str, None] = {}
    for category_id in ids:
        made[category_id] = None
        parent = parents.get(category_id)
        if parent:
            made[parent] = None
    return tuple(made)


def check(product: Product, parents: Mapping[str, str | None], templates: Collection[str]) -> None:
    """Refuse what does not fit together or with the shop.

    Args:
        product: As described.
        parents: The shop's categories, each with its parent.
        templates: The ids of its templates of delivery fees.

    Raises:
        ValidationError: Which field does not fit.
    """
    for category_id in product.category_ids:
        if category_id not in parents:
            raise wrong("category_ids", f"unknown category {category_id}")
    if product.freight and product.freight not in templates:
        raise wrong("freight", f"unknown template {product.freight}")
    if product.sale_until and product.sale_until <= product.sale_from:
        raise wrong("sale_until", "must be after sale_from")
    _check_skus(product)


def _check_skus(product: Product) -> None:
    if not 1 <= len(product.skus) <= MOST_SKUS:
        raise wrong("skus", f"a product has 1 to {MOST_SKUS} SKUs")
    if len({sku.id for sku in product.skus}) != len(product.skus):
        raise wrong("skus", "two SKUs share an id")
    values = {dimension.name: dimension.values for dimension in product.specs}
    for sku in product.skus:
        if not is_id(sku.id) or product_of(sku.id) != product.id:
            raise wrong("skus", f"{sku.id}: a SKU id is its product's id, a hyphen and a number")
        if sku.spec.keys() != values.keys() or any(
            value not in values[name] for name, value in sku.spec.items()
        ):
            raise wrong("skus", f"{sku.id}: its spec does not fit the product's specs")


def wrong(field: str, message: str) -> ValidationError:
    """The refusal that names one field."""
    return ValidationError(errors=[{"field": field, "message": message}])
