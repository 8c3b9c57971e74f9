"""`docs/costs.md`: what a shop of a given size costs and needs, from the benchmark's counts.

`python -m tests.proving.cost_page` writes the page; a test holds it to the counts.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from tests.proving.prices import PER_API_REQUEST, function_cost, store_cost

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "costs.md"
COUNTS = Path(__file__).with_name("costs.json")
ROW = "11"
SIZES = (100, 10_000, 1_000_000)

# What a shopper does around an order, none of it in row 11: looks, cart, address, quote.
CALLS_PER_ORDER = 10
CALL_SECONDS, CALL_MEMORY = 0.020, 512
# The table's stream: an order, its payment, shipment and receipt, in batches of their own.
STREAM_CALLS_PER_ORDER = 4
STREAM_SECONDS = 0.050
LOG_BYTES_PER_CALL = 450
# US dollars in us-east-1, November 2026; China's regions differ, put your own here.
PER_LOG_GB, PER_STORED_GB_MONTH, PER_BACKUP_GB_MONTH = 0.50, 0.25, 0.20
PER_SECRET_MONTH, SECRETS = 0.40, 6
# An order with its history, parcels, ledger entries and its share of the customer.
BYTES_PER_ORDER = 5_000
KEPT_DAYS = 365
DAYS_PER_MONTH = 30
# One hour takes a seventh of the day, and its busiest second three times its average.
PEAK_HOUR, PEAK_SECOND = 1 / 7, 3
# Row 11 counts nine units of an order of one line; ledger, history, cart and work lists follow.
WRITES_IN_ROW, WRITES_AROUND, READS_AROUND = 9, 7, 8
WRITES_PER_ORDER = WRITES_IN_ROW + WRITES_AROUND
PARTITION_WRITES, NEW_TABLE_WRITES, TABLE_QUOTA = 1_000, 4_000, 40_000
CONCURRENCY_QUOTA, GATEWAY_QUOTA = 1_000, 10_000
CHECKOUT_SECONDS = 0.30


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars a month, by what they are for."""

    orders: float
    around: float
    standing: float
    stored: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.orders + self.around + self.standing + self.stored


@dataclass(frozen=True, slots=True)
class Need:
    """What the busiest second asks for."""

    orders: float
    requests: float
    writes: float
    concurrency: float

    @property
    def partitions(self) -> int:
        """Partitions that must exist before it."""
        return ceil(self.writes / PARTITION_WRITES)


def bill(per_thousand: Mapping[str, float], orders_per_day: int) -> Bill:
    """What a month costs.

    Args:
        per_thousand: Dollars per 1,000 orders by part, of row 11.
        orders_per_day: How many.
    """
    sweeps = next(cost for part, cost in per_thousand.items() if part.startswith("sweeps"))
    per_order = (per_thousand["total"] - sweeps) / 1_000
    orders = orders_per_day * DAYS_PER_MONTH
    call = PER_API_REQUEST + function_cost(CALL_SECONDS, CALL_MEMORY)
    stream = STREAM_CALLS_PER_ORDER * function_cost(STREAM_SECONDS, CALL_MEMORY)
    logs = (CALLS_PER_ORDER + STREAM_CALLS_PER_ORDER) * LOG_BYTES_PER_CALL / 1e9 * PER_LOG_GB
    units = store_cost(WRITES_AROUND, READS_AROUND)
    gigabytes = orders_per_day * KEPT_DAYS * BYTES_PER_ORDER / 1e9
    return Bill(
        orders=orders * per_order,
        around=orders * (CALLS_PER_ORDER * call + stream + logs + units),
        # Row 11 spreads a day's sweeps over 10,000 orders.
        standing=sweeps * 10 * DAYS_PER_MONTH + SECRETS * PER_SECRET_MONTH,
        stored=gigabytes * (PER_STORED_GB_MONTH + PER_BACKUP_GB_MONTH),
    )


def need(orders_per_day: int) -> Need:
    """What the busiest second of a day asks for."""
    orders = orders_per_day * PEAK_HOUR / 3_600 * PEAK_SECOND
    return Need(
        orders=orders,
        requests=orders * (CALLS_PER_ORDER + 2),
        writes=orders * WRITES_PER_ORDER,
        concurrency=orders * (CALLS_PER_ORDER * CALL_SECONDS + CHECKOUT_SECONDS),
    )


