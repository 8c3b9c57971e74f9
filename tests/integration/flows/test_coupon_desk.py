"""Coupons from the desk's side: codes, gifts, changes, first orders, what comes back, effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shop.domain.calendar import business_day
from shop.domain.coupon import Obtained
from shop.domain.coupon_code import code_of, hash_of, read_code
from shop.domain.staff_roles import Role
from shop.store import coupons
from tests.proving.cases.pairs import claim
from tests.proving.people import People, populate
from tests.proving.shop import Answer, Buyer, Shop

SEED = 20261129
COUPON = "/v1/admin/coupons/{coupon_id}"
EXCHANGE = "POST /v1/coupons/exchange"
SKU = "p1-1"


@dataclass
class Desk:
    """A shop and the staff of it."""

    shop: Shop
    people: People

    def send(
        self, route: str, body: Any, key: str = "k1", *, role: Role = Role.OWNER, **path: Any
    ) -> Answer:
        headers = {"authorization": f"Bearer {self.people.staff[role]}", "idempotency-key": key}
        folder = "staff" if "approval" in route else "promotions"
        return self.shop.call(folder, route, path=path, body=body, headers=headers)

    def codes(self, count: int, key: str = "k1", **more: Any) -> Answer:
        body = {"batch": "b1", "page": 0, "count": count, **more}
        return self.send(f"POST {COUPON}/codes", body, key, coupon_id="k-code")

    def gives(self, ids: list[str], page: int = 0, key: str = "p1", gift: str = "g1") -> Answer:
        body = {"page": page, "customer_ids": ids}
        route = f"POST {COUPON}/gifts/{{gift_id}}/pages"
        return self.send(route, body, key, coupon_id="k-gift", gift_id=gift)

    def announces(self, count: int, key: str = "a1", gift: str = "g1") -> Answer:
        body = {"gift_id": gift, "customers": count, "reason": "致歉"}
        return self.send(f"POST {COUPON}/gifts", body, key, coupon_id="k-gift")


@pytest.fixture
def desk() -> Iterator[Desk]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, approval_gift_customers=2) as shop:
        people = populate(shop)
        shop.put_coupon("k-code", quota=40, obtained=Obtained.CODE)
        shop.put_coupon("k-gift", quota=40, obtained=Obtained.GIFT)
        yield Desk(shop, people)


def exchange(shop: Shop, buyer: Buyer, code: str, key: str = "x1") -> Answer:
    headers = {"idempotency-key": key}
    return shop.call("coupons", EXCHANGE, buyer, body={"code": code}, headers=headers)


def held(shop: Shop, buyer: Buyer, status: str | None = None) -> list[str]:
    query = {"status": status} if status else {}
    found = shop.call("coupons", "GET /v1/me/coupons", buyer, query=query)
    return [one["claim_id"] for one in found.body["items"]]


def bought(shop: Shop, buyer: Buyer, *claims: str) -> str:
    placed = shop.place(buyer, shop.quote_token(buyer, {SKU: 1}, claims))
    assert placed.status == 201, placed
    assert placed.payment
    assert shop.pay_now(buyer, placed.payment) == 200
    shop.deliver_due()
    shop.pump()
    return placed.order_no


def test_a_code_is_readable_kindly_and_cannot_be_guessed() -> None:
    code = code_of(bytes(range(200, 210)))
    assert read_code(code.lower().replace("-", " ")) == code.replace("-", "")
    assert hash_of(code) == hash_of(code.replace("-", ""))
    assert read_code("O0IL-0000-0000-0000") == "0011000000000000"
    assert read_code(code[:-1]) is None
    assert read_code("U" * 16) is None


def test_codes_are_told_once_and_go_to_one_customer_each(desk: Desk) -> None:
    shop = desk.shop
    told = desk.codes(3)
    assert told.status == 200
    assert desk.codes(3).body == told.body
    other = desk.codes(3, "k2")
    assert (other.status, other.body["code"]) == (409, "codes_told")
    assert desk.codes(4).status == 422
    one, two, _ = told.body["codes"]
    wang, li = desk.people.wang.buyer, desk.people.li.buyer
    first = exchange(shop, wang, one)
    assert (first.status, first.body["claim_id"]) == (201, "k-code-1")
    assert exchange(shop, wang, one, "x2").body == first.body
    for wrong in (one, "0000-0000-0000-0000", "no code", one[:-1] + "x"):
        refused = exchange(shop, li, wrong)
        assert (refused.status, refused.body["code"]) == (409, "code_invalid")
    limit = exchange(shop, wang, two)
    assert (limit.status, limit.body["code"]) == (409, "claim_limit_reached")
    assert exchange(shop, li, two).status == 201
    assert claim(shop, li, "k-code", "c1").status == 404


def test_a_shared_code_serves_everybody_within_quota_and_window(desk: Desk) -> None:
    (code,) = desk.codes(1, use="shared").body["codes"]
    for name in ("a", "b"):
        assert exchange(desk.shop, desk.shop.buyer(name), code).status == 201
    body = {"reason": "结束", "claim_ends_at": "2000-01-01T00:00:00Z"}
    assert desk.send(f"PATCH {COUPON}", body, "e1", coupon_id="k-code").status == 200
    desk.shop.world.clock.advance(6)
    late = exchange(desk.shop, desk.shop.buyer("c"), code)
    assert (late.status, late.body["code"]) == (409, "code_invalid")
    assert exchange(desk.shop, desk.shop.buyer("a"), code).status == 201


def test_a_code_tried_a_thousand_times_is_stopped(desk: Desk) -> None:
    wang = desk.people.wang.buyer
    tried = [exchange(desk.shop, wang, f"{number:016d}").status for number in range(100)]
    assert tried[:30] == [409] * 30
    assert set(tried[30:]) == {429}
    again = exchange(desk.shop, wang, f"{3:016d}")
    assert again.status == 409
    desk.shop.world.clock.advance(86_400)
    assert exchange(desk.shop, desk.shop.buyer("wang"), f"{77:016d}").status == 409


def test_a_repeated_claim_tells_what_has_become_of_it(desk: Desk) -> None:
    shop, wang = desk.shop, desk.shop.buyer("zhou")
    shop.put_coupon("k-now", amount_fen=100)
    made = claim(shop, wang, "k-now", "x").body
    shop.place(wang, shop.quote_token(wang, {SKU: 1}, (made["claim_id"],)))
    assert claim(shop, wang, "k-now", "x").body == {**made, "status": "HELD"}


def test_a_key_that_came_with_one_code_takes_no_other(desk: Desk) -> None:
    shop, wang = desk.shop, desk.shop.buyer("zhou")
    shop.put_coupon("k-two", quota=40, obtained=Obtained.CODE, per_customer=2)
    body = {"batch": "b1", "page": 0, "count": 2}
    told = desk.send(f"POST {COUPON}/codes", body, coupon_id="k-two").body["codes"]
    assert exchange(shop, wang, told[0], "x").status == 201
    other = exchange(shop, wang, told[1], "x")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    shop.world.clock.advance(7 * 86_400 - 60)
    again = shop.buyer("zhou")
    assert exchange(shop, again, told[1], "x").status == 422
    assert exchange(shop, again, told[0].lower(), "x").status == 201
    assert len(held(shop, again)) == 1
    # Scoped to the customer, and the code that was refused is still good.
    assert exchange(shop, shop.buyer("li"), told[1], "x").status == 201
    assert exchange(shop, again, told[0], "another").status == 201


def test_only_codes_come_by_codes(desk: Desk) -> None:
    body = {"batch": "b1", "page": 0, "count": 1}
    refused = desk.send(f"POST {COUPON}/codes", body, coupon_id="k-gift")
    assert (refused.status, refused.body["code"]) == (409, "not_by_code")
    assert desk.send(f"POST {COUPON}/codes", body, coupon_id="k-none").status == 404


def test_a_gift_goes_to_each_once_however_often_it_is_sent(desk: Desk) -> None:
    wang, li = desk.people.wang.buyer, desk.people.li.buyer
    assert desk.announces(2).body["allowed"] is True
    assert desk.announces(2).body["allowed"] is True
    assert desk.announces(1, "a2").body["code"] == "gift_exists"
    ids = [wang.customer_id, "nobody"]
    for key in ("p1", "p1", "p2"):
        made = desk.gives(ids, key=key)
        assert made.body == {
            "given": 1,
            "refused": [{"customer_id": "nobody", "code": "not_found"}],
        }
    assert "k-gift-1" in held(desk.shop, wang)
    for others in ([li.customer_id], [*ids, li.customer_id]):
        assert desk.gives(others, key=f"p3-{len(others)}").body["code"] == "gift_page_taken"
    assert desk.gives([li.customer_id], page=1, key="p4").body["code"] == "gift_page_taken"
    assert desk.gives([wang.customer_id], key="p6", gift="g2").status == 404
    assert desk.announces(1, "a3", "g3").status == 200
    again = desk.gives([wang.customer_id], key="p5", gift="g3").body["refused"]
    assert again == [{"customer_id": wang.customer_id, "code": "claim_limit_reached"}]


def test_a_gift_to_many_waits_for_a_second_person(desk: Desk) -> None:
    announced = desk.announces(3).body
    assert (announced["allowed"], bool(announced["approval_id"])) == (False, True)
    assert desk.announces(3).body == announced
    ids = [desk.people.wang.buyer.customer_id]
    assert desk.gives(ids).body["code"] == "gift_not_allowed"
    route = "POST /v1/admin/approvals/{approval_id}/approve"
    path = {"approval_id": announced["approval_id"]}
    own = desk.send(route, {"reason": "好"}, "ok1", **path)
    assert (own.status, own.body["code"]) == (403, "second_person_needed")
    other = desk.send(route, {"reason": "好"}, "ok2", role=Role.OPERATOR, **path)
    assert other.status == 200, other
    assert desk.send(route, {"reason": "好"}, "ok2", role=Role.OPERATOR, **path) == other
    assert desk.gives(ids, key="p2").body["given"] == 1


def test_a_coupon_that_is_out_only_grows_or_ends(desk: Desk) -> None:
    def change(key: str, **body: Any) -> Answer:
        sent = {"reason": "调整", **body}
        return desk.send(f"PATCH {COUPON}", sent, key, coupon_id="k-code")

    assert change("1", quota=50).body["outcome"] == "changed"
    assert change("1", quota=50).body["outcome"] == "changed"
    assert change("2", quota=50).body["outcome"] == "unchanged"
    assert change("3", quota=49).body["code"] == "quota_only_rises"
    assert change("4", quota=100_000).body["code"] == "quota_too_high"
    later = change("5", claim_ends_at="2200-01-01T00:00:00Z")
    assert later.body["code"] == "claiming_only_ends_earlier"
    assert change("6", claim_ends_at="2030-01-01T00:00:00Z").body["outcome"] == "changed"
    found = coupons.template_of("k-code")
    assert found is not None
    assert (found.quota, found.pools) == (50, 2)


def test_a_first_order_brings_its_coupon_once(desk: Desk) -> None:
    shop = desk.shop
    shop.put_coupon("k-first", quota=5, obtained=Obtained.FIRST_ORDER)
    shop.put_coupon("k-new", quota=5, new_customers_only=True)
    buyer, known = shop.buyer("newcomer"), shop.buyer("regular")
    assert claim(shop, buyer, "k-new", "n").status == 201
    assert claim(shop, buyer, "k-first", "event-first_order").status == 404
    for _ in range(2):
        bought(shop, buyer)
    assert sorted(held(shop, buyer)) == ["k-first-1", "k-new-1"]
    bought(shop, known)
    refused = claim(shop, known, "k-new", "n")
    assert (refused.status, refused.body["code"]) == (409, "new_customers_only")
    assert claim(shop, buyer, "k-new", "n").status == 201


@pytest.mark.parametrize("returns", [True, False])
def test_a_whole_refund_before_shipping_gives_back_what_its_terms_say(
    desk: Desk, returns: bool
) -> None:
    shop = desk.shop
    shop.put_coupon("k-back", quota=5, returns_on_full_refund=returns)
    buyer = shop.buyer("returner")
    mine = str(claim(shop, buyer, "k-back", "n").body["claim_id"])
    number = bought(shop, buyer, mine)
    assert held(shop, buyer, "USED") == [mine]
    shop.cancel(buyer, number)
    shop.pump()
    shop.deliver_due()
    shop.pump()
    assert held(shop, buyer, "UNUSED" if returns else "USED") == [mine]


def test_the_effect_is_told_by_the_day(desk: Desk) -> None:
    shop = desk.shop
    shop.put_coupon("k-seen", quota=70, amount_fen=700)
    shop.put_coupon("k-fee", quota=5)
    buyers = [shop.buyer(f"s{number}") for number in range(3)]
    claims = [str(claim(shop, one, "k-seen", "n").body["claim_id"]) for one in buyers]
    bought(shop, buyers[0], claims[0])
    shop.pump()
    token = {"authorization": f"Bearer {desk.people.staff[Role.AUDITOR]}"}

    def effect(**query: str) -> Answer:
        route = f"GET {COUPON}/effect"
        path = {"coupon_id": "k-seen"}
        return shop.call("promotions", route, path=path, query=query, headers=token)

    today = business_day(shop.now)
    told = effect(first_day=today, days="2").body
    assert told["quota"] == 70
    day, after = told["days"]
    assert day == {
        "day": today, "claimed": 3, "used": 1, "discount_fen": 700, "sales_fen": 12_800 - 700,
    }  # fmt: skip
    assert (after["claimed"], after["used"]) == (0, 0)
    assert effect(first_day="20260231").status == 422
    assert effect(first_day=today, days="99").status == 422


def test_the_next_page_goes_on_where_the_last_entry_is_gone_meanwhile(desk: Desk) -> None:
    """A coupon that closes and a claim that is used between two pages: nothing comes twice."""
    shop, zhou = desk.shop, desk.shop.buyer("zhou")
    for number in range(1, 6):
        closes_at = shop.now + (10 if number == 2 else 10_000)
        shop.put_coupon(f"z-{number}", claim_ends_at=closes_at)
        assert claim(shop, zhou, f"z-{number}", "k").status == 201

    def pages(buyer: Buyer | None, route: str, cursor: str = "", **query: str) -> tuple[Any, str]:
        asked = query | ({"cursor": cursor} if cursor else {})
        body = shop.call("coupons", route, buyer, query=asked).body
        return [one.get("claim_id", one.get("id")) for one in body["items"]], body["next_cursor"]

    names: list[str] = []
    cursor = ""
    while "z-2" not in names:
        found, cursor = pages(None, "GET /v1/coupons", cursor, limit="1")
        names += found
    mine, beyond = pages(zhou, "GET /v1/me/coupons", status="UNUSED", limit="2")
    assert mine == ["z-1-1", "z-2-1"]
    shop.place(zhou, shop.quote_token(zhou, {SKU: 1}, ("z-2-1",)))
    shop.world.clock.advance(11)
    assert pages(None, "GET /v1/coupons", cursor)[0] == ["z-3", "z-4", "z-5"]
    found, _ = pages(shop.buyer("zhou"), "GET /v1/me/coupons", beyond, status="UNUSED")
    assert found == ["z-3-1", "z-4-1", "z-5-1"]
