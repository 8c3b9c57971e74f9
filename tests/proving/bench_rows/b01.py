"""Row 1: what a checkout costs up to the durable order, and storing WeChat's handle (1b)."""

from functools import partial
from itertools import count, product

from tests.proving.bench_rows.goods import booked, four, parted, put_goods, quoted
from tests.proving.ledger import Book
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import Shop

name, gate, moonshot, limit = BENCHES["1"]

LINES = (1, 5, 20)
GATE = (6, 0.5, 2, 2)
PREPAY = (1, 0, 1, 1)
LEFT_OUT = [
    "the quote before it (POST /v1/quotes), which reads the SKUs and the claims",
    "the prepay call itself: WeChat Pay's, not the store's; storing its answer is 1b",
    "the first flash order of a process also reads the sale's shards: 'flash, first of a process'",
    "secrets are read once in five minutes and process",
]


def run(seed: int, quick: bool) -> Measured:
    """Places orders of every size, each by a buyer of its own."""
    del quick
    books: dict[str, Book] = {}
    with Shop(seed=seed) as shop:
        skus = put_goods(shop, max(LINES))
        numbers = count()
        for lines, coupon in product(LINES, ("", "c-one")):
            if coupon and lines == LINES[0]:
                shop.put_coupon(coupon)
            buyer, token = quoted(shop, f"buyer{next(numbers)}", skus[:lines], coupon)
            label = f"{lines} line{'s' if lines > 1 else ''}{', coupon' if coupon else ''}"
            books[label] = booked(shop, partial(shop.place, buyer, token), 201)
        shop.put_sale("f1", skus[0], 100)
        for label in ("flash, first of a process", "flash"):
            buyer = shop.buyer(label)
            ticket = shop.ticket(buyer, "f1")
            books[label] = booked(shop, partial(shop.place_flash, buyer, "f1", ticket), 201)
    parts = {label: parted(book) for label, book in books.items()}
    ordinary, flash = parts["1 line"][0], parts["flash"][0]
    return Measured(
        f"ordinary {four(ordinary)} (1 of it the due index), flash {four(flash)}",
        _within(ordinary, GATE)
        and _within(flash, GATE)
        and all(
            _within(parts[label][1], PREPAY) for label in ("1 line", "1 line, coupon", "flash")
        ),
        {label: order.counts() for label, (order, _) in parts.items()}
        | {f"1b, {label}": stored.counts() for label, (_, stored) in parts.items()},
        LEFT_OUT,
        [f"{label}: {four(order)}; 1b {four(stored)}" for label, (order, stored) in parts.items()],
    )


def _within(book: Book, most: tuple[float, float, int, int]) -> bool:
    found = (book.writes, book.reads, book.requests, book.trips)
    return all(cost <= bound for cost, bound in zip(found, most, strict=True))
