"""Coupon templates and flash sales by staff."""

import pytest

from tests.integration import shopfile
from tests.integration.functions.desk.people import send

STOCK = "GET /v1/admin/stock/{sku_id}"
COUPON = {
    "id": "k-test",
    "title": "满减",
    "kind": "amount",
    "threshold_fen": 1000,
    "amount_fen": 500,
    "claim_starts_at": "2026-01-01T00:00:00Z",
    "claim_ends_at": "2036-01-01T00:00:00Z",
    "valid_days": 7,
    "quota": 10,
    "per_customer": 1,
}
SALE = {
    "id": "f-test",
    "title": "试试",
    "sku_id": "p0001-1",
    "price_fen": 990,
    "units": 80,
    "per_customer": 1,
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
}


def test_a_coupon_is_created_once(token: str) -> None:
    route = "POST /v1/admin/coupons"
    assert send(token, route, COUPON, "k1").body["outcome"] == "created"
    assert send(token, route, COUPON, "k2").body["outcome"] == "unchanged"
    other = send(token, route, COUPON | {"quota": 11}, "k3")
    assert (other.status, other.body["code"]) == (409, "coupon_exists")


@pytest.mark.parametrize(
    "change",
    [
        {"amount_fen": 0},
        {"amount_fen": 1000},
        {"percent_off": 10},
        {"kind": "percent"},
        {"kind": "percent", "percent_off": 100},
        {"scope": {"type": "products", "ids": []}},
        {"scope": {"type": "all", "ids": ["p0001"]}},
        {"claim_ends_at": "2026-01-01T00:00:00Z"},
        {"claim_ends_at": "2036-01-01T00:00:00"},
        {"claim_ends_at": "soon"},
        {"valid_days": 0},
        {"valid_from": "2026-01-01T00:00:00Z"},
        {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"},
        {
            "valid_days": 0,
            "valid_from": "2027-01-01T00:00:00Z",
            "valid_until": "2026-01-01T00:00:00Z",
        },
        {"per_customer": 11},
        {"quota": 0},
        {"id": "a#b"},
        {"surprise": 1},
    ],
)
def test_a_coupon_whose_terms_do_not_fit_together_is_refused(
    token: str, change: dict[str, object]
) -> None:
    answer = send(token, "POST /v1/admin/coupons", COUPON | change, "k1")
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert answer.body["errors"][0]["field"].startswith("$")


def test_every_coupon_of_the_catalogue_file_is_accepted(token: str) -> None:
    for row in shopfile.content()["coupons"]:
        body = {
            name: value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value
            for name, value in row.items()
        }
        assert send(token, "POST /v1/admin/coupons", body, row["id"]).status == 200, row["id"]


def test_a_flash_sale_takes_its_units_once_and_tells_what_is_left(token: str) -> None:
    route = "POST /v1/admin/flash-sales"
    made = send(token, route, SALE, "k1").body
    assert (made["outcome"], made["shards"] > 1) == ("created", True)
    assert send(token, route, SALE, "k1").status == 200
    assert send(token, route, SALE, "k2").body["outcome"] == "unchanged"
    assert send(token, STOCK, sku_id="p0001-1").body["in_total"] == 6
    shown = send(token, "GET /v1/admin/flash-sales/{sale_id}", sale_id="f-test").body
    assert (shown["units"], shown["available"], shown["taken"]) == (80, 80, 0)
    assert (shown["open"], shown["starts_at"]) == (True, "2026-01-01T00:00:00Z")
    absent = send(token, "GET /v1/admin/flash-sales/{sale_id}", sale_id="f-none")
    assert absent.status == 404
    other = send(token, route, SALE | {"units": 81}, "k3")
    assert (other.status, other.body["code"]) == (409, "sale_exists")


def test_a_flash_sale_of_more_than_there_is_can_be_made_again_with_fewer(token: str) -> None:
    route = "POST /v1/admin/flash-sales"
    stock = send(token, STOCK, sku_id="p0001-1").body
    refused = send(token, route, SALE | {"units": stock["available"] + 1}, "k1")
    assert (refused.status, refused.body["code"]) == (409, "insufficient_stock")
    assert send(token, STOCK, sku_id="p0001-1").body == stock
    assert send(token, route, SALE, "k1").body["outcome"] == "created"
