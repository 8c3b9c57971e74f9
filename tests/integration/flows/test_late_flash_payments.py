"""A flash order that was closed and then turns out paid gets its units wherever one is free."""

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
    pays,
    stands,
    wechat_knows_nothing_yet,
    writes_shard,
)
from tests.proving.cases.stage import notice
from tests.proving.holdings import Totals
from tests.proving.invariants import tables_of, totals
from tests.proving.seam import Call
from tests.proving.shop import Answer, Buyer, Shop

SEED = 20261132
PIECES = 10
SALE_SECONDS = 600


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, PIECES, None)])
        yield shop


@pytest.fixture
def initial(shop: Shop) -> Totals:
    return totals(shop)


def put_spread_sale(shop: Shop, shards: int) -> None:
    """One unit in each of so many shards."""
    with mock.patch("shop.usecases.flash_setup.shard_count", return_value=shards):
        shop.put_sale("f1", "p1-1", shards, seconds=SALE_SECONDS)


def closed_then_paid(shop: Shop, buyer: Buyer) -> Answer:
    """WeChat took the money although it had said that the order was closed."""
    placed = buy_now(shop, buyer, "f1")
    pays(shop, buyer, placed)
    with wechat_knows_nothing_yet():
        shop.cancel(buyer, placed.order_no)
    assert stands(shop, placed.order_no) == "CLOSED"
    return placed


def closed_by_one_who_died(shop: Shop, buyer: Buyer) -> Answer:
    """As before, and whoever closed it died before the units went back."""
    placed = buy_now(shop, buyer, "f1")
    pays(shop, buyer, placed)
    with wechat_knows_nothing_yet(), dies_before(shop, writes_shard):
        shop.cancel(buyer, placed.order_no)
    assert stands(shop, placed.order_no) == "CLOSED"
    return placed


def late_shard(shop: Shop, placed: Answer) -> int:
    """Where the order's unit was."""
    order = next(one for one in tables_of(shop).orders if one.number == placed.order_no)
    return int(order.row["fn"])


def gets_its_unit(shop: Shop, late: Answer) -> bool:
    """Whether the notice of its payment brings the order back."""
    assert notice(shop, late.order_no).status == 204
    return stands(shop, late.order_no) == "TO_SHIP"


def test_the_shard_that_its_unit_returned_to_gives_it_again(shop: Shop, initial: Totals) -> None:
    put_spread_sale(shop, 2)
    first, wang = islice(customers_of_home(shop, 0), 2)
    assert buy_now(shop, first, "f1").status == 201
    late = closed_then_paid(shop, wang)
    assert free_units(shop, "f1") == {0: 0, 1: 1}
    assert gets_its_unit(shop, late)
    assert free_units(shop, "f1") == {0: 0, 1: 0}
    assert buy_now(shop, wang, "f1").status == 409
    assert_exact_at_rest(shop, initial)


def test_any_shard_may_give_it(shop: Shop, initial: Totals) -> None:
    put_spread_sale(shop, 3)
    first, wang = islice(customers_of_home(shop, 0, 3), 2)
    assert buy_now(shop, first, "f1").status == 201
    late = closed_then_paid(shop, wang)
    held = late_shard(shop, late)
    with another_process():
        assert buy_now(shop, next(customers_of_home(shop, held, 3)), "f1").status == 201
    assert free_units(shop, "f1") == {0: 0, held: 0, 3 - held: 1}
    assert gets_its_unit(shop, late)
    assert free_units(shop, "f1") == {0: 0, 1: 0, 2: 0}
    assert_exact_at_rest(shop, initial)


def test_a_unit_that_its_order_still_holds_elsewhere_stays_its_own(
    shop: Shop, initial: Totals
) -> None:
    put_spread_sale(shop, 2)
    first, wang = islice(customers_of_home(shop, 0), 2)
    assert buy_now(shop, first, "f1").status == 201
    late = closed_by_one_who_died(shop, wang)
    assert free_units(shop, "f1") == {0: 0, 1: 0}
    assert gets_its_unit(shop, late)
    assert_exact_at_rest(shop, initial)


def test_a_refund_returns_what_another_shard_gave(shop: Shop, initial: Totals) -> None:
    put_spread_sale(shop, 2)
    first, wang = islice(customers_of_home(shop, 0), 2)
    assert buy_now(shop, first, "f1").status == 201
    late = closed_then_paid(shop, wang)
    assert gets_its_unit(shop, late)
    assert shop.cancel(wang, late.order_no).status == 200
    shop.world.clock.advance(60)
    shop.sweep()
    assert stands(shop, late.order_no) == "CLOSED"
    assert free_units(shop, "f1") == {0: 0, 1: 1}
    assert_exact_at_rest(shop, initial)


def test_after_the_end_a_unit_that_is_not_in_the_sku_yet_will_do(
    shop: Shop, initial: Totals
) -> None:
    shop.put_sale("f1", "p1-1", PIECES, seconds=SALE_SECONDS)
    late = closed_then_paid(shop, shop.buyer("wang"))
    shop.world.clock.advance(SALE_SECONDS)
    assert shop.stock("p1-1")[0] == 0
    assert gets_its_unit(shop, late)
    assert free_units(shop, "f1") == {0: PIECES - 1}
    assert_exact_at_rest(shop, initial)
    assert shop.stock("p1-1") == (PIECES - 1, 0, PIECES - 1)


def test_after_the_end_with_nothing_left_the_money_goes_back(shop: Shop, initial: Totals) -> None:
    shop.put_sale("f1", "p1-1", PIECES, seconds=SALE_SECONDS)
    late = closed_then_paid(shop, shop.buyer("wang"))
    shop.world.clock.advance(SALE_SECONDS)
    shop.sweep()
    li = shop.buyer("li")
    assert shop.place(li, shop.quote_token(li, {"p1-1": PIECES})).status == 201
    assert not gets_its_unit(shop, late)
    assert_exact_at_rest(shop, initial)
    assert [one["out_trade_no"] for one in shop.pay.ledger()["refunds"]] == [late.order_no]


def test_a_release_that_comes_between_look_and_move_costs_nobody_a_unit(
    shop: Shop, initial: Totals
) -> None:
    shop.put_sale("f1", "p1-1", 5, seconds=SALE_SECONDS)
    late = closed_by_one_who_died(shop, shop.buyer("wang"))

    def others_release() -> None:
        shop.world.clock.advance(310)
        shop.sweep()
        assert free_units(shop, "f1") == {0: 5}

    with before(shop, lambda call: call.name == "TransactWriteItems", others_release):
        assert gets_its_unit(shop, late)
    assert free_units(shop, "f1") == {0: 4}
    assert_exact_at_rest(shop, initial)


def test_a_unit_that_goes_on_to_the_sku_between_look_and_move_comes_from_there(
    shop: Shop, initial: Totals
) -> None:
    shop.put_sale("f1", "p1-1", PIECES, seconds=SALE_SECONDS)
    late = closed_then_paid(shop, shop.buyer("wang"))
    shop.world.clock.advance(SALE_SECONDS)

    def revives(call: Call) -> bool:
        return call.name == "TransactWriteItems"

    with before(shop, revives, shop.sweep):
        assert gets_its_unit(shop, late)
    assert_exact_at_rest(shop, initial)
    assert shop.stock("p1-1") == (PIECES - 1, 0, PIECES - 1)
