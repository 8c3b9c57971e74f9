"""Rows of categories, delivery fees and products. Bounds are those of the staff routes."""

import json
import re

from scripts.operator_cli.catalogue_file.reader import URL, Row

ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
PRODUCT_ID = re.compile(r"[0-9a-z]{1,16}")
MOST_FEN = 10_000_000_000
MOST_COUNT = 10_000_000
MOST_PIECES = 99
MOST_SKUS = 45
MOST_PROVINCES = 40
TEMPLATE_LENGTH = 16
MOST_BYTES = 64 * 1024
URL_LENGTH = 512


def category(row: Row) -> None:
    """Reads a category."""
    row.text("id", 64, form=ID)
    row.text("name", 120)
    row.text("parent", 64, form=ID, to="parent_id", optional=True)
    row.text("image", URL_LENGTH, form=URL, to="image_url", optional=True)
    row.integer("sort", 0, MOST_COUNT)
    row.close()


def freight(row: Row) -> None:
    """Reads a template of delivery fees; no province stands in two places."""
    row.text("id", TEMPLATE_LENGTH, form=ID)
    row.text("name", 120)
    row.choice("by", ("piece", "weight", "volume"))
    _fees(row)
    named = set(row.texts("not_served", MOST_PROVINCES))
    row.body["regions"] = []
    for region in row.rows("regions", MOST_PROVINCES):
        provinces = region.texts("provinces", MOST_PROVINCES, 1)
        for province in named.intersection(provinces):
            region.fault("provinces", f"{province} stands in two places")
        named.update(provinces)
        _fees(region)
        row.body["regions"].append(region.close())
    row.close()


def product(row: Row) -> None:
    """Reads a product with its SKUs: each names one value of every dimension, no two the same."""
    product_id = row.text("id", 16, form=PRODUCT_ID)
    row.text("title", 60)
    row.text("subtitle", 120, optional=True)
    row.texts("categories", 5, 1, each=64, form=ID, to="category_ids")
    row.texts("images", 12, each=URL_LENGTH, form=URL)
    row.text("video", URL_LENGTH, form=URL, to="video_url", optional=True)
    row.text("description", 20_000, optional=True, lines=True)
    row.texts("tags", 12)
    row.flag("on_sale")
    row.moment("sale_from", optional=True)
    row.moment("sale_until", optional=True)
    if row.body.get("sale_until", "9") <= row.body.get("sale_from", ""):
        row.fault("sale_until", "must be after sale_from")
    row.text("freight", TEMPLATE_LENGTH, form=ID, optional=True)
    values = _specs(row)
    row.body["skus"] = []
    ids: set[str] = set()
    seen: set[tuple[str | None, ...]] = set()
    for sku in row.rows("skus", MOST_SKUS, 1):
        sku_id = _sku(sku, product_id)
        if sku_id in ids:
            sku.fault("id", f"{sku_id} stands twice")
        ids.add(sku_id or "")
        chosen = _spec(sku, values)
        if None not in chosen and chosen in seen:
            sku.fault("spec", "another SKU of this product has the same")
        seen.add(chosen)
        row.body["skus"].append(sku.close())
    size = len(json.dumps(row.close(), ensure_ascii=False).encode())
    if size > MOST_BYTES:
        row.fault("", f"takes {size} bytes as a request; at most {MOST_BYTES} are taken")


def _specs(row: Row) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    row.body["specs"] = []
    for spec in row.rows("specs", 3, 1):
        name = spec.text("name", 120)
        if name in values:
            spec.fault("name", f"{name} stands twice")
        given = spec.texts("values", 100, 1)
        if name:
            values[name] = given
        row.body["specs"].append(spec.close())
    return values


def _sku(sku: Row, product_id: str | None) -> str | None:
    form = re.compile(rf"{re.escape(product_id)}-[0-9]{{1,4}}") if product_id else ID
    sku_id = sku.text("id", 64, form=form)
    price = sku.integer("price_fen", 1, MOST_FEN)
    listed = sku.integer("list_price_fen", 1, MOST_FEN)
    if price and listed and listed < price:
        sku.fault("list_price_fen", f"{listed} is below price_fen {price}")
    sku.integer("stock", 0, MOST_COUNT, to="initial_stock")
    sku.integer("weight_g", 0, MOST_COUNT)
    sku.integer("volume_cm3", 0, MOST_COUNT, optional=True)
    sku.text("image", URL_LENGTH, form=URL, to="image_url", optional=True)
    sku.integer("limit", 1, MOST_PIECES, optional=True)
    return sku_id


def _spec(sku: Row, values: dict[str, list[str]]) -> tuple[str | None, ...]:
    spec = sku.row("spec")
    for name, allowed in values.items():
        chosen = spec.text(name, 120)
        if chosen is not None and chosen not in allowed:
            spec.fault(name, f"{chosen} is not among the values of {name}")
    sku.body["spec"] = spec.close()
    return tuple(spec.body.get(name) for name in values)


def _fees(row: Row) -> None:
    row.integer("first_units", 1, MOST_COUNT)
    row.integer("further_units", 1, MOST_COUNT)
    row.integer("first_fee_fen", 0, MOST_FEN)
    row.integer("further_fee_fen", 0, MOST_FEN)
    row.integer("free_threshold_fen", 0, MOST_FEN, optional=True)
