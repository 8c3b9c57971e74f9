"""What shoppers and providers ask of the shop."""

import json
from collections.abc import Callable
from typing import Any

from tests.proving.bench_rows.deeds.deed import Deed
from tests.proving.bench_rows.deeds.stage import Stage
from tests.proving.cases.erasing import ERASE, whole_customer
from tests.proving.people import BODY
from tests.proving.shop import Answer

Doing = Callable[[], object]


def _customer(folder: str, route: str, **more: Any) -> Deed:
    """A request that begins with the stage as it is."""
    return Deed(folder, route, lambda stage: stage.customer(folder, route, **more))


def _anybody(folder: str, route: str, **more: Any) -> Deed:
    return Deed(folder, route, lambda stage: stage.anybody(folder, route, **more))


def _of_an_order(
    folder: str, route: str, number: Callable[[Stage], str], **more: Any
) -> Deed:  # fmt: skip
    """A request about an order that the stage brings into a state first."""

    def prepare(stage: Stage) -> Doing:
        return stage.customer(folder, route, path={"order_no": number(stage)}, **more)

    return Deed(folder, route, prepare)


def _checkout(stage: Stage) -> Doing:
    token = stage.shop.quote_token(stage.wang, {stage.skus[0]: 1})
    return lambda: stage.shop.place(stage.wang, token)


def _flash_order(stage: Stage) -> Doing:
    ticket = stage.shop.ticket(stage.wang, "f1")
    return lambda: stage.shop.place_flash(stage.wang, "f1", ticket)


def _flash_ticket(stage: Stage) -> Doing:
    body = {"quantity": 1, "address_id": stage.people.wang.known["address_id"]}
    route = "POST /v1/flash-sales/{sale_id}/tickets"
    return stage.customer("flash_sale", route, path={"sale_id": "f1"}, body=body)


def _quote(stage: Stage) -> Doing:
    known = stage.people.wang.known
    body = {
        "items": [{"sku_id": sku, "quantity": 1} for sku in stage.skus[:3]],
        "from_cart": False,
        "address_id": known["address_id"],
        "coupon_claim_id": known["coupon_claim_id"],
    }
    return stage.customer("cart", "POST /v1/quotes", body=body)


def _cart_line(stage: Stage) -> Doing:
    path = {"sku_id": stage.skus[0]}
    return stage.customer("cart", "PUT /v1/cart/items/{sku_id}", path=path, body={"quantity": 2})


def _claim(stage: Stage) -> Doing:
    stage.shop.put_coupon("c-new")
    route = "POST /v1/coupons/{coupon_id}/claims"
    return stage.customer("coupons", route, path={"coupon_id": "c-new"}, key="deed")


def _sign_in(stage: Stage) -> Doing:
    asked = json.dumps({"user": "zhao"}).encode()
    given = json.loads(stage.shop.wechat.handle("POST", "/_control/codes", {}, asked).body)
    return stage.anybody("login", "POST /v1/login", body={"code": given["code"]})


def _refresh(stage: Stage) -> Doing:
    signed = _sign_in(stage)()
    assert isinstance(signed, Answer)
    body = {"refresh_token": signed.body["refresh_token"]}
    return stage.anybody("login", "POST /v1/login/refresh", body=body)


def _erase(stage: Stage) -> Doing:
    zhao = whole_customer(stage.shop, "zhao", coupon=False)
    return lambda: stage.shop.call("privacy", ERASE, zhao)


def _notice(stage: Stage) -> Doing:
    placed = stage.ordered()
    assert placed.payment
    stage.shop.pump()
    assert stage.shop.pay_now(stage.wang, placed.payment) == 200
    return stage.shop.deliver_due


def _refund_notice(stage: Stage) -> Doing:
    assert stage.counter.decide(stage.asked_back()).status == 200
    stage.shop.pump()
    stage.shop.world.clock.advance(3)
    return stage.shop.deliver_due


def _settlement(stage: Stage) -> Doing:
    number = stage.shipped()
    return lambda: stage.shop.settles(number)


def _push(stage: Stage) -> Doing:
    stage.shipped()
    return lambda: stage.courier_tells("0", "快件离开深圳转运中心")


def _orders(stage: Stage) -> Doing:
    for _ in range(9):
        stage.ordered()
    return stage.customer("orders", "GET /v1/orders", query={"limit": "10"})


def _placed(stage: Stage) -> str:
    return stage.ordered().order_no


BACK = {"lines": [{"line_id": "1", "quantity": 1}], "reason": "不想要了"}

SHOPPERS: tuple[Deed, ...] = (
    Deed("login", "POST /v1/login", _sign_in),
    Deed("login", "POST /v1/login/refresh", _refresh),
    _customer("account", "GET /v1/me/addresses"),
    _customer("account", "POST /v1/me/addresses", body=BODY, key="deed"),
    _customer("account", "PATCH /v1/me", body={"nickname": "小王"}),
    _customer(
        "account", "PUT /v1/me/subscriptions", body={"template": "paid", "accepted": True}
    ),
    _customer("privacy", "GET /v1/me/export"),
    _customer(
        "privacy", "PUT /v1/me/consents/{policy}", path={"policy": "privacy"},
        body={"version": "2026-11", "granted": True},
    ),
    Deed("privacy", ERASE, _erase),
    _anybody("catalogue", "GET /v1/products", query={"limit": "20"}),
    _anybody("catalogue", "GET /v1/products/{product_id}", path={"product_id": "p0000"}),
    _anybody("search", "GET /v1/search/suggestions", query={"q": "云"}),
    _customer("search", "GET /v1/me/searches"),
    Deed("cart", "POST /v1/quotes", _quote),
    Deed("cart", "PUT /v1/cart/items/{sku_id}", _cart_line),
    _customer("cart", "GET /v1/cart"),
    Deed("coupons", "POST /v1/coupons/{coupon_id}/claims", _claim),
    _customer("coupons", "GET /v1/me/coupons"),
    Deed("checkout", "POST /v1/orders", _checkout),
    Deed("flash_sale", "POST /v1/flash-sales/{sale_id}/orders", _flash_order),
    Deed("flash_sale", "POST /v1/flash-sales/{sale_id}/tickets", _flash_ticket),
    Deed("orders", "GET /v1/orders", _orders),
    _of_an_order("orders", "GET /v1/orders/{order_no}", _placed),
    _of_an_order("orders", "POST /v1/orders/{order_no}/payment", _placed),
    _of_an_order("orders", "POST /v1/orders/{order_no}/cancel", _placed),
    _of_an_order("orders", "POST /v1/orders/{order_no}/receipt", Stage.shipped),
    _of_an_order(
        "orders", "POST /v1/orders/{order_no}/refund-requests", Stage.paid, body=BACK, key="deed"
    ),
    Deed("logistics", "POST /v1/notify/kuaidi100/{token}", _push),
    _of_an_order("logistics", "GET /v1/orders/{order_no}/shipments", Stage.shipped),
    Deed("pay_notify", "POST /v1/notify/wechatpay", _notice),
    Deed("pay_notify", "POST /v1/notify/wechatpay (refund)", _refund_notice),
    Deed("wechat_notify", "POST /v1/notify/wechat", _settlement),
    _anybody("meta", "GET /v1/health"),
)  # fmt: skip
