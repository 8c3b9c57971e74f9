"""What staff ask of the shop: every kind of write, and the reading that comes before it."""

from collections.abc import Callable, Mapping
from typing import Any

import pyotp

from shop.domain.calendar import business_day
from tests.proving.bench_rows.deeds.deed import Deed
from tests.proving.bench_rows.deeds.schedules import a_bill
from tests.proving.bench_rows.deeds.stage import PARCEL, Stage
from tests.proving.cases.sealing import rotate

Doing = Callable[[], object]
REASON = {"reason": "已核对"}
COUPON = {
    "id": "k-deed", "title": "新客立减", "kind": "amount", "amount_fen": 500,
    "threshold_fen": 5_000, "claim_starts_at": "2026-01-01T00:00:00Z",
    "claim_ends_at": "2036-01-01T00:00:00Z", "valid_days": 30, "quota": 100, "per_customer": 1,
}  # fmt: skip
SALE = {
    "id": "f-deed",
    "title": "九块九",
    "sku_id": "p1-2",
    "price_fen": 990,
    "units": 20,
    "per_customer": 1,
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
}
PRODUCT = {
    "id": "deed", "title": "景德镇手绘青花盖碗三才碗一人用礼盒装", "category_ids": ["c-tea"],
    "specs": [{"name": "规格", "values": ["小号", "大号"]}],
    "skus": [
        {
            "id": f"deed-{number}", "spec": {"规格": size}, "price_fen": 8_800, "initial_stock": 50,
            "image_url": "https://img.example.com/products/deed/1.jpg", "weight_g": 300,
            "list_price_fen": 9_900, "limit": None,
        }
        for number, size in ((1, "小号"), (2, "大号"))
    ],
}  # fmt: skip


def _staff(folder: str, route: str, body: Any = None, **path: str) -> Deed:
    """A request that begins with the stage as it is."""
    return Deed(folder, route, lambda stage: stage.staff(folder, route, body, **path))


def _about(
    folder: str,
    route: str,
    parameter: str,
    subject: Callable[[Stage], str],
    body: Mapping[str, Any] | None = None,
    **path: str,
) -> Deed:
    """A request about an order or refund that the stage brings into a state first."""

    def prepare(stage: Stage) -> Doing:
        return stage.staff(folder, route, body, **{parameter: subject(stage)}, **path)

    return Deed(folder, route, prepare)


def _sign_in(stage: Stage) -> Doing:
    first = stage.shop.world.secrets["yunpu/staff-bootstrap"]
    code = pyotp.TOTP(first["totp_secret"]).at(stage.shop.now)
    body = {"username": "owner", "password": first["password"], "code": code}
    return stage.anybody("staff", "POST /v1/admin/login", body=body)


def _second_person(stage: Stage) -> Doing:
    wanted = {"delta": 100_000, "reason": "盘点"}
    route = "POST /v1/admin/stock/{sku_id}/adjustments"
    kept = stage.staff("merchandise", route, wanted, sku_id=stage.skus[0])()
    assert kept.status == 201, kept
    return lambda: stage.counter.second(kept.body["approval_id"])


def _refund_of(stage: Stage) -> Doing:
    body = {
        "order_no": stage.paid(), "lines": [{"line_id": "1", "quantity": 1}], "reason": "破损补偿"
    }  # fmt: skip
    return stage.staff("refunds", "POST /v1/admin/refunds", body)


def _waybill(stage: Stage) -> Doing:
    body = {"company": "zhongtong", "orders": [{"order_no": stage.paid()}]}
    return stage.staff("waybill", "POST /v1/admin/waybills", body)


def _work(stage: Stage) -> Doing:
    for _ in range(10):
        stage.paid()
    return stage.staff("fulfilment", "GET /v1/admin/work")


def _labels(stage: Stage) -> Doing:
    stage.paid()
    return stage.staff("fulfilment", "GET /v1/admin/work/labels")


def _codes(stage: Stage) -> Doing:
    coupon = {**COUPON, "obtained": "code"}
    made = stage.staff("promotions", "POST /v1/admin/coupons", coupon)()
    assert made.status in {200, 201}, made
    body = {"batch": "b1", "page": 0, "count": 20}
    return stage.staff("promotions", CODES, body, coupon_id="k-deed")


def _gifts(stage: Stage) -> Doing:
    gift = {"gift_id": "g1", "customers": 2, "reason": "致歉"}
    begun = stage.staff("promotions", GIFTS, gift, coupon_id="c-li")()
    assert begun.status in {200, 201}, begun
    people = [one.buyer.customer_id for one in (stage.people.wang, stage.people.li)]
    body = {"page": 0, "customer_ids": people}
    return stage.staff(
        "promotions", f"{GIFTS}/{{gift_id}}/pages", body, coupon_id="c-li", gift_id="g1"
    )


