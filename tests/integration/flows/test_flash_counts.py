"""What a ticket has counted at home, without units, when its customer comes with another ticket."""

from collections.abc import Iterator
from itertools import islice
from unittest import mock

import pytest

from tests.integration.flows.mishaps import (
    another_process,
    assert_exact_at_rest,
    before,
    buy_now,
    customers_of_home,
    dies_before,
    free_units,
    nth,
    writes_shard,
)
from tests.proving.holdings import Totals
from tests.proving.invariants import totals
from tests.proving.seam import Call
from tests.proving.shop import Answer, Buyer, Shop

SEED = 20261133
SALE = "f1"
LATER = 10
"""Seconds after which a call that counted a ticket is over."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Two units in two shards; the unit of shard 0 is sold."""
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        with mock.patch("shop.usecases.flash_setup.shard_count", return_value=2):
            shop.put_sale(SALE, "p1-1", 2)
        yield shop


@pytest.fixture
def initial(shop: Shop) -> Totals:
    return totals(shop)


@pytest.fixture
def first(shop: Shop) -> tuple[Buyer, Answer]:
    """Who has bought what shard 0 had."""
    buyer = next(customers_of_home(shop, 0))
    return buyer, buy_now(shop, buyer, SALE)


@pytest.fixture
def wang(shop: Shop) -> Buyer:
    """Whose home is shard 0."""
    return list(islice(customers_of_home(shop, 0), 2))[1]


def takes_elsewhere(call: Call) -> bool:
    return writes_shard(call) and call.request["Key"]["PK"]["S"] == f"F#{SALE}#1"


def test_a_loser_who_holds_nothing_buys_the_unit_that_returns(
    shop: Shop, initial: Totals, first: tuple[Buyer, Answer], wang: Buyer
) -> None:
    far = next(customers_of_home(shop, 1))

    def somebody_is_faster() -> None:
        with another_process():
            assert buy_now(shop, far, SALE).status == 201

    with before(shop, takes_elsewhere, somebody_is_faster):
        assert buy_now(shop, wang, SALE).body["code"] == "sold_out"
    shop.cancel(first[0], first[1].order_no)
    assert free_units(shop, SALE) == {0: 1, 1: 0}
    shop.world.clock.advance(LATER)
    again = buy_now(shop, wang, SALE)
    assert again.status == 201, again.body
    assert_exact_at_rest(shop, initial)


def test_a_count_whose_ticket_has_made_an_order_stands(
    shop: Shop, initial: Totals, first: tuple[Buyer, Answer], wang: Buyer
) -> None:
    assert buy_now(shop, wang, SALE).status == 201
    shop.cancel(first[0], first[1].order_no)
    shop.world.clock.advance(LATER)
    assert buy_now(shop, wang, SALE).body["code"] == "limit_reached"
    assert free_units(shop, SALE) == {0: 1, 1: 0}
    assert_exact_at_rest(shop, initial)


def test_a_count_that_was_made_just_now_stands(
    shop: Shop, initial: Totals, first: tuple[Buyer, Answer], wang: Buyer
) -> None:
    older = shop.ticket(wang, SALE)

    def the_other_device_buys() -> None:
        shop.cancel(first[0], first[1].order_no)
        with another_process():
            assert buy_now(shop, wang, SALE).body["code"] == "limit_reached"

    with before(shop, takes_elsewhere, the_other_device_buys):
        assert shop.place_flash(wang, SALE, older).status == 201
    assert_exact_at_rest(shop, initial)


def test_a_stalled_call_makes_no_order_beside_that_of_a_newer_ticket(
    shop: Shop, initial: Totals, first: tuple[Buyer, Answer], wang: Buyer
) -> None:
    older = shop.ticket(wang, SALE)

    def the_other_device_buys() -> None:
        shop.cancel(first[0], first[1].order_no)
        shop.world.clock.advance(LATER)
        with another_process():
            assert buy_now(shop, wang, SALE).status == 201

    with before(shop, takes_elsewhere, the_other_device_buys):
        stalled = shop.place_flash(wang, SALE, older)
    assert (stalled.status, stalled.body["code"]) == (409, "ticket_expired")
    assert free_units(shop, SALE) == {0: 0, 1: 1}
    assert_exact_at_rest(shop, initial)


def test_an_older_ticket_never_takes_the_place_of_a_newer_one(
    shop: Shop, initial: Totals, first: tuple[Buyer, Answer], wang: Buyer
) -> None:
    older = shop.ticket(wang, SALE)
    shop.world.clock.advance(1)
    newer = shop.ticket(wang, SALE)
    with dies_before(shop, takes_elsewhere):
        shop.place_flash(wang, SALE, newer)
    shop.world.clock.advance(LATER)
    with another_process():
        assert shop.place_flash(wang, SALE, older).body["code"] == "limit_reached"
        assert shop.place_flash(wang, SALE, newer).status == 201
    assert_exact_at_rest(shop, initial)


@pytest.mark.parametrize("write", [1, 2])
def test_what_an_older_ticket_wrote_comes_late_once_more_and_is_no_order(
    shop: Shop, initial: Totals, first: tuple[Buyer, Answer], wang: Buyer, write: int
) -> None:
    written: list[Call] = []
    the_one = nth(write, writes_shard)
    shop.world.faults.when(lambda _, call: written.append(call) if the_one(call) else None)
    older = shop.ticket(wang, SALE)
    shop.pump()
    moment = shop.moment()
    shop.place_flash(wang, SALE, older)
    shop.back_to(moment, fresh=False)
    shop.world.faults.none()
    with dies_before(shop, takes_elsewhere), another_process():
        shop.place_flash(wang, SALE, older)
    shop.cancel(first[0], first[1].order_no)
    shop.world.clock.advance(LATER)
    with another_process():
        assert buy_now(shop, wang, SALE).status == 201
    assert len(written) == 1
    shop.world.engine.execute(written[0])
    assert_exact_at_rest(shop, initial)
    shop.world.clock.advance(310)
    shop.sweep()
    assert free_units(shop, SALE) == {0: 1, 1: 1}
