"""Visits of shoppers and staff: many small requests in a row, refusals among them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pyotp

from shop.domain.calendar import business_day
from tests.proving.bench_rows.deeds import Stage
from tests.proving.bench_rows.deeds.schedules import a_bill
from tests.proving.bench_rows.deeds.staff import COUPON, COURIERS, PRODUCT, REASON, SALE
from tests.proving.bench_rows.deeds.stage import PARCEL
from tests.proving.cases.sealing import rotate
from tests.proving.people import BODY
from tests.proving.shop import Answer, Buyer
from tests.proving.template import ROOT, folder_of, load_handler

DAY = 86_400
OTHER_PARCEL = "7312345678999"
Visit = Callable[["Guest"], object]


class Guest:
    """Somebody who sends requests to a furnished shop, each write under a key of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.shop = stage, stage.shop
        self._keys = 0

    def asks(
        self,
        route: str,
        body: Any = None,
        *,
        of: Buyer | None = None,
        query: Mapping[str, str] | None = None,
        key: str = "",
        **path: str,
    ) -> Answer:
        """A shopper's request, by default the one who holds something of everything."""
        self._keys += 1
        headers = {} if route.startswith("GET") else {"idempotency-key": key or f"v-{self._keys}"}
        return self.shop.call(
            folder_of(route), route, of or self.stage.wang, path=path, query=query, body=body,
            headers=headers,
        )  # fmt: skip

    def works(
        self, route: str, body: Any = None, *, query: Mapping[str, str] | None = None, **path: str
    ) -> Answer:
        """A request of the owner's."""
        owner = Buyer("owner", "", self.stage.owner())
        return self.asks(route, body, of=owner, query=query, **path)

    def pages(self, send: Callable[..., Answer], route: str, **query: str) -> None:
        """A list in pages of one, up to three of them."""
        cursor: dict[str, str] = {}
        for _ in range(3):
            answer = send(route, query={"limit": "1", **query, **cursor})
            following = answer.body.get("next_cursor")
            if not following:
                return
            cursor = {"cursor": following}


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


def a_parcel(guest: Guest) -> None:
    stage, shop = guest.stage, guest.shop
    number = stage.paid()
    ship = "POST /v1/admin/orders/{order_no}/shipments"
    wrongs: tuple[dict[str, Any], ...] = (
        {"company": "none"}, {"tracking_no": "SF1234567890123"}, {"lines": []}
    )  # fmt: skip
    for wrong in wrongs:
        parcel = {"company": "zhongtong", "tracking_no": PARCEL, **wrong}
        guest.works(ship, parcel, order_no=number)
    part = {
        "company": "zhongtong",
        "tracking_no": PARCEL,
        "lines": [{"line_id": "1", "quantity": 1}],
    }
    guest.works(ship, part, order_no=number)
    guest.works(ship, part, order_no=number)
    rest = {"company": "zhongtong", "tracking_no": OTHER_PARCEL}
    guest.works(ship, rest, order_no=number)
    shop.pump()
    for state, text in (("0", "已揽收"), ("5", "派件中"), ("3", "已签收"), ("14", "拒签")):
        stage.courier_tells(state, text)
    shop.pump()
    guest.asks("GET /v1/orders/{order_no}/shipments", order_no=number)
    correct = "POST /v1/admin/orders/{order_no}/parcels/{parcel}/correction"
    for to in (OTHER_PARCEL, "7312345678902", "7312345678903"):
        body = {"company": "zhongtong", "tracking_no": to, "reason": "抄错一位"}
        guest.works(correct, body, order_no=number, parcel="2")
    guest.works("GET /v1/admin/orders/{order_no}", order_no=number)
    guest.asks("POST /v1/orders/{order_no}/receipt", order_no=number)
    asked = {"lines": [{"line_id": "1", "quantity": 1}], "reason": "破损"}
    guest.asks("POST /v1/orders/{order_no}/refund-requests", asked, order_no=number)
    for _ in range(3):
        shop.world.clock.advance(DAY)
        shop.follow_up()
        shop.pump()


