"""Electronic waybills: each made once, labels sealed, unknown outcomes kept as such."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.domain.calendar import business_day
from shop.store import personal_reads, staff
from tests.proving.faults import Killed, Kind
from tests.proving.shop import ADDRESS, Answer, Buyer, Shop

SEED = 20270124


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        staff.create("owner-1", "owner", "no password opens this", b"", shop.now)
        yield shop


def owner(shop: Shop) -> str:
    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    return issue_staff(ring, "owner-1", "s", now=shop.now, jti="j")


def paid(shop: Shop, buyer: Buyer) -> str:
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    shop.pump()
    return placed.order_no


def make(shop: Shop, *numbers: str, key: str = "k1", company: str = "zhongtong") -> Answer:
    body = {"company": company, "orders": [{"order_no": number} for number in numbers]}
    headers = {"authorization": f"Bearer {owner(shop)}", "idempotency-key": key}
    return shop.call("waybill", "POST /v1/admin/waybills", body=body, headers=headers)


def states(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [one["status"] for one in answer.body["items"]]


def show(shop: Shop, number: str) -> Any:
    headers = {"authorization": f"Bearer {owner(shop)}"}
    route = "GET /v1/admin/waybills/{order_no}"
    answer = shop.call("waybill", route, path={"order_no": number}, headers=headers)
    assert answer.status == 200, answer
    return answer.body["items"]


def fault(shop: Shop, kind: str) -> None:
    body = json.dumps({"route": "label", "kind": kind}).encode()
    assert shop.courier.handle("POST", "/_control/faults", {}, body).status == 201


def made(shop: Shop) -> list[Any]:
    return list(shop.courier.dump()["labels"])


def asked(shop: Shop) -> int:
    return len(shop.courier.received.listed("label"))


def test_many_orders_get_their_waybills_once(shop: Shop) -> None:
    wang = shop.buyer("wang")
    numbers = [paid(shop, wang) for _ in range(3)]
    first = make(shop, *numbers)
    assert states(first) == ["MADE"] * 3
    assert len({one["tracking_no"] for one in first.body["items"]}) == 3
    assert make(shop, *numbers).body == first.body
    assert make(shop, *numbers, key="k2").body == first.body
    assert (len(made(shop)), asked(shop)) == (3, 3)


def test_a_label_is_sealed_in_storage_and_reading_it_is_logged(shop: Shop) -> None:
    number = paid(shop, shop.buyer("wang"))
    make(shop, number)
    ((path, kept),) = [
        (path, data) for path, data in shop.world.objects.versions.items() if "labels" in path
    ]
    assert number in path
    (sealed,) = kept.values()
    assert ADDRESS[0].encode() not in sealed
    assert base64.b64encode(ADDRESS[0].encode())[:6] not in sealed
    (one,) = show(shop, number)
    text = base64.b64decode(one["label"].partition(",")[2]).decode()
    assert ADDRESS[0] in text
    assert ADDRESS[1] in text
    readings = [row.what for row in personal_reads.listed(business_day(shop.now))]
    assert readings.count(number) == 2


@pytest.mark.parametrize("kind", ["timeout_after", "http_502_after", "garbage_after", "return:501"])
def test_an_unknown_outcome_is_a_state_that_staff_can_resolve(shop: Shop, kind: str) -> None:
    number = paid(shop, shop.buyer("wang"))
    fault(shop, kind)
    assert states(make(shop, number)) == ["UNKNOWN"]
    assert states(make(shop, number, key="k2")) == ["MADE"]
    assert len(made(shop)) == 1


def test_a_refusal_says_why_and_can_be_tried_again(shop: Shop) -> None:
    number = paid(shop, shop.buyer("wang"))
    fault(shop, "return:30001")
    (refused,) = make(shop, number).body["items"]
    assert (refused["status"], refused["code"]) == ("REFUSED", "30001")
    (no_account,) = make(shop, number, key="k2", company="ems").body["items"]
    assert (no_account["status"], no_account["code"]) == ("REFUSED", "no_courier_account")
    assert states(make(shop, number, key="k3")) == ["MADE"]


def test_a_process_that_died_is_followed_after_two_minutes(shop: Shop) -> None:
    number = paid(shop, shop.buyer("wang"))
    shop.world.faults.when(lambda _, call: Kind.KILLED_AFTER if "label" in call.name else None)
    with pytest.raises(Killed):
        make(shop, number)
    shop.world.faults.none()
    assert states(make(shop, number, key="k2")) == ["MAKING"]
    shop.world.clock.advance(121)
    assert states(make(shop, number, key="k3")) == ["MADE"]
    assert len(made(shop)) == 1


def test_what_is_not_to_be_shipped_gets_none(shop: Shop) -> None:
    wang = shop.buyer("wang")
    unpaid = shop.place(wang, shop.quote_token(wang, {"p1-1": 1})).order_no
    shop.pump()
    (refused,) = make(shop, unpaid).body["items"]
    assert (refused["status"], refused["code"]) == ("REFUSED", "order_not_shippable")
    assert make(shop, "0" * 25, key="k2").status == 404
    assert make(shop, unpaid, key="k3", company="nobody").status == 422
    assert asked(shop) == 0
