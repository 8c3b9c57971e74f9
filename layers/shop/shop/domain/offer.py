"""What can be bought, and what stands between a basket and an order."""

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """What stands between a basket and an order (`api-contract`: problems[].code)."""

    OFF_SALE = "off_sale"
    SOLD_OUT = "sold_out"
    INSUFFICIENT_STOCK = "insufficient_stock"
    PURCHASE_LIMIT = "purchase_limit"
    AREA_NOT_SERVED = "area_not_served"
    ADDRESS_NEEDED = "address_needed"
    COUPON_UNUSABLE = "coupon_unusable"


@dataclass(frozen=True, slots=True)
class QuoteProblem:
    """One obstacle; `sku_id` is "" when it is not about one line."""

    code: Problem
    sku_id: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU as it can be bought now. Prices in fen.

    Attributes:
        limit: How many pieces one customer may buy in all; this one has `bought` some already.
        weight_g, volume_cm3, freight: Of one piece, for delivery; "" is the default template.
    """

    sku_id: str
    product_id: str
    category_ids: tuple[str, ...]
    title: str
    spec: str
    image_url: str
    price_fen: int
    price_version: int
    on_sale: bool
    available: int
    limit: int | None
    bought: int = 0
    weight_g: int = 0
    volume_cm3: int = 0
    freight: str = ""

    def obstacle(self, quantity: int) -> Problem | None:
        """Why so many pieces cannot be bought by this customer now."""
        if not self.on_sale:
            return Problem.OFF_SALE
        if self.available <= 0:
            return Problem.SOLD_OUT
        if self.available < quantity:
            return Problem.INSUFFICIENT_STOCK
        if self.limit is not None and quantity + self.bought > self.limit:
            return Problem.PURCHASE_LIMIT
        return None
