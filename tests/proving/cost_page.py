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
# What runs whether or not anything is due: (function, runs a day, read units, seconds, MB). The sweep
# is row 11's. Counted over a shop where nothing is due, with a thousand products for the index.
IDLE = (
    ("payment_queries", 1_440, 16.0, 0.20, 512),
    ("follow_up", 1_440, 2.5, 0.05, 512),
    ("publisher", 1_440, 1.0, 0.03, 1_024),
    ("search_index", 288, 12.0, 0.10, 1_769),
)
SWEEPS_A_DAY = 1_440
PER_SCHEDULED_RUN = 1.00 / 1e6
# 33 names of metrics, of which refusals are told by code; a metric is billed for hours that have it.
METRICS, PER_METRIC_MONTH = 60, 0.30
# The stock audit scans the table once a day: half a unit for 4 KB, a page of 1 MB in a tenth of a
# second with its decoding, in the 15 minutes that a function may run.
AUDIT_SECONDS, AUDIT_MEMORY, AUDIT_BYTES_A_SECOND = 900, 1_024, 10e6
AUDIT_BYTES = AUDIT_SECONDS * AUDIT_BYTES_A_SECOND
SCANNED_BYTES_PER_UNIT = 8_192
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
    audit: float
    stored: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.orders + self.around + self.standing + self.audit + self.stored


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
    kept = orders_per_day * KEPT_DAYS * BYTES_PER_ORDER
    scanned = min(kept, AUDIT_BYTES)
    audit = function_cost(scanned / AUDIT_BYTES_A_SECOND, AUDIT_MEMORY)
    audit += store_cost(0, scanned / SCANNED_BYTES_PER_UNIT)
    idle = sum(
        runs * (PER_SCHEDULED_RUN + function_cost(seconds, memory) + store_cost(0, reads))
        for _, runs, reads, seconds, memory in IDLE
    )
    idle += SWEEPS_A_DAY * PER_SCHEDULED_RUN
    return Bill(
        orders=orders * per_order,
        around=orders * (CALLS_PER_ORDER * call + stream + logs + units),
        # Row 11 spreads a day's sweeps over 10,000 orders.
        standing=(sweeps * 10 + idle) * DAYS_PER_MONTH
        + SECRETS * PER_SECRET_MONTH
        + METRICS * PER_METRIC_MONTH,
        audit=audit * DAYS_PER_MONTH,
        stored=kept / 1e9 * (PER_STORED_GB_MONTH + PER_BACKUP_GB_MONTH),
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
        metrics=METRICS,
        idle="\n".join(
            f"  - {name}: {runs:,} × ({reads:g} read units + {seconds:g} s of {memory:,} MB)"
            for name, runs, reads, seconds, memory in IDLE
        ),
        audit_minutes=AUDIT_SECONDS // 60,
        audit_speed=AUDIT_BYTES_A_SECOND / 1e6,
        audit_gigabytes=AUDIT_BYTES / 1e9,
        audit_orders=AUDIT_BYTES / BYTES_PER_ORDER,
        audits="\n".join(_audit_line(size) for size in SIZES),
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
    cells = (one.orders, one.around, one.standing, one.audit, one.stored, one.total)
    shown = " | ".join(f"{cell:,.2f}" for cell in cells)
    return f"| {size:,} | {shown} | {per_order:.3f} |"


def _audit_line(size: int) -> str:
    kept = size * KEPT_DAYS * BYTES_PER_ORDER
    days = int(AUDIT_BYTES / (size * BYTES_PER_ORDER))
    lasts = "for years" if days > KEPT_DAYS * 10 else f"until day {days:,}"
    return (
        f"| {size:,} | {kept / 1e9:,.1f} | {kept / AUDIT_BYTES_A_SECOND:,.0f} |"
        f" {kept / SCANNED_BYTES_PER_UNIT:,.0f} | {lasts} |"
    )


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

| orders a day | orders | around them | standing | stock audit | stored | total US$ | per 1,000 orders |
|---|---|---|---|---|---|---|---|
{costs}

- *orders* = orders × (row 11 without the sweeps) ÷ 1,000
- *around them* = orders × ({calls} calls × (gateway + {milliseconds} ms of 512 MB) + {stream} runs of the
  outbox + {log} B of log a call at $0.50 a GB + {around} write and {reads} read units): looking,
  cart, address, quote, ledger, history
- *standing* = 1,440 sweeps a day (row 11) + what runs each day though nothing is due, $1 a million runs
  for their schedules + {secrets} secrets at $0.40 + {metrics} custom metrics at $0.30, at most: a metric is
  billed for the hours in which it is told. A small shop pays mostly for these
{idle}
- *stock audit* = a scan a day of what a year has stored, cut off where [its time ends](#the-stock-audit)
- *stored* = orders a day × 365 × {size:,} B at $0.25 a GB, and $0.20 for point-in-time recovery
- not in it: WeChat Pay's fee (0.6 % of the money, more than everything here), data transfer, a CDN,
  alarms and dashboard (some dollars a month), a domain

## The stock audit

Once a day it reads the whole table, half a unit for 4 KB, in one run of at most {audit_minutes} minutes; at
{audit_speed:g} MB a second (modelled: a page of 1 MB, read and decoded, in 0.1 s) that is {audit_gigabytes:g} GB, or
{audit_orders:,.0f} orders with what lies beside them.

| orders a day | GB after a year | seconds | read units a run | it comes to its end |
|---|---|---|---|---|
{audits}

**This is a limit of the shop.** Past it the audit of the whole never ends in time, `stock-audit-silent` rings
every day, and `shopctl stock audit --sku SKU` (28 s, and it reads every order too) ends even sooner; flash sales can
still be audited (`--sale` reads the sale's shards alone). A shop of that size must split the scan over several
runs, or take orders of closed years out of the table; neither is built.

## The busiest second

One hour takes a {hour}th of the day and its busiest second {second} times the hour's average.

| orders a day | orders/s | requests/s | writes/s | partitions | pre-warm | concurrency | ask to raise |
|---|---|---|---|---|---|---|---|
{needs}

- *writes/s* = orders/s × {writes} (order, SKU, due index, prepay, notice, ledger, history, work lists)
- *partitions* = writes/s ÷ 1,000. A new on-demand table takes 4,000 writes/s at once and then doubles
  its peak within half an hour; set `WarmThroughput` on the day before where the column says so
- *concurrency* = requests/s × their seconds; a checkout waits {checkout} s, mostly for WeChat's prepay.
  New accounts start with 1,000 at once, or only 10; `ReserveConcurrency=true` needs 172 or more
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
