"""What rows say of each other: ids stand once, and what is referred to is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scripts.operator_cli.catalogue_file.reader import Row


@dataclass(frozen=True, slots=True)
class Sections:
    """The rows of a file, each read on its own already."""

    categories: list[Row]
    freight: list[Row]
    products: list[Row]
    coupons: list[Row]
    flash_sales: list[Row]


def check(sections: Sections) -> None:
    """Notes every double id and every reference that leads nowhere."""
    for rows in (
        sections.categories,
        sections.freight,
        sections.products,
        sections.coupons,
        sections.flash_sales,
    ):
        _once(rows)
    parents = {row.body.get("id"): row.body.get("parent_id") for row in sections.categories}
    for row in sections.categories:
        _parent(row, parents)
    for row in sections.products:
        _known(row, "categories", row.body["category_ids"], parents.keys(), "category")
        if row.body.get("freight"):
            templates = {one.body.get("id") for one in sections.freight}
            _known(row, "freight", [row.body["freight"]], templates, "freight template")
    known = {
        "categories": parents.keys(),
        "products": {row.body.get("id") for row in sections.products},
    }
    for row in sections.coupons:
        scope = row.body["scope"]
        kind = scope.get("type", "all")
        if kind in known:
            _known(row, "scope", scope["ids"], known[kind], f"id of {kind}")
    _flash_sales(sections)


def _once(rows: list[Row]) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        row_id = row.body.get("id")
        if row_id in seen:
            row.fault("id", f"{row_id} stands in line {seen[row_id]} already")
        elif row_id:
            seen[row_id] = row.line


def _parent(row: Row, parents: dict[str | None, str | None]) -> None:
    parent = row.body.get("parent_id")
    if parent is None:
        return
    if parent not in parents:
        row.fault("parent", f"there is no category {parent} in this file")
    elif parents[parent] is not None:
        row.fault("parent", f"{parent} has a parent itself; there are two levels")


def _known(row: Row, name: str, ids: list[str], known: Iterable[str | None], what: str) -> None:
    there = set(known)
    for one in ids:
        if one not in there:
            row.fault(name, f"there is no {what} {one} in this file")


def _flash_sales(sections: Sections) -> None:
    skus: dict[str, tuple[dict[str, Any], bool]] = {
        sku["id"]: (sku, bool(row.body.get("on_sale")))
        for row in sections.products
        for sku in row.body["skus"]
        if "id" in sku
    }
    left = {sku_id: int(sku.get("initial_stock", 0)) for sku_id, (sku, _) in skus.items()}
    for row in sections.flash_sales:
        sku_id = row.body.get("sku_id")
        if sku_id is None:
            continue
        if sku_id not in skus:
            row.fault("sku_id", f"there is no SKU {sku_id} in this file")
            continue
        sku, on_sale = skus[sku_id]
        if not on_sale:
            row.fault("sku_id", f"the product of {sku_id} is not on sale")
        if row.body.get("price_fen", 0) > sku.get("price_fen", 0):
            row.fault("price_fen", f"is above the price of {sku_id}")
        left[sku_id] -= row.body.get("units", 0)
        if left[sku_id] < 0:
            row.fault("units", f"the flash sales of {sku_id} need more than its stock")
