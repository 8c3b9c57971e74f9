"""A shop's first day, through the routes alone: staff set it up, a shopper signs in and buys."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pyotp import TOTP

from tests.proving.shop import Answer, Buyer, Shop
from tests.proving.template import folder_of

SEED = 20261123


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        yield shop


def staff(shop: Shop) -> Buyer:
    first = shop.world.secrets["yunpu/staff-bootstrap"]
    answer = shop.call(
        "staff",
        "POST /v1/admin/login",
        body={
            "username": first["username"],
            "password": first["password"],
            "code": TOTP(first["totp_secret"]).at(shop.now),
        },
    )
    assert answer.status == 200, answer.body
    return Buyer("owner", "", answer.body["access_token"])


def write(shop: Shop, who: Buyer, route: str, body: Any, key: str, **path: str) -> Answer:
    return shop.call(
        folder_of(route), route, who, body=body, path=path, headers={"idempotency-key": key}
    )


def product() -> dict[str, Any]:
    return {
        "id": "p1",
        "title": "龙井明前特级",
        "category_ids": ["c-green"],
        "specs": [{"name": "规格", "values": ["50 克", "250 克"]}],
        "skus": [
            {
                "id": "p1-1",
                "spec": {"规格": "50 克"},
                "price_fen": 6_800,
                "list_price_fen": 8_800,
                "initial_stock": 5,
            },
            {
                "id": "p1-2",
                "spec": {"规格": "250 克"},
                "price_fen": 29_900,
                "list_price_fen": 29_900,
                "initial_stock": 2,
                "limit": 1,
            },
        ],
    }


def open_shop(shop: Shop) -> Buyer:
    who = staff(shop)
    categories = {
        "items": [
            {"id": "c-tea", "name": "茶叶", "sort": 1},
            {"id": "c-green", "name": "绿茶", "parent_id": "c-tea", "sort": 2},
        ]
    }
    template = {
        "id": "standard",
        "name": "默认运费",
        "by": "piece",
        "first_units": 3,
        "further_units": 3,
        "first_fee_fen": 800,
        "further_fee_fen": 300,
        "free_threshold_fen": 9_900,
        "not_served": ["台湾省"],
    }
    coupon = {
        "id": "k-welcome",
        "title": "新客立减",
        "kind": "amount",
        "threshold_fen": 600,
        "amount_fen": 500,
        "claim_starts_at": "2026-01-01T00:00:00Z",
        "claim_ends_at": "2036-01-01T00:00:00Z",
        "valid_days": 30,
        "quota": 10,
        "per_customer": 1,
    }
    steps = [
        ("PUT /v1/admin/catalogue/categories", categories),
        ("PUT /v1/admin/catalogue/freight", {"templates": [template]}),
        ("POST /v1/admin/catalogue/products", product()),
        ("POST /v1/admin/coupons", coupon),
        ("POST /v1/admin/catalogue/publish", {}),
    ]
    for number, (route, body) in enumerate(steps):
        answer = write(shop, who, route, body, f"open-{number}")
        assert answer.status == 200, (route, answer.body)
    return who


def test_a_shopper_browses_claims_quotes_orders_pays_and_receives(shop: Shop) -> None:
    who = open_shop(shop)
    buyer = shop.sign_in("wang")

    listed = shop.call("catalogue", "GET /v1/products", query={"category": "c-tea"})
    assert [one["id"] for one in listed.body["items"]] == ["p1"]
    shop.index_search()
    found = shop.call("catalogue", "GET /v1/products", query={"q": "明前"})
    assert [one["id"] for one in found.body["items"]] == ["p1"]

    address = shop.call(
        "account",
        "POST /v1/me/addresses",
        buyer,
        headers={"idempotency-key": "a1"},
        body={
            "name": "王小明",
            "phone": "13812345678",
            "province": "广东省",
            "city": "深圳市",
            "district": "南山区",
            "detail": "科技园南区 8 号",
            "is_default": True,
        },
    )
    assert address.status == 201, address.body
    claim = shop.call(
        "coupons",
        "POST /v1/coupons/{coupon_id}/claims",
        buyer,
        path={"coupon_id": "k-welcome"},
        headers={"idempotency-key": "c1"},
    )
    assert claim.status == 201, claim.body
    cart = shop.call(
        "cart",
        "PUT /v1/cart/items/{sku_id}",
        buyer,
        path={"sku_id": "p1-1"},
        body={"quantity": 2},
    )
    assert cart.body["selected_total_fen"] == 13_600

    quote = shop.call(
        "cart",
        "POST /v1/quotes",
        buyer,
        body={
            "items": [{"sku_id": "p1-1", "quantity": 2}],
            "from_cart": True,
            "address_id": address.body["id"],
            "coupon_claim_id": claim.body["claim_id"],
        },
    )
    assert quote.status == 200, quote.body
    assert quote.body["payable_fen"] == 13_100
    placed = shop.place(buyer, quote.body["quote_token"])
    assert placed.status == 201, placed.body
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    shop.pump()
    assert shop.call("cart", "GET /v1/cart", buyer).body["items"] == []
    used = shop.call("coupons", "GET /v1/me/coupons", buyer, query={"status": "USED"})
    assert len(used.body["items"]) == 1

    shipped = write(
        shop,
        who,
        "POST /v1/admin/orders/{order_no}/shipments",
        {"company": "yuantong", "tracking_no": "YT1234567890", "reason": "发货"},
        "ship-1",
        order_no=placed.order_no,
    )
    assert shipped.body == {"order_no": placed.order_no, "status": "TO_RECEIVE"}
    shop.pump()
    pushed = {
        "num": "YT1234567890",
        "state": "3",
        "events": [{"context": "已签收", "time": "2026-11-11 21:00:00"}],
    }
    shop.courier.handle("POST", "/_control/push", {}, json.dumps(pushed).encode())
    shop.deliver_due()
    seen = shop.call(
        "logistics",
        "GET /v1/orders/{order_no}/shipments",
        buyer,
        path={"order_no": placed.order_no},
    )
    assert [one["state"] for one in seen.body["items"]] == ["signed"], (seen.body, shop.delivered)
    done = shop.order("POST /v1/orders/{order_no}/receipt", buyer, placed.order_no)
    assert done.body["status"] == "DONE"
    moves = shop.call(
        "fulfilment", "GET /v1/admin/orders/{order_no}", who, path={"order_no": placed.order_no}
    )
    shop.pump()
    assert [move["status"] for move in moves.body["history"]][:3] == [
        "TO_PAY",
        "TO_SHIP",
        "TO_RECEIVE",
    ]
    assert moves.body["address"]["phone"] == "138****5678"


def test_importing_twice_changes_nothing_and_adjustments_happen_once(shop: Shop) -> None:
    who = open_shop(shop)
    again = write(shop, who, "POST /v1/admin/catalogue/products", product(), "again")
    assert again.body == {"product_id": "p1", "outcome": "unchanged"}
    route = "POST /v1/admin/stock/{sku_id}/adjustments"
    change = {"delta": -2, "reason": "破损"}
    for _ in range(3):
        adjusted = write(shop, who, route, change, "adj-1", sku_id="p1-1")
        assert adjusted.status == 201, adjusted.body
    assert shop.stock("p1-1") == (3, 0, 3)
    other = write(shop, who, route, {"delta": -1, "reason": "破损"}, "adj-1", sku_id="p1-1")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    short = write(shop, who, route, {"delta": -9, "reason": "盘亏"}, "adj-2", sku_id="p1-1")
    assert (short.status, short.body["code"]) == (409, "insufficient_stock")
    absent = write(shop, who, route, change, "adj-3", sku_id="p9-1")
    assert absent.status == 404
    assert shop.stock("p1-1") == (3, 0, 3)


def test_a_staff_code_works_once_and_guessing_locks_the_account(shop: Shop) -> None:
    staff(shop)
    first = shop.world.secrets["yunpu/staff-bootstrap"]

    def attempt(password: str) -> Answer:
        return shop.call(
            "staff",
            "POST /v1/admin/login",
            body={
                "username": "owner",
                "password": password,
                "code": TOTP(first["totp_secret"]).at(shop.now),
            },
        )

    assert attempt(first["password"]).status == 401
    shop.world.clock.advance(60)
    for _ in range(4):
        assert attempt("wrong").status == 401
    assert attempt(first["password"]).status == 429
    shop.world.clock.advance(901)
    assert attempt(first["password"]).status == 200
