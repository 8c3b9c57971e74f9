"""What a flash sale promises when calls race, die or believe an old view of the shards."""

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
    moves_order,
    nth,
    once,
    pays,
    places_order,
    stands,
    wechat_knows_nothing_yet,
    writes_shard,
)
from tests.proving.cases.stage import notice
from tests.proving.events import http_event
from tests.proving.faults import Kind
from tests.proving.invariants import totals
from tests.proving.seam import Call
from tests.proving.shop import Shop
from tests.proving.template import load_handler

SEED = 20261125
PIECES = 10


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, PIECES, None)])
        yield shop


@pytest.fixture
def sale(shop: Shop) -> str:
    """Five units in one shard, for ten minutes."""
    shop.put_sale("f1", "p1-1", 5, seconds=600)
    return "f1"


@pytest.fixture
def spread(shop: Shop) -> str:
    """Two units in two shards."""
    with mock.patch("shop.usecases.flash_setup.shard_count", return_value=2):
        shop.put_sale("f2", "p1-1", 2)
    return "f2"


def test_a_payment_after_the_sale_takes_a_piece_of_the_sku_and_its_refund_returns_it(
    shop: Shop, sale: str
) -> None:
    initial = totals(shop)
    wang = shop.buyer("wang")
    placed = buy_now(shop, wang, sale)
    pays(shop, wang, placed)
    shop.world.clock.advance(310)
    with wechat_knows_nothing_yet():
        shop.sweep()
    assert stands(shop, placed.order_no) == "CLOSED"
    shop.world.clock.advance(400)
    shop.sweep()
    assert shop.stock("p1-1") == (10, 0, 10)

    assert notice(shop, placed.order_no).status == 204
    assert stands(shop, placed.order_no) == "TO_SHIP"
    assert shop.stock("p1-1") == (9, 0, 9)
    cancelled = shop.cancel(shop.buyer("wang"), placed.order_no)
    assert cancelled.body["close_reason"] == "refunded"
    shop.sweep()
    assert shop.stock("p1-1") == (10, 0, 10)
    assert_exact_at_rest(shop, initial)


def test_an_order_that_is_revived_before_its_unit_went_back_keeps_that_unit(
    shop: Shop, sale: str
) -> None:
    initial = totals(shop)
    wang = shop.buyer("wang")
    placed = buy_now(shop, wang, sale)
    pays(shop, wang, placed)
    with wechat_knows_nothing_yet(), dies_before(shop, writes_shard):
        shop.cancel(wang, placed.order_no)
    assert stands(shop, placed.order_no) == "CLOSED"
    assert free_units(shop, sale) == {0: 4}

    shop.world.clock.advance(601)
    assert notice(shop, placed.order_no).status == 204
    assert stands(shop, placed.order_no) == "TO_SHIP"
    assert_exact_at_rest(shop, initial)
    assert shop.stock("p1-1") == (9, 0, 9)


def test_payments_after_the_sale_buy_nobody_more_than_the_allowance(shop: Shop, sale: str) -> None:
    initial = totals(shop)
    wang = shop.buyer("wang")
    late = buy_now(shop, wang, sale)
    pays(shop, wang, late)
    with wechat_knows_nothing_yet():
        shop.cancel(wang, late.order_no)
        again = buy_now(shop, wang, sale)
        pays(shop, wang, again)
        shop.cancel(wang, again.order_no)
    shop.world.clock.advance(700)
    shop.sweep()
    for placed, status in ((late, "TO_SHIP"), (again, "CLOSED")):
        assert notice(shop, placed.order_no).status == 204
        assert stands(shop, placed.order_no) == status
    assert_exact_at_rest(shop, initial)
    refunded = [one["out_trade_no"] for one in shop.pay.ledger()["refunds"]]
    assert refunded == [again.order_no]


def test_a_slow_release_leaves_the_unit_of_an_order_that_was_revived_meanwhile(
    shop: Shop, sale: str
) -> None:
    initial = totals(shop)
    wang = shop.buyer("wang")
    placed = buy_now(shop, wang, sale)
    pays(shop, wang, placed)

    def others_release_it_and_the_money_comes() -> None:
        assert stands(shop, placed.order_no) == "CLOSED"
        shop.sweep()
        assert free_units(shop, sale) == {0: 5}
        assert notice(shop, placed.order_no).status == 204

    shop.world.clock.advance(310)
    meanwhile = before(shop, writes_shard, others_release_it_and_the_money_comes)
    with wechat_knows_nothing_yet(), meanwhile:
        shop.sweep()
    assert stands(shop, placed.order_no) == "TO_SHIP"
    assert free_units(shop, sale) == {0: 4}
    assert_exact_at_rest(shop, initial)


def test_an_order_placed_by_a_repeat_stays_payable_as_long_as_the_buyer_was_told(
    shop: Shop, sale: str
) -> None:
    initial = totals(shop)
    wang = shop.buyer("wang")
    ticket = shop.ticket(wang, sale)
    with dies_before(shop, places_order):
        shop.place_flash(wang, sale, ticket)
    shop.world.clock.advance(250)
    placed = shop.place_flash(shop.buyer("wang"), sale, ticket)
    assert placed.status == 201
    shop.world.clock.advance(299)
    shop.sweep()
    assert stands(shop, placed.order_no) == "TO_PAY"
    shop.world.clock.advance(2)
    shop.sweep()
    assert stands(shop, placed.order_no) == "CLOSED"
    assert_exact_at_rest(shop, initial)


