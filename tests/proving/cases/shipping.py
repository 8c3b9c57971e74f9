"""Parcels of parts, a corrected number, an order that ends by itself: cut short, and meeting."""

import json
from collections.abc import Callable, Sequence

from tests.proving.cases.counter import Counter
from tests.proving.cases.fulfilment import LOOK_SECONDS
from tests.proving.cases.refunds import bought
from tests.proving.cases.stage import Direct, Scene, ends
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.events import stream_event
from tests.proving.invariants import tables_of
from tests.proving.shop import TABLE, Answer, Shop
from tests.proving.template import load_handler

FIRST, SECOND, THIRD = "7312345678901", "7312345678902", "7312345678903"
RECEIPT_SECONDS = 8 * 86_400
"""After that an order that was signed for at once has ended by itself."""


def _numbers(number: str, *expected: Sequence[str]) -> Callable[[Shop], Sequence[str]]:
    """At rest the order's parcels bear one of these lists of numbers, and WeChat knows them."""

    def finish(shop: Shop) -> Sequence[str]:
        found = sorted(row["tn"] for row in tables_of(shop).parcels if row["order"] == number)
        lines = [] if found in [list(one) for one in expected] else [f"parcels {found}"]
        (order,) = [one for one in shop.wechat.dump()["shipping"] if one["out_trade_no"] == number]
        told = {one["tracking_no"] for one in order["parcels"]}
        if told != set(found):
            lines.append(f"WeChat was told {sorted(told)} of {found}")
        return lines

    return finish


def _both(*finishes: Callable[[Shop], Sequence[str]]) -> Callable[[Shop], Sequence[str]]:
    return lambda shop: [line for finish in finishes for line in finish(shop)]


def in_parts(shop: Shop) -> Step:
    """Staff ship a part, and then the rest."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)

    def ship() -> None:
        counter.ship(number, FIRST, {1: 2})
        shop.pump()
        counter.ship(number, SECOND)
        shop.pump()

    finish = _both(ends(number, "TO_RECEIVE"), _numbers(number, [FIRST, SECOND]))
    return Step(ship, ship, finish)


def rest_given_back(shop: Shop) -> Step:
    """Staff give back what a part left over, and the order is shipped whole by that."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    counter.ship(number, FIRST, {1: 3})
    shop.pump()

    def give_back() -> None:
        counter.create(number, {2: 2})
        shop.pump()

    finish = _both(ends(number, "TO_RECEIVE"), _numbers(number, [FIRST]))
    return Step(give_back, give_back, finish)


def corrected(shop: Shop) -> Step:
    """Staff correct a number, which courier and WeChat are told anew."""
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = bought(shop, wang)
    counter.ship(number, FIRST)
    shop.pump()

    def correct() -> None:
        counter.correct(number, "1", SECOND)
        shop.pump()

    return Step(correct, correct, _both(ends(number, "TO_RECEIVE"), _numbers(number, [SECOND])))


def push(shop: Shop, number: str, *events: str, state: str) -> None:
    """Kuaidi100 pushes the story of a parcel."""
    told = {"num": number, "state": state, "events": [{"context": one} for one in events]}
    shop.courier.handle("POST", "/_control/push", {}, json.dumps(told).encode())


def signed(shop: Shop) -> str:
    """An order whose one parcel was signed for long enough ago."""
    number = bought(shop, shop.buyer("wang"))
    Counter(shop).ship(number, FIRST)
    shop.pump()
    push(shop, FIRST, "已签收", state="3")
    shop.pump()
    shop.world.clock.advance(RECEIPT_SECONDS)
    return number


def received_by_itself(shop: Shop) -> Step:
    """The schedule ends an order that was signed for."""
    number = signed(shop)
    return Step(shop.follow_up, shop.follow_up, ends(number, "DONE"))


def not_received(shop: Shop) -> Step:
    """The schedule comes by an order whose parcel is still on its way: it is left for a day."""
    number = bought(shop, shop.buyer("wang"))
    Counter(shop).ship(number, FIRST)
    shop.pump()
    push(shop, FIRST, "派件中", state="5")
    shop.pump()
    shop.world.clock.advance(RECEIPT_SECONDS)

    def finish(shop: Shop) -> Sequence[str]:
        (order,) = tables_of(shop).orders
        left = order.row["due"] - shop.now
        return () if left > 0 else [f"still due after {-left} s"]

    return Step(shop.follow_up, shop.follow_up, _both(ends(number, "TO_RECEIVE"), finish))


def said_to_be_settled(shop: Shop) -> Step:
    """Somebody who knows the push's token says that the buyer has the goods; WeChat does not."""
    number = bought(shop, shop.buyer("wang"))
    Counter(shop).ship(number, FIRST)
    shop.pump()

    def hear() -> None:
        shop.settles(number, truly=False)
        shop.follow_up()

    return Step(hear, hear, ends(number, "TO_RECEIVE"))


