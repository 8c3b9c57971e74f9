"""Row 3: a claim from a coupon's limited pools, and the same claim again."""

from tests.proving.bench_rows.goods import booked, claim
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import Shop

name, gate, moonshot, limit = BENCHES["3"]

LEFT_OUT = [
    "the coupon's terms, read once in 5 s and process: 'first of a process'",
    "half a read unit for each claim when the stream looks whether it is in its customer's hands",
    "the same for each repeat, which tells the claim's present status as the contract wants",
]


def run(seed: int, quick: bool) -> Measured:
    """Claims, repeats with the same key, tries for a second one, and comes too late."""
    del quick
    with Shop(seed=seed) as shop:
        shop.put_coupon("c-pool", quota=2)
        shop.put_coupon("c-large", quota=64)
        wang, li, zhao, qian = (shop.buyer(one) for one in ("wang", "li", "zhao", "qian"))
        books = {
            "first of a process": booked(shop, lambda: claim(shop, wang, "c-pool"), 201),
            "claim": booked(shop, lambda: claim(shop, li, "c-pool"), 201),
            "duplicate": booked(shop, lambda: claim(shop, li, "c-pool"), 201),
            "second by another key": booked(shop, lambda: claim(shop, li, "c-pool", "k2"), 409),
            "first after the last": booked(shop, lambda: claim(shop, zhao, "c-pool"), 409),
            "first of a second after it": booked(shop, lambda: claim(shop, zhao, "c-pool"), 409),
            "exhausted": booked(shop, lambda: claim(shop, qian, "c-pool"), 409),
        }
        _empty_home_of(shop, "zhao")
        books["home pool empty"] = booked(shop, lambda: claim(shop, zhao, "c-large"), 201)
    made, again, late = books["claim"], books["duplicate"], books["exhausted"]
    cheap = made.requests <= 1 if made.writes > 2 else made.requests <= 2
    return Measured(
        f"{made.writes:g}/{made.requests}; again {again.writes:g}; exhausted {late.writes:g} WCU",
        made.writes <= 4 and cheap and again.writes <= 1 and late.writes == 0,
        {label: book.counts() for label, book in books.items()},
        LEFT_OUT,
        [
            f"{label}: {book.writes:g} WCU, {book.reads:g} RCU, {book.requests} requests"
            for label, book in books.items()
        ],
    )


def _empty_home_of(shop: Shop, name: str) -> None:
    """Others claim all that the customer's home pool of the large coupon has."""
    from shop.store.table import shard_of

    home = shard_of(shop.buyer(name).customer_id, 2)
    names = (f"n{number}" for number in range(1_000))
    at_home = (one for one in names if shard_of(shop.buyer(one).customer_id, 2) == home)
    for _ in range(32):
        assert claim(shop, shop.buyer(next(at_home)), "c-large").status == 201
