"""Staff sign-in: who gets in, what is refused, and what a token opens."""

import json

from pyotp import TOTP

from functions.account.app import lambda_handler as account
from shop.crypto.sessions import issue_customer, issue_staff
from shop.domain.ids import CustomerId
from shop.store import staff
from shop.store.staff import StaffRow
from shop.store.table import staff_key
from shop.store.writes import apply, delete
from tests.integration.functions.calls import call
from tests.integration.functions.desk.people import FIRST, RING, Clock, send, sign_in

STOCK = "GET /v1/admin/stock/{sku_id}"
ADJUST = "POST /v1/admin/stock/{sku_id}/adjustments"


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
    change = {"delta": 1, "reason": "盘点"}
    assert send(token, ADJUST, change, "k1", sku_id="p0001-1").status in {401, 403}
