"""Consents, export and erasure over HTTP, on a shop that sells."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shop.domain.calendar import business_day
from shop.domain.staff_roles import Role
from shop.store import personal_reads
from tests.proving import world
from tests.proving.cases.erasing import closed_order, rows_of, whole_customer
from tests.proving.people import populate
from tests.proving.shop import ADDRESS, TABLE, Answer, Buyer, Shop
from tests.proving.template import load_handler
from tests.proving.world import Context

EVENTS = Path(__file__).parents[4] / "events"
SEED = 20261122
CONSENT, CONSENTS = "PUT /v1/me/consents/{policy}", "GET /v1/me/consents"
EXPORT, ERASE = "GET /v1/me/export", "DELETE /v1/me"


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as made:
        made.put_product("p1", [(6_800, 100, None), (3_000, 50, 2)])
        made.put_coupon("k-many")
        yield made


def answer(
    shop: Shop, buyer: Buyer, version: object = "1", granted: object = True, policy: str = "privacy"
) -> Answer:
    body = {"version": version, "granted": granted}
    return shop.call("privacy", CONSENT, buyer, path={"policy": policy}, body=body)


def listed(shop: Shop, buyer: Buyer) -> Any:
    return shop.call("privacy", CONSENTS, buyer).body["items"]


def erase(shop: Shop, buyer: Buyer) -> Answer:
    return shop.call("privacy", ERASE, buyer)


def test_a_consent_is_recorded_with_its_time_and_withdrawn_as_easily(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    given = answer(shop, wang)
    assert (given.status, given.body["granted"]) == (200, True)
    shop.world.clock.advance(60)
    assert answer(shop, wang).body == given.body
    withdrawn = answer(shop, wang, granted=False)
    assert withdrawn.body["recorded_at"] > given.body["recorded_at"]
    answer(shop, wang, "2026-11.b", policy="terms")
    assert [(one["policy"], one["granted"]) for one in listed(shop, wang)] == [
        ("privacy", False),
        ("terms", True),
    ]
    assert sum(row["SK"]["S"].startswith("V#") for row in rows_of(shop, wang.customer_id)) == 3
    assert listed(shop, shop.sign_in("li")) == []


@pytest.mark.parametrize(
    ("version", "granted", "policy", "status"),
    [
        ("", True, "privacy", 422),
        ("x" * 33, True, "privacy", 422),
        ("1\u202e", True, "privacy", 422),
        ("😀", True, "privacy", 422),
        (1, True, "privacy", 422),
        ("1", "true", "privacy", 422),
        ("1", 1, "privacy", 422),
        ("1", True, "secret-policy", 404),
    ],
)
def test_a_bad_consent_is_refused_and_not_kept(
    shop: Shop, version: object, granted: object, policy: str, status: int
) -> None:
    wang = shop.sign_in("wang")
    assert answer(shop, wang, version, granted, policy).status == status
    assert listed(shop, wang) == []


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call has a request id of its own, as on Lambda."""
    numbers = itertools.count()

    class Numbered(Context):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.aws_request_id = f"request-{next(numbers)}"

    monkeypatch.setattr(world, "Context", Numbered)


@pytest.mark.usefixtures("numbered")
def test_an_export_holds_everything_three_times_a_day_and_is_logged(shop: Shop) -> None:
    wang = whole_customer(shop, "wang")
    order_no = closed_order(shop, wang, remark="门口放下")
    exported = shop.call("privacy", EXPORT, wang)
    assert exported.status == 200
    body = exported.body
    assert body["profile"]["phone"] == "13800138000"
    assert body["addresses"][0]["detail"] == ADDRESS[-1]
    assert [one["sku_id"] for one in body["cart"]] == ["p1-1"]
    assert [one["policy"] for one in body["consents"]] == ["privacy"]
    assert [one["coupon"]["id"] for one in body["coupons"]] == ["k-many"]
    assert [(one["order_no"], one["remark"]) for one in body["orders"]] == [(order_no, "门口放下")]
    assert body["orders"][0]["address"]["phone"] == ADDRESS[1]
    assert len(body["sign_ins"]) == 1
    assert [shop.call("privacy", EXPORT, wang).status for _ in range(3)] == [200, 200, 429]
    (first, *_) = log = list(personal_reads.listed(business_day(shop.now)))
    assert [(row.actor, row.customer_id, row.what) for row in log] == [
        ("customer", wang.customer_id, "export")
    ] * 3
    assert int(first.expires_at) > shop.now
    shop.world.clock.advance(86_400)
    assert shop.call("privacy", EXPORT, shop.sign_in("wang")).status == 200


def test_every_kind_of_row_of_a_customer_is_exported_or_expires_within_days(shop: Shop) -> None:
    wang = whole_customer(shop, "wang")
    closed_order(shop, wang, remark="x")
    shop.pump()
    exported = set("CSABVKOHPRL")
    for row in rows_of(shop, wang.customer_id):
        kind = row["SK"]["S"].partition("#")[0]
        assert kind in exported or int(row["ttl"]["N"]) < shop.now + 31 * 86_400


