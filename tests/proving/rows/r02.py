"""R2: no order of events breaks an invariant.

Every mutating pair on a shared object in all its schedules, and groups of three to five requests
in schedules drawn from the seed. Every schedule ends with two sweeps and all invariants.
"""

from tests.proving.cases.approvals import APPROVAL_PAIRS
from tests.proving.cases.coupon_cases import COUPON_GROUPS, COUPON_PAIRS
from tests.proving.cases.flash_pairs import FLASH_PAIRS
from tests.proving.cases.fulfilment import FULFILMENT_PAIRS
from tests.proving.cases.groups import GROUPS
from tests.proving.cases.late_pairs import LATE_PAIRS
from tests.proving.cases.letters import LETTER_PAIRS
from tests.proving.cases.merchandise import MERCHANDISE_PAIRS
from tests.proving.cases.pairs import PAIRS
from tests.proving.cases.refunds import REFUND_PAIRS
from tests.proving.cases.sealing import SEALING_PAIRS
from tests.proving.cases.searching import SEARCH_PAIRS
from tests.proving.cases.shipping import SHIPPING_PAIRS
from tests.proving.cases.sign_in import SIGN_IN_PAIRS
from tests.proving.cases.stage import encounter, furnish
from tests.proving.cases.stories import STORY_PAIRS
from tests.proving.cases.waybills import WAYBILL_PAIRS
from tests.proving.interleave import (
    Exploration,
    every_schedule,
    interrupted_once,
    some_schedules,
)
from tests.proving.mutants import hunting, narrowed
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Moment, Shop

promise, target = PROOFS["R2"]

FULL_GROUP_SCHEDULES = 50_000
MEETINGS = {
    **PAIRS,
    **COUPON_PAIRS,
    **FLASH_PAIRS,
    **LATE_PAIRS,
    **SIGN_IN_PAIRS,
    **LETTER_PAIRS,
    **REFUND_PAIRS,
    **FULFILMENT_PAIRS,
    **SHIPPING_PAIRS,
    **STORY_PAIRS,
    **WAYBILL_PAIRS,
    **APPROVAL_PAIRS,
    **MERCHANDISE_PAIRS,
    **SEARCH_PAIRS,
    **SEALING_PAIRS,
}
QUICK_FIRST, QUICK_DRAWN, QUICK_GROUP = 2, 1, 2


def run(seed: int, quick: bool) -> Result:
    """Explores all pairs and groups."""
    pairs: list[Exploration] = []
    groups: list[Exploration] = []
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()
        crowds = {**GROUPS, **COUPON_GROUPS}
        chosen = narrowed({**MEETINGS, **crowds})
        for name in [name for name in MEETINGS if name in chosen]:
            pairs.append(_pair(shop, base, name, quick=quick))
            if pairs[-1].violations and hunting():
                return _result(pairs, groups)
        each = QUICK_GROUP if quick else -(-FULL_GROUP_SCHEDULES // len(crowds))
        for name, direct in crowds.items():
            if name not in chosen:
                continue
            meeting = encounter(shop, base, name, direct)
            groups.append(some_schedules(shop.world, meeting, seed=seed, count=each))
    return _result(pairs, groups)


def _pair(shop: Shop, base: Moment, name: str, *, quick: bool) -> Exploration:
    meeting = encounter(shop, base, name, MEETINGS[name])
    if not quick:
        return every_schedule(shop.world, meeting)
    found = every_schedule(shop.world, meeting, limit=QUICK_FIRST)
    if not found.complete:
        for more in (
            interrupted_once(shop.world, meeting),
            some_schedules(shop.world, meeting, seed=shop.seed, count=QUICK_DRAWN),
        ):
            found.schedules += more.schedules
            found.calls += more.calls
            found.violations += more.violations
    return found


def _result(pairs: list[Exploration], groups: list[Exploration]) -> Result:
    broken = [line for one in [*pairs, *groups] for line in one.violations]
    schedules = sum(one.schedules for one in pairs)
    drawn = sum(one.schedules for one in groups)
    calls = sum(one.calls for one in [*pairs, *groups])
    whole = sum(one.complete for one in pairs)
    measured = (
        f"{len(broken)} in {schedules} schedules of {len(pairs)} pairs ({whole} complete),"
        f" {drawn} of {len(groups)} groups; {calls} calls"
    )
    counts = {f"schedules of {one.name}": one.schedules for one in [*pairs, *groups]}
    counts |= {"pairs": len(pairs), "groups": len(groups)}
    return Result(measured, not broken, counts, broken)
