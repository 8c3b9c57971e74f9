"""Electronic waybills: asked for twice at once, and cut off while the courier is asked."""

from collections.abc import Sequence

from tests.proving.cases.counter import Counter
from tests.proving.cases.refunds import bought
from tests.proving.cases.stage import Direct, Scene
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.shop import TABLE, Answer, Shop

STALE_SECONDS = 121
"""After which a waybill that was being made is asked for again."""


class Printer:
    """Staff at the label printer, before one order."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.number = bought(shop, shop.buyer("wang"))
        self._counter = Counter(shop)

    def asks(self, key: str) -> Answer:
        """Asks for the order's one waybill."""
        return self._counter.prints(key, self.number)

    def asks_until_made(self) -> Answer:
        """Asks under a new key each time, once nobody can be at it any more."""
        self.shop.world.clock.advance(STALE_SECONDS)
        return self.asks(f"again-{self.shop.now}")

    def wrong(self, shop: Shop) -> Sequence[str]:
        """There is one waybill, and its order bears its number."""
        there = [one["number"] for one in shop.courier.dump()["labels"]]
        rows = [item for item in shop.world.engine.items(TABLE) if item["SK"]["S"][:2] == "E#"]
        here = [item["tn"]["S"] for item in rows if item["st"]["S"] == "MADE"]
        good = len(there) == 1 and here == there
        return () if good else [f"the courier has {there}, the shop {here}"]


def print_and_print(shop: Shop) -> Scene:
    """Two members of staff ask for the same waybill."""
    printer = Printer(shop)

    def first() -> Answer:
        shop.courier.received.clear()
        return printer.asks("one")

    def expect(_: list[Answer]) -> Sequence[str]:
        calls = len(shop.courier.received.listed("label"))
        return () if calls == 1 else [f"the courier was asked {calls} times"]

    return Scene([first, lambda: printer.asks("two")], expect, printer.wrong)


def printed(shop: Shop) -> Step:
    printer = Printer(shop)
    return Step(lambda: printer.asks("one"), printer.asks_until_made, printer.wrong)


WAYBILL_STEPS: dict[str, DirectStep] = {"waybill": printed}
WAYBILL_PAIRS: dict[str, Direct] = {"waybill x waybill": print_and_print}
