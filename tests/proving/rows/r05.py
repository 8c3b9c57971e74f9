"""R5: a repeated request has one effect.

Requests are sent again seconds to a week later in every state of their order, 64 at once, altered,
and by somebody else: same order and amounts, nothing stored twice, and refusals that leave the
tables equal to the byte.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
from tests.proving.mutants import narrowed
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Moment, Shop

promise, target = PROOFS["R5"]


@dataclass(frozen=True)
class Size:
    """How much is tried."""

    replays: int
    crowds: int
    altered: int


FULL, QUICK = Size(10_000, 20, 2_000), Size(160, 1, 25)


def run(seed: int, quick: bool) -> Result:
    """Repeats, crowds, forgeries."""
    lines: list[str] = []
    counts: dict[str, int] = {}
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        shop.pump()
        base = shop.moment()
        for name, part in narrowed(PARTS).items():
            shop.back_to(base)
            counts[name] = part(shop, base, QUICK if quick else FULL, lines)
    shown = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return Result(f"{len(lines)} wrong in {shown}", not lines, counts, lines)


def _replays(shop: Shop, base: Moment, size: Size, lines: list[str]) -> int:
    initial = totals(shop)
    known = repeats(shop)
    shop.pump()
    before = shop.moment()
    done = 0
    while done < size.replays:
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


def _crowds(shop: Shop, base: Moment, size: Size, lines: list[str]) -> int:
    sent = 0
    for name, direct in crowds(shop):
        meeting = encounter(shop, base, f"64 x {name}", direct)
        found = some_schedules(shop.world, meeting, seed=shop.seed, count=size.crowds)
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


def _altered(shop: Shop, _: Moment, size: Size, lines: list[str]) -> int:
    return _refused(shop, altered(shop, random.Random(shop.seed), size.altered), lines)


def _told_off(requests: Callable[[Shop], Iterable[Refused]]) -> "Part":
    return lambda shop, _, __, lines: _refused(shop, requests(shop), lines)


Part = Callable[[Shop, Moment, Size, list[str]], int]
PARTS: dict[str, Part] = {
    "replays": _replays,
    "duplicates": _crowds,
    "other customer's": _told_off(foreign),
    "altered": _altered,
    "meddled": _told_off(meddled),
    "exhausted": _told_off(exhausted),
    "overtaken": _told_off(overtaken),
    "outlived": _told_off(outlived),
}
"""Kind of repeat to what plays it, counts it, and notes what was wrong."""
