"""A flash sale, and an order in it, without the crowd."""

import time
from datetime import datetime

from scripts.demo.journeys.buying import Purchase
from scripts.demo.world import HOME, World

RUNNING_WITHIN_SECONDS = 60.0
SALE_SECONDS = 3_600


def open_sale(world: World, sku_id: str, price_fen: int, units: int) -> str:
    """Sets up a sale that runs at once; returns its id."""
    now = int(time.time())
    sale = world.staff.create_flash_sale(
        f"演练秒杀 {world.run_id}",
        sku_id,
        price_fen,
        units,
        starts_at=now,
        ends_at=now + SALE_SECONDS,
    )
    visitor = world.shopper("visitor")
    path = f"/v1/flash-sales/{sale}"
    world.until(
        "the flash sale to run",
        lambda: visitor.call("GET", path).json,
        lambda shown: shown.get("status") == "running",
        RUNNING_WITHIN_SECONDS,
    )
    return sale


def order_flash(world: World, sale: str, name: str) -> Purchase:
    """A new shopper takes a ticket and orders one unit."""
    shopper = world.signed_in(name)
    body = {"quantity": 1, "address_id": shopper.add_address(HOME)}
    path = f"/v1/flash-sales/{sale}"
    ticket = shopper.expect((200, 201), "POST", f"{path}/tickets", body=body)
    time.sleep(max(0.0, datetime.fromisoformat(ticket["valid_from"]).timestamp() - time.time()))
    asked = {"ticket": ticket["ticket"]}
    made = shopper.expect((200, 201), "POST", f"{path}/orders", body=asked)
    return Purchase(shopper, made["order"]["order_no"], made["order"], made["payment"])
