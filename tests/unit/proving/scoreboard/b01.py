"""A bench row over the toy table."""

from tests.proving.scorecard import Measured
from tests.proving.world import World
from tests.unit.proving import toy

name = "taking a unit"
gate = "1 / 0 / 1 / 1"
moonshot = "1 / 0 / 1 / 1"
limit = "1 / 0 / 1 / 1"


def run(seed: int, quick: bool) -> Measured:
    with World(seed=seed, tables=toy.TABLES) as world:
        world.engine.put("toy", toy.stock(1))
        with world.ledger.step("take") as book:
            world.invoke(toy.careful, {}, name="buy")
    return Measured("1 / 0 / 1 / 1", book.writes == 1, {"take": book.counts()})
