"""Interleavings: the order in which requests that run at the same time reach the store.

Each request runs as a task that pauses before every store and network call. A schedule is the
list of which task went next; two requests have finitely many, and all of them are run. For
three and more, schedules are drawn from a seed. The engine's lock is taken inside a call and
never across a pause.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.proving.seam import Call, Forward, Reply
from tests.proving.tasks import Task, current, pause
from tests.proving.world import World

Request = Callable[[], object]
Outcomes = list[object]
Choose = Callable[[int, int], int]
"""Given the step's number and how many tasks can go, the position of the one that goes."""


@dataclass(frozen=True)
class Encounter:
    """Requests that meet on a shared object.

    ``prepare`` brings the world to the same beginning each time; ``check`` gets the results of
    the requests in order (an exception stands for one that raised) and yields a line for each
    broken promise.
    """

    name: str
    prepare: Callable[[], None]
    requests: Sequence[Request]
    check: Callable[[Outcomes], Iterable[str]]


@dataclass
class Exploration:
    """What was explored: schedules, store calls over all of them, and the violations found."""

    name: str
    schedules: int = 0
    calls: int = 0
    longest: int = 0
    violations: list[str] = field(default_factory=list)
    complete: bool = True


def every_schedule(world: World, encounter: Encounter, *, limit: int = 200_000) -> Exploration:
    """Runs all schedules of an encounter, at most ``limit`` of them."""
    found = Exploration(encounter.name)
    prefix: list[int] = []
    while True:
        choices, widths = _run(world, encounter, _follow(prefix), found)
        while choices and choices[-1] == widths[-1] - 1:
            choices.pop()
            widths.pop()
        if not choices:
            return found
        if found.schedules >= limit:
            found.complete = False
            return found
        choices[-1] += 1
        prefix = choices


def some_schedules(world: World, encounter: Encounter, *, seed: int, count: int) -> Exploration:
    """Runs ``count`` schedules drawn at random; number ``i`` is drawn from ``seed + i``."""
    found = Exploration(encounter.name, complete=False)
    for number in range(count):
        _run(world, encounter, _draw(random.Random(seed + number)), found)
    return found


def replay(world: World, encounter: Encounter, schedule: Sequence[int]) -> Exploration:
    """Runs one schedule again, given as the choices that a violation printed."""
    found = Exploration(encounter.name, complete=False)
    _run(world, encounter, _follow(list(schedule)), found)
    return found


def _follow(prefix: list[int]) -> Choose:
    return lambda step, _: prefix[step] if step < len(prefix) else 0


def _draw(dice: random.Random) -> Choose:
    return lambda _, width: dice.randrange(width)


def _gate(call: Call, forward: Forward) -> Reply:
    if current() is not None:
        pause()
    return forward(call)


def _run(
    world: World, encounter: Encounter, choose: Choose, found: Exploration
) -> tuple[list[int], list[int]]:
    encounter.prepare()
    tasks = [
        Task(f"request {number}", work) for number, work in enumerate(encounter.requests, start=1)
    ]
    choices: list[int] = []
    widths: list[int] = []
    with world.seam.layer(_gate):
        for task in tasks:
            task.go()
        while waiting := [task for task in tasks if not task.done]:
            choice = choose(len(choices), len(waiting))
            choices.append(choice)
            widths.append(len(waiting))
            waiting[choice].go()
    found.schedules += 1
    found.calls += len(choices)
    found.longest = max(found.longest, len(choices))
    outcomes = [task.error or task.result for task in tasks]
    for line in encounter.check(outcomes):
        found.violations.append(f"{encounter.name}, schedule {choices}: {line}")
    return choices, widths
