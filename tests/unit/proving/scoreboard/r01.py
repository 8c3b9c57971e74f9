"""A proof row over the toy table, to try the machinery on."""

from tests.proving.interleave import Encounter, every_schedule
from tests.proving.scorecard import Result
from tests.proving.world import World
from tests.unit.proving import toy

promise = "the last unit is sold once"
target = "0 violations in all schedules"


def run(seed: int, quick: bool) -> Result:
    with World(seed=seed, tables=toy.TABLES) as world:
        world.engine.put("toy", toy.stock(1))
        start = world.snapshot()
        buyers = 2 if quick else 3
        meeting = Encounter(
            "last unit",
            lambda: world.restore(start),
            [lambda: world.invoke(toy.careful, {}, name="buy")] * buyers,
            lambda got: [] if got.count(201) == 1 else [f"outcomes {got}"],
        )
        found = every_schedule(world, meeting)
    return Result(
        f"{len(found.violations)} in {found.schedules} schedules",
        not found.violations,
        {"schedules": found.schedules},
        found.violations,
    )
