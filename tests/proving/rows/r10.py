"""R10: nothing stays stuck when schedules fail.

One of each kind of overdue work meets schedules that are missed, late, doubled, overlapping or
killed, and providers that fail in every way; two periods after all is well again nothing may be
left and everything must have come back exactly once. Then a backlog is drained in bounded runs
whose calls take the time of the real service on the virtual clock.
"""

from dataclasses import dataclass
from random import Random

from tests.proving.cases.backlog import Drained, drain
from tests.proving.cases.schedules import TIMELINES, Timeline, heal, mixed, owed
from tests.proving.cases.stage import furnish
from tests.proving.crash import CrashReport, Story, crash_everywhere
from tests.proving.faults import KILLS, Kind
from tests.proving.footprints import footprint
from tests.proving.interleave import Encounter, Exploration, Outcomes, some_schedules
from tests.proving.invariants import broken, totals
from tests.proving.mutants import narrowed
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Moment, Shop, forget_process

promise, target = PROOFS["R10"]
KILLS_OF_A_SWEEP, OVERLAPS, BACKLOG = "kills of a sweep", "overlaps", "backlog"


@dataclass(frozen=True)
class Size:
    """How much is tried."""

    each: int
    mixed: int
    overlaps: int
    kills_every: int
    kinds: tuple[Kind, ...]
    backlog: int
    reserved: int


FULL = Size(40, 1_000, 1_000, 1, (*KILLS, Kind.LOST, Kind.UNSENT, Kind.THROTTLED), 100_000, 3_000)
QUICK = Size(1, 3, 3, 12, (Kind.KILLED_AFTER,), 300, 60)


class Stage:
    """The shop with work overdue, and how it is judged."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        furnish(shop)
        shop.pump()
        self.initial = totals(shop)
        owed(shop)
        self.moment: Moment = shop.moment()

    def judged(self) -> list[str]:
        """Heals; the promises that are broken then."""
        heal(self.shop)
        return broken(self.shop, self.initial, at_rest=True)

    def play(self, name: str, timeline: Timeline, seed: int) -> list[str]:
        """One timeline from the same beginning."""
        self.shop.back_to(self.moment)
        timeline(self.shop, Random(seed))
        self.shop.world.faults.none()
        return [f"{name}, seed {seed}: {line}" for line in self.judged()]


def run(seed: int, quick: bool) -> Result:
    """Plays all timelines, kills, overlaps, and the backlog."""
    size = QUICK if quick else FULL
    timelines = {**TIMELINES, "mixed": mixed}
    chosen = narrowed({**timelines, KILLS_OF_A_SWEEP: None, OVERLAPS: None, BACKLOG: None})
    kills, overlaps, drained = CrashReport("sweep"), [], Drained(0, 0)
    with Shop(seed=seed, lean=True) as shop:
        stage = Stage(shop)
        lines, played = [], 0
        for name in [name for name in timelines if name in chosen]:
            count = size.mixed if name == "mixed" else size.each
            for number in range(count):
                lines += stage.play(name, timelines[name], seed + number)
            played += count
        if KILLS_OF_A_SWEEP in chosen:
            kills = _killed_everywhere(stage, size)
        if OVERLAPS in chosen:
            overlaps = [_overlapping(stage, runs, size.overlaps) for runs in (2, 3)]
    if BACKLOG in chosen:
        drained = drain(seed, size.backlog, size.reserved)
    lines += kills.failures + [line for one in overlaps for line in one.violations]
    lines += drained.failures
    return _result(played, kills, overlaps, drained, lines)


def _killed_everywhere(stage: Stage, size: Size) -> CrashReport:
    """A sweep is hit at its calls, each in turn."""

    def recover() -> None:
        forget_process()
        heal(stage.shop)

    met = [0]

    def some(_: str) -> bool:
        met[0] += 1
        return met[0] % size.kills_every == 0

    tale = Story(
        "sweep",
        lambda: stage.shop.back_to(stage.moment),
        stage.shop.sweep,
        recover,
        lambda: broken(stage.shop, stage.initial, at_rest=True),
    )
    return crash_everywhere(stage.shop.world, tale, kinds=size.kinds, only=some)


def _overlapping(stage: Stage, runs: int, count: int) -> Exploration:
    """Several runs at once, in schedules drawn from the seed."""

    def check(outcomes: Outcomes) -> list[str]:
        raised = [f"a run raised {one!r}" for one in outcomes if isinstance(one, BaseException)]
        return raised + stage.judged()

    stage.shop.back_to(stage.moment)
    meeting = Encounter(
        f"{runs} runs at once",
        lambda: stage.shop.back_to(stage.moment, fresh=False),
        [stage.shop.sweep] * runs,
        check,
        touches=footprint,
    )
    return some_schedules(stage.shop.world, meeting, seed=stage.shop.seed, count=count)


def _result(
    timelines: int,
    kills: CrashReport,
    overlaps: list[Exploration],
    drained: Drained,
    lines: list[str],
) -> Result:
    schedules = sum(one.schedules for one in overlaps)
    measured = (
        f"{len(lines)} in {timelines} timelines, {kills.runs} faults at N={kills.n},"
        f" {schedules} overlaps; {drained.orders:,} and {drained.reserved:,} flash drained in"
        f" {drained.runs} runs and {drained.helpers} helpers of <= {drained.longest:.0f} s,"
        f" {drained.minutes:.0f} min"
    )
    counts = {
        "timelines": timelines,
        "calls of a sweep": kills.n,
        "faults": kills.runs,
        "overlaps": schedules,
        "drained": drained.orders,
        "flash drained": drained.reserved,
    }
    return Result(measured, not lines, counts, lines)
