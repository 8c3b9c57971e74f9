"""Subscribe messages: what was allowed is sent once, and nothing about them holds an order up."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shop.domain.ids import CustomerId
from shop.domain.messages import MessageKind
from shop.store import messages
from shop.store.table import message_key, subscription_key
from shop.usecases import fulfil
from tests.proving.cases.stage import status_of
from tests.proving.faults import Kind
from tests.proving.shop import TABLE, Answer, Buyer, Shop

SEED = 20270122
KINDS = ("paid", "shipped", "signed", "closed", "refunded", "coupon_ending")
FIELDS = {
    "paid": {"character_string1": "order_no", "amount2": "amount", "thing3": "goods"},
    "shipped": {"thing1": "courier", "character_string2": "tracking_no", "time3": "time"},
    "signed": {"thing1": "goods", "time2": "time"},
    "closed": {"thing1": "reason", "amount2": "amount"},
    "refunded": {"amount1": "amount", "thing2": "reason"},
    "coupon_ending": {"thing1": "coupon", "time2": "time"},
}
TEMPLATES = {
    kind: {"id": f"T-{kind}", "fields": FIELDS[kind], "page": "pages/order/show?no={order_no}"}
    for kind in KINDS
}


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, message_templates=json.dumps(TEMPLATES)) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        shop.put_coupon("k1")
        yield shop


def allow(shop: Shop, buyer: Buyer, template: str, *, accepted: bool = True) -> Answer:
    body = {"template": template, "accepted": accepted}
    return shop.call("account", "PUT /v1/me/subscriptions", buyer, body=body)


def accept(shop: Shop, user: str, *templates: str) -> Buyer:
    """The user accepts WeChat's prompts, and the client tells the shop."""
    buyer = shop.sign_in(user)
    for template in templates:
        shop.wechat_control("subscriptions", user=user, template_id=f"T-{template}", count=1)
        assert allow(shop, buyer, template).body == {"template": template, "left": 1}
    return buyer


def sent(shop: Shop) -> list[Any]:
    reply = shop.wechat.handle("GET", "/_control/messages", {}, b"")
    return [
        (one["template_id"], [part["value"] for part in one["data"].values()])
        for one in json.loads(reply.body)["messages"]
    ]


def tries(shop: Shop) -> int:
    return len(shop.wechat.received.listed("subscribe_send"))


def left(buyer: Buyer, kind: str) -> int:
    row = messages.subscription(subscription_key(buyer.customer_id, kind))
    return int(row.left) if row else 0


def state(shop: Shop, buyer: Buyer, kind: str, subject: str) -> str:
    pk, sk = message_key(buyer.customer_id, kind, subject)
    row = shop.world.engine.image(TABLE, {"PK": {"S": pk}, "SK": {"S": sk}})
    return str(row["st"]["S"]) if row else ""


def pays(shop: Shop, buyer: Buyer) -> str:
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    shop.pump()
    return placed.order_no


def fault(shop: Shop, kind: str) -> None:
    shop.wechat_control("faults", route="subscribe_send", kind=kind)


def test_an_order_tells_its_story(shop: Shop) -> None:
    wang = accept(shop, "wang", "paid", "shipped", "signed")
    number = pays(shop, wang)
    customer_id = CustomerId(wang.customer_id)
    fulfil.ship(customer_id, number, "zhongtong", "7312345678901", actor="li", now=shop.now)
    shop.pump()
    news = {"num": "7312345678901", "state": "3", "events": [{"context": "已签收", "state": "3"}]}
    assert shop.courier.handle("POST", "/_control/push", {}, json.dumps(news).encode()).status < 300
    shop.pump()
    assert [one for one, _ in sent(shop)] == ["T-paid", "T-shipped", "T-signed"]
    assert sent(shop)[0][1] == [number, "¥128.00", "云雾绿茶×1"]
    assert sent(shop)[1][1][:2] == ["中通快递", "7312345678901"]
    assert [left(wang, kind) for kind in ("paid", "shipped", "signed")] == [0, 0, 0]


def test_a_closed_order_and_a_refund_are_told(shop: Shop) -> None:
    wang = accept(shop, "wang", "closed", "refunded")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    shop.cancel(wang, placed.order_no)
    shop.pump()
    number = pays(shop, wang)
    shop.cancel(wang, number)
    for _ in range(3):
        shop.pump()
        shop.deliver_due()
        shop.world.clock.advance(61)
        shop.sweep()
    shop.pump()
    assert [one for one, _ in sent(shop)] == ["T-closed", "T-refunded"]
    assert sent(shop)[0][1] == ["买家取消", "¥128.00"]


