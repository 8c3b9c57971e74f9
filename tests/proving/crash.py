"""Crash at every step: a dry run counts the calls of a business step, then each is hit in turn.

After each hit the client's side is played again (``recover``) and the promises are looked at
(``check``). ``N`` is part of the result, so that a call cannot hide from the driver.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.proving.faults import KILLS, Killed, Kind
from tests.proving.world import World

Check = Callable[[], Iterable[str]]
_PATIENCE = 8


@dataclass(frozen=True)
class Story:
    """One business step under the driver.

    ``prepare`` brings the world to the moment before the step, the same one each time (state of
    modules included); ``step`` is what is hit; ``recover`` does all that follows in life: the
    client's retry, the repeated notice, two sweeps; ``check`` yields a line for each broken
    promise. ``recover`` may be hit too when faults come in pairs, and is then begun again.
    """

    name: str
    prepare: Callable[[], None]
    step: Callable[[], object]
    recover: Callable[[], object]
    check: Check


@dataclass
class CrashReport:
    """What the driver did: calls of the step, runs, and a line for each failure."""

    name: str
    calls: list[str] = field(default_factory=list)
    runs: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Store and network calls of the step."""
        return len(self.calls)


Plan = dict[int, Kind]


def crash_everywhere(
    world: World,
    story: Story,
    *,
    kinds: tuple[Kind, ...] = KILLS,
    only: Callable[[str], bool] = lambda _: True,
) -> CrashReport:
    """Hits each call of a step with each kind of fault that can befall it.

    ``only`` picks calls by name for a quick run. An exception that is neither a kill nor an answer
    of the handler is a failure too.
    """
    report = _dry_run(world, story)
    for number, call in enumerate(report.calls, start=1):
        for kind in kinds if only(call) else ():
            _run(world, story, {number: kind}, report)
    return report


def crash_in_pairs(
    world: World,
    story: Story,
    *,
    first: tuple[Kind, ...] = KILLS,
    second: tuple[Kind, ...] = KILLS,
    stride: int = 1,
    then: Callable[[str], bool] = lambda _: True,
) -> CrashReport:
    """Hits each call, and then each later call of the same run, recovery included.

    ``then`` picks by name the calls that are hit second.
    """
    report = _dry_run(world, story)
    for number in range(1, report.n + 1, stride):
        for kind in first:
            calls = _run(world, story, {number: kind}, report)
            later = [at for at, call in enumerate(calls, start=1) if at > number and then(call)]
            for at in later[::stride]:
                for other in second:
                    _run(world, story, {number: kind, at: other}, report)
    return report


def _dry_run(world: World, story: Story) -> CrashReport:
    report = CrashReport(story.name)
    story.prepare()
    world.faults.when(lambda *_: None)
    story.step()
    report.calls = list(world.faults.seen)
    story.recover()
    world.faults.none()
    report.failures.extend(f"{story.name}, no fault: {line}" for line in story.check())
    return report


def _run(world: World, story: Story, plan: Plan, report: CrashReport) -> list[str]:
    """Runs the story under a plan and returns the calls it made in all."""
    label = ", ".join(f"call {number} {kind.value}" for number, kind in plan.items())
    story.prepare()
    world.faults.at(plan)
    try:
        _until_alive(story)
        calls, fired = list(world.faults.seen), dict(world.faults.fired)
        world.faults.none()
        lines = list(story.check())
    except Exception as error:  # noqa: BLE001 - an unhandled exception is what is looked for
        calls, fired = list(world.faults.seen), dict(world.faults.fired)
        world.faults.none()
        lines = [f"unhandled {type(error).__name__}: {error}"]
    absent = [number for number in plan if number not in fired and plan[number] in KILLS]
    lines += [f"call {number} never came; the step is not the same each time" for number in absent]
    if fired or absent:
        report.runs += 1
        report.failures.extend(f"{story.name}, {label}: {line}" for line in lines)
    return calls


def _until_alive(story: Story) -> None:
    with suppress(Killed):
        story.step()
    for _ in range(_PATIENCE):
        try:
            story.recover()
        except Killed:
            continue
        return
    raise AssertionError(f"{story.name}: recovery was killed {_PATIENCE} times")
