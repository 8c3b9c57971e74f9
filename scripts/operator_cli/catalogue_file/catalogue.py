"""A whole catalogue file, read and judged; what it returns may be sent as it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.operator_cli.catalogue_file import products, promotions, references
from scripts.operator_cli.catalogue_file.faults import Faults, FaultyFileError
from scripts.operator_cli.catalogue_file.reader import Row
from scripts.operator_cli.catalogue_file.tree import Cell, parse

MOST_ROWS = 100_000
MOST_CATEGORIES = 500
MOST_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Request bodies by section, in the order of the file."""

    categories: list[dict[str, Any]]
    freight: list[dict[str, Any]]
    products: list[dict[str, Any]]
    coupons: list[dict[str, Any]]
    flash_sales: list[dict[str, Any]]

    def counts(self) -> dict[str, int]:
        """Rows by kind."""
        return {
            "categories": len(self.categories),
            "freight": len(self.freight),
            "products": len(self.products),
            "skus": sum(len(product["skus"]) for product in self.products),
            "coupons": len(self.coupons),
            "flash_sales": len(self.flash_sales),
        }


def read(file: Path) -> Catalogue:
    """Reads the file.

    Raises:
        FaultyFileError: Anything at all is wrong with it; every fault has its line and field.
    """
    faults = Faults()
    made: Catalogue | None = None
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as bad:
        faults.add(1, "", "", f"cannot be read: {bad}")
    else:
        cell = parse(text, faults)
        made = _catalogue(cell, faults) if cell else None
    if made is None or faults.found:
        raise FaultyFileError(str(file), faults.found)
    return made


def _catalogue(cell: Cell, faults: Faults) -> Catalogue:
    whole = Row(cell, "", faults)
    whole.integer("version", 1, 1)
    sections = references.Sections(
        categories=_section(whole, "categories", "category", products.category, MOST_CATEGORIES),
        freight=_section(whole, "freight", "template", products.freight, MOST_TEMPLATES),
        products=_section(whole, "products", "product", products.product, MOST_ROWS),
        coupons=_section(whole, "coupons", "coupon", promotions.coupon, MOST_ROWS),
        flash_sales=_section(whole, "flash_sales", "flash sale", promotions.flash_sale, MOST_ROWS),
    )
    whole.close()
    references.check(sections)
    return Catalogue(
        categories=[row.body for row in sections.categories],
        freight=[row.body for row in sections.freight],
        products=[row.body for row in sections.products],
        coupons=[row.body for row in sections.coupons],
        flash_sales=[row.body for row in sections.flash_sales],
    )


def _section(
    whole: Row, name: str, kind: str, read_row: Callable[[Row], None], most: int
) -> list[Row]:
    rows = whole.rows(name, most)
    for row in rows:
        row.entitle(kind)
        read_row(row)
    return rows
