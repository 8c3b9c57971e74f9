"""Couriers' stories of parcels: out of order, of a number that was corrected, at an order's end."""

from collections.abc import Callable, Sequence

from tests.proving.cases.counter import Counter
from tests.proving.cases.refunds import bought
from tests.proving.cases.shipping import FIRST, SECOND, push, signed
from tests.proving.cases.stage import Direct, Scene
from tests.proving.invariants import tables_of
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import Answer, Shop


def _on_its_way(shop: Shop) -> tuple[Counter, str, str]:
    """A parcel under its first number: the counter, whose it is and of which order."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    counter.ship(number, FIRST)
    shop.pump()
    return counter, wang.customer_id, number


def _told(customer: str, order_no: str, *expected: str) -> Callable[[Shop], Sequence[str]]:
    """At rest the one parcel's story has these events."""

    def finish(_: Shop) -> Sequence[str]:
        from shop.domain.ids import CustomerId
        from shop.store import parcels

        (row,) = parcels.of_order(CustomerId(customer), order_no)
        story = row.tracking()
        texts = sorted(one.text for one in story.events) if story else []
        return () if texts == sorted(expected) else [f"the story is {texts}"]

    return finish


def push_and_push(shop: Shop) -> Scene:
    """The older of two pushes is on its way for longer: the newer story stays."""
    _, customer, number = _on_its_way(shop)
    return Scene(
        [
            lambda: push(shop, FIRST, "派件中", state="5"),
            lambda: push(shop, FIRST, "已签收", state="3"),
        ],
        finish=_told(customer, number, "派件中", "已签收"),
    )


def push_and_correct(shop: Shop) -> Scene:
    """What was told of a number says nothing of the one that corrects it."""
    counter, customer, number = _on_its_way(shop)
    return Scene(
        [
            lambda: push(shop, FIRST, "派件中", state="5"),
            lambda: counter.correct(number, "1", SECOND),
        ],
        finish=_told(customer, number),
    )


def end_and_return(shop: Shop) -> Scene:
    """A signed parcel turns out to go back while its order ends by itself."""
    number = signed(shop)
    early: list[str] = []

    def watch(call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        if call.name == "TransactWriteItems" and reply.status == 200:
            states = {row["st"] for row in tables_of(shop).parcels if row["order"] == number}
            early.extend(f"ended, and the parcel is {state}" for state in states - {"signed"})
        return reply

    def end() -> None:
        with shop.world.seam.layer(watch):
            shop.follow_up()

    def expect(_: list[Answer]) -> Sequence[str]:
        told = list(early)
        early.clear()
        return told

    return Scene([end, lambda: push(shop, FIRST, "退回", state="6")], expect)


STORY_PAIRS: dict[str, Direct] = {
    "push x push": push_and_push,
    "push x correction": push_and_correct,
    "the end by itself x a return": end_and_return,
}
