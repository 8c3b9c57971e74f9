import json
from collections.abc import Callable, Iterator

import pytest

from tests.proving.footprints import Footprint
from tests.proving.interleave import (
    Encounter,
    every_schedule,
    interrupted_once,
    replay,
    some_schedules,
)
from tests.proving.seam import Call
from tests.proving.world import World
from tests.unit.proving import toy

SEED = 11


@pytest.fixture
def run() -> Iterator[World]:
    with World(seed=SEED, tables=toy.TABLES) as world:
        world.engine.put("toy", toy.stock(1))
        yield world


def encounter(
    world: World, buy: Callable[[dict[str, object], object], int], buyers: int
) -> Encounter:
    start = world.snapshot()

    def check(outcomes: list[object]) -> Iterator[str]:
        if outcomes.count(201) != 1 or outcomes.count(409) != buyers - 1:
            yield f"one unit, outcomes {outcomes}"

    return Encounter(
        "last unit", lambda: world.restore(start), [lambda: buy({}, None)] * buyers, check
    )


def test_reading_before_writing_oversells_in_some_schedule(run: World) -> None:
    meeting = encounter(run, toy.careless, 2)
    found = every_schedule(run, meeting)
    # Two calls each: C(4, 2) schedules if both sell; shorter where one reads "none left".
    assert found.complete
    assert len(found.violations) == 4
    assert found.schedules == 6
    schedule = json.loads(found.violations[0].partition("schedule ")[2].partition(":")[0])
    assert replay(run, meeting, schedule).violations == found.violations[:1]


def test_a_condition_sells_once_in_every_schedule(run: World) -> None:
    found = every_schedule(run, encounter(run, toy.careful, 2))
    assert (found.schedules, found.calls, found.violations) == (2, 4, [])


def test_seeded_schedules_of_four_requests(run: World) -> None:
    meeting = encounter(run, toy.careless, 4)
    safe = encounter(run, toy.careful, 4)
    careless = some_schedules(run, meeting, seed=SEED, count=40)
    again = some_schedules(run, meeting, seed=SEED, count=40)
    careful = some_schedules(run, safe, seed=SEED, count=40)
    assert careless.violations == again.violations
    assert len(careless.violations) > 20
    assert (careful.schedules, careful.violations) == (40, [])


def test_a_limit_is_owned_up_to(run: World) -> None:
    found = every_schedule(run, encounter(run, toy.careless, 2), limit=3)
    assert (found.schedules, found.complete) == (3, False)


def test_schedules_that_differ_in_nothing_are_run_once(run: World) -> None:
    """Two reads of the same item commute, so one of the six schedules equals another."""
    start = run.snapshot()

    def touches(call: Call) -> Footprint:
        item = frozenset(("item",))
        return Footprint(item, frozenset() if call.name == "GetItem" else item)

    ends: list[set[str]] = []
    for how in (None, touches):
        outcomes: set[str] = set()

        def check(got: list[object], seen: set[str] = outcomes) -> Iterator[str]:
            seen.add(str(got))
            yield from ()

        found = every_schedule(
            run,
            Encounter(
                "last unit",
                lambda: run.restore(start),
                [lambda: toy.careless({}, None)] * 2,
                check,
                touches=how,
            ),
        )
        ends.append(outcomes)
    assert ends[0] == ends[1]
    assert (found.schedules, found.complete) == (4, True)


def test_each_is_interrupted_once_wherever_that_matters(run: World) -> None:
    """Of the six schedules: the second first, and one in the midst of the other either way."""
    start = run.snapshot()
    careless = encounter(run, toy.careless, 2)
    found = interrupted_once(run, careless)
    assert (found.schedules, len(found.violations), found.complete) == (3, 2, False)
    strangers = Encounter(
        "two that never touch",
        lambda: run.restore(start),
        [lambda: toy.careless({}, None)] * 2,
        lambda _: (),
        touches=lambda _: Footprint(frozenset(), frozenset()),
    )
    assert interrupted_once(run, strangers).schedules == 2
