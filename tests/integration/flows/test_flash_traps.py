"""The six traps of a flash sale that were found on paper (`design.md` section 3), by name."""

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
    places_order,
    writes_shard,
)
from tests.proving.faults import Killed, Kind
from tests.proving.invariants import totals
from tests.proving.seam import Call
from tests.proving.shop import TABLE, Shop

SEED = 20261124
PIECES = 10


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, PIECES, None)])
        yield shop


def test_a_stalled_buyer_gets_no_order_once_the_sweep_has_freed_the_unit(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 5)
    initial = totals(shop)
    buyer = shop.buyer("wang")
    ticket = shop.ticket(buyer, "f1")

    def five_minutes_pass() -> None:
        assert free_units(shop, "f1") == {0: 4}
        shop.world.clock.advance(310)
        shop.sweep()
        assert free_units(shop, "f1") == {0: 5}

    with before(shop, places_order, five_minutes_pass):
        stalled = shop.place_flash(buyer, "f1", ticket)
    assert (stalled.status, stalled.body["code"]) == (409, "ticket_expired")
    assert free_units(shop, "f1") == {0: 5}
    listed = shop.call("orders", "GET /v1/orders", shop.buyer("wang"))
    assert listed.body["items"] == []
    assert_exact_at_rest(shop, initial)


def test_a_stalled_call_that_took_its_unit_after_the_sweep_gives_it_back(shop: Shop) -> None:
    """The ticket died once without an order, was forbidden, and is then sent by a slow phone."""
    shop.put_sale("f1", "p1-1", 5)
    initial = totals(shop)
    buyer = shop.buyer("wang")
    ticket = shop.ticket(buyer, "f1")

    def another_call_dies_and_is_swept() -> None:
        with another_process(), dies_before(shop, places_order):
            shop.place_flash(buyer, "f1", ticket)
        shop.world.clock.advance(310)
        shop.sweep()

    with before(shop, writes_shard, another_call_dies_and_is_swept):
        late = shop.place_flash(buyer, "f1", ticket)
    assert late.status == 409, late.body
    assert_exact_at_rest(shop, initial)
    assert free_units(shop, "f1") == {0: 5}


@pytest.mark.parametrize("how_it_ended", ["cancelled", "swept"])
def test_a_take_that_the_sdk_sends_again_after_the_release_takes_nothing(
    shop: Shop, how_it_ended: str
) -> None:
    shop.put_sale("f1", "p1-1", 5)
    initial = totals(shop)
    buyer = shop.buyer("wang")
    takes: list[Call] = []
    shop.world.faults.when(lambda _, call: takes.append(call) if writes_shard(call) else None)
    placed = buy_now(shop, buyer, "f1")
    shop.world.faults.none()
    if how_it_ended == "cancelled":
        shop.cancel(buyer, placed.order_no)
    else:
        shop.world.clock.advance(310)
        shop.sweep()
    assert free_units(shop, "f1") == {0: 5}

    assert len(takes) == 1
    assert not shop.world.engine.execute(takes[0]).ok
    assert free_units(shop, "f1") == {0: 5}
    assert_exact_at_rest(shop, initial)


def test_the_allowance_is_counted_at_home_even_when_the_unit_comes_from_elsewhere(
    shop: Shop,
) -> None:
    with mock.patch("shop.usecases.flash_setup.shard_count", return_value=2):
        shop.put_sale("f1", "p1-1", 2)
    initial = totals(shop)
    first, wang = islice(customers_of_home(shop, 0), 2)
    taken = buy_now(shop, first, "f1")
    elsewhere = buy_now(shop, wang, "f1")
    assert elsewhere.status == 201, elsewhere.body
    assert free_units(shop, "f1") == {0: 0, 1: 0}

    shop.cancel(first, taken.order_no)
    assert free_units(shop, "f1") == {0: 1, 1: 0}
    with another_process():
        second_device = buy_now(shop, wang, "f1")
    assert (second_device.status, second_device.body["code"]) == (409, "limit_reached")
    assert free_units(shop, "f1") == {0: 1, 1: 0}
    assert_exact_at_rest(shop, initial)


