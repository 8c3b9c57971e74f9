"""Visits of shoppers: many small requests in a row, refusals among them."""

from collections.abc import Mapping

from tests.proving.people import BODY
from tests.recorded.guest import Guest, Visit

DAY = 86_400


def account(guest: Guest) -> None:
    me = guest.shop.sign_in("zhao")
    for nickname in ("小赵", " ", "赵\u202e", "赵" * 33):
        guest.asks("PUT /v1/me", {"nickname": nickname}, of=me)
    guest.asks("PATCH /v1/me", {"avatar_url": "https://elsewhere.example.com/a.jpg"}, of=me)
    for phone in ("13900001234", "139", "057112345678"):
        guest.asks("POST /v1/me/phone", {"phone": phone}, of=me)
    guest.asks("POST /v1/me/phone", {"code": "no-code-of-wechat"}, of=me)
    guest.asks("POST /v1/me/phone", {}, of=me)
    guest.asks("GET /v1/me", of=me)
    guest.asks("POST /v1/logout", {"everywhere": True}, of=me)
    guest.asks("GET /v1/me/addresses", of=me)


def addresses(guest: Guest) -> None:
    first = guest.asks("POST /v1/me/addresses", BODY).body["id"]
    for wrong in ({"province": "火星"}, {"city": "北京市"}, {"district": "朝阳区"}, {"name": " "}):
        guest.asks("POST /v1/me/addresses", {**BODY, **wrong})
    guest.asks("PUT /v1/me/addresses/{address_id}", {**BODY, "name": "李四"}, address_id=first)
    guest.asks("PUT /v1/me/addresses/{address_id}", BODY, address_id="none")
    guest.pages(guest.asks, "GET /v1/me/addresses")
    guest.asks("DELETE /v1/me/addresses/{address_id}", address_id=first)
    guest.asks("DELETE /v1/me/addresses/{address_id}", address_id=first)


def privacy(guest: Guest) -> None:
    for granted in (True, False):
        body = {"version": "2026-01", "granted": granted}
        guest.asks("PUT /v1/me/consents/{policy}", body, policy="privacy")
    guest.asks("PUT /v1/me/consents/{policy}", body, policy="marketing")
    guest.asks("GET /v1/me/consents")
    guest.asks("GET /v1/me/export")
    guest.asks("DELETE /v1/me")


def looking_around(guest: Guest) -> None:
    for sort in ("default", "newest", "price_asc", "price_desc", "odd"):
        guest.pages(guest.asks, "GET /v1/products", sort=sort)
        guest.pages(guest.asks, "GET /v1/products", sort=sort, q="盖碗")
    guest.pages(guest.asks, "GET /v1/products", category="c-tea")
    guest.pages(guest.asks, "GET /v1/products", q="没有这样的东西", category="c-tea")
    for text in ("茶", "c", "", "\x00", "x" * 65):
        guest.asks("GET /v1/search/suggestions", query={"q": text})
    guest.asks("GET /v1/search/hot")
    guest.asks("GET /v1/me/searches")
    guest.asks("DELETE /v1/me/searches")
    guest.asks("GET /v1/me/searches")
    guest.asks("GET /v1/products/{product_id}", product_id="none")


def cart(guest: Guest) -> None:
    one, other = guest.stage.skus[:2]
    for quantity in (2, 0, 100_000):
        guest.asks("PUT /v1/cart/items/{sku_id}", {"quantity": quantity}, sku_id=one)
    guest.asks("PUT /v1/cart/items/{sku_id}", {"quantity": 1, "selected": False}, sku_id=other)
    guest.asks("PUT /v1/cart/items/{sku_id}", {"quantity": 1}, sku_id="none-1")
    items = [{"sku_id": sku, "quantity": 3} for sku in (one, other, "none-1")]
    guest.asks("POST /v1/cart/merge", {"items": items})
    guest.asks("POST /v1/cart/merge", {"items": [*items, items[0]]})
    guest.asks("GET /v1/cart")
    held = guest.stage.people.wang.known
    for more in (
        {"from_cart": True},
        {"address_id": held["address_id"], "coupon_claim_id": held["coupon_claim_id"]},
        {"address_id": "none", "coupon_claim_id": "none-1"},
        {"freight_coupon_claim_id": held["coupon_claim_id"]},
    ):
        guest.asks("POST /v1/quotes", {"items": items[:2], **more})
    guest.asks("DELETE /v1/cart/items/{sku_id}", sku_id=one)
    guest.asks("DELETE /v1/cart/items/{sku_id}", sku_id=one)