def _reconciled(stage: Stage) -> Doing:
    day = business_day(stage.shop.now)
    a_bill(stage)()
    return stage.staff("finance", "GET /v1/admin/reconciliations/{day}", day=day)


def _sealing(stage: Stage) -> Doing:
    rotate(stage.shop)
    return stage.staff("sealing", "POST /v1/admin/sealing", {"reason": "换密钥"})


ORDER, CATALOGUE = "/v1/admin/orders/{order_no}", "/v1/admin/catalogue"
REFUND = "POST /v1/admin/refunds/{refund_no}"
CODES = "POST /v1/admin/coupons/{coupon_id}/codes"
GIFTS = "POST /v1/admin/coupons/{coupon_id}/gifts"
SHIP = {"company": "zhongtong", "tracking_no": PARCEL}
CORRECT = {"company": "zhongtong", "tracking_no": "7312345678902", "reason": "抄错一位"}
COURIERS = {"items": [{"code": "zhongtong", "wechat_id": "ZTO", "name": "中通快递"}], **REASON}

STAFF: tuple[Deed, ...] = (
    Deed("staff", "POST /v1/admin/login", _sign_in),
    _staff(
        "staff", "POST /v1/admin/staff", {"username": "xiaoli", "role": "support", "reason": "入职"}
    ),
    _staff("staff", "GET /v1/admin/audit"),
    Deed("staff", "POST /v1/admin/approvals/{approval_id}/approve", _second_person),
    _about("fulfilment", f"POST {ORDER}/shipments", "order_no", Stage.paid, SHIP),
    _about(
        "fulfilment", f"POST {ORDER}/parcels/{{parcel}}/correction", "order_no", Stage.shipped,
        CORRECT, parcel="1",
    ),
    _about("fulfilment", f"GET {ORDER}", "order_no", Stage.paid),
    Deed("fulfilment", "GET /v1/admin/work", _work),
    Deed("fulfilment", "GET /v1/admin/work/labels", _labels),
    _staff("fulfilment", "PUT /v1/admin/couriers", COURIERS),
    Deed("waybill", "POST /v1/admin/waybills", _waybill),
    _about("refunds", f"{REFUND}/approve", "refund_no", Stage.asked_back, REASON),
    Deed("refunds", "POST /v1/admin/refunds", _refund_of),
    _about("refunds", f"{REFUND}/refuse", "refund_no", Stage.asked_back, REASON),
    _about(
        "refunds", f"{REFUND}/redirect", "refund_no",
        lambda stage: stage.refund_fails("abnormal"), REASON,
    ),
    _about(
        "refunds", f"{REFUND}/reopen", "refund_no",
        lambda stage: stage.refund_fails("refund_closed"), REASON,
    ),
    _staff("refunds", "GET /v1/admin/refunds"),
    _staff(
        "merchandise", f"POST {CATALOGUE}/skus/{{sku_id}}/price",
        {"price_fen": 11_800, "reason": "换季"}, sku_id="p0000-1",
    ),
    _staff(
        "merchandise", f"POST {CATALOGUE}/products/{{product_id}}/sale-state",
        {"on_sale": False, "reason": "下架"}, product_id="p0000",
    ),
    _staff(
        "merchandise", "POST /v1/admin/stock/{sku_id}/adjustments",
        {"delta": 3, "reason": "补货"}, sku_id="p0000-1",
    ),
    _staff("merchandise", f"POST {CATALOGUE}/products", PRODUCT),
    _staff("merchandise", f"POST {CATALOGUE}/publish", {}),
    _staff("promotions", "POST /v1/admin/coupons", COUPON),
    _staff("promotions", "POST /v1/admin/flash-sales", SALE),
    _staff(
        "promotions", "PATCH /v1/admin/coupons/{coupon_id}",
        {"reason": "活动加码", "quota": 200_000}, coupon_id="c-li",
    ),
    Deed("promotions", CODES, _codes),
    Deed("promotions", f"{GIFTS}/{{gift_id}}/pages", _gifts),
    Deed("sealing", "POST /v1/admin/sealing", _sealing),
    _staff("operations", "GET /v1/admin/anomalies"),
    _staff("operations", "POST /v1/admin/dead-letters/redrive", {**REASON, "limit": 25}),
    Deed("finance", "GET /v1/admin/reconciliations/{day}", _reconciled),
    _staff("doctor", "GET /v1/admin/doctor"),
)  # fmt: skip
