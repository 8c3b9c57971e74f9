"""R5: a repeated request has one effect.

Requests are sent again seconds to a week later in every state of their order, 64 at once, altered,
and by somebody else: same order and amounts, nothing stored twice, and refusals that leave the
tables equal to the byte.
"""

import random
from collections.abc import Iterable

from tests.proving.cases.repeats import (
    LATER,
    Refused,
    altered,
    crowds,
    exhausted,
    foreign,
    meddled,
    outlived,
    overtaken,
    repeats,
)
from tests.proving.cases.stage import encounter, furnish
from tests.proving.interleave import some_schedules
from tests.proving.invariants import broken, totals
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Moment, Shop

promise, target = PROOFS["R5"]

FULL_REPLAYS, QUICK_REPLAYS = 10_000, 160
FULL_CROWDS, QUICK_CROWDS = 20, 1
FULL_ALTERED, QUICK_ALTERED = 2_000, 25


def run(seed: int, quick: bool) -> Result:
    """Repeats, crowds, forgeries."""
    lines: list[str] = []
    counts: dict[str, int] = {}
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()
        wanted = QUICK_REPLAYS if quick else FULL_REPLAYS
        counts["replays"] = _replays(shop, base, wanted, lines)
        counts["duplicates"] = _crowds(shop, base, QUICK_CROWDS if quick else FULL_CROWDS, lines)
        shop.back_to(base)
        counts["other customer's"] = _refused(shop, foreign(shop), lines)
        dice = random.Random(seed)
        count = QUICK_ALTERED if quick else FULL_ALTERED
        counts["altered"] = _refused(shop, altered(shop, dice, count), lines)
        counts["meddled"] = _refused(shop, meddled(shop), lines)
        counts["exhausted"] = _refused(shop, exhausted(shop), lines)
        counts["overtaken"] = _refused(shop, overtaken(shop), lines)
        counts["outlived"] = _refused(shop, outlived(shop), lines)
    shown = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return Result(f"{len(lines)} wrong in {shown}", not lines, counts, lines)


def _replays(shop: Shop, base: Moment, wanted: int, lines: list[str]) -> int:
    shop.back_to(base)
    initial = totals(shop)
    known = repeats(shop)
    shop.pump()
    before = shop.moment()
    done = 0
    while done < wanted:
        for repeat in known:
            later = LATER[(done // len(known)) % len(LATER)]
            if done % (len(known) * len(LATER)) == 0:
                shop.back_to(before)
            shop.world.clock.move_to(before.now + later)
            buyer = shop.buyer(repeat.buyer)
            was = shop.world.snapshot()
            done += 1
            answer = repeat.again(buyer)
            label = f"{repeat.name} after {later} s"
            if answer.status >= 300 or repeat.same(answer) != repeat.first:
                lines.append(f"{label}: {answer}, first {repeat.first}")
            # Asking WeChat again is noted in the order, so that it is asked at most every 3 s.
            changes = [] if repeat.asks else was.differences(shop.world.snapshot())
            lines += [f"{label} changed {line[:200]}" for line in changes]
    lines += broken(shop, initial)
    return done


def _crowds(shop: Shop, base: Moment, times: int, lines: list[str]) -> int:
    sent = 0
    for name, direct in crowds(shop):
        meeting = encounter(shop, base, f"64 x {name}", direct)
        found = some_schedules(shop.world, meeting, seed=shop.seed, count=times)
        sent += found.schedules * len(meeting.requests)
        lines += found.violations
    return sent


def _refused(shop: Shop, requests: Iterable[Refused], lines: list[str]) -> int:
    count = 0
    for one in requests:
        before = shop.world.snapshot()
        answer = one.send()
        count += 1
        if (answer.status, answer.body.get("code")) != (one.status, one.code):
            lines.append(f"{one.name}: {answer}, not {one.status} {one.code}")
        changes = before.differences(shop.world.snapshot())
        lines += [f"{one.name} changed {line[:200]}" for line in changes]
    return count
