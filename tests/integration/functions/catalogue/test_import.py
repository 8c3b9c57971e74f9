"""Imports: repeatable, never touching stock, and seen by shoppers once published."""

import dataclasses

import pytest

from functions.catalogue.app import lambda_handler
from functions.search_index.app import lambda_handler as build_index
from shop.domain.catalogue import Product
from shop.recent import Recent
from shop.store import catalogue
from shop.store.stock import take
from shop.store.writes import apply
from shop.usecases.notes import Outcome
from shop.usecases.publish import publish, replace_categories, upsert_product
from tests.integration import shopfile
from tests.integration.functions.calls import Answer, call

PRODUCT = "GET /v1/products/{product_id}"


@pytest.fixture
def stocked(table: None, now: int) -> list[Product]:
    """Three products, published."""
    chosen = shopfile.products()[:3]
    replace_categories(shopfile.categories(), now)
    for product in chosen:
        upsert_product(product, now)
    publish(now)
    return chosen


def products(**query: str) -> Answer:
    return call(lambda_handler, "GET /v1/products", query=query)


def test_importing_twice_writes_nothing(stocked: list[Product], now: int) -> None:
    assert {upsert_product(product, now + 9) for product in stocked} == {Outcome.UNCHANGED}
    assert publish(now + 9).rows_written == 0


def test_a_change_keeps_stock_and_a_new_price_is_a_new_version(
    stocked: list[Product], now: int
) -> None:
    product = stocked[0]
    apply(take("p0001-1", 6, 1, now))
    dearer = dataclasses.replace(product.skus[0], price_fen=13_000, initial_stock=999, limit=3)
    changed = dataclasses.replace(product, title="改名的龙井", skus=(dearer, product.skus[1]))
    assert upsert_product(changed, now) is Outcome.CHANGED
    skus = catalogue.read_product(product.id).skus
    one = skus["p0001-1"]
    assert (one.available, one.taken, one.in_total, one.price_version) == (80, 6, 86, 2)
    assert (one.limit, one.title, one.price_fen) == (3, "改名的龙井", 13_000)
    assert (skus["p0001-2"].price_version, skus["p0001-3"].on_sale_at(now)) == (1, False)
    publish(now)
    Recent.forget_all()
    build_index({}, None)
    assert products(q="改名的龙井").body["items"][0]["sold_count"] == 6
    shown = call(lambda_handler, PRODUCT, path={"product_id": product.id}).body
    assert [sku["id"] for sku in shown["skus"]] == ["p0001-1", "p0001-2"]


def test_a_product_taken_off_sale_leaves_every_list(stocked: list[Product], now: int) -> None:
    for product in stocked[1:]:
        upsert_product(dataclasses.replace(product, on_sale=False), now)
    published = publish(now)
    Recent.forget_all()
    assert published.products == 1
    assert [one["id"] for one in products().body["items"]] == ["p0001"]
    assert products(category="c-food").body["items"] == []
    shown = call(lambda_handler, PRODUCT, path={"product_id": stocked[1].id})
    assert {sku["on_sale"] for sku in shown.body["skus"]} == {False}


def test_a_product_page_shows_stock_as_it_is_now(stocked: list[Product], now: int) -> None:
    product = stocked[0]
    before = call(lambda_handler, PRODUCT, path={"product_id": product.id})
    assert before.status == 200
    sku = before.body["skus"][2]
    assert sku["spec_values"] == ["250克礼盒"]
    assert sku["available"] == 24
    apply(take(sku["id"], 24, 1, now))
    after = call(lambda_handler, PRODUCT, path={"product_id": product.id})
    assert after.body["skus"][2]["available"] == 0
    assert after.headers["etag"] != before.headers["etag"]
    assert before.body["specs"] == [
        {"name": "规格", "values": ["50克试饮罐", "125克铁罐", "250克礼盒"]}
    ]
    missing = call(lambda_handler, PRODUCT, path={"product_id": "p9999"})
    assert (missing.status, missing.body["code"]) == (404, "not_found")
