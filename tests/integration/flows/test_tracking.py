"""Parcels under way: pushes in any order, live look-ups within the courier's limits."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from shop.domain.ids import CustomerId
from shop.store import parcels, reports
from shop.store.writes import apply
from shop.usecases import fulfil
from tests.proving.shop import Answer, Buyer, Shop, keys

SEED = 20270123
NUMBER = "7312345678901"
SF_BASE_URL = "https://sfapi.sf-express.com"


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        yield shop


def shipped(shop: Shop, buyer: Buyer, company: str = "zhongtong", number: str = NUMBER) -> str:
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    shop.pump()
    fulfil.ship(
        CustomerId(buyer.customer_id), placed.order_no, company, number, actor="li", now=shop.now
    )
    shop.pump()
    return placed.order_no


def courier(shop: Shop, control: str, /, **asked: Any) -> Any:
    reply = shop.courier.handle("POST", f"/_control/{control}", {}, json.dumps(asked).encode())
    assert reply.status < 300, reply.body
    return json.loads(reply.body)


def push(shop: Shop, *events: str, **more: Any) -> int:
    sent = courier(shop, "push", num=NUMBER, events=[{"context": one} for one in events], **more)
    return int(sent["attempt"]["answers"][0]["status"])


def look(shop: Shop, buyer: Buyer, number: str) -> Any:
    answer = ask(shop, buyer, number)
    assert answer.status == 200, answer
    return answer.body["items"][0]


def ask(shop: Shop, buyer: Buyer, number: str) -> Answer:
    route = "GET /v1/orders/{order_no}/shipments"
    # A token lasts ten minutes, less than these stories.
    who = next(one for one in map(shop.buyer, ("wang", "li")) if one.openid == buyer.openid)
    return shop.call("logistics", route, who, path={"order_no": number})


def queries(shop: Shop) -> int:
    return len(shop.courier.received.listed("query"))


def test_a_full_list_replaces_and_an_older_one_does_not(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = shipped(shop, wang)
    for text in ("已揽收", "运输中", "派件中"):
        shop.world.clock.advance(60)
        assert push(shop, text) == 200
    assert [one["text"] for one in look(shop, wang, number)["events"]] == [
        "派件中",
        "运输中",
        "已揽收",
    ]
    assert push(shop, upto=1) == 200
    assert len(look(shop, wang, number)["events"]) == 3


def test_a_number_is_asked_about_at_most_every_half_hour_whoever_looks(shop: Shop) -> None:
    wang = shop.buyer("wang")
    numbers = [shipped(shop, wang), shipped(shop, wang)]
    courier(shop, "parcels", num=NUMBER, com="zhongtong", events=[{"context": "运输中"}])
    for _ in range(4):
        shop.world.clock.advance(1_801)
        for number in numbers * 3:
            look(shop, wang, number)
    assert queries(shop) == 4
    assert all(one["too_early"] == 0 for one in shop.courier.dump()["parcels"])


def test_a_courier_that_is_down_leaves_the_story_with_its_age(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = shipped(shop, wang)
    push(shop, "运输中")
    told = look(shop, wang, number)
    assert not told["stale"]
    courier(shop, "faults", route="query", kind="timeout", times=9)
    for _ in range(3):
        shop.world.clock.advance(1_801)
        now = look(shop, wang, number)
    assert (now["events"], now["updated_at"], now["stale"]) == (
        told["events"], told["updated_at"], True,
    )  # fmt: skip
    assert queries(shop) == 3


def test_a_corrected_courier_is_told_to_wechat_too(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = shipped(shop, wang)
    for _ in range(6):
        shop.world.clock.advance(60)
        shop.follow_up()
    assert push(shop, "运输中", com_new="yuantong") == 200
    assert look(shop, wang, number)["company_name"] == "圆通速递"
    for _ in range(7):
        shop.world.clock.advance(60)
        shop.follow_up()
    (order,) = shop.wechat.dump()["shipping"]
    assert [one["express_company"] for one in order["parcels"]] == ["YTO"]
    row = reports.read(number)
    assert row is not None
    assert row.state == "CONFIRMED"


def test_a_parcel_that_was_given_up_is_subscribed_again(shop: Shop) -> None:
    shipped(shop, shop.buyer("wang"))
    assert len(shop.courier.received.listed("subscribe")) == 1
    assert push(shop, status="abort", message="3天查询无记录") == 200
    for _ in range(40):
        shop.world.clock.advance(60)
        shop.follow_up()
    assert len(shop.courier.received.listed("subscribe")) == 2
    (subscription,) = shop.courier.dump()["subscriptions"]
    assert subscription["ended_at"] is None


def test_a_subscription_that_failed_is_made_by_the_schedule(shop: Shop) -> None:
    courier(shop, "faults", route="subscribe", kind="http_502")
    shipped(shop, shop.buyer("wang"))
    assert shop.courier.dump()["subscriptions"] == []
    for _ in range(40):
        shop.world.clock.advance(60)
        shop.follow_up()
    assert len(shop.courier.dump()["subscriptions"]) == 1


def test_a_push_of_another_number_is_refused_and_changes_nothing(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = shipped(shop, wang)
    (subscription,) = shop.courier.dump()["subscriptions"]
    before = look(shop, wang, number)
    sent = courier(
        shop, "push", num="7399999999999", com="zhongtong", events=[{"context": "已签收"}],
        callbackurl=subscription["callbackurl"], salt=keys().kuaidi100["salt"], state="3",
    )  # fmt: skip
    assert [one["status"] for one in sent["attempt"]["answers"]] == [404]
    assert look(shop, wang, number) == before


@pytest.mark.parametrize(
    ("kind", "status"),
    [("forged_signature", 401), ("missing_signature", 401), ("altered_body", 401),
     ("garbage_param", 400)],
)  # fmt: skip
def test_a_spoiled_push_is_refused_without_a_store_call(shop: Shop, kind: str, status: int) -> None:
    wang = shop.buyer("wang")
    shipped(shop, wang)
    courier(shop, "faults", route="push", kind=kind)
    requests = shop.world.ledger.requests
    assert push(shop, "已签收") == status
    assert shop.world.ledger.requests == requests


def test_an_oversized_push_and_a_made_up_token_are_refused(shop: Shop) -> None:
    route = "POST /v1/notify/kuaidi100/{token}"
    large = urlencode({"param": "x" * 70_000}).encode()
    assert shop.call("logistics", route, path={"token": "x"}, raw=large).status == 413
    assert shop.call("logistics", route, path={"token": "x"}, raw=b"param=1").status == 404


def test_another_buyers_parcels_are_not_found(shop: Shop) -> None:
    number = shipped(shop, shop.buyer("wang"))
    assert ask(shop, shop.buyer("li"), number).status == 404


def test_sf_is_asked_itself_where_that_is_set_up() -> None:
    with Shop(seed=SEED, sf_express_base_url=SF_BASE_URL) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        wang = shop.buyer("wang")
        number = shipped(shop, wang, "shunfeng", "SF1000000001")
        body = {"num": "SF1000000001", "phone": "13812345678",
                "routes": [{"remark": "已签收", "code": "80"}]}  # fmt: skip
        shop.sf_express.handle("POST", "/_control/parcels", {}, json.dumps(body).encode())
        shop.world.clock.advance(1_801)
        told = look(shop, wang, number)
        assert (told["state"], told["events"][0]["text"]) == ("signed", "已签收")
        assert (queries(shop), len(shop.sf_express.received.listed("service"))) == (0, 1)
        shop.world.clock.advance(3_700)
        look(shop, wang, number)
        assert len(shop.sf_express.received.listed("service")) == 1


def test_two_who_look_at_once_ask_once(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = shipped(shop, wang)
    shop.world.clock.advance(1_801)
    apply(parcels.may_ask_about(NUMBER, shop.now, 1_800))
    look(shop, wang, number)
    assert queries(shop) == 0
