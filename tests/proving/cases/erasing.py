"""Customers who are erased: at every step of a crash, and while they sign in or buy."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.proving.crash import Story
from tests.proving.footprints import footprint
from tests.proving.interleave import Encounter, Outcomes
from tests.proving.shop import ADDRESS, TABLE, Answer, Buyer, Moment, Shop

ERASE = "DELETE /v1/me"
RESUMED_SECONDS, TOKENS_END_SECONDS = 61, 721
KEPT = frozenset("COHRV")
"""Kinds of rows that may be left when an erasure is done."""


def rows_of(shop: Shop, customer_id: str) -> list[dict[str, Any]]:
    """A customer's rows as stored."""
    return [
        dict(item)
        for item in shop.world.engine.items(TABLE)
        if item["PK"]["S"] == f"C#{customer_id}"
    ]


def whole_customer(shop: Shop, name: str, *, coupon: bool = True) -> Buyer:
    """A customer with something of every kind that a customer can have.

    Without `coupon` where the shop's counters must match its claims after the erasure too.
    """
    wang = shop.sign_in(name)
    names = ("name", "phone", "province", "city", "district", "detail")
    address = dict(zip(names, ADDRESS, strict=True)) | {"is_default": True}
    calls: list[tuple[str, str, dict[str, str], Any, dict[str, str]]] = [
        ("account", "POST /v1/me/phone", {}, {"phone": "13800138000"}, {}),
        ("account", "POST /v1/me/addresses", {}, address, {"idempotency-key": "a1"}),
        ("cart", "PUT /v1/cart/items/{sku_id}", {"sku_id": "p1-1"}, {"quantity": 1}, {}),
        ("coupons", "POST /v1/coupons/{coupon_id}/claims", {"coupon_id": "k-many"}, None,
         {"idempotency-key": "c1"}),
        ("privacy", "PUT /v1/me/consents/{policy}", {"policy": "privacy"},
         {"version": "1", "granted": True}, {}),
    ]  # fmt: skip
    for folder, route, path, body, headers in calls:
        if folder == "coupons" and not coupon:
            continue
        answer = shop.call(folder, route, wang, path=path, body=body, headers=headers)
        assert answer.status in {200, 201}, answer
    return wang


def closed_order(shop: Shop, buyer: Buyer, remark: str) -> str:
    """An order that was cancelled before it was paid."""
    body = {"quote_token": shop.quote_token(buyer, {"p1-1": 1}), "remark": remark}
    number = shop.call("checkout", "POST /v1/orders", buyer, body=body).order_no
    assert shop.cancel(buyer, number).status == 200
    shop.pump()
    return number


def story(shop: Shop, base: Moment, wang: Buyer, *, repeated: bool) -> Story:
    """An erasure that is killed, then repeated by the customer or taken up by the schedule."""

    def recover() -> None:
        if repeated:
            shop.call("privacy", ERASE, wang)
        # Nothing may be lost by a schedule that comes late.
        for seconds in (RESUMED_SECONDS, TOKENS_END_SECONDS, RESUMED_SECONDS):
            shop.world.clock.advance(seconds)
            shop.sweep()

    def check() -> Iterable[str]:
        stones = [row for row in rows_of(shop, wang.customer_id) if "ea" in row]
        if not stones:
            # Killed before anything was written and never repeated: a whole customer.
            return [] if not repeated and _is_whole(shop, wang) else ["neither whole nor erased"]
        return left_of(shop, wang.customer_id)

    return Story(
        f"erasure, {'repeated' if repeated else 'swept'}",
        lambda: shop.back_to(base),
        lambda: shop.call("privacy", ERASE, wang),
        recover,
        check,
    )


def left_of(shop: Shop, customer_id: str) -> list[str]:
    """What of the person is left though the erasure should be done."""
    rows = rows_of(shop, customer_id)
    lines = [
        f"{row['SK']['S']} is left" for row in rows if row["SK"]["S"].partition("#")[0] not in KEPT
    ]
    for row in rows:
        if row["SK"]["S"].startswith("O#") and {"a", "oh"} & set(row):
            lines.append(f"{row['SK']['S']} still has its person")
        if row["SK"]["S"] == "C" and set(row) != {"PK", "SK", "ea"}:
            lines.append(f"the stone holds {sorted(row)}")
    lines += [f"an openid leads to {customer_id}" for one in _led(shop) if one == customer_id]
    return lines


def sign_in_meets_erasure(shop: Shop, base: Moment, wang: Buyer) -> Encounter:
    """A sign-in of the same person while they are erased: the old or a new one, never a half."""
    asked = json.dumps({"user": "wang"}).encode()

    def prepare() -> None:
        shop.back_to(base, fresh=False)

    def sign_in() -> Answer:
        given = json.loads(shop.wechat.handle("POST", "/_control/codes", {}, asked).body)
        return shop.call("login", "POST /v1/login", body={"code": given["code"]})

    def erase() -> Answer:
        return shop.call("privacy", ERASE, wang)

    def check(outcomes: Outcomes) -> list[str]:
        signed, erased = outcomes
        if not isinstance(signed, Answer) or not isinstance(erased, Answer):
            return [f"raised: {outcomes}"]
        if (signed.status, erased.status) != (200, 204):
            return [f"answered {signed} and {erased}"]
        return [*_signed_in(shop, wang, signed.body), *left_of(shop, wang.customer_id)]

    return Encounter("sign-in meets erasure", prepare, [sign_in, erase], check, touches=footprint)


def _signed_in(shop: Shop, wang: Buyer, body: Mapping[str, Any]) -> list[str]:
    """Whether a sign-in made an old customer who is gone, or a new one who is all there."""
    who = body["customer"]["id"]
    is_old = who == wang.customer_id
    lines = []
    if not is_old and not (_has_profile(shop, who) and who in _led(shop)):
        lines.append("a half new customer")
    for seconds in (RESUMED_SECONDS, TOKENS_END_SECONDS):
        shop.world.clock.advance(seconds)
        shop.sweep()
    sent = {"refresh_token": body["refresh_token"]}
    refreshed = shop.call("login", "POST /v1/login/refresh", body=sent).status
    if refreshed != (401 if is_old else 200):
        lines.append(f"refresh answered {refreshed}")
    return lines


def _is_whole(shop: Shop, wang: Buyer) -> bool:
    return _has_profile(shop, wang.customer_id) and wang.customer_id in _led(shop)


def _has_profile(shop: Shop, customer_id: str) -> bool:
    return any(row["SK"]["S"] == "C" and "ca" in row for row in rows_of(shop, customer_id))


def _led(shop: Shop) -> list[str]:
    """The customers that openids lead to."""
    return [
        str(item["c"]["S"])
        for item in shop.world.engine.items(TABLE)
        if item["PK"]["S"].startswith("I#")
    ]