def test_without_permission_nothing_is_sent_and_one_permission_is_one_message(shop: Shop) -> None:
    wang = accept(shop, "wang", "paid")
    for _ in range(2):
        pays(shop, wang)
    assert (len(sent(shop)), tries(shop)) == (1, 1)
    li = shop.sign_in("li")
    pays(shop, li)
    assert tries(shop) == 1


def test_a_refusal_never_disturbs_the_order_and_ends_the_permission(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    allow(shop, wang, "paid")
    number = pays(shop, wang)
    assert (status_of(shop, number), sent(shop), tries(shop)) == ("TO_SHIP", [], 1)
    assert (left(wang, "paid"), state(shop, wang, "paid", number)) == (0, "UNWANTED")


@pytest.mark.parametrize("kind", ["timeout_after", "http_502_after", "garbage_after"])
def test_what_may_have_been_sent_is_not_sent_again(shop: Shop, kind: str) -> None:
    wang = accept(shop, "wang", "paid")
    fault(shop, kind)
    number = pays(shop, wang)
    assert (len(sent(shop)), tries(shop)) == (1, 1)
    assert (left(wang, "paid"), state(shop, wang, "paid", number)) == (0, "CLAIMED")


@pytest.mark.parametrize("kind", ["errcode:-1", "errcode:40037", "errcode:47003"])
def test_what_was_certainly_not_sent_costs_no_permission(shop: Shop, kind: str) -> None:
    wang = accept(shop, "wang", "paid")
    fault(shop, kind)
    number = pays(shop, wang)
    assert (status_of(shop, number), sent(shop)) == ("TO_SHIP", [])
    assert (left(wang, "paid"), state(shop, wang, "paid", number)) == (1, "FAILED")


def test_a_process_that_dies_while_sending_is_not_followed_by_a_second_message(shop: Shop) -> None:
    from tests.proving.faults import Killed

    wang = accept(shop, "wang", "paid")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(wang, placed.payment)
    shop.deliver_due()
    shop.world.faults.when(lambda _, call: Kind.KILLED_AFTER if "subscribe" in call.name else None)
    with pytest.raises(Killed):
        shop.pump()
    shop.world.faults.none()
    shop.pump()
    assert (len(sent(shop)), left(wang, "paid")) == (1, 0)


def test_what_the_buyer_does_not_want_is_not_sent(shop: Shop) -> None:
    wang = accept(shop, "wang", "paid")
    assert allow(shop, wang, "paid", accepted=False).body == {"template": "paid", "left": 0}
    pays(shop, wang)
    assert tries(shop) == 0
    assert allow(shop, wang, "spam").status == 422


def test_a_coupon_that_ends_is_told_the_day_before_and_once(shop: Shop) -> None:
    wang = accept(shop, "wang", "coupon_ending")
    claimed = shop.call(
        "coupons", "POST /v1/coupons/{coupon_id}/claims", wang, path={"coupon_id": "k1"},
        headers={"idempotency-key": "c1"},
    )  # fmt: skip
    assert claimed.status == 201
    for _ in range(28):
        shop.follow_up()
        shop.world.clock.advance(86_400)
    assert sent(shop) == []
    for _ in range(3):
        shop.world.clock.advance(86_400)
        shop.follow_up()
    assert [(one, values[0]) for one, values in sent(shop)] == [("T-coupon_ending", "立减券")]
    assert left(wang, "coupon_ending") == 0


def test_what_is_allowed_while_coupons_are_looked_after_is_not_forgotten(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang = accept(shop, "wang", "coupon_ending")
    messages.claim(wang.customer_id, MessageKind.COUPON_ENDING, "another", shop.now)
    read = messages.permission

    def allowed_meanwhile(customer_id: str, kind: MessageKind) -> Any:
        found = read(customer_id, kind)
        monkeypatch.setattr(messages, "permission", read)
        messages.allow(customer_id, kind, b"sealed", "another request", shop.now)
        return found

    monkeypatch.setattr(messages, "permission", allowed_meanwhile)
    shop.follow_up()
    row = messages.subscription(subscription_key(wang.customer_id, "coupon_ending"))
    assert row is not None
    assert (int(row.left), row.due_at) == (1, shop.now)


def test_permissions_are_exported_without_the_openid(shop: Shop) -> None:
    wang = accept(shop, "wang", "paid")
    held = shop.call("privacy", "GET /v1/me/export", wang).body
    assert [(one["template"], one["left"]) for one in held["subscriptions"]] == [("paid", 1)]
    assert wang.openid not in json.dumps(held)
