"""Visits of staff: many small requests in a row, refusals among them."""

import json
from collections.abc import Mapping
from typing import Any

import pyotp

from shop.domain.calendar import business_day
from tests.proving.bench_rows.deeds.schedules import a_bill
from tests.proving.bench_rows.deeds.staff import COUPON, COURIERS, PRODUCT, REASON, SALE
from tests.proving.bench_rows.deeds.stage import PARCEL
from tests.proving.cases.sealing import rotate
from tests.proving.people import BODY
from tests.proving.shop import Buyer
from tests.proving.template import ROOT, load_handler
from tests.recorded.guest import Guest, Visit

DAY = 86_400
OTHER_PARCEL = "7312345678999"
SHOW_DAY = "GET /v1/admin/reconciliations/{day}"


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


STAFF: Mapping[str, Visit] = {
    one.__name__.replace("_", " "): one
    for one in (
        a_parcel,
        staff,
        approvals,
        goods,
        shelves,
        coupon_desk,
        sale_desk,
        work_desk,
        refund_desk,
        books,
        oddities,
        sealing,
    )
}
