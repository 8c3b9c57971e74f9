"""Row 11: US dollars per 1,000 ordinary orders: checkout, prepay, notice, and the expiry's share.

Units are counted; billed time is modelled from the latency table's medians and ten milliseconds
of work per call (``performance.md`` 6), since a cloud's time cannot be measured here. Below the
total stands one line for each deed of each function, staff's and the schedules' too.
"""

from functools import cache, partial

from tests.proving.bench_rows.deeds import ALL, Deed, Stage, play
from tests.proving.bench_rows.goods import booked, parted, put_goods, quoted
from tests.proving.ledger import Book
from tests.proving.prices import PER_API_REQUEST, function_cost, store_cost
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import Shop
from tests.proving.simulation import Latency
from tests.proving.template import load_template

name, gate, moonshot, limit = BENCHES["11"]

MOST = 0.012
ORDERS = 1_000
WORK_SECONDS = 0.010
UNPAID_SHARE = 0.10
ORDERS_PER_DAY = 10_000
SWEEPS_PER_DAY = 24 * 60
MEDIAN = 0


def run(seed: int, quick: bool) -> Measured:
    """Prices one order with a coupon that is paid, and one that expires."""
    del quick
    with Shop(seed=seed) as shop:
        (sku,) = put_goods(shop, 1)
        shop.put_coupon("c-one")
        idle = booked(shop, shop.sweep)
        # A first order reads secrets and makes connections, as one in thousands does.
        for who in ("first", "paid", "unpaid"):
            buyer, token = quoted(shop, who, [sku], "c-one")
            order = booked(shop, partial(shop.place, buyer, token), 201)
            if who != "unpaid":
                again = shop.place(buyer, token)
                assert again.payment
                shop.pay_now(buyer, again.payment)
                notice = booked(shop, shop.deliver_due)
        shop.world.clock.advance(910)
        sweep = booked(shop, shop.sweep)
    durable, prepay = parted(order)
    expiry = _store(sweep) - _store(idle) + _seconds_cost("order_expiry", _waits(sweep, idle))
    parts = {
        "checkout to the durable order": _call("checkout", durable),
        "prepay and storing it": _store(prepay) + _seconds_cost("checkout", _waits(prepay)),
        "notice": _call("pay_notify", notice),
        f"expiry, {UNPAID_SHARE:.0%} unpaid": UNPAID_SHARE * expiry,
        f"sweeps of a day over {ORDERS_PER_DAY:,} orders": _sweeps(idle),
    }
    dollars = {label: round(cost * ORDERS, 6) for label, cost in parts.items()}
    total = round(sum(dollars.values()), 6)
    deeds = _deeds(seed)
    return Measured(
        f"{total:.4f}",
        total <= MOST,
        {**dollars, "total": total, **deeds},
        ["stream and outbox, quote, logs, data transfer, free tiers, first calls of processes"],
        [f"{label}: ${cost:.4f}" for label, cost in dollars.items()]
        + ["without the prepay, as performance.md's limit:"
           f" ${total - dollars['prepay and storing it']:.4f}"]
        + [f"{label}: {counts}" for label, counts in deeds.items()],
    )  # fmt: skip


def _deeds(seed: int) -> dict[str, dict[str, float]]:
    """Counts of every deed in a warm process, and its dollars a thousand times."""
    with Shop(seed=seed) as shop:
        stage = Stage(shop)
        return {f"{deed.folder}, {deed.name}": _priced(stage, deed) for deed in ALL}


def _priced(stage: Stage, deed: Deed) -> dict[str, float]:
    book = play(stage, deed).book
    dollars = _call(deed.folder, book) - (0 if deed.is_request else PER_API_REQUEST)
    return {**book.counts(), "dollars a thousand": round(dollars * ORDERS, 6)}


def _call(folder: str, book: Book) -> float:
    """One request through the gateway."""
    return (
        PER_API_REQUEST + function_cost(_waits(book) + WORK_SECONDS, _memory(folder)) + _store(book)
    )


def _sweeps(idle: Book) -> float:
    """What each order bears of the sweeps that run anyway."""
    one = _store(idle) + function_cost(_waits(idle) + WORK_SECONDS, _memory("order_expiry"))
    return one * SWEEPS_PER_DAY / ORDERS_PER_DAY


def _seconds_cost(folder: str, seconds: float) -> float:
    return function_cost(seconds, _memory(folder)) - function_cost(0.0, _memory(folder))


def _store(book: Book) -> float:
    return store_cost(book.writes, book.reads)


def _waits(book: Book, less: Book | None = None) -> float:
    """Seconds that calls take one after the other, at their medians."""
    latency = Latency()
    seconds = 0.0
    for entry in book.entries:
        if entry.kind == "http":
            seconds += latency.provider[MEDIAN]
        elif entry.kind == "store":
            transaction = entry.name.startswith("Transact")
            seconds += (latency.transaction if transaction else latency.single)[MEDIAN]
    return seconds - (_waits(less) if less else 0.0)


@cache
def _memory(folder: str) -> int:
    return next(one.memory for one in load_template().functions.values() if one.folder == folder)