def staff(guest: Guest) -> None:
    new = {"username": "xiaowang", "role": "support", "reason": "入职"}
    made = guest.works("POST /v1/admin/staff", new).body
    guest.works("POST /v1/admin/staff", new)
    guest.works("POST /v1/admin/staff", {**new, "username": "owner-1"})
    code = pyotp.TOTP(made["totp_secret"]).at(guest.shop.now)
    knock = {"username": "xiaowang", "password": made["password"], "code": code}
    entered = guest.shop.call("staff", "POST /v1/admin/login", body=knock)
    me = Buyer("xiaowang", "", str((entered.body or {}).get("access_token", "")))
    guest.shop.world.clock.advance(60)
    for current, wanted in (
        (made["password"], made["password"]),
        ("a-wrong-password-1", "another-password-2"),
        (made["password"], "short"),
        (made["password"], "another-password-2"),
    ):
        now = pyotp.TOTP(made["totp_secret"]).at(guest.shop.now)
        body = {"current_password": current, "new_password": wanted, "code": now}
        guest.asks("PUT /v1/admin/password", body, of=me)
    guest.asks("POST /v1/admin/staff", {**new, "username": "other"}, of=me)
    for name in ("xiaowang", "owner-1", "nobody"):
        guest.works("POST /v1/admin/staff/{username}/reset", REASON, username=name)
        guest.works("POST /v1/admin/staff/{username}/disable", REASON, username=name)
        guest.works("POST /v1/admin/staff/{username}/disable", {"reason": " "}, username=name)
    guest.works("GET /v1/admin/staff")
    guest.pages(guest.works, "GET /v1/admin/audit")
    guest.pages(guest.works, "GET /v1/admin/audit", day="20260230")
    guest.pages(guest.works, "GET /v1/admin/personal-reads")
    wang = guest.stage.wang.customer_id
    guest.works(
        "GET /v1/admin/orders/{order_no}", order_no=guest.stage.people.wang.known["order_no"]
    )
    guest.pages(guest.works, "GET /v1/admin/personal-reads", customer_id=wang)
    guest.pages(guest.works, "GET /v1/admin/personal-reads", customer_id=wang, day="20261111")
    guest.pages(guest.works, "GET /v1/admin/personal-reads", day="20261111")


def approvals(guest: Guest) -> None:
    adjust = "POST /v1/admin/stock/{sku_id}/adjustments"
    asked = [
        guest.works(adjust, {"delta": 100_000 + n, "reason": "盘点"}, sku_id=guest.stage.skus[n])
        for n in range(3)
    ]
    first, second, third = (str(one.body["approval_id"]) for one in asked)
    guest.pages(guest.works, "GET /v1/admin/approvals")
    guest.works("POST /v1/admin/approvals/{approval_id}/approve", REASON, approval_id=first)
    for how in ("refuse", "approve"):
        guest.stage.counter.second(second, how)
    guest.stage.counter.second(first)
    guest.stage.counter.second(first, who="one")
    guest.shop.world.clock.advance(30 * DAY)
    guest.stage.counter.second(third)
    guest.works(adjust, {"delta": 100_002, "reason": "盘点"}, sku_id=guest.stage.skus[2])


