"""Staff over HTTP: who gets in, what is refused, and that a key acts once and leaves its trace."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyotp import TOTP

from functions.account.app import lambda_handler as account
from functions.admin.app import lambda_handler
from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_customer, issue_staff
from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId
from shop.store import staff
from shop.store.staff import StaffRow
from shop.store.table import staff_key
from shop.store.writes import apply, delete
from shop.usecases.publish import replace_categories, upsert_product
from tests.integration import shopfile
from tests.integration.conftest import SECRETS
from tests.integration.functions.calls import Answer, answer_of, call

EVENTS = Path(__file__).parents[4] / "events" / "admin"
RING = KeyRing("1", {"1": bytes(32)})
FIRST: Any = SECRETS["yunpu/staff-bootstrap"]
STOCK = "GET /v1/admin/stock/{sku_id}"
ADJUST = "POST /v1/admin/stock/{sku_id}/adjustments"
COUPON = {
    "id": "k-test",
    "title": "满减",
    "kind": "amount",
    "threshold_fen": 1000,
    "amount_fen": 500,
    "claim_starts_at": "2026-01-01T00:00:00Z",
    "claim_ends_at": "2036-01-01T00:00:00Z",
    "valid_days": 7,
    "quota": 10,
    "per_customer": 1,
}
SALE = {
    "id": "f-test",
    "title": "试试",
    "sku_id": "p0001-1",
    "price_fen": 990,
    "units": 80,
    "per_customer": 1,
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
}


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now


@pytest.fixture(autouse=True)
def clock(table: None, now: int, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now)
    monkeypatch.setattr("shop.clock.now", lambda: clock.now)
    replace_categories(shopfile.categories(), now)
    upsert_product(shopfile.products()[0], now)
    return clock


@pytest.fixture
def token(clock: Clock) -> str:
    """The owner's, without the price of a real sign-in."""
    staff.create("owner", "owner", "no password opens this", b"", clock.now)
    return issue_staff(RING, "owner", "s", now=clock.now, jti="j")


def sign_in(clock: Clock, **other: str) -> Answer:
    given = {
        "username": FIRST["username"],
        "password": FIRST["password"],
        "code": TOTP(FIRST["totp_secret"]).at(clock.now),
    }
    return call(lambda_handler, "POST /v1/admin/login", body=given | other)


def send(token: str, route: str, body: object = None, key: str = "", **path: str) -> Answer:
    headers = {"idempotency-key": key} if key else {}
    return call(lambda_handler, route, body=body, path=path, token=token, headers=headers)


def adjust(token: str, key: str, delta: object, reason: object = "盘点") -> Answer:
    return send(token, ADJUST, {"delta": delta, "reason": reason}, key, sku_id="p0001-1")


def test_a_wrong_name_password_or_code_looks_the_same(clock: Clock) -> None:
    wrong = [{"username": "nobody"}, {"password": "guess"}, {"code": "000000"}]
    answers = [sign_in(clock, **one) for one in wrong]
    assert {one.status for one in answers} == {401}
    assert len({json.dumps(one.body) for one in answers}) == 1
    assert staff.account("nobody") is None
    assert sign_in(clock).status == 200


def test_a_code_of_the_step_before_or_after_is_forgiven_and_older_ones_are_not(
    clock: Clock,
) -> None:
    codes = TOTP(FIRST["totp_secret"])
    assert sign_in(clock, code=codes.at(clock.now - 60)).status == 401
    assert sign_in(clock, code=codes.at(clock.now - 30)).status == 200
    assert sign_in(clock, code=codes.at(clock.now + 30)).status == 200
    assert sign_in(clock).status == 401


def test_five_guesses_lock_the_account_and_a_right_password_does_not_open_it(
    clock: Clock,
) -> None:
    for _ in range(5):
        assert sign_in(clock, password="guess").status == 401
    locked = sign_in(clock)
    assert locked.status == 429
    assert 0 < int(locked.headers["retry-after"]) <= 900
    clock.now += 901
    assert sign_in(clock).status == 200


def test_the_password_and_the_codes_secret_are_not_stored_in_clear(clock: Clock) -> None:
    assert sign_in(clock).status == 200
    row = staff.account("owner")
    assert row is not None
    kept = repr(row.attribute_values)
    assert FIRST["password"] not in kept
    assert FIRST["totp_secret"] not in kept
    assert row.password_hash.startswith("$argon2id$")


def test_tokens_open_only_their_own_side(clock: Clock, token: str) -> None:
    customer = issue_customer(RING, CustomerId("c"), "s", "o", now=clock.now, jti="j")
    assert send(customer, STOCK, sku_id="p0001-1").status == 401
    assert call(account, "GET /v1/me", token=token).status == 401
    assert send("", STOCK, sku_id="p0001-1").status == 401
    assert send(token, STOCK, sku_id="p0001-1").status == 200
    clock.now += 600
    assert send(token, STOCK, sku_id="p0001-1").status == 401


def test_a_token_of_an_account_that_is_gone_opens_nothing(clock: Clock, token: str) -> None:
    ghost = issue_staff(RING, "ghost", "s", now=clock.now, jti="j")
    assert send(ghost, STOCK, sku_id="p0001-1").status in {401, 403}
    apply(delete(StaffRow(*staff_key("owner"))))
    assert send(token, STOCK, sku_id="p0001-1").status in {401, 403}
    assert adjust(token, "k1", 1).status in {401, 403}


