"""Carts and quotes over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.cart.app import lambda_handler
from shop.crypto.keyring import KeyRing
from shop.crypto.order_tokens import open_quote
from shop.domain.address import Address
from shop.errors import NotFoundError
from shop.store import cart as carts
from shop.store import coupons
from shop.store.stock import SkuRow, count_limit, take
from shop.store.table import sku_key
from shop.store.writes import apply, update
from shop.usecases.publish import replace_categories, replace_freight, upsert_product
from shop.usecases.quote import Keys, requote
from tests.integration import shopfile
from tests.integration.functions.calls import Answer, access_token, answer_of, call

NOW = 1_790_000_000
EVENTS = Path(__file__).parents[4] / "events" / "cart"
ITEM = "/v1/cart/items/{sku_id}"
RING = KeyRing("1", {"1": bytes(32)})
HOME = Address("张三", "13800138000", "浙江省", "杭州市", "西湖区", "龙井路1号")
FAR = Address("李四", "13900139000", "台湾省", "台北市", "信义区", "某路2号")
pytestmark = pytest.mark.usefixtures("stocked")


@pytest.fixture
def stocked(table: None, now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three products of the file, delivery fees, coupons, and two addresses of alice."""
    replace_categories(shopfile.categories(), now)
    replace_freight(shopfile.freight(), now)
    for product in shopfile.products()[:3]:
        upsert_product(product, now)
    for template in shopfile.coupons():
        coupons.create_template(template)

    def address_of(session: Any, address_id: str) -> Address:
        book = {("alice", "home"): HOME, ("alice", "far"): FAR}
        if (session.customer_id, address_id) not in book:
            raise NotFoundError
        return book[session.customer_id, address_id]

    monkeypatch.setattr("shop.wiring.address_of", address_of, raising=False)


def send(route: str, body: object = None, customer: str = "alice", **path: str) -> Answer:
    return call(lambda_handler, route, body=body, path=path, token=access_token(customer))


def put(sku_id: str, quantity: int, **more: object) -> Answer:
    return send(f"PUT {ITEM}", {"quantity": quantity, **more}, sku_id=sku_id)


def quote(*items: tuple[str, int], **more: object) -> Any:
    body = {"items": [{"sku_id": one, "quantity": count} for one, count in items], **more}
    answer = send("POST /v1/quotes", {"from_cart": False, "address_id": "home", **body})
    assert answer.status == 200, answer.body
    return answer.body


def problems(quoted: Any) -> list[Any]:
    assert quoted["quote_token"] is None
    assert quoted["expires_at"] is None
    return [(one["code"], one.get("sku_id")) for one in quoted["problems"]]


def test_a_line_whose_sku_is_gone_is_shown_as_off_sale_and_costs_nothing() -> None:
    put("p0001-1", 2)
    SkuRow(*sku_key("p0001-1")).delete()
    shown = send("GET /v1/cart").body
    (line,) = shown["items"]
    assert (line["sku_id"], line["quantity"], line["state"]) == ("p0001-1", 2, "off_sale")
    assert (line["title"], line["price_fen"], shown["selected_total_fen"]) == ("", 0, 0)


def test_a_cart_shows_what_is_true_now() -> None:
    assert send("GET /v1/cart").body == {"items": [], "selected_total_fen": 0, "version": 0}
    put("p0001-1", 2)
    put("p0001-3", 24, selected=False)
    shown = put("p0001-1", 3).body
    assert {one["sku_id"]: one["quantity"] for one in shown["items"]} == {
        "p0001-1": 3,
        "p0001-3": 24,
    }
    assert shown["selected_total_fen"] == 3 * 12_800
    assert shown["version"] == 3
    apply(take("p0001-3", 20, 1, NOW))
    apply(take("p0001-1", 86, 1, NOW))
    states = {one["sku_id"]: one["state"] for one in send("GET /v1/cart").body["items"]}
    assert states == {"p0001-1": "sold_out", "p0001-3": "insufficient"}
    apply(update(SkuRow(*sku_key("p0001-3")), [SkuRow.sale_last.set(0)]))
    states = {one["sku_id"]: one["state"] for one in send("GET /v1/cart").body["items"]}
    assert states["p0001-3"] == "off_sale"


