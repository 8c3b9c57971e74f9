"""Every log line names its request, and every line about an order names the order."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from shop import wiring
from shop.telemetry import logger
from tests.proving.cases.counter import Counter
from tests.proving.rows.r13 import FAILURES, Failing
from tests.proving.shop import Buyer, Shop
from tests.proving.world import Context

SEED = 20270211
TRACKING = "7312345678901"
WHOLE_RUN = {
    "swept", "flash sale put off", "followed up", "asked",
    "lost batch", "run failed", "run stopped",
}  # fmt: skip
"""What a schedule says of its run, which is about no order or about many."""
DEEPEST = 30
Lines = list[dict[str, Any]]


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(6_800, 100, None)])
        shop.put_sale("f1", "p1-1", 10)
        yield shop


@contextmanager
def heard() -> Iterator[Lines]:
    """The lines that are logged meanwhile."""
    lines: Lines = []
    handler, said, level = logger.registered_handler, io.StringIO(), logger.log_level
    assert isinstance(handler, logging.StreamHandler)
    usual = handler.setStream(said)
    logger.setLevel("DEBUG")
    try:
        yield lines
    finally:
        logger.setLevel(level)
        handler.setStream(usual)
        lines += [json.loads(line) for line in said.getvalue().splitlines()]


def said_of(order_no: str, work: Callable[[], object]) -> Lines:
    """What is logged meanwhile: of one request, and of this order wherever it is of one."""
    with heard() as lines, suppress(Exception):
        work()
    for line in lines:
        assert line.get("request_id") == REQUEST_ID, line
        wanted = None if line["message"] in WHOLE_RUN else order_no
        assert line.get("order_no") == wanted, line
    return lines


def failing_everywhere(
    shop: Shop, order_no: str, work: Callable[[], object], *, fresh: bool = True
) -> Lines:
    """The same, while each of the first calls fails, one run for each and in every way."""
    moment = shop.moment()
    lines: Lines = []
    for how in FAILURES:
        for deep in range(1, DEEPEST + 1):
            shop.back_to(moment, fresh=fresh)
            with shop.world.seam.layer(Failing(deep, how)):
                lines += said_of(order_no, work)
    shop.back_to(moment)
    return lines


def bought(shop: Shop, buyer: Buyer) -> str:
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 2}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    shop.pump()
    return placed.order_no


with Shop(seed=SEED) as _shop:
    REQUEST_ID = Context("any", _shop.world.clock, 1.0).aws_request_id


def test_requests_about_an_order(shop: Shop) -> None:
    wang, counter = shop.sign_in("wang"), Counter(shop)
    token = shop.quote_token(wang, {"p1-1": 2})
    moment = shop.moment()
    number = shop.place(wang, token).order_no
    shop.back_to(moment)
    works: list[Callable[[], object]] = [
        lambda: shop.place(wang, token),
        lambda: shop.show(wang, number),
        lambda: shop.ask_payment(wang, number),
        lambda: shop.pay_now(wang, shop.ask_payment(wang, number).payment or {}),
        shop.deliver_due,
        lambda: counter.ask(wang, number, {1: 1}),
        lambda: counter.decide(f"{number}-1", "refuse"),
        lambda: counter.create(number, {1: 1}, amount=100),
        lambda: counter.order(number),
        lambda: counter.ship(number, TRACKING),
        lambda: shop.order("POST /v1/orders/{order_no}/receipt", wang, number),
        lambda: shop.order("POST /v1/orders/{order_no}/receipt", shop.buyer("li"), number),
    ]
    for work in works:
        assert said_of(number, work)


def test_a_flash_order(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    ticket = shop.ticket(wang, "f1")
    moment = shop.moment()
    number = shop.place_flash(wang, "f1", ticket).order_no
    shop.back_to(moment)
    assert said_of(number, lambda: shop.place_flash(wang, "f1", ticket))


def test_what_is_about_no_order_names_none(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    number = bought(shop, wang)
    shop.show(wang, number)
    with heard() as lines:
        shop.call("orders", "GET /v1/orders", wang)
        shop.sweep()
    assert {line["message"] for line in lines} == {"answered", "swept"}
    assert not [line for line in lines if "order_no" in line]


def test_pushes_about_an_order(shop: Shop) -> None:
    number = bought(shop, shop.sign_in("wang"))
    Counter(shop).ship(number, TRACKING)
    shop.pump()
    told = {"num": TRACKING, "state": "3", "events": [{"context": "已签收"}]}
    body = json.dumps(told).encode()
    assert said_of(number, lambda: shop.courier.handle("POST", "/_control/push", {}, body))
    assert said_of(number, lambda: shop.settles(number))


def test_the_sweep_says_which_order_failed(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    number = shop.place(wang, shop.quote_token(wang, {"p1-1": 1})).order_no
    shop.pump()
    shop.world.clock.advance(910)
    said = failing_everywhere(shop, number, shop.sweep)
    assert "put off" in {line["message"] for line in said}


def test_the_sweep_says_which_flash_order_failed(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    number = shop.place_flash(wang, "f1", shop.ticket(wang, "f1")).order_no
    shop.pump()
    shop.world.clock.advance(310)
    # A flash order's number is worked out with the key: without it nobody knows it.
    wiring.key_ring()
    said = failing_everywhere(shop, number, shop.sweep, fresh=False)
    assert "put off" in {line["message"] for line in said}


def test_the_questions_say_which_order_they_are_about(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    number = shop.place(wang, shop.quote_token(wang, {"p1-1": 1})).order_no
    shop.pump()
    shop.world.clock.advance(2 * 60 - shop.now % 60)
    said = failing_everywhere(shop, number, shop.ask_unpaid)
    assert "not asked" in {line["message"] for line in said}


def test_the_stream_says_which_order_failed(shop: Shop) -> None:
    number = bought(shop, shop.sign_in("wang"))
    counter = Counter(shop)

    def shipped() -> None:
        counter.ship(number, TRACKING)
        shop.pump()

    said = failing_everywhere(shop, number, shipped)
    assert {"unhandled error", "record put off"} <= {line["message"] for line in said}


def test_what_is_owed_says_which_order_it_is_about(shop: Shop) -> None:
    number = bought(shop, shop.sign_in("wang"))
    shop.wechat_control("faults", route="get_order", kind="errcode:10060001")
    assert Counter(shop).ship(number, TRACKING).status == 201
    shop.pump()
    shop.world.clock.advance(61)
    said = failing_everywhere(shop, number, shop.follow_up)
    assert "put off" in {line["message"] for line in said}
