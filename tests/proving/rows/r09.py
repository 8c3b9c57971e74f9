"""R9: a coupon is claimed no more often than it may be, used once, and never makes an order free.

The public stories are replayed as they were told (litemall 581, macrozheng/mall 1003,
newbee-mall-plus 41), with crowds in schedules drawn from the seed, with lost answers, and as a
large drop over many pools in virtual time.
"""

from collections import Counter

from tests.proving.cases.coupon_crowd import (
    CROWDS,
    DROP_COUPON,
    Drop,
)
from tests.proving.cases.coupon_misuse import amounts, guessed, refused
from tests.proving.cases.stage import encounter, furnish
from tests.proving.interleave import some_schedules
from tests.proving.mutants import narrowed
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Moment, Shop

promise, target = PROOFS["R9"]

DROPS, BASKETS, MISUSES, CODES = "drops", "baskets", "misuses", "codes tried"
FULL_SCHEDULES, QUICK_SCHEDULES = 20, 1
FULL_DROPS, QUICK_DROPS = 2, 1
FULL_CUSTOMERS, QUICK_CUSTOMERS = 3_000, 300
FULL_CODES, QUICK_CODES = 1_000, 60
FULL_BASKETS, QUICK_BASKETS = 1_000, 60


def run(seed: int, quick: bool) -> Result:
    """Crowds, drops, misuse, amounts."""
    lines: list[str] = []
    counts: Counter[str] = Counter()
    spent = 0.0
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()
        each = QUICK_SCHEDULES if quick else FULL_SCHEDULES
        parts = narrowed({**CROWDS, DROPS: None, BASKETS: None, MISUSES: None, CODES: None})
        for name, direct in CROWDS.items():
            if name in parts:
                meeting = encounter(shop, base, name, direct)
                found = some_schedules(shop.world, meeting, seed=seed, count=each)
                counts[name] = found.schedules
                lines += found.violations
        if DROPS in parts:
            spent = _drops(shop, base, seed, quick, counts, lines)
        if BASKETS in parts:
            shop.back_to(base)
            wanted = QUICK_BASKETS if quick else FULL_BASKETS
            counts[BASKETS] = amounts(shop, seed, wanted, lines)
        if MISUSES in parts:
            shop.back_to(base)
            counts[MISUSES] = refused(shop, lines)
        if CODES in parts:
            shop.back_to(base)
            counts[CODES] = guessed(shop, QUICK_CODES if quick else FULL_CODES, lines)
    schedules = sum(counts[name] for name in CROWDS)
    measured = (
        f"{len(lines)} wrong in {schedules} crowds of {len(CROWDS)} stories,"
        f" {counts[DROPS]} drops of {counts['in a drop']:,} claims ({spent:.2f} WCU a refusal,"
        f" 0 in {counts['refused once exhausted']:,} once exhausted),"
        f" {counts[BASKETS]:,} baskets, {counts[MISUSES]} misuses,"
        f" {counts[CODES]:,} codes tried"
    )
    return Result(measured, not lines, counts, lines)


def _drops(
    shop: Shop, base: Moment, seed: int, quick: bool, counts: Counter[str], lines: list[str]
) -> float:
    """Write units of a refusal on average; none once everybody can know that nothing is left."""
    refusals: list[float] = []
    late = 0
    customers = QUICK_CUSTOMERS if quick else FULL_CUSTOMERS
    drops = QUICK_DROPS if quick else FULL_DROPS
    for number in range(drops):
        shop.back_to(base)
        shop.put_coupon(DROP_COUPON, quota=customers // 3)
        drop = Drop(shop, seed + number, customers, customers // 3)
        lines += [f"drop {number}: {line}" for line in drop.run()]
        refusals += drop.refusals
        late += len(drop.late_refusals)
        if any(drop.late_refusals):
            lines.append(f"drop {number}: refusals wrote after the last was given")
    counts[DROPS], counts["in a drop"] = drops, customers
    counts["refused once exhausted"] = min(late, customers // 3)
    return sum(refusals) / max(1, len(refusals))