def goods(guest: Guest) -> None:
    put = "POST /v1/admin/catalogue/products"
    skus: Any = PRODUCT["skus"]
    first, *others = skus
    wrongs: tuple[dict[str, Any], ...] = (
        {"category_ids": ["nowhere"]}, {"freight": "nowhere"}, {"skus": []},
        {"skus": [first, first]}, {"skus": [{**first, "id": "p1-1"}]},
        {"skus": [{**first, "spec": {"颜色": "红"}}]}, {"skus": [{**first, "price_fen": 10_000}]},
        {"sale_from": "2026-12-01T00:00:00Z", "sale_until": "2026-11-01T00:00:00Z"},
        {"images": ["http://elsewhere.example.com/a.jpg"]}, {"title": " "}, {"id": "a b"},
    )  # fmt: skip
    for wrong in wrongs:
        guest.works(put, {**PRODUCT, **wrong})
    guest.works(put, PRODUCT)
    guest.works(put, PRODUCT)
    guest.works(put, {**PRODUCT, "skus": others, "subtitle": "三才", "tags": ["手绘"]})
    show = "GET /v1/admin/catalogue/products/{product_id}"
    for name in ("deed", "none"):
        guest.works(show, product_id=name)
    guest.pages(guest.works, "GET /v1/admin/catalogue/products")
    price = "POST /v1/admin/catalogue/skus/{sku_id}/price"
    for fen in (8_800, 9_100, 0):
        guest.works(price, {"price_fen": fen, "reason": "换季"}, sku_id="deed-2")
    guest.works(price, {"price_fen": 1, "list_price_fen": 0, "reason": "换季"}, sku_id="none-1")
    state = "POST /v1/admin/catalogue/products/{product_id}/sale-state"
    window = {"sale_from": "2026-12-01T00:00:00Z", "sale_until": "2026-12-09T00:00:00Z"}
    for terms in ({"on_sale": True, **window}, {"on_sale": False}, {"on_sale": False}):
        guest.works(state, {**terms, "reason": "上新"}, product_id="deed")
    for delta in (3, -1_000, 0):
        body = {"delta": delta, "reason": "盘点"}
        guest.works("POST /v1/admin/stock/{sku_id}/adjustments", body, sku_id="deed-2")
    guest.works("GET /v1/admin/stock/{sku_id}", sku_id="deed-2")
    guest.works("GET /v1/admin/stock/{sku_id}", sku_id="none-1")
    for asked in ({"sku": "deed-2"}, {"sale": "f1"}, {}, {"sku": "deed-2", "sale": "f1"}):
        guest.works("GET /v1/admin/audit/stock", query=asked)


def shelves(guest: Guest) -> None:
    categories = "PUT /v1/admin/catalogue/categories"
    tea, green = {"id": "c-tea", "name": "茶", "sort": 1}, {"id": "c-g", "name": "绿茶", "sort": 2}
    for items in (
        [tea, {**green, "parent_id": "c-tea"}], [tea, {**green, "parent_id": "none"}], [tea, tea]
    ):  # fmt: skip
        guest.works(categories, {"items": items})
    freight = {
        "id": "standard", "name": "默认运费", "by": "piece", "first_units": 3, "further_units": 3,
        "first_fee_fen": 800, "further_fee_fen": 300, "not_served": ["台湾省"],
    }  # fmt: skip
    for wrong in ({}, {"not_served": ["火星"]}, {"by": "weight", "free_threshold_fen": 9_900}):
        guest.works("PUT /v1/admin/catalogue/freight", {"templates": [{**freight, **wrong}]})
    guest.works("PUT /v1/admin/catalogue/freight", {"templates": [freight, freight]})
    one = COURIERS["items"][0]
    guest.works("PUT /v1/admin/couriers", {**COURIERS, "items": [one, one]})
    guest.works("PUT /v1/admin/couriers", COURIERS)
    guest.works("GET /v1/admin/couriers")
    off = "POST /v1/admin/catalogue/products/{product_id}/sale-state"
    for number in range(len(guest.stage.skus)):
        guest.works(off, {"on_sale": False, "reason": "下架"}, product_id=f"p{number:04}")
    guest.works("POST /v1/admin/catalogue/publish", {})
    guest.asks("GET /v1/products")
    guest.shop.index_search()
    guest.asks("GET /v1/products", query={"q": "茶"})