def page(row: Mapping[str, Any]) -> str:
    """The page's text, from what row 11 counted."""
    per_thousand = {part: cost for part, cost in row.items() if not isinstance(cost, dict)}
    deeds = {name: counts for name, counts in row.items() if isinstance(counts, dict)}
    parts = "\n".join(
        f"| {part} | {cost:.4f} |" for part, cost in per_thousand.items() if part != "total"
    )
    costs = "\n".join(_cost_line(size, bill(per_thousand, size)) for size in SIZES)
    needs = "\n".join(_need_line(size, need(size)) for size in SIZES)
    return _TEXT.format(
        parts=parts,
        total=per_thousand["total"],
        costs=costs,
        needs=needs,
        deeds="\n".join(_deed_line(name, counts) for name, counts in deeds.items()),
        calls=CALLS_PER_ORDER,
        milliseconds=round(CALL_SECONDS * 1000),
        stream=STREAM_CALLS_PER_ORDER,
        log=LOG_BYTES_PER_CALL,
        size=BYTES_PER_ORDER,
        secrets=SECRETS,
        writes=WRITES_PER_ORDER,
        checkout=CHECKOUT_SECONDS,
        hour=round(1 / PEAK_HOUR),
        second=PEAK_SECOND,
        around=WRITES_AROUND,
        reads=READS_AROUND,
    )


def _deed_line(name: str, counts: Mapping[str, float]) -> str:
    function, _, deed = name.partition(", ")
    shown = ("writes", "reads", "requests", "http")
    cells = " | ".join(f"{counts[one]:g}" for one in shown)
    return f"| {function} | {deed} | {cells} | {counts['dollars a thousand']:.4f} |"


def _cost_line(size: int, one: Bill) -> str:
    per_order = one.total / (size * DAYS_PER_MONTH) * 1_000
    cells = (one.orders, one.around, one.standing, one.stored, one.total)
    shown = " | ".join(f"{cell:,.2f}" for cell in cells)
    return f"| {size:,} | {shown} | {per_order:.3f} |"


def _need_line(size: int, one: Need) -> str:
    warm = "none" if one.writes <= NEW_TABLE_WRITES else f"{ceil(one.writes):,} writes/s"
    asks = [
        name
        for name, given, quota in (
            ("concurrency", one.concurrency, CONCURRENCY_QUOTA),
            ("gateway rate", one.requests, GATEWAY_QUOTA),
            ("table writes", one.writes, TABLE_QUOTA),
        )
        if given > 0.7 * quota
    ]
    return (
        f"| {size:,} | {one.orders:,.2f} | {one.requests:,.1f} | {one.writes:,.0f} |"
        f" {one.partitions} | {warm} | {ceil(one.concurrency):,} | {', '.join(asks) or 'none'} |"
    )


_TEXT = """# What it costs, and what it needs

Written by `python -m tests.proving.cost_page` from the counts of `make bench` (row 11), at the prices
of us-east-1 (`tests/proving/prices.py`), on demand, without free tiers. Nothing here was measured on
AWS: units are counted exactly, times are modelled from published latencies.

## One thousand orders

| part | US$ per 1,000 orders |
|---|---|
{parts}
| **total** | **{total:.4f}** |

## A month

| orders a day | orders | around them | standing | stored | total US$ | per 1,000 orders |
|---|---|---|---|---|---|---|
{costs}

- *orders* = orders × (row 11 without the sweeps) ÷ 1,000
- *around them* = orders × ({calls} calls × (gateway + {milliseconds} ms of 512 MB) + {stream} runs of the
  outbox + {log} B of log a call at $0.50 a GB + {around} write and {reads} read units): looking,
  cart, address, quote, ledger, history
- *standing* = 1,440 sweeps a day + {secrets} secrets at $0.40
- *stored* = orders a day × 365 × {size:,} B at $0.25 a GB, and $0.20 for point-in-time recovery
- not in it: WeChat Pay's fee (0.6 % of the money, more than everything here), data transfer, a CDN,
  alarms and dashboard (some dollars a month), a domain

## The busiest second

One hour takes a {hour}th of the day and its busiest second {second} times the hour's average.

| orders a day | orders/s | requests/s | writes/s | partitions | pre-warm | concurrency | ask to raise |
|---|---|---|---|---|---|---|---|
{needs}

- *writes/s* = orders/s × {writes} (order, SKU, due index, prepay, notice, ledger, history, work lists)
- *partitions* = writes/s ÷ 1,000. A new on-demand table takes 4,000 writes/s at once and then doubles
  its peak within half an hour; set `WarmThroughput` on the day before where the column says so
- *concurrency* = requests/s × their seconds; a checkout waits {checkout} s, mostly for WeChat's prepay.
  New accounts start with 1,000 at once, or fewer
- *ask to raise* = what passes 70 % of its default quota: 1,000 concurrent functions, 10,000 gateway
  requests a second, 40,000 table writes a second
- one flash sale is a case of its own: its shards take 1,000 orders/s for each partition they lie on
  (bench row 6), and a refusal after the last unit costs no write

## What one call of each function costs

In a warm process, with units and requests of the store and calls to providers counted; the last column
is US$ per 1,000 calls, ten milliseconds of work taken for each. What the stream does afterwards is the
outbox's, in lines of its own.

| function | call | write units | read units | store requests | provider calls | US$ per 1,000 |
|---|---|---|---|---|---|---|
{deeds}
"""


def main() -> int:
    """Write the page."""
    counts = json.loads(COUNTS.read_text(encoding="utf-8"))[ROW]
    PAGE.write_text(page(counts), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
