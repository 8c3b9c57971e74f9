"""Coupons over HTTP: claimed once per key, never beyond the quota, replayed for good."""

import dataclasses
import json
from pathlib import Path

import pytest

from functions.coupons.app import lambda_handler
from shop.recent import Recent
from shop.store import coupon_pools, coupons
from shop.store.writes import apply
from tests.integration import shopfile
from tests.integration.functions.calls import Answer, access_token, answer_of, call

EVENTS = Path(__file__).parents[4] / "events" / "coupons"
CLAIM = "POST /v1/coupons/{coupon_id}/claims"
pytestmark = pytest.mark.usefixtures("templates")


@pytest.fixture
def templates(table: None, now: int) -> None:
    """The file's six, one with two left, one that has not begun."""
    for template in shopfile.coupons():
        coupons.create_template(template)
    base = shopfile.coupons()[0]
    coupons.create_template(dataclasses.replace(base, id="k-two", quota=2, pools=1))
    coupons.create_template(dataclasses.replace(base, id="k-later", claim_starts_at=now + 60))


def claim(coupon_id: str, customer: str = "alice", key: str = "key-1") -> Answer:
    return call(
        lambda_handler,
        CLAIM,
        path={"coupon_id": coupon_id},
        token=access_token(customer),
        headers={"Idempotency-Key": key},
    )


def claimed(coupon_id: str) -> int:
    template = coupons.template_of(coupon_id)
    assert template is not None
    rows = coupon_pools.pools(coupon_id, range(template.pools))
    return sum(int(row.given) for row in rows.values())


def test_the_list_tells_what_is_left_and_what_is_mine() -> None:
    claim("k-welcome")
    nobody = call(lambda_handler, "GET /v1/coupons").body["items"]
    assert len(nobody) == 8
    assert not any(one["claimed_by_me"] for one in nobody)
    mine = call(lambda_handler, "GET /v1/coupons", token=access_token("alice")).body["items"]
    assert [one["id"] for one in mine if one["claimed_by_me"]] == ["k-welcome"]
    welcome = next(one for one in mine if one["id"] == "k-welcome")
    assert (welcome["remaining_hint"], welcome["valid_days"]) == (100_000, 30)
    assert welcome["claim_starts_at"] == "2026-01-01T00:00:00Z"


def test_the_list_pages() -> None:
    first = call(lambda_handler, "GET /v1/coupons", query={"limit": "5"}).body
    query = {"limit": "5", "cursor": first["next_cursor"]}
    second = call(lambda_handler, "GET /v1/coupons", query=query).body
    assert len({one["id"] for one in first["items"] + second["items"]}) == 8
    assert second["next_cursor"] is None


def test_a_repeated_key_is_the_same_claim() -> None:
    first = claim("k-welcome")
    assert first.status == 201
    assert first.body["claim_id"] == "k-welcome-1"
    assert first.body["status"] == "UNUSED"
    assert claim("k-welcome").body == first.body
    other = claim("k-welcome", key="key-2")
    assert (other.status, other.body["code"]) == (409, "claim_limit_reached")
    assert claimed("k-welcome") == 1


def test_a_coupon_of_two_per_customer_gives_two_and_replays_both() -> None:
    ids = [claim("k-199-30", key=key).body["claim_id"] for key in ("a", "b", "a", "b")]
    assert ids == ["k-199-30-1", "k-199-30-2"] * 2
    assert claim("k-199-30", key="c").body["code"] == "claim_limit_reached"
    assert claimed("k-199-30") == 2


def test_the_last_one_is_claimed_once_and_its_owner_can_ask_again() -> None:
    answers = [claim("k-two", customer) for customer in ("alice", "bob", "carol", "dave")]
    assert [answer.status for answer in answers] == [201, 201, 409, 409]
    assert answers[2].body["code"] == "coupon_exhausted"
    assert claim("k-two", "bob").body == answers[1].body
    assert claim("k-two", "bob", "key-2").body["code"] == "claim_limit_reached"
    assert claimed("k-two") == 2


def test_refusals() -> None:
    assert claim("k-later").body["code"] == "claim_not_open"
    assert claim("k-nothing").status == 404
    no_key = call(lambda_handler, CLAIM, path={"coupon_id": "k-two"}, token=access_token("alice"))
    assert no_key.status == 400
    assert claim("k-two", key="bad key").status == 400
    nobody = call(lambda_handler, CLAIM, path={"coupon_id": "k-two"})
    assert (nobody.status, nobody.body["code"]) == (401, "unauthenticated")
    assert claimed("k-two") == 0


def test_my_coupons_by_state(now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    claim("k-welcome")
    claim("k-freight")
    apply(coupons.hold("alice", "k-freight-1", "ORDER1", now))
    token = access_token("alice")

    def mine(**query: str) -> list[str]:
        answer = call(lambda_handler, "GET /v1/me/coupons", query=query, token=token)
        return [one["claim_id"] for one in answer.body["items"]]

    assert mine() == ["k-freight-1", "k-welcome-1"]
    assert mine(status="HELD") == ["k-freight-1"]
    assert mine(status="UNUSED") == ["k-welcome-1"]
    assert call(lambda_handler, "GET /v1/me/coupons", token=access_token("bob")).body == {
        "items": [],
        "next_cursor": None,
    }
    later = now + 31 * 86_400
    monkeypatch.setattr("shop.clock.now", lambda: later)
    token = access_token("alice", later)
    assert mine(status="EXPIRED") == ["k-welcome-1"]
    bad = call(lambda_handler, "GET /v1/me/coupons", query={"status": "LOST"}, token=token)
    assert bad.status == 422


def test_a_cursor_of_another_customer_is_refused() -> None:
    for key in ("a", "b"):
        claim("k-199-30", key=key)
        claim("k-199-30", "bob", key)
    route = "GET /v1/me/coupons"
    page = call(lambda_handler, route, query={"limit": "1"}, token=access_token("alice"))
    query = {"limit": "1", "cursor": page.body["next_cursor"]}
    rest = call(lambda_handler, route, query=query, token=access_token("alice"))
    assert len(rest.body["items"]) == 1
    stolen = call(lambda_handler, route, query=query, token=access_token("bob"))
    assert (stolen.status, stolen.body["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_events_are_answered(event: Path) -> None:
    text = event.read_text().replace("{access_token}", access_token("alice"))
    expected = {409} if event.stem == "exchange_wrong_code" else {200, 201}
    assert answer_of(lambda_handler(json.loads(text), None)).status in expected


def test_a_refusal_is_forgotten_with_the_process() -> None:
    claim("k-two", "alice")
    claim("k-two", "bob")
    assert claim("k-two", "carol").status == 409
    Recent.forget_all()
    assert claim("k-two", "carol").body["code"] == "coupon_exhausted"
