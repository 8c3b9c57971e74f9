"""The short way to an order, for journeys that are about what comes after it."""

from dataclasses import dataclass
from typing import Any

from scripts.demo.client import MiniProgram
from scripts.demo.world import HOME


@dataclass(frozen=True)
class Purchase:
    """An order that waits for its payment."""

    shopper: MiniProgram
    order_no: str
    order: dict[str, Any]
    payment: dict[str, Any]


def buy(shopper: MiniProgram, basket: dict[str, int], *, claim_id: str | None = None) -> Purchase:
    """Orders the basket directly, without the cart."""
    address_id = shopper.add_address(HOME)
    items = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in basket.items()]
    quote = shopper.quote(items, address_id, claim_id=claim_id)
    order, payment = shopper.place_order(quote)
    return Purchase(shopper, order["order_no"], order, payment)
