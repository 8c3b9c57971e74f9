"""R3: a crash anywhere heals.

Each business step is killed before and after each of its store and network calls, and the answer
of each is lost; then the client tries again, notices are repeated, the sweep runs twice, and all
invariants are checked. On money paths faults come in pairs, recovery included.
"""

from collections.abc import Iterator

from tests.proving.cases.approvals import APPROVAL_STEPS
from tests.proving.cases.coupon_cases import COUPON_STEPS
from tests.proving.cases.fulfilment import FULFILMENT_STEPS
from tests.proving.cases.letters import LETTER_STEPS
from tests.proving.cases.merchandise import MERCHANDISE_STEPS
from tests.proving.cases.refunds import REFUND_STEPS
from tests.proving.cases.sealing import SEALING_STEPS
from tests.proving.cases.searching import SEARCH_STEPS
from tests.proving.cases.shipping import SHIPPING_STEPS
from tests.proving.cases.sign_in import SIGN_IN_STEPS
from tests.proving.cases.stage import furnish
from tests.proving.cases.steps import MONEY, STEPS, outages, story
from tests.proving.cases.waybills import WAYBILL_STEPS
from tests.proving.crash import CrashReport, Story, crash_everywhere, crash_in_pairs
from tests.proving.faults import KILLS, Kind
from tests.proving.mutants import hunting, narrowed
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Shop

promise, target = PROOFS["R3"]

ALL_STEPS = {
    **STEPS,
    **COUPON_STEPS,
    **SIGN_IN_STEPS,
    **SEALING_STEPS,
    **LETTER_STEPS,
    **FULFILMENT_STEPS,
    **SHIPPING_STEPS,
    **REFUND_STEPS,
    **WAYBILL_STEPS,
    **APPROVAL_STEPS,
    **MERCHANDISE_STEPS,
    **SEARCH_STEPS,
}
FULL_KINDS = (*KILLS, Kind.LOST)
QUICK_PAIRS = ("cancel, paid",)
QUICK_STRIDE = 4


def run(seed: int, quick: bool) -> Result:
    """Kills every step."""
    singles: list[CrashReport] = []
    pairs: list[CrashReport] = []
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()
        for name, direct in narrowed(ALL_STEPS).items():
            tale = story(shop, base, name, direct)
            singles.append(_killed(shop, tale, quick=quick))
            if singles[-1].failures and hunting():
                return _result(singles, pairs, [])
        for name in QUICK_PAIRS if quick else MONEY:
            tale = story(shop, base, name, STEPS[name])
            pairs.append(_killed_twice(shop, tale, quick=quick))
        shop.back_to(base)
        silent = list(_outages(shop))
    return _result(singles, pairs, silent)


def _outages(shop: Shop) -> Iterator[str]:
    """While the store answers nothing, nobody is told that something was done."""
    requests = outages(shop)
    before = shop.moment()
    for name, request in requests.items():
        shop.back_to(before, fresh=False)
        shop.world.faults.when(lambda _, call: Kind.UNSENT if call.kind == "store" else None)
        status = request()
        shop.world.faults.none()
        if status != 503:
            yield f"{name} answered {status} while the store was away"


def _killed(shop: Shop, tale: Story, *, quick: bool) -> CrashReport:
    if not quick:
        return crash_everywhere(shop.world, tale, kinds=FULL_KINDS)
    # Killed after one call is killed before the next.
    report = crash_everywhere(shop.world, tale, kinds=(Kind.KILLED_AFTER,), only=changes_something)
    lost = crash_everywhere(shop.world, tale, kinds=(Kind.LOST,), only=changes_much)
    report.runs += lost.runs
    report.failures += lost.failures
    return report


def _killed_twice(shop: Shop, tale: Story, *, quick: bool) -> CrashReport:
    kinds = (Kind.KILLED_AFTER,) if quick else KILLS
    return crash_in_pairs(
        shop.world,
        tale,
        first=kinds,
        second=kinds,
        stride=QUICK_STRIDE if quick else 1,
        # To die at a read is to die after the change before it.
        then=changes_something,
    )


def changes_something(call: str) -> bool:
    """Whether it can matter that a process died after this call."""
    kind, _, name = call.partition(" ")
    return kind == "http" or name in {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


def changes_much(call: str) -> bool:
    """Whether sending this call twice is most likely to do harm."""
    kind, _, name = call.partition(" ")
    return kind == "http" or name == "TransactWriteItems"


def _result(singles: list[CrashReport], pairs: list[CrashReport], silent: list[str]) -> Result:
    broken = [*silent, *(line for one in [*singles, *pairs] for line in one.failures)]
    calls = sum(one.n for one in singles)
    runs, doubles = sum(one.runs for one in singles), sum(one.runs for one in pairs)
    measured = (
        f"{len(broken)} in {runs} faults at N={calls} calls of {len(singles)} steps,"
        f" {doubles} runs of pairs on {len(pairs)}"
    )
    counts = {f"calls of {one.name}": one.n for one in singles}
    counts |= {"steps": len(singles), "steps in pairs": len(pairs)}
    return Result(measured, not broken, counts, broken)
