"""Row 3: a claim from a coupon's limited pool, and the same claim again."""

from tests.proving.bench_rows.goods import booked, claim
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import Shop

name, gate, moonshot, limit = BENCHES["3"]

LEFT_OUT = ["the coupon's terms, read once in 30 s and process: 'first of a process'"]


def run(seed: int, quick: bool) -> Measured:
    """Claims, repeats with the same key, tries for a second one, and comes too late."""
    del quick
    with Shop(seed=seed) as shop:
        shop.put_coupon("c-pool", quota=2)
        wang, li, zhao = (shop.buyer(one) for one in ("wang", "li", "zhao"))
        books = {
            "first of a process": booked(shop, lambda: claim(shop, wang, "c-pool"), 201),
            "claim": booked(shop, lambda: claim(shop, li, "c-pool"), 201),
            "duplicate": booked(shop, lambda: claim(shop, li, "c-pool"), 201),
            "second by another key": booked(shop, lambda: claim(shop, li, "c-pool", "k2"), 409),
            "first after the last": booked(shop, lambda: claim(shop, zhao, "c-pool"), 409),
            "exhausted": booked(shop, lambda: claim(shop, zhao, "c-pool"), 409),
        }
    made, again, late = books["claim"], books["duplicate"], books["exhausted"]
    return Measured(
        f"{made.writes:g}/{made.requests}; again {again.requests}; exhausted {late.writes:g} WCU",
        made.writes <= 4 and made.requests <= 1 and again.requests <= 1 and late.writes == 0,
        {label: book.counts() for label, book in books.items()},
        LEFT_OUT,
        [
            f"{label}: {book.writes:g} WCU, {book.reads:g} RCU, {book.requests} requests"
            for label, book in books.items()
        ]
        + ["a cancelled transaction reports no cost; it is charged its worst case"],
    )
