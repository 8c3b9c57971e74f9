"""Stock and products by staff: a key acts once and leaves its trace."""

import json

import pytest

from functions.merchandise.app import lambda_handler
from shop.domain.calendar import business_day
from shop.store import staff
from shop.usecases.publish import upsert_product
from shop.web.pages import write_cursor
from tests.integration import shopfile
from tests.integration.functions.calls import Answer, call
from tests.integration.functions.desk.people import RING, Clock, send

STOCK = "GET /v1/admin/stock/{sku_id}"
ADJUST = "POST /v1/admin/stock/{sku_id}/adjustments"


def adjust(token: str, key: str, delta: object, reason: object = "盘点") -> Answer:
    return send(token, ADJUST, {"delta": delta, "reason": reason}, key, sku_id="p0001-1")


def test_a_keyed_adjustment_happens_once_and_is_audited_once(clock: Clock, token: str) -> None:
    before = send(token, STOCK, sku_id="p0001-1").body
    for _ in range(3):
        answer = adjust(token, "k1", -6)
        assert (answer.status, answer.body["available"]) == (201, before["available"] - 6)
    trace = [one for one in staff.audits(business_day(clock.now)) if one.subject == "p0001-1"]
    (one,) = trace
    was, now = json.loads(one.before)["in_total"], json.loads(one.after)["in_total"]
    assert (one.actor, one.reason, now - was) == ("owner", "盘点", -6)
    after = send(token, STOCK, sku_id="p0001-1").body
    assert after["in_total"] == after["available"] + after["taken"] == before["in_total"] - 6


@pytest.mark.parametrize(
    ("delta", "reason"),
    [(0, "x"), (True, "x"), ("1", "x"), (1.0, "x"), (1, ""), (1, " "), (1, "a\u202eb"), (1, 5)],
)
def test_a_bad_adjustment_changes_nothing(token: str, delta: object, reason: object) -> None:
    before = send(token, STOCK, sku_id="p0001-1").body
    assert adjust(token, "k1", delta, reason).status == 422
    assert send(token, STOCK, sku_id="p0001-1").body == before
    assert adjust(token, "k1", 1).status == 201


def test_a_write_needs_a_key(token: str) -> None:
    assert adjust(token, "", 1).status == 400


def test_products_are_listed_as_they_were_described(clock: Clock, token: str) -> None:
    for product in shopfile.products()[1:4]:
        upsert_product(product, clock.now)
    found: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        page = listing(token, query)
        found += [one["id"] for one in page.body["items"]]
        if page.body["next_cursor"] is None:
            break
        query["cursor"] = page.body["next_cursor"]
    assert sorted(found) == ["p0001", "p0002", "p0003", "p0004"]
    shown = send(token, "GET /v1/admin/catalogue/products/{product_id}", product_id="p0001")
    assert shown.body["skus"][0]["initial_stock"] == 86
    missing = send(token, "GET /v1/admin/catalogue/products/{product_id}", product_id="p9")
    assert missing.status == 404


@pytest.mark.parametrize("cursor", ["AAAA", "1" + "A" * 40])
def test_a_cursor_of_another_list_is_refused(token: str, cursor: str) -> None:
    foreign = write_cursor(RING, "products//", "0/p0001")
    for one in (cursor, foreign):
        answer = listing(token, {"cursor": one})
        assert (answer.status, answer.body["code"]) == (400, "invalid_cursor")


def listing(token: str, query: dict[str, str]) -> Answer:
    return call(lambda_handler, "GET /v1/admin/catalogue/products", query=query, token=token)
