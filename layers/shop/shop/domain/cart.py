"""What a shopper means to buy, before any price is promised."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_LINES = 100
MOST_PIECES = 99


@dataclass(frozen=True, slots=True)
class CartLine:
    """One SKU in a cart; `added_at` is UTC seconds and orders the cart."""

    sku_id: str
    quantity: int
    selected: bool
    added_at: int


@dataclass(frozen=True, slots=True)
class Cart:
    """All lines, latest first; `version` counts the cart's changes."""

    lines: tuple[CartLine, ...]
    version: int

    def line(self, sku_id: str) -> CartLine | None:
        """The line of a SKU, if it is in the cart."""
        return next((line for line in self.lines if line.sku_id == sku_id), None)


def merged(cart: Cart, kept: Sequence[tuple[str, int]], now: int) -> list[CartLine]:
    """The lines that change when what was kept before sign-in joins the cart.

    The larger quantity of each SKU counts, so that sending the same twice changes nothing. What
    would exceed 100 lines stays out.
    """
    changed = []
    room = MOST_LINES - len(cart.lines)
    for sku_id, quantity in kept:
        line = cart.line(sku_id)
        if line is None and room > 0:
            room -= 1
            changed.append(CartLine(sku_id, quantity, selected=True, added_at=now))
        elif line is not None and quantity > line.quantity:
            changed.append(CartLine(sku_id, quantity, line.selected, line.added_at))
    return changed
