"""A backlog is handed to helpers, in bounded handfuls, and each order is closed once."""

from collections.abc import Iterator, Sequence
from typing import Any
from unittest import mock

import boto3
import msgspec
import pytest
from botocore.stub import Stubber

from shop.errors import UnavailableError
from shop.providers import helpers
from shop.usecases.due import PAGE
from shop.usecases.expiry import HANDFUL, HANDFULS
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