def coupon_desk(guest: Guest) -> None:
    make, of = "POST /v1/admin/coupons", {"type": "products", "ids": ["p1"]}
    kinds: tuple[dict[str, Any], ...] = (
        {}, {"kind": "percent", "amount_fen": 0, "percent_off": 20, "cap_fen": 5_000},
        {"kind": "freight"}, {"scope": of}, {"scope": {"type": "products", "ids": []}},
        {"valid_days": 0}, {"amount_fen": 5_000}, {"per_customer": 101}, {"percent_off": 10},
        {"claim_ends_at": "2025-01-01T00:00:00Z"}, {"obtained": "code", "new_customers_only": True},
    )  # fmt: skip
    for number, terms in enumerate(kinds):
        guest.works(make, {**COUPON, "id": f"k-{number}", **terms})
    guest.works(make, {**COUPON, "id": "k-0"})
    guest.works(make, {**COUPON, "id": "k-0", "quota": 50})
    change = "PATCH /v1/admin/coupons/{coupon_id}"
    changes: tuple[dict[str, Any], ...] = (
        {"quota": 150}, {"quota": 10}, {"claim_ends_at": "2026-12-01T00:00:00Z"},
        {"claim_ends_at": "2037-01-01T00:00:00Z"}, {}, {"quota": 10**9},
    )  # fmt: skip
    for terms in changes:
        guest.works(change, {**terms, "reason": "加码"}, coupon_id="k-0")
    guest.works(change, {"quota": 150, "reason": "加码"}, coupon_id="none")
    for query in ({}, {"first_day": "20261110", "days": "3"}, {"first_day": "20260230"}):
        guest.works("GET /v1/admin/coupons/{coupon_id}/effect", query=query, coupon_id="c-wang")
    codes = "POST /v1/admin/coupons/{coupon_id}/codes"
    page = {"batch": "b1", "page": 0, "count": 2}
    told = guest.works(codes, page, coupon_id="k-10")
    for again in (page, {**page, "count": 3}, {**page, "page": 1}):
        guest.works(codes, again, coupon_id="k-10")
    guest.works(codes, page, coupon_id="k-0")
    new = guest.shop.sign_in("zhou")
    for code in [*(told.body or {}).get("codes", [])[:1] * 2, "1" * 16]:
        guest.asks("POST /v1/coupons/exchange", {"code": code}, of=new)
    begin = "POST /v1/admin/coupons/{coupon_id}/gifts"
    gift = {"gift_id": "g1", "customers": 2, "reason": "致歉"}
    for body in (
        gift,
        gift,
        {**gift, "customers": 3},
        {"gift_id": "g2", **gift, "customers": 9_999},
    ):
        guest.works(begin, body, coupon_id="k-0")
    people = [one.buyer.customer_id for one in (guest.stage.people.wang, guest.stage.people.li)]
    for number, ids in ((0, people), (0, people[:1]), (1, people), (0, [])):
        body = {"page": number, "customer_ids": ids}
        guest.works(f"{begin}/{{gift_id}}/pages", body, coupon_id="k-0", gift_id="g1")


def sale_desk(guest: Guest) -> None:
    begin = "POST /v1/admin/flash-sales"
    for wrong in (
        {}, {}, {"units": 21}, {"sku_id": "none-1"}, {"units": 10**6}, {"price_fen": 10**6},
        {"per_customer": 21}, {"ends_at": "2025-01-01T00:00:00Z"},
    ):  # fmt: skip
        guest.works(begin, {**SALE, **wrong})
    for name in ("f-deed", "none"):
        guest.works("GET /v1/admin/flash-sales/{sale_id}", sale_id=name)


def work_desk(guest: Guest) -> None:
    stage = guest.stage
    number, _, sent = stage.paid(), stage.paid({stage.skus[1]: 1}), stage.shipped()
    day = business_day(guest.shop.now)
    for asked in (
        {}, {"day": day}, {"day": "20260230"}, {"company": "zhongtong"}, {"status": "PART_SHIPPED"},
        {"sku_id": stage.skus[1]}, {"company": "none"}, {"status": "ODD"},
    ):  # fmt: skip
        guest.pages(guest.works, "GET /v1/admin/work", **asked)
        guest.pages(guest.works, "GET /v1/admin/work/labels", **asked)
    for asked in ({"status": "TO_SHIP"}, {"day": day}, {"status": "SHIPPED", "day": day}, {}):
        guest.pages(guest.works, "GET /v1/admin/orders", **asked)
    waybill = {"company": "zhongtong", "orders": [{"order_no": number}, {"order_no": sent}]}
    for company in ("zhongtong", "zhongtong", "none"):
        guest.works("POST /v1/admin/waybills", {**waybill, "company": company})
    for name in (number, sent, "none"):
        guest.works("GET /v1/admin/waybills/{order_no}", order_no=name)
        guest.works("GET /v1/admin/orders/{order_no}", order_no=name)


