"""A flash sale by a clock that goes back, and by one that stands before the start (O14)."""

from collections.abc import Iterator

import pytest

from shop.usecases.flash_setup import SaleTerms, set_up
from tests.integration.flows.mishaps import another_process, assert_exact_at_rest, buy_now
from tests.proving.invariants import totals
from tests.proving.shop import Shop

SEED = 20261134


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        yield shop


def goes_back(shop: Shop, seconds: int) -> None:
    """The clock of every process."""
    shop.world.clock.move_to(shop.world.clock.now - seconds)


def test_what_returns_is_sold_within_two_seconds_though_the_clock_went_back(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 1)
    initial = totals(shop)
    shop.world.clock.advance(100)
    wang, li = shop.buyer("wang"), shop.buyer("li")
    placed = buy_now(shop, wang, "f1")
    assert buy_now(shop, li, "f1").body["code"] == "sold_out"
    with another_process():
        shop.cancel(wang, placed.order_no)
    goes_back(shop, 60)
    shop.world.clock.advance(2)
    assert buy_now(shop, shop.buyer("li"), "f1").status == 201
    assert_exact_at_rest(shop, initial)


def test_a_ticket_from_a_time_that_is_still_to_come_is_exchanged_for_a_new_one(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 1)
    initial = totals(shop)
    shop.world.clock.advance(400)
    ticket = shop.ticket(shop.buyer("wang"), "f1")
    goes_back(shop, 390)
    wang = shop.buyer("wang")
    answer = shop.place_flash(wang, "f1", ticket)
    assert (answer.status, answer.body["code"]) == (409, "ticket_expired")
    assert buy_now(shop, wang, "f1").status == 201
    assert_exact_at_rest(shop, initial)


def test_the_order_of_a_ticket_is_found_though_the_clock_went_back(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 1)
    shop.world.clock.advance(400)
    ticket = shop.ticket(shop.buyer("wang"), "f1")
    placed = shop.place_flash(shop.buyer("wang"), "f1", ticket)
    goes_back(shop, 390)
    again = shop.place_flash(shop.buyer("wang"), "f1", ticket)
    assert (again.status, again.order_no) == (200, placed.order_no)


def test_before_the_start_a_refusal_reads_nothing(shop: Shop) -> None:
    starts_at = shop.now + 100
    set_up(SaleTerms("f1", "x", "p1-1", 990, 5, 1, starts_at, starts_at + 900), "1")
    wang = shop.buyer("wang")
    ticket = shop.ticket(wang, "f1")
    shop.world.clock.advance(99)
    with shop.world.ledger.step("early") as book:
        assert shop.place_flash(wang, "f1", ticket).body["code"] == "sale_not_running"
    assert [one.name for one in book.entries if one.kind == "store"] == []
    shop.world.clock.advance(1)
    assert shop.place_flash(wang, "f1", ticket).status == 201
