"""Browsing: lists, search and what a client may keep."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.catalogue.app import lambda_handler
from functions.search_index.app import lambda_handler as build_index
from shop.domain.catalogue import Product
from shop.recent import Recent
from shop.store import catalogue
from shop.usecases.publish import publish, replace_categories, upsert_product
from tests.integration import shopfile
from tests.integration.conftest import empty_shop
from tests.integration.functions.calls import Answer, answer_of, call

EVENTS = Path(__file__).parents[4] / "events" / "catalogue"
pytestmark = pytest.mark.usefixtures("stocked")
NOW = 1_790_000_000


def fill() -> list[Product]:
    """45 products of the file, one of them off sale, published and indexed."""
    chosen = shopfile.products()[:45]
    replace_categories(shopfile.categories(), NOW)
    for product in chosen:
        upsert_product(product, NOW)
    publish(NOW)
    build_index({}, None)
    return chosen


@pytest.fixture(scope="module")
def stocked() -> Iterator[list[Product]]:
    """A filled shop for tests that only read."""
    with empty_shop():
        yield fill()


def products(**query: str) -> Answer:
    return call(lambda_handler, "GET /v1/products", query=query)


def test_categories_come_in_two_levels_and_in_order() -> None:
    answer = call(lambda_handler, "GET /v1/categories")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=20"
    items = answer.body["items"]
    assert [one["sort"] for one in items] == sorted(one["sort"] for one in items)
    assert {one["parent_id"] is None for one in items} == {True, False}


@pytest.mark.parametrize("limit", ["20", "7", "100"])
def test_pages_of_any_size_show_every_product_once(stocked: list[Product], limit: str) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        answer = products(limit=limit, **({"cursor": cursor} if cursor else {}))
        seen += [one["id"] for one in answer.body["items"]]
        cursor = answer.body["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(product.id for product in stocked if product.on_sale)
    assert len(set(seen)) == len(seen)


def test_a_category_lists_what_its_children_hold(stocked: list[Product]) -> None:
    parents = {one.id: one.parent_id for one in shopfile.categories()}
    answer = products(category="c-tea", limit="100", sort="price_asc")
    prices = [one["min_price_fen"] for one in answer.body["items"]]
    assert prices == sorted(prices)
    assert len(prices) == sum(
        any(parents[category] == "c-tea" for category in product.category_ids)
        for product in stocked
        if product.on_sale
    )
    assert products(category="nothing-here").body == {"items": [], "next_cursor": None}


def test_search_puts_titles_first() -> None:
    answer = products(q="龙井")
    assert answer.body["items"][0]["title"].startswith("明前龙井")
    assert all("龙井" in json.dumps(one, ensure_ascii=False) for one in answer.body["items"][:1])
    assert products(q="绝无此物").body["items"] == []
    first = products(q="茶", limit="3")
    second = products(q="茶", limit="3", cursor=first.body["next_cursor"])
    ids = [one["id"] for one in first.body["items"] + second.body["items"]]
    assert len(set(ids)) == 6
    assert products(q="酒", cursor=first.body["next_cursor"]).body["code"] == "invalid_cursor"
    assert products(cursor=first.body["next_cursor"]).body["code"] == "invalid_cursor"
    assert [one["id"] for one in products(q="mqlj").body["items"]][:1] == ["p0001"]
    assert answer.headers["cache-control"] == "public, max-age=10"


def test_nothing_changed_is_304() -> None:
    first = products(limit="7")
    Recent.forget_all()
    again = call(
        lambda_handler,
        "GET /v1/products",
        query={"limit": "7"},
        headers={"If-None-Match": f'"x", {first.headers["etag"]}'},
    )
    assert (again.status, again.body) == (304, None)
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"limit": "0"}, 422, "validation_failed"),
        ({"limit": "101"}, 422, "validation_failed"),
        ({"limit": "x"}, 422, "validation_failed"),
        ({"sort": "magic"}, 422, "validation_failed"),
        ({"category": "../x"}, 422, "validation_failed"),
        ({"q": "长" * 65}, 422, "validation_failed"),
        ({"q": "长" * 10_000}, 422, "validation_failed"),
        ({"q": "龙井\x00"}, 422, "validation_failed"),
        ({"q": "\u202e龙井"}, 422, "validation_failed"),
        ({"q": "龙井", "cursor": "AAAA"}, 400, "invalid_cursor"),
        ({"cursor": "AAAA"}, 400, "invalid_cursor"),
        ({"cursor": "é"}, 400, "invalid_cursor"),
    ],
)
def test_bad_queries_are_refused(query: dict[str, str], status: int, code: str) -> None:
    answer = products(**query)
    assert (answer.status, answer.body["code"]) == (status, code)


def test_pages_fit_in_one_unit() -> None:
    for row in catalogue.all_pages("all/default"):
        assert len(row.body) < 4_000


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_events_are_answered(event: Path) -> None:
    answer = answer_of(lambda_handler(json.loads(event.read_text()), None))
    assert answer.status == 200
