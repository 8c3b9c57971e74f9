"""The schedule's flash part: what fails there is told and holds up nothing, and time is kept."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest

from shop.domain.payment import Payment
from shop.providers.wechatpay import WechatPay
from shop.store import flash
from shop.store.table import sku_key
from shop.usecases.flash_setup import SaleTerms, set_up
from tests.integration.flows.mishaps import (
    anomalies,
    assert_exact_at_rest,
    buy_now,
    free_units,
    pays,
    stands,
)
from tests.proving.events import schedule_event
from tests.proving.faults import Kind
from tests.proving.invariants import totals
from tests.proving.seam import Call
from tests.proving.shop import TABLE, Shop
from tests.proving.template import load_handler

SEED = 20261299
PIECES = 10
DUE_SECONDS = 310
"""After this long a flash order that nobody paid for is due."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, PIECES, None)])
        yield shop


@contextmanager
def wechat_down(shop: Shop) -> Iterator[None]:
    shop.world.faults.when(lambda _, call: Kind.BROKEN if call.kind == "http" else None)
    yield
    shop.world.faults.none()


@contextmanager
def throttled(shop: Shop, sale: str, name: str) -> Iterator[None]:
    """The store is too busy for calls of this kind about the sale's shards."""

    def choose(_: int, call: Call) -> Kind | None:
        is_one = call.name == name and f"F#{sale}#" in str(call.request)
        return Kind.THROTTLED if is_one else None

    shop.world.faults.when(choose)
    yield
    assert shop.world.faults.fired
    shop.world.faults.none()


def swept_within(shop: Shop, seconds: float) -> Any:
    """A run of the schedule that is stopped after so long."""
    event = schedule_event("order-expiry", shop.now)
    return shop.world.invoke(
        load_handler("order_expiry"), event, name="order_expiry", seconds=seconds
    )


def store_calls(shop: Shop) -> int:
    """How often one run of the schedule asks the store."""
    with shop.world.ledger.step("sweep") as book:
        shop.sweep()
    return sum(one.kind == "store" for one in book.entries)


@pytest.mark.parametrize("trouble", ["BatchGetItem", "TransactWriteItems"])
def test_a_sale_whose_shards_fail_holds_up_no_other_sale_and_no_order(
    shop: Shop, trouble: str
) -> None:
    shop.put_product("p2", [(5_000, PIECES, None)])
    shop.put_sale("f1", "p1-1", 2, seconds=60)
    shop.put_sale("f2", "p2-1", 2)
    placed = buy_now(shop, shop.buyer("wang"), "f2")
    wang = shop.buyer("wang")
    ordinary = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    shop.world.clock.advance(910)
    with throttled(shop, "f1", trouble):
        for _ in range(2):
            assert shop.sweep()["failed"] == 1
            shop.world.clock.advance(60)
    assert {stands(shop, one.order_no) for one in (placed, ordinary)} == {"CLOSED"}
    assert free_units(shop, "f2") == {0: 2}
    assert shop.sweep()["failed"] == 0
    assert free_units(shop, "f1") == {0: 0}


def test_units_whose_sku_is_gone_are_told_every_minute(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 2, seconds=60)
    pk, sk = sku_key("p1-1")
    gone = {"TableName": TABLE, "Key": {"PK": {"S": pk}, "SK": {"S": sk}}}
    shop.world.engine.ask("DeleteItem", gone)
    shop.world.clock.advance(120)
    assert [shop.sweep()["failed"] for _ in range(2)] == [1, 1]
    assert free_units(shop, "f1") == {0: 2}


def test_a_reservation_that_fails_is_counted_and_ages(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 2)
    placed = buy_now(shop, shop.buyer("wang"), "f1")
    shop.world.clock.advance(DUE_SECONDS)
    waited = []
    with throttled(shop, "f1", "UpdateItem"):
        for _ in range(3):
            told = shop.sweep()
            assert told["failed"] == 1
            waited.append(told["age"])
            shop.world.clock.advance(60)
    assert waited[0] > 0
    assert all(later >= sooner + 60 for sooner, later in pairwise(waited))
    assert stands(shop, placed.order_no) == "CLOSED"
    assert shop.sweep()["failed"] == 0
    assert (shop.sweep()["age"], free_units(shop, "f1")) == (0, {0: 2})


