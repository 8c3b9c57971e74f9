"""Stock before and after, as the staff sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Stock:
    """One SKU's stock: ``in_total = available + taken``."""

    available: int
    taken: int
    in_total: int

    def sold(self, quantity: int) -> "Stock":
        """What it has to be after so many were ordered."""
        return Stock(self.available - quantity, self.taken + quantity, self.in_total)

    def plain(self) -> list[int]:
        """Available, taken, in total."""
        return [self.available, self.taken, self.in_total]


def after_sale(before: Mapping[str, Stock], sold: Mapping[str, int]) -> list[list[int]]:
    """The stock of the SKUs, in their order, after so many of each were ordered."""
    return [stock.sold(sold[sku_id]).plain() for sku_id, stock in before.items()]


def plain(stock: Iterable[Stock]) -> list[list[int]]:
    """Available, taken and in total of each."""
    return [each.plain() for each in stock]