def test_cancelling_frees_the_unit_but_not_the_attempt(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 5)
    initial = totals(shop)
    buyer = shop.buyer("wang")
    for _ in range(3):
        placed = buy_now(shop, buyer, "f1")
        assert placed.status == 201, placed.body
        assert shop.cancel(buyer, placed.order_no).body["status"] == "CLOSED"
        assert free_units(shop, "f1") == {0: 5}
    fourth = buy_now(shop, buyer, "f1")
    assert (fourth.status, fourth.body["code"]) == (409, "limit_reached")
    assert free_units(shop, "f1") == {0: 5}
    assert_exact_at_rest(shop, initial)


def test_a_set_up_cut_off_at_any_call_is_finished_by_running_it_again(shop: Shop) -> None:
    def set_up() -> None:
        with (
            mock.patch("shop.usecases.flash_setup.shard_count", return_value=3),
            mock.patch("shop.usecases.flash_setup.SHARDS_AT_ONCE", 2),
        ):
            shop.put_sale("f1", "p1-1", 6)

    filled = {0: 2, 1: 2, 2: 2}
    moment = shop.moment()
    shop.world.faults.none()
    set_up()
    calls = shop.world.faults.count
    assert calls > 6
    for number in range(1, calls + 1):
        for kind in (Kind.KILLED_BEFORE, Kind.KILLED_AFTER):
            shop.back_to(moment)
            initial = totals(shop)
            shop.world.faults.at({number: kind})
            with pytest.raises(Killed):
                set_up()
            shop.world.faults.none()
            shown = shop.call("flash_sale", "GET /v1/flash-sales").body["items"]
            is_open = any(one["status"] != "scheduled" for one in shown)
            assert not is_open or free_units(shop, "f1") == filled
            set_up()
            assert shop.stock("p1-1") == (4, 0, 4)
            assert free_units(shop, "f1") == filled
            assert totals(shop) == initial


def test_a_set_up_for_more_than_there_is_moves_nothing(shop: Shop) -> None:
    from shop.errors import ConflictError

    before = list(shop.world.engine.items(TABLE))
    with (
        mock.patch("shop.usecases.flash_setup.shard_count", return_value=3),
        pytest.raises(ConflictError, match="insufficient_stock"),
    ):
        shop.put_sale("f1", "p1-1", PIECES + 5, seconds=600)
    assert list(shop.world.engine.items(TABLE)) == before


def test_a_set_up_that_buyers_outrun_gives_back_what_it_moved(shop: Shop) -> None:
    from shop.errors import ConflictError
    from shop.store import flash

    enlist, buyer = flash.enlist, shop.buyer("wang")

    def outrun(sale_id: str, ends_at: int) -> None:
        enlist(sale_id, ends_at)
        shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))

    with (
        mock.patch("shop.usecases.flash_setup.shard_count", return_value=3),
        mock.patch("shop.usecases.flash_setup.SHARDS_AT_ONCE", 2),
        mock.patch("shop.store.flash.enlist", outrun),
        pytest.raises(ConflictError, match="insufficient_stock"),
    ):
        shop.put_sale("f1", "p1-1", PIECES, seconds=600)
    assert shop.stock("p1-1")[2] < PIECES
    shop.world.clock.advance(1_000)
    shop.sweep()
    assert shop.stock("p1-1") == (PIECES, 0, PIECES)


def test_a_unit_that_came_back_is_sold_two_seconds_later_at_the_latest(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 1)
    initial = totals(shop)
    first, second = shop.buyer("wang"), shop.buyer("li")
    placed = buy_now(shop, first, "f1")
    assert buy_now(shop, second, "f1").body["code"] == "sold_out"
    with another_process():
        shop.cancel(first, placed.order_no)
    shop.world.clock.advance(2)
    assert buy_now(shop, second, "f1").status == 201
    assert_exact_at_rest(shop, initial)
