"""Row 8: what a sweep costs with a hundred orders due and N that are not, and per due order."""

from typing import Any

from tests.proving.bench_rows.goods import booked, put_goods, quoted
from tests.proving.ledger import Book
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import TABLE, Shop

name, gate, moonshot, limit = BENCHES["8"]

DUE = 100
PENDING = (0, 1_000, 10_000, 100_000)
QUICK_PENDING = PENDING[:2]
MOST_ORDINARY, MOST_FLASH = 7, 4
LATER_SECONDS = 3_600
SHORT = (
    "flash above 3: of a hundred buyers of a hundred units in three shards some fourteen find their"
    " home empty; each is counted there as well, and that count ends by a write of its own"
)


def run(seed: int, quick: bool) -> Measured:
    """Sweeps the same hundred due orders with ever more orders that are not due yet."""
    with Shop(seed=seed, lean=True) as shop:
        skus = put_goods(shop, 2)
        idle = _swept(shop)
        for number in range(DUE):
            buyer, token = quoted(shop, f"due{number}", skus[:1])
            placed = shop.place(buyer, token)
            assert placed.status == 201, placed
        example = _order_image(shop)
        shop.world.clock.advance(910)
        due = shop.moment()
        books: dict[int, Book] = {}
        for pending in QUICK_PENDING if quick else PENDING:
            shop.back_to(due)
            for number in range(pending):
                shop.world.engine.put(TABLE, _not_due(example, number, shop.now))
            books[pending] = _swept(shop)
        flash = _flash(shop, skus[1], empty=idle)
    growth = {_as_key(book.counts()) for book in books.values()}
    base = books[0]
    ordinary = (base.writes - idle.writes) / DUE
    return Measured(
        f"{'no growth' if len(growth) == 1 else 'GROWS'}; {ordinary:g} / {flash:g}",
        len(growth) == 1 and ordinary <= MOST_ORDINARY and flash <= MOST_FLASH,
        {
            "a sweep with nothing due": idle.counts(),
            f"a sweep with {DUE} orders due": base.counts(),
            "write units per due ordinary order": ordinary,
            "write units per due flash order": flash,
        },
        ["flash: reading every shard of every listed sale, whatever is due, on each sweep"],
        [*(f"{pending:,} pending: {book.counts()}" for pending, book in books.items()), SHORT],
    )


def _swept(shop: Shop) -> Book:
    def sweep() -> None:
        swept = shop.sweep()
        assert swept["finished"], swept
        assert not swept["failed"], swept

    return booked(shop, sweep)


def _order_image(shop: Shop) -> dict[str, Any]:
    return next(
        dict(item) for item in shop.world.engine.items(TABLE) if item["SK"]["S"].startswith("O#")
    )


def _not_due(example: dict[str, Any], number: int, now: int) -> dict[str, Any]:
    """An open order like the example, of another buyer, due much later."""
    return {
        **example,
        "PK": {"S": f"C#pending{number:06}"},
        "due": {"N": str(now + LATER_SECONDS)},
    }


def _flash(shop: Shop, sku_id: str, empty: Book) -> float:
    """Write units per due flash order."""
    shop.put_sale("f1", sku_id, DUE)
    for number in range(DUE):
        buyer = shop.buyer(f"flash{number}")
        assert shop.place_flash(buyer, "f1", shop.ticket(buyer, "f1")).status == 201
    shop.world.clock.advance(310)
    book = _swept(shop)
    return (book.writes - empty.writes) / DUE


def _as_key(counts: dict[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(counts.items()))