def test_export_and_erasure_stop_with_the_sign_in(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    assert shop.call("login", "POST /v1/logout", wang, body={}).status == 204
    assert shop.call("privacy", EXPORT, wang).status == 401
    assert erase(shop, wang).status == 401


def test_an_erasure_leaves_numbers_and_amounts_and_no_person(shop: Shop) -> None:
    wang = whole_customer(shop, "wang")
    number = closed_order(shop, wang, remark="我是王小明")
    before = shop.show(wang, number).body
    assert erase(shop, wang).status == 204
    assert erase(shop, wang).status == 204
    kept = {row["SK"]["S"].partition("#")[0] for row in rows_of(shop, wang.customer_id)}
    assert not kept & set("SABXQP")
    order = shop.show(wang, number).body
    assert (order["amounts"], order["lines"]) == (before["amounts"], before["lines"])
    assert set(order["address"].values()) | {order["remark"]} == {""}
    assert shop.call("account", "GET /v1/me", wang).status == 401
    assert shop.call("account", "PATCH /v1/me", wang, body={"nickname": "x"}).status == 401
    assert not [row for row in shop.world.engine.items(TABLE) if row["PK"]["S"].startswith("I#")]
    shop.world.clock.advance(61)
    shop.sweep()
    shop.world.clock.advance(800)
    shop.sweep()
    kinds = {row["SK"]["S"].partition("#")[0] for row in rows_of(shop, wang.customer_id)}
    assert kinds <= set("COHRV")
    (stone,) = [row for row in rows_of(shop, wang.customer_id) if row["SK"]["S"] == "C"]
    assert set(stone) == {"PK", "SK", "ea"}
    assert all("ttl" in r for r in rows_of(shop, wang.customer_id) if r["SK"]["S"][0] == "V")


def test_nobody_is_erased_while_an_order_is_open(shop: Shop) -> None:
    wang = whole_customer(shop, "wang")
    assert shop.place(wang, shop.quote_token(wang, {"p1-1": 1})).status == 201
    before = shop.world.snapshot()
    refused = erase(shop, wang)
    assert (refused.status, refused.body["code"]) == (409, "orders_open")
    assert shop.world.snapshot() == before


def test_whoever_was_erased_comes_back_as_somebody_new(shop: Shop) -> None:
    wang = whole_customer(shop, "wang")
    assert erase(shop, wang).status == 204
    again = shop.sign_in("wang")
    assert again.customer_id != wang.customer_id
    assert shop.call("account", "GET /v1/me", again).body["phone_masked"] is None
    assert shop.call("account", "GET /v1/me/addresses", again).body["items"] == []


def test_what_an_old_token_still_writes_goes_with_the_last_pass(shop: Shop) -> None:
    wang = whole_customer(shop, "wang")
    token = shop.quote_token(wang, {"p1-1": 1})
    assert erase(shop, wang).status == 204
    line = {"quantity": 2}
    shop.call("cart", "PUT /v1/cart/items/{sku_id}", wang, path={"sku_id": "p1-1"}, body=line)
    number = shop.place(wang, token).order_no
    shop.world.clock.advance(61)
    shop.sweep()
    shop.world.clock.advance(1_000)
    for _ in range(2):
        shop.sweep()
        shop.pump()
    assert "B" not in {row["SK"]["S"] for row in rows_of(shop, wang.customer_id)}
    shop.world.clock.advance(86_400)
    shop.sweep()
    (order,) = [r for r in rows_of(shop, wang.customer_id) if r["SK"]["S"] == f"O#{number}"]
    assert order["st"]["S"] == "CLOSED"
    assert not {"a", "oh"} & set(order)


def test_a_late_payment_of_an_erased_order_goes_back(shop: Shop) -> None:
    wang = whole_customer(shop, "wang")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    assert placed.payment
    assert shop.pay_now(wang, placed.payment, notify=False) == 200
    key = {"PK": {"S": f"C#{wang.customer_id}"}, "SK": {"S": f"O#{placed.order_no}"}}
    row = dict(shop.world.engine.image(TABLE, key) or {})
    row = {name: value for name, value in row.items() if name not in {"a", "oh", "dk", "due"}}
    shop.world.engine.put(TABLE, {**row, "st": {"S": "CLOSED"}, "x": {"N": str(shop.now)}})
    sent = json.dumps({"subject": placed.order_no}).encode()
    shop.pay.handle("POST", "/_control/notices/send", {}, sent)
    assert [r for r in rows_of(shop, wang.customer_id) if r["SK"]["S"].startswith("R#")]


def test_staff_who_read_an_order_are_logged() -> None:
    with Shop(seed=SEED) as shop:
        people = populate(shop)
        number = people.wang.known["order_no"]
        headers = {"authorization": f"Bearer {people.staff[Role.SUPPORT]}"}
        route = "GET /v1/admin/orders/{order_no}"
        shown = shop.call("fulfilment", route, path={"order_no": number}, headers=headers)
        assert shown.status == 200
        (read,) = personal_reads.listed(business_day(shop.now))
        assert (read.actor, read.what) == ("staff:support-1", number)
        assert read.customer_id == people.wang.buyer.customer_id


@pytest.mark.parametrize(
    ("name", "status"),
    [("consents", 200), ("consent", 200), ("export", 200), ("erase", 204)],
)
def test_a_recorded_request_is_answered(shop: Shop, name: str, status: int) -> None:
    wang = shop.sign_in("wang")
    text = (EVENTS / "privacy" / f"{name}.json").read_text(encoding="utf-8")
    event = json.loads(text.replace("{access_token}", wang.token))
    assert shop.world.invoke(load_handler("privacy"), event)["statusCode"] == status