def test_selection_stays_when_only_the_quantity_changes() -> None:
    put("p0001-1", 1, selected=False)
    assert put("p0001-1", 2).body["items"][0]["selected"] is False


def test_removing_twice_is_removing_once() -> None:
    put("p0001-1", 1)
    assert send(f"DELETE {ITEM}", sku_id="p0001-1").body["items"] == []
    again = send(f"DELETE {ITEM}", sku_id="p0001-1")
    assert (again.status, again.body["version"]) == (200, 2)


def test_merging_takes_the_larger_and_can_be_repeated() -> None:
    put("p0001-1", 5)
    items = [
        {"sku_id": "p0001-1", "quantity": 3},
        {"sku_id": "p0001-2", "quantity": 2},
        {"sku_id": "gone-1", "quantity": 1},
    ]
    first = send("POST /v1/cart/merge", {"items": items})
    again = send("POST /v1/cart/merge", {"items": items})
    assert {one["sku_id"]: one["quantity"] for one in first.body["items"]} == {
        "p0001-1": 5,
        "p0001-2": 2,
    }
    assert again.body == first.body
    twice = send("POST /v1/cart/merge", {"items": [items[0], items[0]]})
    assert (twice.status, twice.body["code"]) == (422, "validation_failed")


def test_a_full_cart_takes_no_new_line_but_changes_old_ones(now: int) -> None:
    for number in range(100):
        carts.set_line("alice", f"x{number}-1", 1, None, now)
    full = put("p0001-1", 1)
    assert (full.status, full.body["code"]) == (409, "cart_full")
    assert carts.set_line("alice", "x7-1", 9, None, now).line("x7-1") is not None
    assert len(send("POST /v1/cart/merge", {"items": []}).body["items"]) == 100


def test_an_order_leaves_the_cart_once(now: int) -> None:
    put("p0001-1", 5)
    put("p0001-2", 1)
    for _ in range(2):
        carts.leave_cart("alice", "ORDER1", [("p0001-1", 2), ("p0001-2", 1), ("q-1", 1)], now)
    cart = carts.read("alice")
    assert [(line.sku_id, line.quantity) for line in cart.lines] == [("p0001-1", 3)]
    carts.leave_cart("bob", "ORDER2", [("p0001-1", 2)], now)
    assert carts.read("bob").version == 0


@pytest.mark.parametrize("quantity", [0, 100, -1, True, "1", 1.0, None])
def test_quantities_are_whole_numbers_from_1_to_99(quantity: object) -> None:
    answer = send(f"PUT {ITEM}", {"quantity": quantity}, sku_id="p0001-1")
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert send("GET /v1/cart").body["version"] == 0


def test_only_known_skus_and_signed_in_shoppers() -> None:
    assert put("nothing-1", 1).status == 404
    assert put("nothing", 1).status == 404
    assert call(lambda_handler, "GET /v1/cart").status == 401
    assert send("GET /v1/cart", customer="bob").body["items"] == []


def test_a_quote_adds_up_and_its_token_carries_the_order(now: int) -> None:
    made = quote(("p0001-1", 1), ("p0002-3", 2), from_cart=True)
    assert made["goods_total_fen"] == 12_800 + 2 * 6_800
    assert made["freight_fen"] == 0
    assert made["payable_fen"] == 26_400
    assert made["problems"] == []
    assert made["expires_at"] == "2026-09-21T14:18:20Z"
    token = open_quote(RING, made["quote_token"])
    assert (token.customer_id, token.openid) == ("alice", "openid-alice")
    assert (token.address, token.from_cart, token.issued_at) == (HOME, True, now)
    assert [(one.sku_id, one.price_version) for one in token.lines] == [
        ("p0001-1", 1),
        ("p0002-3", 1),
    ]
    assert quote(("p0001-1", 1))["quote_token"] != quote(("p0001-1", 1))["quote_token"]