def test_an_order_that_wechat_does_not_close_is_counted_every_minute(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 2)
    placed = buy_now(shop, shop.buyer("wang"), "f1")
    shop.world.clock.advance(DUE_SECONDS)
    with wechat_down(shop):
        for _ in range(5):
            assert shop.sweep()["failed"] == 1
            shop.world.clock.advance(60)
    assert stands(shop, placed.order_no) == "CLOSING"
    assert shop.sweep()["failed"] == 0
    assert free_units(shop, "f1") == {0: 2}


def test_an_order_of_a_sale_that_waits_for_a_person_is_asked_about_once_an_hour(
    shop: Shop,
) -> None:
    initial = totals(shop)
    shop.put_sale("f1", "p1-1", 2, seconds=10_800)
    wang = shop.buyer("wang")
    placed = buy_now(shop, wang, "f1")
    pays(shop, wang, placed)
    shop.world.clock.advance(DUE_SECONDS)
    real = WechatPay.query
    asked: list[str] = []

    def too_little(self: WechatPay, order_no: str) -> Payment:
        asked.append(order_no)
        return dataclasses.replace(real(self, order_no), total_fen=1)

    with mock.patch.object(WechatPay, "query", too_little):
        for _ in range(10):
            told = shop.sweep()
            assert (told["failed"], told["age"]) == (0, 0)
            shop.world.clock.advance(60)
        assert asked == [placed.order_no]
        assert anomalies(shop) == ["amount_or_payer_mismatch"]
        shop.world.clock.advance(3_600)
        shop.sweep()
        assert len(asked) == 2
    shop.world.clock.advance(3_600)
    shop.sweep()
    assert stands(shop, placed.order_no) == "TO_SHIP"
    assert_exact_at_rest(shop, initial)


def test_a_run_cut_off_among_reservations_says_so_and_how_long_they_wait(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 2)
    buy_now(shop, shop.buyer("wang"), "f1")
    shop.world.clock.advance(DUE_SECONDS + 400)
    clock, real = shop.world.clock, flash.shards

    def slowly(*args: Any) -> Any:
        clock.advance(50)
        return real(*args)

    with mock.patch.object(flash, "shards", slowly):
        told = shop.sweep()
    assert not told["finished"]
    assert told["age"] > 400
    assert free_units(shop, "f1") == {0: 1}


@pytest.mark.parametrize("seconds", [1, 5.9])
def test_a_run_without_time_begins_nothing_and_says_so(shop: Shop, seconds: float) -> None:
    shop.put_sale("f1", "p1-1", 2, seconds=60)
    shop.world.clock.advance(120)
    assert not swept_within(shop, seconds)["finished"]
    assert free_units(shop, "f1") == {0: 2}


def test_returning_units_stops_when_time_is_over(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 2, seconds=60)
    shop.world.clock.advance(120)
    clock, real = shop.world.clock, flash.shards

    def slowly(*args: Any) -> Any:
        clock.advance(50)
        return real(*args)

    with mock.patch.object(flash, "shards", slowly):
        assert not shop.sweep()["finished"]
    assert free_units(shop, "f1") == {0: 2}


def test_a_sale_that_has_not_begun_costs_one_read_of_its_terms(shop: Shop) -> None:
    before = store_calls(shop)
    shop.put_product("p2", [(990, 5_000, None)])
    soon = shop.now + 86_400
    set_up(SaleTerms("f1", "限时抢购", "p2-1", 990, 5_000, 1, soon, soon + 3_600), "1")
    assert store_calls(shop) == before + 1
    shop.world.clock.move_to(soon)
    assert store_calls(shop) > before + 1
