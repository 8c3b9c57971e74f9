"""A catalogue of a dozen products: a drill is about the shop around them."""

from pathlib import Path

import yaml

from scripts.demo.goods import FILE, Goods

PRODUCTS = 12


def few(folder: Path) -> Goods:
    """Writes the catalogue file's first products, categories and freight into a folder."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    plain = yaml.load(FILE.read_text("utf-8"), Loader=loader)  # noqa: S506 # nosec B506 # a safe loader
    plain["products"] = plain["products"][:PRODUCTS]
    file = folder / "few.yaml"
    # Some of them are of other products.
    plain["flash_sales"], plain["coupons"] = [], []
    file.write_text(yaml.safe_dump(plain, allow_unicode=True), "utf-8")
    return Goods.read(file)
