"""One line of a quote, as the order keeps it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line with its exact share of every discount.

    `payable_fen = unit_price_fen * quantity - discount_fen`, never below 0.
    """

    sku_id: str
    quantity: int
    unit_price_fen: int
    discount_fen: int
    price_version: int
    title: str
    spec: str
    image_url: str
    limit: int | None

    @property
    def payable_fen(self) -> int:
        """What the buyer pays for this line."""
        return self.unit_price_fen * self.quantity - self.discount_fen