def test_coupons_are_told_and_split_over_lines(now: int) -> None:
    template = {one.id: one for one in shopfile.coupons()}
    for coupon_id in ("k-199-30", "k-tea-10", "k-freight"):
        coupons.hand_out("alice", coupons.new_claim(template[coupon_id], 1, now))
    made = quote(("p0001-1", 1), ("p0002-3", 2), coupon_claim_id="k-199-30-1")
    assert made["discount_total_fen"] == 3_000
    assert sum(line["discount_fen"] for line in made["lines"]) == 3_000
    assert made["payable_fen"] == sum(line["payable_fen"] for line in made["lines"])
    saved = {one["claim_id"]: one["discount_fen"] for one in made["coupons"]}
    assert saved == {"k-199-30-1": 3_000, "k-tea-10-1": 2_640, "k-freight-1": 0}
    assert made["best"] == {"claim_ids": ["k-199-30-1"], "saves_fen": 3_000}
    small = quote(
        ("p0002-3", 1), coupon_claim_id="k-tea-10-1", freight_coupon_claim_id="k-freight-1"
    )
    assert (small["freight_fen"], small["payable_fen"]) == (0, 6_800 - 680)
    assert open_quote(RING, small["quote_token"]).claim_ids == ("k-tea-10-1", "k-freight-1")
    below = quote(("p0002-3", 1), coupon_claim_id="k-199-30-1")
    assert problems(below) == [("coupon_unusable", None)]
    reasons = {one["claim_id"]: one["reason"] for one in below["coupons"]}
    assert reasons["k-199-30-1"] == "below_threshold"
    both = quote(("p0001-1", 2), coupon_claim_id="k-tea-10-1", freight_coupon_claim_id="k-199-30-1")
    assert problems(both) == [("coupon_unusable", None)]
    assert "not_stackable" in {one["reason"] for one in both["coupons"]}
    assert problems(quote(("p0001-1", 1), coupon_claim_id="of-somebody-1")) == [
        ("coupon_unusable", None)
    ]


def test_every_obstacle_is_named() -> None:
    apply(take("p0001-1", 86, 1, NOW))
    apply(take("p0001-3", 20, 1, NOW))
    apply(count_limit("alice", "p0001-3", 2, 2))
    assert problems(quote(("p0001-1", 1))) == [("sold_out", "p0001-1")]
    assert problems(quote(("p0001-3", 5))) == [("insufficient_stock", "p0001-3")]
    assert problems(quote(("p0001-3", 1))) == [("purchase_limit", "p0001-3")]
    assert problems(quote(("nothing-9", 1))) == [("off_sale", "nothing-9")]
    assert problems(quote(("p0001-2", 1), address_id="far")) == [("area_not_served", "p0001-2")]
    assert problems(quote(("p0001-2", 1), address_id=None)) == [("address_needed", None)]


def test_a_requote_keeps_the_wish_and_tells_the_new_price(now: int) -> None:
    token = open_quote(RING, quote(("p0001-1", 2), from_cart=True)["quote_token"])
    row = SkuRow(*sku_key("p0001-1"))
    apply(update(row, [SkuRow.price_fen.set(13_000), SkuRow.price_version.add(1)]))
    again = requote(token, Keys(RING, bytes), now + 400)
    assert again.quote.payable_fen == 26_000
    assert again.expires_at == now + 700
    assert open_quote(RING, again.token or "").from_cart


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{"sku_id": "p0001-1", "quantity": 1}] * 2},
        {"items": [{"sku_id": f"p-{n}", "quantity": 1} for n in range(21)]},
        {"items": [{"sku_id": "p0001-1", "quantity": 1, "price_fen": 1}]},
        {"items": [{"sku_id": "../etc", "quantity": 1}]},
        {"items": [{"sku_id": "p0001-1", "quantity": 1}], "openid": "x"},
        {"items": [{"sku_id": "p0001-1", "quantity": 1}], "from_cart": 1},
    ],
)
def test_bad_wishes_are_refused(body: object) -> None:
    answer = send("POST /v1/quotes", body)
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")


def test_anothers_address_is_not_found() -> None:
    body = {"items": [{"sku_id": "p0001-1", "quantity": 1}], "address_id": "home"}
    assert send("POST /v1/quotes", body, customer="bob").status == 404


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_events_are_answered(event: Path) -> None:
    text = event.read_text().replace("{access_token}", access_token("alice"))
    assert answer_of(lambda_handler(json.loads(text), None)).status == 200
