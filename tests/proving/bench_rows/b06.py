"""Row 6: how many orders a second one hot SKU gives, of what its partitions could give.

A sale of 1, 8 or 64 shards is filled from empty to full by buyers who come faster than it can
sell. A partition is modelled at 9 write units a second instead of 1,000, which makes filling a
shard of 36 units last four seconds instead of none; figures are scaled back. Where shards share a
partition the limit is what this placement of them allows: 1,000 for each partition that is hit.
"""

from dataclasses import dataclass

from tests.proving.bench_rows.goods import put_goods, without_payment
from tests.proving.bench_rows.rush import (
    SALE,
    UNITS_PER_SHARD,
    Processes,
    Rush,
    SalePartitions,
    Written,
)
from tests.proving.invariants import broken, totals
from tests.proving.partitions import WRITES_PER_SECOND
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import TABLE, Shop
from tests.proving.simulation import Simulation
from tests.proving.units import Arm

name, gate, moonshot, limit = BENCHES["6"]

SHARDS = (1, 8, 64)
PARTITIONS = 64
SLOWED = 9.0
"""Write units a second of a modelled partition."""
SECONDS = int(UNITS_PER_SHARD / SLOWED)
CROWDED = 2.5
"""Buyers that come for each unit that all shards could sell, were each on a partition alone."""
BUYERS_PER_PROCESS = 4
LEAST = 0.80


@dataclass(frozen=True)
class Filled:
    """One sale: sold of what its partitions allowed, and the partitions that its shards hit."""

    share: float
    partitions: int
    oversold: int
    unsold: int

    @property
    def rate(self) -> float:
        """Orders a second with partitions of the published size."""
        return self.share * self.partitions * WRITES_PER_SECOND


def run(seed: int, quick: bool) -> Measured:
    """Fills a sale of each size."""
    filled = {shards: _fill(seed, shards) for shards in (SHARDS[:1] if quick else SHARDS)}
    shares = " / ".join(f"{one.share:.1%}" for one in filled.values())
    exact = all(one.oversold == one.unsold == 0 for one in filled.values())
    return Measured(
        f"{shares} of the limit",
        exact and all(one.share >= LEAST for one in filled.values()),
        {
            f"{shards} shards": {
                "of the limit": round(one.share, 3),
                "partitions": one.partitions,
                "orders a second, modelled": round(one.rate),
            }
            for shards, one in filled.items()
        },
        ["the order's own write, which lies in its customer's partition: customers are many"],
        [
            f"{shards} shards on {one.partitions} partitions: {one.rate:,.0f} orders a second of"
            f" {one.partitions * WRITES_PER_SECOND:,.0f}, modelled on published limits;"
            f" oversold {one.oversold}, unsold {one.unsold}"
            for shards, one in filled.items()
        ],
    )


def _fill(seed: int, shards: int) -> Filled:
    units = shards * UNITS_PER_SHARD
    with Shop(seed=seed, lean=True, flash_pay_window_seconds=7_200) as shop:
        (sku,) = put_goods(shop, 1, stock=units)
        shop.put_sale(SALE, sku, units)
        shop.pump()
        before = totals(shop)
        partitions = SalePartitions(count=PARTITIONS, writes=SLOWED)
        hit = {partitions.place(Arm(TABLE, f"F#{SALE}#{n}", "")) for n in range(shards)}
        possible = len(hit) * SLOWED * SECONDS
        buyers = int(units * CROWDED)
        simulation = Simulation(shop.world, partitions, seed=seed)
        rush = Rush(shop, simulation, Processes(buyers // BUYERS_PER_PROCESS), seed)
        written = Written(shop, shards)
        for number in range(buyers):
            rush.arrives(number * SECONDS / buyers, f"b{number}")
        with without_payment(), shop.world.seam.layer(written, outermost=False):
            simulation.run(until=SECONDS)
            sold = units - written.free()
            simulation.run()
        assert not simulation.failures, simulation.failures[:3]
        assert not broken(shop, before), broken(shop, before)
        orders = rush.told.get("201", 0)
    return Filled(sold / possible, len(hit), max(0, orders - units), units - orders)
