"""The list of flash sales is a list as the contract has them; what can be bought comes first."""

from collections.abc import Iterator

import pytest

from tests.proving.shop import Answer, Shop

SEED = 20261230


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 100, None)])
        yield shop


def listed(shop: Shop, **query: str) -> Answer:
    return shop.call("flash_sale", "GET /v1/flash-sales", query=query)


def ids(answer: Answer) -> list[str]:
    return [one["id"] for one in answer.body["items"]]


def test_sales_come_in_pages_and_what_is_over_comes_last(shop: Shop) -> None:
    for number in range(30):
        shop.put_sale(f"over-{number:02d}", "p1-1", 1, seconds=60 + number)
    shop.world.clock.advance(600)
    shop.put_sale("late", "p1-1", 1, seconds=7_200)
    shop.world.clock.advance(10)
    shop.put_sale("later", "p1-1", 1, seconds=3_600)
    first = listed(shop)
    assert ids(first)[:3] == ["late", "later", "over-29"]
    assert len(ids(first)) == 20
    rest = listed(shop, cursor=first.body["next_cursor"])
    assert ids(first) + ids(rest) == ["late", "later", *OVER]
    assert rest.body["next_cursor"] is None


def test_a_sale_that_ends_between_two_pages_loses_none(shop: Shop) -> None:
    for name, seconds in (("a", 60), ("b", 3_600), ("c", 3_600)):
        shop.put_sale(name, "p1-1", 1, seconds=seconds)
        shop.world.clock.advance(1)
    first = listed(shop, limit="1")
    assert ids(first) == ["a"]
    shop.world.clock.advance(100)
    rest = listed(shop, limit="2", cursor=first.body["next_cursor"])
    assert ids(rest) == ["b", "c"]


def test_sales_of_the_past_cost_a_sale_of_today_nothing(shop: Shop) -> None:
    for number in range(40):
        shop.put_sale(f"over-{number:02d}", "p1-1", 1, seconds=60)
    shop.put_sale("today", "p1-1", 1, seconds=3_600)
    shop.world.clock.advance(600)
    listed(shop)
    shop.world.clock.advance(10)
    with shop.world.ledger.step("list") as again:
        listed(shop)
    with shop.world.ledger.step("show") as book:
        path = {"sale_id": "today"}
        shown = shop.call("flash_sale", "GET /v1/flash-sales/{sale_id}", path=path)
    assert shown.body["id"] == "today"
    # The list of names, today's sale and its shard; the sale alone.
    assert [again.reads, book.reads] == [1.5, 0.5]


def test_a_cursor_of_another_list_is_refused(shop: Shop) -> None:
    refused = listed(shop, cursor="1abc")
    assert (refused.status, refused.body["code"]) == (400, "invalid_cursor")
    assert listed(shop, limit="0").status == 422


OVER = [f"over-{number:02d}" for number in reversed(range(30))]
