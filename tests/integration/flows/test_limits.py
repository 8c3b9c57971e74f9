"""Who asks too often waits; nobody else does, and nothing is written for it."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from shop.web.limits import TokenBuckets, source_of
from tests.proving.events import http_event
from tests.proving.people import Holdings, Target, body_of, path_of, populate, targets
from tests.proving.shop import Buyer, Shop, load_handler_module
from tests.proving.template import load_handler

SEED = 20261127
LIMITED = {
    "POST /v1/login",
    "POST /v1/login/refresh",
    "POST /v1/admin/login",
    "POST /v1/coupons/{coupon_id}/claims",
    "POST /v1/coupons/exchange",
    "POST /v1/flash-sales/{sale_id}/tickets",
    "POST /v1/flash-sales/{sale_id}/orders",
    "POST /v1/orders",
    "POST /v1/quotes",
}


def test_a_full_bucket_serves_a_minute_at_once_and_then_evenly() -> None:
    buckets = TokenBuckets()
    assert [buckets.take("a", 3, 100) for _ in range(4)] == [0, 0, 0, 20]
    assert buckets.take("b", 3, 100) == 0
    assert [buckets.take("a", 3, at) for at in (119, 120, 121, 140)] == [1, 0, 19, 0]
    assert buckets.take("a", 3, 10_000) == 0
    assert [buckets.take("c", 0, 100) for _ in range(9)] == [0] * 9


def test_no_schedule_of_requests_gets_more_than_the_rate_and_one_minutes_worth() -> None:
    print(f"seed {SEED}")
    dice = Random(SEED)
    for _ in range(200):
        buckets, rate, now, begin = TokenBuckets(), dice.randint(1, 90), 1_000, 1_000
        served = 0
        for _ in range(300):
            now += dice.choice((0, 0, 0, 1, 2, 7, -3))
            wait = buckets.take("a", rate, now)
            served += wait == 0
            assert 0 <= wait <= 60
        assert served * 60 <= rate * 60 + (max(now, begin) + 3 - begin) * rate + 60 * rate


def test_memory_is_bounded_by_the_number_of_buckets() -> None:
    buckets = TokenBuckets(most=10)
    for number in range(1_000):
        buckets.take(f"k{number}", 5, 100)
    assert len(buckets) == 10


@pytest.mark.parametrize(
    ("ip", "source"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("not:an:address", "not:an:address"),
        ("", ""),
    ],
)
def test_one_household_is_one_source(ip: str, source: str) -> None:
    assert source_of(ip) == source


def test_the_routes_that_abuse_aims_at_are_limited() -> None:
    assert {one.key for one in targets() if one.route.limited} == LIMITED


def quote(shop: Shop, buyer: Buyer, ip: str = "203.0.113.7") -> dict[str, object]:
    event = http_event(
        "POST /v1/quotes",
        headers={"authorization": f"Bearer {buyer.token}"},
        body={"items": [{"sku_id": "p1-2", "quantity": 1}]},
        now=shop.now,
        ip=ip,
    )
    answer: dict[str, object] = shop.world.invoke(load_handler("cart"), event, name="cart")
    return answer


@pytest.fixture(autouse=True)
def _empty_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in {one.folder for one in targets() if one.route.limited}:
        api = load_handler_module(folder).api
        monkeypatch.setattr(api, "_buckets", TokenBuckets())


def send(shop: Shop, one: Target, who: Holdings, ip: str = "203.0.113.7") -> Mapping[str, Any]:
    """A well-formed call of a route from a source."""
    event = http_event(
        one.key,
        path=path_of(one.route, who.known),
        headers={"authorization": f"Bearer {who.buyer.token}", "idempotency-key": "k"},
        body=body_of(one.route, who.known),
        now=shop.now,
        ip=ip,
    )
    answer: Mapping[str, Any] = shop.world.invoke(load_handler(one.folder), event, name=one.folder)
    return answer


@pytest.mark.parametrize("key", sorted(LIMITED))
def test_each_limited_route_bounds_a_source_and_says_when_to_come_again(key: str) -> None:
    one = next(one for one in targets() if one.key == key)
    with Shop(seed=SEED, lean=True, source_requests_per_minute=3) as shop:
        li = populate(shop).li
        load_handler_module(one.folder).api._buckets = TokenBuckets()
        assert 429 not in [send(shop, one, li)["statusCode"] for _ in range(3)]
        before = shop.world.ledger.requests
        refused = send(shop, one, li)
        assert (refused["statusCode"], refused["headers"]["retry-after"]) == (429, "20")
        assert json.loads(refused["body"])["code"] == "too_many_requests"
        assert shop.world.ledger.requests == before
        assert send(shop, one, li, ip="2001:db8::1")["statusCode"] != 429
        shop.world.clock.advance(20)
        assert send(shop, one, li)["statusCode"] != 429


@pytest.mark.parametrize(
    "key", sorted(one for one in LIMITED if "login" not in one), ids=lambda key: key
)
def test_each_limited_route_bounds_a_customer_wherever_they_call_from(key: str) -> None:
    one = next(one for one in targets() if one.key == key)
    with Shop(seed=SEED, lean=True, customer_requests_per_minute=3) as shop:
        people = populate(shop)
        load_handler_module(one.folder).api._buckets = TokenBuckets()
        sources = [f"203.0.113.{number}" for number in range(4)]
        statuses = [send(shop, one, people.li, ip)["statusCode"] for ip in sources]
        assert 429 not in statuses[:3]
        assert statuses[3] == 429
        assert send(shop, one, people.wang)["statusCode"] != 429


def test_a_customer_who_asks_too_often_waits_and_costs_no_store_call() -> None:
    with Shop(seed=SEED, lean=True, customer_requests_per_minute=3) as shop:
        people = populate(shop)
        wang, li = people.wang.buyer, people.li.buyer
        assert [quote(shop, wang)["statusCode"] for _ in range(3)] == [200] * 3
        before = shop.world.ledger.requests
        refused = quote(shop, wang)
        assert refused["statusCode"] == 429
        assert refused["headers"]["retry-after"] == "20"  # type: ignore[index]
        assert shop.world.ledger.requests == before
        assert quote(shop, li)["statusCode"] == 200
        shop.world.clock.advance(20)
        assert quote(shop, wang)["statusCode"] == 200


def test_a_source_that_guesses_tokens_waits_before_they_are_looked_at() -> None:
    with Shop(seed=SEED, lean=True, source_requests_per_minute=2) as shop:
        people = populate(shop)
        guess = Buyer("x", "o", "guess")
        statuses = [quote(shop, guess)["statusCode"] for _ in range(3)]
        assert statuses == [401, 401, 429]
        assert quote(shop, people.li.buyer, ip="203.0.113.8")["statusCode"] == 200


def test_without_a_setting_nobody_is_limited() -> None:
    with Shop(seed=SEED, lean=True) as shop:
        li = populate(shop).li.buyer
        assert {quote(shop, li)["statusCode"] for _ in range(200)} == {200}
