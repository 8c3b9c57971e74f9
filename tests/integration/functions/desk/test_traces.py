"""Every write of staff leaves what it changed, with the change or not at all."""

import json
from typing import Any

import pytest

from shop.domain.calendar import business_day
from shop.errors import UnavailableError
from shop.store import staff
from tests.integration.functions.desk.people import Clock, send
from tests.integration.functions.desk.test_promotions import COUPON, SALE

PRODUCT = "POST /v1/admin/catalogue/products"
CATEGORIES = "PUT /v1/admin/catalogue/categories"
TEA: dict[str, Any] = {
    "id": "p9",
    "title": "岩茶",
    "category_ids": ["c-1"],
    "specs": [{"name": "重量", "values": ["100g"]}],
    "skus": [
        {
            "id": "p9-1", "spec": {"重量": "100g"}, "price_fen": 9_900, "list_price_fen": 9_900,
            "initial_stock": 7,
        }
    ],
}  # fmt: skip
ONE = {"items": [{"id": "c-1", "name": "茶"}]}


def traces(clock: Clock) -> list[tuple[Any, ...]]:
    """Before and after of each entry of the day, in the order they were written."""
    rows = staff.audits(business_day(clock.now))
    return [tuple(json.loads(one or "null") for one in (row.before, row.after)) for row in rows]


def put(token: str, key: str, clock: Clock, **change: Any) -> str:
    clock.now += 1
    answer = send(token, PRODUCT, TEA | change, key)
    assert answer.status == 200, answer.body
    return str(answer.body["outcome"])


@pytest.fixture(autouse=True)
def _category(clock: Clock, token: str) -> None:
    assert send(token, CATEGORIES, ONE, "first").body["outcome"] == "changed"


def test_a_price_is_traced_before_and_after_and_a_repeat_neither_acts_nor_traces(
    clock: Clock, token: str
) -> None:
    dearer = [TEA["skus"][0] | {"price_fen": 12_900}]
    assert put(token, "k1", clock) == "created"
    assert put(token, "k2", clock, skus=dearer) == "changed"
    assert put(token, "k3", clock, skus=dearer) == "unchanged"
    # Sent again late, the first one answers as it did and brings no old price back.
    assert put(token, "k1", clock) == "created"
    assert send(token, "GET /v1/admin/stock/{sku_id}", sku_id="p9-1").body["price_fen"] == 12_900
    made, changed, same = traces(clock)[1:]
    assert made[0] is None
    assert (made[1]["title"], made[1]["skus.p9-1.price_fen"]) == ("岩茶", 9_900)
    assert changed == ({"skus.p9-1.price_fen": 9_900}, {"skus.p9-1.price_fen": 12_900})
    assert same == ({}, {})
    assert put(token, "k4", clock, description="长" * 9_000) == "changed"
    assert len(str(traces(clock)[-1])) < 300


def test_a_refused_product_leaves_no_trace_and_its_key_is_free(clock: Clock, token: str) -> None:
    answer = send(token, PRODUCT, TEA | {"category_ids": ["nowhere"]}, "k1")
    assert answer.status == 422
    assert put(token, "k1", clock) == "created"
    assert len(traces(clock)) == 2


def test_a_key_of_another_product_is_refused(clock: Clock, token: str) -> None:
    put(token, "k1", clock)
    answer = send(token, PRODUCT, TEA | {"title": "绿茶"}, "k1")
    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")
    assert len(traces(clock)) == 2


def test_categories_are_traced_by_name(clock: Clock, token: str) -> None:
    clock.now += 1
    two = {"items": [{"id": "c-1", "name": "好茶"}, {"id": "c-2", "name": "壶"}]}
    assert send(token, CATEGORIES, two, "k1").body["outcome"] == "changed"
    before, after = traces(clock)[-1]
    assert before == {"c-1.name": "茶"}
    assert after["c-1.name"] == "好茶"
    assert after["c-2.name"] == "壶"


def test_a_coupon_and_a_sale_are_traced_when_they_are_made(clock: Clock, token: str) -> None:
    outcomes = []
    for number, (route, body) in enumerate(
        [("POST /v1/admin/coupons", COUPON), ("POST /v1/admin/flash-sales", SALE)] * 2
    ):
        clock.now += 1
        outcomes.append(send(token, route, body, f"k{number}").body["outcome"])
    assert outcomes == ["created", "created", "unchanged", "unchanged"]
    coupon, sale, *again = traces(clock)[1:]
    assert (coupon[0], coupon[1]["quota"], coupon[1]["amount_fen"]) == (None, 10, 500)
    assert (sale[0], sale[1]["units"], sale[1]["price_fen"]) == (None, 80, 990)
    assert again == [({}, {})] * 2


def test_a_sale_that_was_cut_off_is_finished_by_the_same_key(
    clock: Clock, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = "POST /v1/admin/flash-sales"
    with monkeypatch.context() as broken:
        broken.setattr("shop.usecases.flash_setup._fill", _dies)
        assert send(token, route, SALE, "k1").status == 503
    done = send(token, route, SALE, "k1")
    assert (done.status, done.body["outcome"]) == (200, "created")
    shown = send(token, "GET /v1/admin/flash-sales/{sale_id}", sale_id="f-test").body
    assert (shown["open"], shown["available"]) == (True, SALE["units"])
    assert len(traces(clock)) == 2


def _dies(*_: object) -> None:
    raise UnavailableError