def test_a_lost_answer_to_the_closing_write_still_frees_the_unit_at_once(
    shop: Shop, sale: str
) -> None:
    initial = totals(shop)
    wang = shop.buyer("wang")
    placed = buy_now(shop, wang, sale)
    with once(shop, Kind.LOST, nth(2, moves_order)):
        cancelled = shop.cancel(wang, placed.order_no)
    assert cancelled.body["status"] == "CLOSED"
    assert free_units(shop, sale) == {0: 5}
    assert_exact_at_rest(shop, initial)


def test_a_stale_view_of_the_shards_refuses_nobody_while_a_unit_is_free(
    shop: Shop, spread: str
) -> None:
    initial = totals(shop)
    first, wang = islice(customers_of_home(shop, 0), 2)
    far = next(customers_of_home(shop, 1))
    returned = buy_now(shop, far, spread)
    shop.call("flash_sale", "GET /v1/flash-sales/{sale_id}", path={"sale_id": spread})
    with another_process():
        shop.cancel(far, returned.order_no)
        assert buy_now(shop, first, spread).status == 201
    assert free_units(shop, spread) == {0: 0, 1: 1}

    shop.world.clock.advance(10)
    answer = buy_now(shop, wang, spread)
    assert answer.status == 201, answer.body
    assert_exact_at_rest(shop, initial)


def test_a_buyer_who_was_counted_and_refused_gets_the_unit_that_comes_home(
    shop: Shop, spread: str
) -> None:
    initial = totals(shop)
    first, wang = islice(customers_of_home(shop, 0), 2)
    far = next(customers_of_home(shop, 1))
    returned = buy_now(shop, first, spread)
    ticket = shop.ticket(wang, spread)

    def takes_elsewhere(call: Call) -> bool:
        return writes_shard(call) and call.request["Key"]["PK"]["S"] == f"F#{spread}#1"

    def somebody_is_faster() -> None:
        with another_process():
            assert buy_now(shop, far, spread).status == 201

    with before(shop, takes_elsewhere, somebody_is_faster):
        assert shop.place_flash(wang, spread, ticket).body["code"] == "sold_out"
    shop.cancel(first, returned.order_no)
    assert free_units(shop, spread) == {0: 1, 1: 0}
    shop.world.clock.advance(2)
    again = shop.place_flash(wang, spread, ticket)
    assert again.status == 201, again.body
    assert free_units(shop, spread) == {0: 0, 1: 0}
    assert_exact_at_rest(shop, initial)


def test_a_buyer_who_is_overtaken_elsewhere_tries_no_other_shard_that_is_empty_too(
    shop: Shop,
) -> None:
    with mock.patch("shop.usecases.flash_setup.shard_count", return_value=4):
        shop.put_sale("f4", "p1-1", 4)
    wang = list(islice(customers_of_home(shop, 0, 4), 2))[1]
    ticket = shop.ticket(wang, "f4")
    shop.call("flash_sale", "GET /v1/flash-sales/{sale_id}", path={"sale_id": "f4"})
    with another_process():
        for shard in range(4):
            assert buy_now(shop, next(customers_of_home(shop, shard, 4)), "f4").status == 201

    tried = []

    def note(_: int, call: Call) -> None:
        if writes_shard(call):
            tried.append(int(call.request["Key"]["PK"]["S"].rpartition("#")[2]))

    shop.world.faults.when(note)
    assert shop.place_flash(wang, "f4", ticket).body["code"] == "sold_out"
    shop.world.faults.none()
    elsewhere = [shard for shard in tried if shard != 0]
    assert len(elsewhere) == 1, tried


def test_a_ticket_that_made_an_order_shows_it_when_all_is_sold_out(shop: Shop) -> None:
    shop.put_sale("f3", "p1-1", 1)
    initial = totals(shop)
    wang, li = shop.buyer("wang"), shop.buyer("li")
    ticket = shop.ticket(wang, "f3")
    placed = shop.place_flash(wang, "f3", ticket)
    shop.cancel(wang, placed.order_no)
    shop.world.clock.advance(2)
    assert buy_now(shop, li, "f3").status == 201
    with another_process():
        again = shop.place_flash(wang, "f3", ticket)
    assert (again.status, again.order_no) == (200, placed.order_no)
    assert_exact_at_rest(shop, initial)


def test_sending_a_closed_orders_ticket_again_locks_no_allowance(shop: Shop, spread: str) -> None:
    initial = totals(shop)
    wang, other = islice(customers_of_home(shop, 0), 2)
    ticket = shop.ticket(wang, spread)
    placed = shop.place_flash(wang, spread, ticket)
    shop.cancel(wang, placed.order_no)
    shop.world.clock.advance(2)
    assert buy_now(shop, other, spread).status == 201
    again = shop.place_flash(wang, spread, ticket)
    assert (again.status, again.body["order"]["status"]) == (200, "CLOSED")
    assert free_units(shop, spread) == {0: 0, 1: 1}
    shop.world.clock.advance(2)
    assert buy_now(shop, wang, spread).status == 201
    assert_exact_at_rest(shop, initial)


def test_the_pages_of_a_sale_are_the_same_pages_a_second_later(shop: Shop, sale: str) -> None:
    for route in ("GET /v1/flash-sales", "GET /v1/flash-sales/{sale_id}"):
        event = http_event(route, path={"sale_id": sale}, now=shop.now)
        first = shop.world.invoke(load_handler("flash_sale"), event)
        shop.world.clock.advance(1)
        event = http_event(
            route,
            path={"sale_id": sale},
            headers={"if-none-match": first["headers"]["etag"]},
            now=shop.now,
        )
        assert "max-age" in first["headers"]["cache-control"]
        assert shop.world.invoke(load_handler("flash_sale"), event)["statusCode"] == 304