def coupons(guest: Guest) -> None:
    guest.pages(guest.asks, "GET /v1/coupons")
    for coupon in ("c-li", "c-li", "c-wang", "none"):
        guest.asks("POST /v1/coupons/{coupon_id}/claims", coupon_id=coupon)
    for state in ("UNUSED", "USED", "EXPIRED", "ODD"):
        guest.pages(guest.asks, "GET /v1/me/coupons", status=state)
    guest.shop.world.clock.advance(31 * DAY)
    guest.asks("GET /v1/me/coupons", of=guest.shop.buyer("wang"))
    guest.asks("POST /v1/coupons/exchange", {"code": "0" * 16}, of=guest.shop.buyer("wang"))


def orders(guest: Guest) -> None:
    stage = guest.stage
    paid, waiting = stage.paid(), stage.ordered().order_no
    for state in ("TO_PAY", "TO_SHIP", "CLOSED", "ODD"):
        guest.pages(guest.asks, "GET /v1/orders", status=state)
    guest.asks("GET /v1/orders/counts")
    for number in (paid, waiting, "none"):
        guest.asks("GET /v1/orders/{order_no}", order_no=number)
        guest.asks("POST /v1/orders/{order_no}/payment", order_no=number)
        guest.asks("POST /v1/orders/{order_no}/receipt", order_no=number)
        guest.asks("GET /v1/orders/{order_no}/shipments", order_no=number)
    guest.asks("POST /v1/orders/{order_no}/cancel", order_no=waiting)
    for lines in ([{"line_id": "1", "quantity": 9}], [{"line_id": "7", "quantity": 1}], []):
        body = {"lines": lines, "reason": "不想要了"}
        guest.asks("POST /v1/orders/{order_no}/refund-requests", body, order_no=paid)
    guest.asks("POST /v1/orders/{order_no}/cancel", order_no=paid)
    guest.asks("POST /v1/orders/{order_no}/cancel", order_no=paid)
    used, unused = ({stage.skus[0]: number} for number in (1, 2))
    tokens = [guest.shop.quote_token(stage.wang, one) for one in (used, unused)]
    guest.asks("POST /v1/orders", {"quote_token": tokens[0]})
    guest.shop.world.clock.advance(3_600)
    later = guest.shop.buyer("wang")
    for token in tokens:
        guest.asks("POST /v1/orders", {"quote_token": token}, of=later)
    guest.shop.pump()


def a_rush(guest: Guest) -> None:
    guest.pages(guest.asks, "GET /v1/flash-sales")
    guest.asks("GET /v1/flash-sales/{sale_id}", sale_id="f1")
    for quantity in (0, 4, 1):
        body = {"quantity": quantity, "address_id": guest.stage.people.wang.known["address_id"]}
        given = guest.asks("POST /v1/flash-sales/{sale_id}/tickets", body, sale_id="f1")
    for ticket in (given.body["ticket"], given.body["ticket"], "forged"):
        guest.asks("POST /v1/flash-sales/{sale_id}/orders", {"ticket": ticket}, sale_id="f1")
    guest.shop.world.clock.advance(16 * 60)
    guest.shop.sweep()
    guest.shop.world.clock.advance(DAY)
    tomorrow = guest.shop.buyer("wang")
    guest.asks("POST /v1/flash-sales/{sale_id}/tickets", body, of=tomorrow, sale_id="f1")
    guest.shop.sweep()
    guest.asks("GET /v1/flash-sales/{sale_id}", sale_id="f1")


SHOPPERS: Mapping[str, Visit] = {
    one.__name__.replace("_", " "): one
    for one in (account, addresses, privacy, looking_around, cart, coupons, orders, a_rush)
}
