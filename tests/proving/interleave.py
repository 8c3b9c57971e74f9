"""Interleavings: the order in which requests that run at the same time reach the store.

Each request runs as a task that pauses before every store and network call. A schedule is the
list of which task went next; two requests have finitely many, and all of them are run, except
those that differ from one that is run only in the order of neighbouring calls that do not touch
each other (sleep sets, Godefroid 1996). For three and more, schedules are drawn from a seed. The
engine's lock is taken inside a call and never across a pause.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.proving.footprints import Footprint
from tests.proving.seam import Call, Forward, Layer, Reply
from tests.proving.tasks import Task, current, pause
from tests.proving.world import World

Request = Callable[[], object]
Outcomes = list[object]
Choose = Callable[[int, list[Task]], int | None]
"""Given the step's number and the tasks that can go, the position of the one that goes.

None gives the run up."""


@dataclass(frozen=True)
class Encounter:
    """Requests that meet on a shared object.

    ``prepare`` brings the world to the same beginning each time; ``check`` gets the results of
    the requests in order (an exception stands for one that raised) and yields a line for each
    broken promise. ``free`` tells calls before which nobody need change places, because no other
    request's call can affect them or be affected; ``touches`` tells what a call reads and writes.
    Both only leave out schedules that are equal to ones that are run.
    """

    name: str
    prepare: Callable[[], None]
    requests: Sequence[Request]
    check: Callable[[Outcomes], Iterable[str]]
    free: Callable[[Call], bool] = lambda _: False
    touches: Callable[[Call], Footprint] | None = None


@dataclass
class Exploration:
    """What was explored: schedules, store calls over all of them, and the violations found.

    ``given_up`` counts schedules that were begun and found equal to one that had been run.
    """

    name: str
    schedules: int = 0
    given_up: int = 0
    calls: int = 0
    longest: int = 0
    violations: list[str] = field(default_factory=list)
    complete: bool = True


@dataclass
class _Fork:
    """A point where any of several tasks can go next, and what has been tried there."""

    waiting: list[int]
    footprints: dict[int, Footprint | None]
    asleep: set[int]
    chosen: int = -1
    done: set[int] = field(default_factory=set)

    def advance(self) -> bool:
        """Moves on to a task that leads somewhere new."""
        if self.chosen >= 0:
            self.done.add(self.chosen)
        left = [task for task in self.waiting if task not in self.done | self.asleep]
        self.chosen = left[0] if left else -1
        return bool(left)

    def asleep_after(self) -> set[int]:
        """Tasks that need not go next after the chosen one: that was tried the other way round."""
        mine = self.footprints[self.chosen]
        return {
            task
            for task in self.done | self.asleep
            if mine is not None and (it := self.footprints[task]) and it.independent(mine)
        }


def every_schedule(world: World, encounter: Encounter, *, limit: int = 200_000) -> Exploration:
    """Runs all schedules of an encounter, at most ``limit`` of them."""
    found = Exploration(encounter.name)
    path: list[_Fork] = []
    while True:
        _run(world, encounter, _Deepest(path, encounter), found)
        while path and not path[-1].advance():
            path.pop()
        if not path:
            return found
        if found.schedules >= limit:
            found.complete = False
            return found


class _Deepest:
    """Chooses along a path of forks, and lengthens it where it ends."""

    def __init__(self, path: list[_Fork], encounter: Encounter) -> None:
        self._path = path
        self._touches = encounter.touches

    def __call__(self, step: int, waiting: list[Task]) -> int | None:
        path, numbers = self._path, [task.number for task in waiting]
        if step == len(path):
            fork = _Fork(numbers, self._footprints(waiting), set())
            if path:
                fork.asleep = path[-1].asleep_after() & set(numbers)
            if not fork.advance():
                return None
            path.append(fork)
        if path[step].waiting != numbers:
            raise AssertionError("the same schedule did not lead to the same calls")
        return numbers.index(path[step].chosen)

    def _footprints(self, waiting: list[Task]) -> dict[int, Footprint | None]:
        return {
            task.number: self._touches(task.next_call) if self._touches and task.next_call else None
            for task in waiting
        }


def interrupted_once(world: World, encounter: Encounter) -> Exploration:
    """Cuts each of two requests in two by the whole of the other, wherever that can matter.

    Most races need no more than this (bounded preemptions, Musuvathi and Qadeer 2007), and there
    are no more such schedules than calls. The first before the second is left out.
    """
    found = Exploration(encounter.name, complete=False)
    for number in (1, 2):
        cut: int | None = number - 1
        while cut is not None:
            choose = _Interrupted(number, cut, encounter.touches)
            _run(world, encounter, choose, found)
            cut = choose.next_cut()
    return found


class _Interrupted:
    """Lets one request make ``cut`` calls, then the other make all of its, then the one go on."""

    def __init__(self, number: int, cut: int, touches: Callable[[Call], Footprint] | None) -> None:
        self._number = number
        self._cut = cut
        self._touches = touches
        self._before = 0
        self._between: list[Footprint | None] = []
        self._after: list[Footprint | None] = []

    def __call__(self, _: int, waiting: list[Task]) -> int | None:
        mine = next((at for at, task in enumerate(waiting) if task.number == self._number), None)
        if mine is None and not self._between:
            return None
        if mine is None or (self._before == self._cut and len(waiting) > 1):
            other = 0 if mine is None else 1 - mine
            self._between.append(self._footprint(waiting[other]))
            return other
        if len(waiting) == 1:
            self._after.append(self._footprint(waiting[mine]))
        else:
            self._before += 1
        return mine

    def next_cut(self) -> int | None:
        """Where to cut next: after a call that matters to the other; None if none does."""
        for at, it in enumerate(self._after, start=1):
            if it is None or not all(one and one.independent(it) for one in self._between):
                return self._cut + at
        return None

    def _footprint(self, task: Task) -> Footprint | None:
        return self._touches(task.next_call) if self._touches and task.next_call else None


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
    return lambda _, waiting: dice.randrange(len(waiting))


def _gate(free: Callable[[Call], bool]) -> Layer:
    def hold(call: Call, forward: Forward) -> Reply:
        if current() is not None and not free(call):
            pause(call)
        return forward(call)

    return hold


def _run(world: World, encounter: Encounter, choose: Choose, found: Exploration) -> None:
    encounter.prepare()
    tasks = [
        Task(f"request {number}", work, number)
        for number, work in enumerate(encounter.requests, start=1)
    ]
    choices: list[int] = []
    with world.seam.layer(_gate(encounter.free)):
        for task in tasks:
            task.go()
        while waiting := [task for task in tasks if not task.done]:
            choice = choose(len(choices), waiting)
            if choice is None:
                found.given_up += 1
                for task in waiting:
                    task.drop()
                return
            choices.append(choice)
            waiting[choice].go()
    found.schedules += 1
    found.calls += len(choices)
    found.longest = max(found.longest, len(choices))
    outcomes = [task.error or task.result for task in tasks]
    for line in encounter.check(outcomes):
        found.violations.append(f"{encounter.name}, schedule {choices}: {line}")