SHIPPING_STEPS: dict[str, DirectStep] = {
    "ship in parts": in_parts,
    "ship, the rest refunded": rest_given_back,
    "correct a number": corrected,
    "receipt by itself": received_by_itself,
    "no receipt by itself, on its way": not_received,
    "said to be settled at WeChat": said_to_be_settled,
}


def part_and_part(shop: Shop) -> Scene:
    """Two members of staff pack the same two of three pieces."""
    counter = Counter(shop)
    number = bought(shop, shop.buyer("wang"))
    return Scene(
        [
            lambda: counter.ship(number, FIRST, {1: 2}),
            lambda: counter.ship(number, SECOND, {1: 2}),
        ],
        _statuses([201, 409]),
        finish=_numbers(number, [FIRST], [SECOND]),
    )


def part_and_refund(shop: Shop) -> Scene:
    """A refund stops two of three pieces while two of them are packed."""
    counter = Counter(shop)
    number = bought(shop, shop.buyer("wang"))
    return Scene(
        [lambda: counter.ship(number, FIRST, {1: 2}), lambda: counter.create(number, {1: 2})],
        _statuses([201, 201], [201, 409]),
        finish=_numbers(number, [], [FIRST]),
    )


def rest_and_rest(shop: Shop) -> Scene:
    """The rest is shipped while it is given back."""
    counter = Counter(shop)
    number = bought(shop, shop.buyer("wang"))
    counter.ship(number, FIRST, {1: 3})
    shop.pump()
    return Scene(
        [lambda: counter.ship(number, SECOND), lambda: counter.create(number, {2: 2})],
        _statuses([201, 201], [201, 409]),
        finish=_both(ends(number, "TO_RECEIVE"), _numbers(number, [FIRST], [FIRST, SECOND])),
    )


def correct_and_correct(shop: Shop) -> Scene:
    """Two members of staff correct one number."""
    counter = Counter(shop)
    number = bought(shop, shop.buyer("wang"))
    counter.ship(number, FIRST)
    shop.pump()
    return Scene(
        [
            lambda: counter.correct(number, "1", SECOND),
            lambda: counter.correct(number, "1", THIRD),
        ],
        _statuses([200, 409]),
        finish=_numbers(number, [SECOND], [THIRD]),
    )


def end_and_confirm(shop: Shop) -> Scene:
    """The buyer confirms while the order ends by itself."""
    number = signed(shop)
    wang = shop.buyer("wang")
    return Scene(
        [
            lambda: shop.order("POST /v1/orders/{order_no}/receipt", wang, number),
            shop.follow_up,
        ],
        finish=ends(number, "DONE"),
    )


def told_and_rest(shop: Shop) -> Scene:
    """The schedule tells WeChat of a part while the rest goes out and the stream tells of both."""
    counter = Counter(shop)
    number = bought(shop, shop.buyer("wang"))
    counter.ship(number, FIRST, {1: 3})
    first = shop.world.engine.take_stream(TABLE)

    def ship() -> object:
        counter.ship(number, SECOND)
        event = stream_event([*first, *shop.world.engine.take_stream(TABLE)])
        return shop.world.invoke(load_handler("outbox"), event, name="outbox")

    return Scene(
        [shop.follow_up, ship],
        finish=_both(ends(number, "TO_RECEIVE"), _numbers(number, [FIRST, SECOND])),
    )


def looked_at_and_rest(shop: Shop) -> Scene:
    """The schedule looks whether WeChat has heard of a part while the rest goes out."""
    counter = Counter(shop)
    number = bought(shop, shop.buyer("wang"))
    counter.ship(number, FIRST, {1: 3})
    shop.pump()
    shop.world.clock.advance(LOOK_SECONDS)
    return Scene(
        [shop.follow_up, lambda: counter.ship(number, SECOND)],
        finish=_both(ends(number, "TO_RECEIVE"), _numbers(number, [FIRST, SECOND])),
    )


def _statuses(*expected: list[int]) -> Callable[[list[Answer]], Sequence[str]]:
    def expect(answers: list[Answer]) -> Sequence[str]:
        found = sorted(one.status for one in answers)
        return () if found in expected else [f"answers {found}"]

    return expect


SHIPPING_PAIRS: dict[str, Direct] = {
    "part x part": part_and_part,
    "part x refund": part_and_refund,
    "the rest x its refund": rest_and_rest,
    "correction x correction": correct_and_correct,
    "receipt x the end by itself": end_and_confirm,
    "a part is told x the rest": told_and_rest,
    "a part is looked at x the rest": looked_at_and_rest,
}
