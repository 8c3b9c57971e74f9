"""Row 2: what refusing costs after the last unit is sold.

A hundred processes each meet a crowd for five seconds. Each began with the sale sold out; what a
process that was still selling pays to learn of it is part of row 7's writes per sale.
"""

from functools import partial

from tests.proving.bench_rows.goods import booked, put_goods, quoted, without_payment
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import Buyer, Shop, forget_process

name, gate, moonshot, limit = BENCHES["2"]

PROCESSES = 100
TRIES_PER_SECOND = 200
"""Of one process, which takes one request at a time: five milliseconds each."""
SECONDS = 5
UNITS = 1_000
QUICK_PROCESSES = 1
BUYERS = 50


def run(seed: int, quick: bool) -> Measured:
    """Sends the crowd to the sold-out sale, then single buyers to a sold-out SKU."""
    with Shop(seed=seed, lean=True) as shop:
        skus = put_goods(shop, 2, stock=UNITS)
        shop.put_sale("f1", skus[0], UNITS)
        with without_payment():
            for number in range(UNITS):
                buyer = shop.buyer(f"early{number}")
                assert shop.place_flash(buyer, "f1", shop.ticket(buyer, "f1")).status == 201
        crowd = [shop.buyer(f"late{number}") for number in range(BUYERS)]
        visitors = [(one, shop.ticket(one, "f1")) for one in crowd]
        began = shop.world.clock.now
        ledger = shop.world.ledger
        before = (ledger.writes, ledger.reads, ledger.requests)
        tries = 0
        for _ in range(QUICK_PROCESSES if quick else PROCESSES):
            forget_process()
            for number in range(SECONDS * TRIES_PER_SECOND):
                shop.world.clock.move_to(began + number / TRIES_PER_SECOND)
                buyer, ticket = visitors[number % BUYERS]
                answer = shop.place_flash(buyer, "f1", ticket)
                assert answer.body["code"] == "sold_out", answer
                tries += 1
        after = (ledger.writes, ledger.reads, ledger.requests)
        writes, reads, requests = (
            round((now - then) / tries, 4) for now, then in zip(after, before, strict=True)
        )
        ordinary = _ordinary(shop, skus[1])
    return Measured(
        f"flash {writes:g} WCU, {reads:g} RCU, {requests:g} requests",
        writes == 0 and reads <= 0.5,
        {
            "flash, per rejection": {"writes": writes, "reads": reads, "requests": requests},
            **ordinary,
        },
        ["what a process that was still selling pays to learn of the end: row 7"],
        [
            f"flash: {tries:,} tries, {TRIES_PER_SECOND} a second and process, {SECONDS} s long",
            *(f"{label}: {counts}" for label, counts in ordinary.items()),
        ],
    )


def _ordinary(shop: Shop, sku_id: str) -> dict[str, dict[str, float]]:
    """A SKU sold out between quote and order, and asked for a quote afterwards."""
    late: list[tuple[Buyer, str]] = [quoted(shop, f"token{n}", [sku_id]) for n in range(3)]
    rich = shop.buyer("rich")
    for _ in range(UNITS // 99 + 1):
        left = min(99, shop.stock(sku_id)[0])
        assert shop.place(rich, shop.quote_token(rich, {sku_id: left})).status == 201
    first, again = (
        booked(shop, partial(shop.place, buyer, token), 409) for buyer, token in late[:2]
    )
    buyer = late[2][0]
    asked = {"items": [{"sku_id": sku_id, "quantity": 1}]}
    quote = booked(shop, lambda: shop.call("cart", "POST /v1/quotes", buyer, body=asked), 200)
    return {
        "ordinary, order, first of a process": first.counts(),
        "ordinary, order": again.counts(),
        "ordinary, quote": quote.counts(),
    }