def refund_desk(guest: Guest) -> None:
    stage = guest.stage
    asked, other = stage.asked_back(), stage.paid({stage.skus[1]: 2})
    body = {"order_no": other, "lines": [{"line_id": "1", "quantity": 1}], "reason": "破损补偿"}
    for amount in (10**7, 0, 100):
        guest.works("POST /v1/admin/refunds", {**body, "amount_fen": amount})
    guest.works("POST /v1/admin/refunds", {**body, "lines": [{"line_id": "9", "quantity": 1}]})
    guest.works("POST /v1/admin/refunds", {**body, "order_no": "none"})
    guest.pages(guest.works, "GET /v1/admin/refunds")
    decide = "POST /v1/admin/refunds/{refund_no}"
    for how in ("redirect", "reopen", "approve", "refuse", "approve"):
        guest.works(f"{decide}/{how}", REASON, refund_no=asked)
    guest.works(f"{decide}/approve", {**REASON, "amount_fen": 10**7}, refund_no=asked)
    guest.works(f"{decide}/approve", REASON, refund_no="none-1")
    guest.shop.pump()
    guest.shop.world.clock.advance(60)
    guest.shop.deliver_due()
    guest.shop.pump()
    guest.asks("GET /v1/orders/{order_no}", order_no=other)
    guest.works("GET /v1/admin/orders/{order_no}", order_no=other)


def books(guest: Guest) -> None:
    day = business_day(guest.shop.now)
    a_bill(guest.stage)()
    for name in (day, "20260230", "20200101", "today"):
        guest.works("POST /v1/admin/reconciliations/{day}", REASON, day=name)
        guest.pages(lambda route, **more: guest.works(route, day=name, **more), SHOW_DAY)  # noqa: B023


def oddities(guest: Guest) -> None:
    """Money for what is not there, paid outside, paid late; letters and what is in them."""
    stage, shop = guest.stage, guest.shop
    closed = stage.ordered()
    assert closed.payment
    shop.cancel(stage.wang, closed.order_no)
    shop.pump()
    shop.pay_now(stage.wang, closed.payment, notify=False)
    shop.world.clock.advance(2 * 60 - shop.now % 60)
    shop.ask_unpaid()
    for name in ("lost_batch", "failed_run"):
        event = json.loads((ROOT / f"events/dead_letters/{name}.json").read_text("utf-8"))
        shop.world.invoke(load_handler("dead_letters"), event, name="dead_letters")
    guest.pages(guest.works, "GET /v1/admin/anomalies")
    guest.pages(guest.works, "GET /v1/admin/anomalies", day=business_day(shop.now))
    guest.pages(guest.works, "GET /v1/admin/anomalies", day="odd")
    guest.pages(guest.works, "GET /v1/admin/dead-letters")
    for limit in (1, 0):
        guest.works("POST /v1/admin/dead-letters/redrive", {**REASON, "limit": limit})


def sealing(guest: Guest) -> None:
    zhao = guest.shop.sign_in("zhao")
    guest.asks("POST /v1/me/phone", {"phone": "13900001234"}, of=zhao)
    guest.asks("POST /v1/me/addresses", BODY, of=zhao)
    rotate(guest.shop)
    guest.asks("GET /v1/me", of=guest.shop.sign_in("zhao"))
    guest.asks("GET /v1/me/addresses")
    again: dict[str, str] = {}
    for _ in range(3):
        told = guest.works("POST /v1/admin/sealing", {**REASON, **again}).body or {}
        again = {"cursor": told["cursor"]} if told.get("cursor") else {}


SHOW_DAY = "GET /v1/admin/reconciliations/{day}"
VISITS: Mapping[str, Visit] = {
    one.__name__.replace("_", " "): one
    for one in (
        account, addresses, privacy, looking_around, cart, coupons, orders, a_rush, a_parcel, staff,
        approvals, goods, shelves, coupon_desk, sale_desk, work_desk, refund_desk, books, oddities,
        sealing,
    )
}  # fmt: skip
