"""The catalogue file as the demo expects to meet it in the shop."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "catalogue" / "shop.yaml"


@dataclass(frozen=True)
class Goods:
    """What the catalogue file promises. Money in fen.

    Attributes:
        file: The file.
        categories: Their number.
        on_sale: Ids of the products that can be bought.
        products: Their number, on sale or not.
        prices: By SKU id, of all products.
        titles: By product id.
        freight: The default table of delivery fees, which charges by piece.
    """

    file: Path
    categories: int
    on_sale: frozenset[str]
    products: int
    prices: dict[str, int]
    titles: dict[str, str]
    freight: dict[str, Any]

    @classmethod
    def read(cls, file: Path = FILE) -> "Goods":
        """Reads the file."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        plain = yaml.load(file.read_text("utf-8"), Loader=loader)  # noqa: S506 # nosec B506 # a safe loader
        products = plain["products"]
        return cls(
            file=file,
            categories=len(plain["categories"]),
            on_sale=frozenset(each["id"] for each in products if each["on_sale"]),
            products=len(products),
            prices={sku["id"]: sku["price_fen"] for each in products for sku in each["skus"]},
            titles={each["id"]: each["title"] for each in products},
            freight=plain["freight"][0],
        )

    def freight_fen(self, province: str, pieces: int, goods_fen: int) -> int:
        """The fee for delivery of goods under the default table, worked out from the file alone.

        Args:
            province: Where to.
            pieces: How many pieces in all.
            goods_fen: What the goods cost after the coupon.
        """
        table = dict(self.freight)
        for region in self.freight["regions"]:
            if province in region["provinces"]:
                table |= region
        free_from = table["free_threshold_fen"]
        if free_from is not None and goods_fen >= free_from:
            return 0
        further = max(0, pieces - int(table["first_units"]))
        steps = -(-further // int(table["further_units"]))
        return int(table["first_fee_fen"]) + steps * int(table["further_fee_fen"])
