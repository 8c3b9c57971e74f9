"""The net under lost notices: who is asked about, when, and at which cost."""

import json
from collections.abc import Iterator

import pytest

from tests.proving.bench_rows.b08 import _order_image
from tests.proving.bench_rows.goods import booked
from tests.proving.cases.stage import PLENTY, SALE, flash_ordered, furnish, ordered
from tests.proving.shop import TABLE, Shop

SEED = 20261206
MINUTE = 60
ASKED_AT = [2, 4, 6, 11]
"""Whole minutes after an order of the half minute: the schedule looks at minutes that are over."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        shop.world.clock.advance(90 - shop.now % 60)
        yield shop


def queries(shop: Shop) -> int:
    return len(shop.pay.received.listed("query"))


def next_minute(shop: Shop) -> None:
    shop.world.clock.advance(MINUTE - shop.now % MINUTE)


def test_a_waiting_order_is_asked_about_four_times_and_when_it_closes(shop: Shop) -> None:
    number = ordered(shop, shop.buyer("wang")).order_no
    asked = []
    for minute in range(1, 15):
        next_minute(shop)
        if shop.ask_unpaid()["asked"]:
            asked.append(minute)
    assert asked == ASKED_AT
    shop.world.clock.advance(3 * MINUTE)
    shop.sweep()
    assert queries(shop) == len(ASKED_AT) + 1
    assert shop.show(shop.buyer("wang"), number).body["status"] == "CLOSED"


def test_a_payment_whose_notice_was_lost_ships_two_minutes_later(shop: Shop) -> None:
    wang = shop.buyer("wang")
    placed = ordered(shop, wang, PLENTY, 2)
    assert placed.payment
    shop.pay_now(wang, placed.payment, notify=False)
    for _ in range(2):
        next_minute(shop)
        done = shop.ask_unpaid()
    assert done == {"asked": 1, "paid": 1, "failed": 0, "finished": True}
    assert shop.show(shop.buyer("wang"), placed.order_no).body["status"] == "TO_SHIP"
    next_minute(shop)
    assert shop.ask_unpaid()["asked"] == 0


def test_the_cost_does_not_grow_with_orders_whose_turn_it_is_not(shop: Shop) -> None:
    ordered(shop, shop.buyer("wang"))
    next_minute(shop)
    next_minute(shop)
    example = _order_image(shop)
    due = int(example["due"]["N"])
    moment = shop.moment()
    alone = booked(shop, shop.ask_unpaid).counts()
    shop.back_to(moment)
    for number in range(500):
        # Placed ever later minutes, and none in a minute that is looked at now.
        late = due + MINUTE + 90 * MINUTE * (number % 2) + number % 30
        other = {**example, "PK": {"S": f"C#other{number:06}"}, "due": {"N": str(late)}}
        shop.world.engine.put(TABLE, other)
    assert booked(shop, shop.ask_unpaid).counts() == alone


def test_a_wechat_that_fails_is_left_alone_after_three_tries(shop: Shop) -> None:
    for number in range(6):
        ordered(shop, shop.buyer(f"buyer{number}"))
    for _ in range(2):
        next_minute(shop)
    asked = {"route": "query", "kind": "http_500_before", "times": 99}
    shop.pay.handle("POST", "/_control/faults", {}, json.dumps(asked).encode())
    assert shop.ask_unpaid() == {"asked": 3, "paid": 0, "failed": 3, "finished": False}


def test_flash_orders_and_orders_asked_about_just_now_are_passed_over(shop: Shop) -> None:
    wang = shop.buyer("wang")
    flash_ordered(shop, shop.buyer("li"), SALE)
    number = ordered(shop, wang).order_no
    for _ in range(2):
        next_minute(shop)
    assert shop.ask_payment(wang, number).status == 200
    assert shop.ask_unpaid()["asked"] == 0
