"""A hundred thousand due orders: copies of one real order, and runs that take virtual time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest import mock

from tests.proving.aftermath import PAST_DUE_SECONDS
from tests.proving.cases.schedules import PERIOD_SECONDS
from tests.proving.invariants import tables_of
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import ROOT_KEY, TABLE, Shop
from tests.proving.simulation import Latency
from tests.proving.template import load_handler

PIECES = 1_000_000
BUYERS = 64
SPREAD_SECONDS = 600
SALE = "pile"
RUN_SECONDS = 55
"""The function's timeout."""


def pile_up(shop: Shop, orders: int) -> str:
    """Due orders of many buyers for one SKU, none of them known to WeChat.

    Returns:
        The SKU they hold one piece of each.
    """
    sku = shop.put_product("p9", [(100, PIECES, None)])[0]
    examples = []
    for number in range(BUYERS):
        buyer = shop.buyer(f"pile{number}")
        placed = shop.place(buyer, shop.quote_token(buyer, {sku: 1}))
        assert placed.status == 201, placed
        key = {"PK": {"S": f"C#{buyer.customer_id}"}, "SK": {"S": f"O#{placed.order_no}"}}
        examples.append(shop.world.engine.image(TABLE, key))
    for number in range(orders - BUYERS):
        shop.world.engine.put(TABLE, _copy(dict(examples[number % BUYERS] or {}), number, shop.now))
    _hold(shop, sku, orders)
    shop.world.engine.take_stream(TABLE)
    return sku


def _copy(example: dict[str, Any], number: int, now: int) -> dict[str, Any]:
    from shop.crypto.keyring import KeyRing
    from shop.crypto.order_no import derive
    from shop.store.orders import UNPAID
    from shop.store.table import DUE_SHARDS, due_partition, shard_of

    ring = KeyRing.of({"current": "k1", "keys": {"k1": ROOT_KEY}})
    order_no = derive(ring, b"pile" + number.to_bytes(4, "big"), now)
    due = int(example["due"]["N"]) + number % SPREAD_SECONDS
    return {
        **example,
        "SK": {"S": f"O#{order_no}"},
        "dk": {"S": due_partition(UNPAID, shard_of(order_no, DUE_SHARDS))},
        "due": {"N": str(due)},
    }


def _hold(shop: Shop, sku: str, orders: int) -> None:
    from shop.store.table import sku_key

    pk, sk = sku_key(sku)
    item = dict(shop.world.engine.image(TABLE, {"PK": {"S": pk}, "SK": {"S": sk}}) or {})
    held = {"av": {"N": str(PIECES - orders)}, "tk": {"N": str(orders)}}
    shop.world.engine.put(TABLE, {**item, **held})


def reserve(shop: Shop, units: int) -> None:
    """A flash sale of so many units, each reserved by a buyer of its own."""
    (sku,) = shop.put_product("p8", [(100, units, None)])
    shop.put_sale(SALE, sku, units)
    for number in range(units):
        buyer = shop.buyer(f"reserve{number}")
        placed = shop.place_flash(buyer, SALE, shop.ticket(buyer, SALE))
        assert placed.status == 201, placed
    shop.world.engine.take_stream(TABLE)


@contextmanager
def _taking_time(shop: Shop, seed: int) -> Iterator[None]:
    """Every call takes the time that it takes on the real service, on the virtual clock."""
    latency, dice = Latency(), Random(seed)

    def carry(call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        shop.world.clock.advance(latency.draw(call, dice))
        return reply

    with shop.world.seam.layer(carry, outermost=False):
        yield


@dataclass
class Drained:
    """What draining a backlog took; times are virtual."""

    orders: int
    reserved: int
    runs: int = 0
    helpers: int = 0
    longest: float = 0.0
    minutes: float = 0.0
    failures: list[str] = field(default_factory=list)


def drain(seed: int, orders: int, reserved: int) -> Drained:
    """Fires the schedule every minute until no order is open, ordinary or of a flash sale."""
    found = Drained(orders, reserved)
    with Shop(seed=seed, lean=True) as shop:
        sku = pile_up(shop, orders)
        reserve(shop, reserved)
        shop.world.clock.advance(PAST_DUE_SECONDS + SPREAD_SECONDS)
        began = shop.now
        while _open(shop) and found.runs < orders:
            _fire(shop, found, seed)
        found.minutes = (shop.now - began) / PERIOD_SECONDS
        stock = shop.stock(sku)
        if stock != (PIECES, 0, PIECES):
            found.failures.append(f"backlog: stock {stock} after {orders} orders were closed")
        free = sum(int(row["f"]) for row in tables_of(shop).shards.values())
        if free != reserved:
            found.failures.append(f"backlog: {free} of {reserved} units are free again")
        if _open(shop):
            found.failures.append(f"backlog: {_open(shop)} orders are open after {found.runs} runs")
    return found


def _fire(shop: Shop, found: Drained, seed: int) -> None:
    """One run of the schedule, and the helpers that it starts, all at once."""
    at = shop.world.clock.now
    handed: list[list[tuple[str, str]]] = []
    with _taking_time(shop, seed + found.runs):
        with mock.patch("shop.wiring.sweep_helpers", return_value=handed.append):
            swept = [shop.sweep()]
        ended = [shop.world.clock.now]
        for keys in handed:
            shop.world.clock.move_to(at)
            swept.append(_help(shop, keys))
            ended.append(shop.world.clock.now)
    found.runs += 1
    found.helpers += len(handed)
    found.longest = max(found.longest, max(ended) - at)
    failed = sum(one["failed"] for one in swept)
    if failed:
        found.failures.append(f"backlog: run {found.runs} failed at {failed} orders")
    if max(ended) - at > RUN_SECONDS:
        found.failures.append(f"backlog: run {found.runs} took {max(ended) - at:.0f} s")
    shop.world.clock.move_to(at + PERIOD_SECONDS)
    shop.world.engine.take_stream(TABLE)


def _help(shop: Shop, keys: list[tuple[str, str]]) -> Any:
    event = {"handed_out": json.loads(json.dumps(keys))}
    return shop.world.invoke(
        load_handler("order_expiry"), event, name="order_expiry", seconds=RUN_SECONDS
    )


def _open(shop: Shop) -> int:
    return sum(
        item["st"]["S"] != "CLOSED"
        for item in shop.world.engine.items(TABLE)
        if item["SK"]["S"].startswith("O#")
    )
