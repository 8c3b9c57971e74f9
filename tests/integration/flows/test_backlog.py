"""A backlog is handed to helpers, in bounded handfuls, and each order is closed once."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from unittest import mock

import boto3
import msgspec
import pytest
from botocore.stub import Stubber

from shop.domain.payment import Payment, TradeState
from shop.errors import UnavailableError
from shop.providers import helpers
from shop.providers.wechatpay import WechatPay
from shop.store.table import shard_key
from shop.usecases.due import HANDFUL, PAGE
from shop.usecases.expiry import HANDFULS
from tests.integration.flows.mishaps import (
    another_process,
    buy_now,
    customers_of_home,
    free_units,
    pays,
    stands,
)
from tests.proving.aftermath import PAST_DUE_SECONDS
from tests.proving.cases.backlog import PIECES, SPREAD_SECONDS, pile_up
from tests.proving.events import schedule_event
from tests.proving.shop import Shop
from tests.proving.template import load_handler

SEED = 20261203
ORDERS = 450
Keys = Sequence[tuple[str, str]]


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        yield shop


def piled(shop: Shop, orders: int) -> str:
    sku = pile_up(shop, orders)
    shop.world.clock.advance(PAST_DUE_SECONDS + SPREAD_SECONDS)
    return sku


def swept(shop: Shop, hand_out: Any) -> dict[str, Any]:
    with mock.patch("shop.wiring.sweep_helpers", return_value=hand_out):
        answer: dict[str, Any] = shop.sweep()
    return answer


def helped(shop: Shop, keys: Keys) -> dict[str, Any]:
    handler = load_handler("order_expiry")
    event = schedule_event("order-expiry", shop.now) | {"handed_out": [list(key) for key in keys]}
    answer: dict[str, Any] = shop.world.invoke(handler, event, name="order_expiry", seconds=55)
    return answer


def test_a_backlog_is_handed_out_and_drained_exactly(shop: Shop) -> None:
    sku = piled(shop, ORDERS)
    handed: list[Keys] = []
    with mock.patch("functions.order_expiry.app.logger") as log:
        first = swept(shop, handed.append)
    assert log.info.call_args == mock.call("swept", extra=first)
    assert len(handed) > 1
    assert first["handed_out"] == sum(map(len, handed))
    assert first["handed_out"] + first["done"] == ORDERS
    assert all(len(keys) <= HANDFUL for keys in handed)
    assert len({key for keys in handed for key in keys}) == first["handed_out"]
    for keys in handed:
        assert helped(shop, keys)["failed"] == 0
    assert shop.stock(sku) == (PIECES, 0, PIECES)


def test_a_handful_that_comes_twice_returns_nothing_twice(shop: Shop) -> None:
    sku = piled(shop, 300)
    handed: list[Keys] = []
    swept(shop, handed.append)
    for keys in [*handed, *handed]:
        helped(shop, keys)
    swept(shop, handed.append)
    assert shop.stock(sku) == (PIECES, 0, PIECES)


def test_no_helper_is_started_where_a_page_is_not_full(shop: Shop) -> None:
    sku = piled(shop, 70)
    handed: list[Keys] = []
    assert swept(shop, handed.append)["done"] == 70
    assert handed == []
    assert shop.stock(sku) == (PIECES, 0, PIECES)


def test_where_no_helper_can_be_started_the_run_goes_on_itself(shop: Shop) -> None:
    sku = piled(shop, 300)
    refused = mock.Mock(side_effect=UnavailableError)
    answer = swept(shop, refused)
    assert answer["handed_out"] == 0
    assert answer["done"] == 300
    assert shop.stock(sku) == (PIECES, 0, PIECES)


def test_the_number_of_helpers_is_bounded(shop: Shop) -> None:
    with mock.patch("shop.usecases.expiry.HANDFUL", 5), mock.patch("shop.usecases.due.PAGE", 4):
        piled(shop, ORDERS)
        handed: list[Keys] = []
        swept(shop, handed.append)
    assert len(handed) == 8 * HANDFULS
    assert PAGE < HANDFUL


def test_a_helper_that_has_no_time_leaves_the_rest_due(shop: Shop) -> None:
    sku = piled(shop, 300)
    handed: list[Keys] = []
    swept(shop, handed.append)
    event = {"handed_out": [list(key) for key in handed[0]]}
    late = shop.world.invoke(load_handler("order_expiry"), event, name="order_expiry", seconds=5)
    assert (late["done"], late["finished"]) == (0, False)
    assert shop.sweep()["failed"] == 0
    assert shop.stock(sku) == (PIECES, 0, PIECES)


def reserved(shop: Shop, units: int) -> None:
    """Flash orders of so many buyers that are due."""
    shop.put_product("p1", [(12_800, units, None)])
    shop.put_sale("f1", "p1-1", units)
    for number in range(units):
        assert buy_now(shop, shop.buyer(f"b{number}"), "f1").status == 201
    shop.world.clock.advance(310)


def free(shop: Shop) -> int:
    return sum(free_units(shop, "f1").values())


def test_flash_reservations_are_handed_out_by_shard_and_return_once(shop: Shop) -> None:
    reserved(shop, ORDERS)
    handed: list[Keys] = []
    first = swept(shop, handed.append)
    # Whose unit is elsewhere has a count at home besides.
    assert first["handed_out"] >= ORDERS
    assert first["flash"] == 0
    assert first["age"] > 0
    assert len(handed) > 1
    shards = [key for keys in handed for key in keys]
    assert len(shards) == len(set(shards)) == len(free_units(shop, "f1"))
    answers = [helped(shop, keys) for keys in handed]
    assert all(0 < one["flash"] <= HANDFUL for one in answers)
    assert (free(shop), {one["failed"] for one in answers}) == (ORDERS, {0})
    for keys in handed:
        assert helped(shop, keys)["flash"] == 0
    idle = swept(shop, handed.append)
    assert (idle["flash"], idle["handed_out"], idle["age"]) == (0, 0, 0)
    assert free(shop) == ORDERS


def test_a_helper_that_finds_a_payment_keeps_the_unit_sold(shop: Shop) -> None:
    shop.put_product("p2", [(12_800, 1, None)])
    shop.put_sale("f2", "p2-1", 1)
    wang = shop.buyer("wang")
    paid = buy_now(shop, wang, "f2")
    pays(shop, wang, paid)
    reserved(shop, 30)
    handed: list[Keys] = []
    swept(shop, handed.append)
    for keys in handed:
        helped(shop, keys)
    assert (free(shop), free_units(shop, "f2")) == (30, {0: 0})
    assert stands(shop, paid.order_no) == "TO_SHIP"


def test_a_helper_works_on_units_before_counts_of_units_in_other_helpers_shards(
    shop: Shop,
) -> None:
    shop.put_product("p1", [(12_800, 2, None)])
    with mock.patch("shop.usecases.flash_setup.shard_count", return_value=2):
        shop.put_sale("f1", "p1-1", 2)
    gone, away, home = islice(customers_of_home(shop, 0), 3)
    first = buy_now(shop, gone, "f1")
    counted = buy_now(shop, away, "f1")
    shop.cancel(gone, first.order_no)
    with another_process():
        held = buy_now(shop, home, "f1")
    assert free_units(shop, "f1") == {0: 0, 1: 0}
    shop.world.clock.advance(310)
    asked: list[str] = []

    def query(_: WechatPay, order_no: str) -> Payment:
        asked.append(order_no)
        return Payment(order_no, TradeState.CLOSED)

    with mock.patch.object(WechatPay, "query", query):
        helped(shop, [shard_key("f1", 0)])
    assert asked == [held.order_no, counted.order_no]
    assert free(shop) == 2


def test_few_flash_reservations_start_no_helper(shop: Shop) -> None:
    reserved(shop, PAGE - 1)
    handed: list[Keys] = []
    assert swept(shop, handed.append)["flash"] == PAGE - 1
    assert (handed, free(shop)) == ([], PAGE - 1)


def test_where_no_helper_can_be_started_the_run_returns_the_units_itself(shop: Shop) -> None:
    reserved(shop, 60)
    answer = swept(shop, mock.Mock(side_effect=UnavailableError))
    assert (answer["handed_out"], free(shop)) == (0, 60)


def test_helpers_for_flash_reservations_are_bounded_and_the_next_run_goes_on(shop: Shop) -> None:
    reserved(shop, 150)
    handed: list[Keys] = []
    with mock.patch.multiple("shop.usecases.flash_sweep", HANDFUL=40, HELPERS=2):
        first = swept(shop, handed.append)
    assert len(handed) == 2
    assert PAGE < first["handed_out"] < 150
    for keys in handed:
        helped(shop, keys)
    assert 0 < free(shop) < 150
    handed.clear()
    swept(shop, handed.append)
    for keys in handed:
        helped(shop, keys)
    assert free(shop) == 150


def test_a_helper_without_time_leaves_its_shards_due_and_says_so(shop: Shop) -> None:
    reserved(shop, 30)
    handed: list[Keys] = []
    swept(shop, handed.append)
    event = {"handed_out": [list(key) for key in handed[0]]}
    late = shop.world.invoke(load_handler("order_expiry"), event, name="order_expiry", seconds=5)
    assert (late["flash"], late["finished"]) == (0, False)
    assert late["age"] > 0
    assert shop.sweep()["flash"] == 30
    assert free(shop) == 30


def test_a_helper_is_a_further_run_that_nobody_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("lambda", region_name="us-east-1")
    monkeypatch.setattr(helpers, "_client", lambda: client)
    keys = [("C#1", "O#2")]
    expected = {
        "FunctionName": "yunpu-order-expiry",
        "InvocationType": "Event",
        "Payload": msgspec.json.encode({"handed_out": keys}),
    }
    with Stubber(client) as stub:
        stub.add_response("invoke", {"StatusCode": 202}, expected)
        helpers.start("yunpu-order-expiry", {"handed_out": keys})
        stub.add_client_error("invoke", "TooManyRequestsException")
        with pytest.raises(UnavailableError):
            helpers.start("yunpu-order-expiry", {"handed_out": keys})