def test_a_keyed_adjustment_happens_once_and_is_audited_once(clock: Clock, token: str) -> None:
    before = send(token, STOCK, sku_id="p0001-1").body
    for _ in range(3):
        answer = adjust(token, "k1", -6)
        assert (answer.status, answer.body["available"]) == (201, before["available"] - 6)
    trace = [one for one in staff.audits(business_day(clock.now)) if one.subject == "p0001-1"]
    assert [(one.actor, one.reason, json.loads(one.facts)["delta"]) for one in trace] == [
        ("owner", "盘点", -6)
    ]
    after = send(token, STOCK, sku_id="p0001-1").body
    assert after["in_total"] == after["available"] + after["taken"] == before["in_total"] - 6


@pytest.mark.parametrize(
    ("delta", "reason"),
    [(0, "x"), (True, "x"), ("1", "x"), (1.0, "x"), (1, ""), (1, " "), (1, "a\u202eb"), (1, 5)],
)
def test_a_bad_adjustment_changes_nothing(token: str, delta: object, reason: object) -> None:
    before = send(token, STOCK, sku_id="p0001-1").body
    assert adjust(token, "k1", delta, reason).status == 422
    assert send(token, STOCK, sku_id="p0001-1").body == before
    assert adjust(token, "k1", 1).status == 201


def test_a_write_needs_a_key(token: str) -> None:
    assert adjust(token, "", 1).status == 400
    assert send(token, "POST /v1/admin/coupons", COUPON).status == 400


def test_a_coupon_is_created_once(token: str) -> None:
    route = "POST /v1/admin/coupons"
    assert send(token, route, COUPON, "k1").body["outcome"] == "created"
    assert send(token, route, COUPON, "k2").body["outcome"] == "unchanged"
    other = send(token, route, COUPON | {"quota": 11}, "k3")
    assert (other.status, other.body["code"]) == (409, "coupon_exists")


@pytest.mark.parametrize(
    "change",
    [
        {"amount_fen": 0},
        {"percent_off": 10},
        {"kind": "percent"},
        {"kind": "percent", "percent_off": 100},
        {"scope": {"type": "products", "ids": []}},
        {"scope": {"type": "all", "ids": ["p0001"]}},
        {"claim_ends_at": "2026-01-01T00:00:00Z"},
        {"claim_ends_at": "2036-01-01T00:00:00"},
        {"claim_ends_at": "soon"},
        {"valid_days": 0},
        {"valid_from": "2026-01-01T00:00:00Z"},
        {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"},
        {
            "valid_days": 0,
            "valid_from": "2027-01-01T00:00:00Z",
            "valid_until": "2026-01-01T00:00:00Z",
        },
        {"per_customer": 11},
        {"quota": 0},
        {"id": "a#b"},
        {"surprise": 1},
    ],
)
def test_a_coupon_whose_terms_do_not_fit_together_is_refused(
    token: str, change: dict[str, object]
) -> None:
    answer = send(token, "POST /v1/admin/coupons", COUPON | change, "k1")
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert answer.body["errors"][0]["field"].startswith("$")


def test_every_coupon_of_the_catalogue_file_is_accepted(token: str) -> None:
    for row in shopfile.content()["coupons"]:
        body = {
            name: value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value
            for name, value in row.items()
        }
        assert send(token, "POST /v1/admin/coupons", body, row["id"]).status == 200, row["id"]


def test_a_flash_sale_takes_its_units_once_and_tells_what_is_left(token: str) -> None:
    route = "POST /v1/admin/flash-sales"
    made = send(token, route, SALE, "k1").body
    assert (made["outcome"], made["shards"] > 1) == ("created", True)
    assert send(token, route, SALE, "k1").status == 200
    assert send(token, route, SALE, "k2").body["outcome"] == "unchanged"
    assert send(token, STOCK, sku_id="p0001-1").body["in_total"] == 6
    shown = send(token, "GET /v1/admin/flash-sales/{sale_id}", sale_id="f-test").body
    assert (shown["units"], shown["available"], shown["taken"]) == (80, 80, 0)
    assert (shown["open"], shown["starts_at"]) == (True, "2026-01-01T00:00:00Z")
    absent = send(token, "GET /v1/admin/flash-sales/{sale_id}", sale_id="f-none")
    assert absent.status == 404
    other = send(token, route, SALE | {"units": 81}, "k3")
    assert (other.status, other.body["code"]) == (409, "sale_exists")


def test_an_order_that_is_not_there_is_not_found(token: str) -> None:
    shipment = {"company": "shunfeng", "tracking_no": "SF1234567890"}
    route = "/v1/admin/orders/{order_no}"
    for order_no in ("x", "0" * 25, "z" * 64):
        assert send(token, f"GET {route}", order_no=order_no).status == 404
        shipped = send(token, f"POST {route}/shipments", shipment, "k1", order_no=order_no)
        assert shipped.status == 404
    assert send(token, "GET /v1/admin/orders").body["items"] == []


def test_the_example_events_are_answered(clock: Clock) -> None:
    token = sign_in(clock).body["access_token"]
    for path in sorted(EVENTS.glob("*.json")):
        clock.now += 31
        text = path.read_text(encoding="utf-8").replace("{access_token}", token)
        text = text.replace("{password}", FIRST["password"])
        text = text.replace("{code}", TOTP(FIRST["totp_secret"]).at(clock.now))
        answer = answer_of(lambda_handler(json.loads(text), None))
        assert answer.status in {200, 201}, (path.name, answer.body)
