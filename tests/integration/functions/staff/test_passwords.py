"""Staff change their own password and reset another's: guessed by nobody, told once, at once."""

from dataclasses import replace
from typing import Any

import pytest
from pyotp import TOTP

from shop.domain.calendar import business_day
from shop.store import reads, staff
from shop.store.staff import KeyRow
from shop.store.table import staff_idempotency_key
from tests.integration.functions.calls import Answer
from tests.integration.functions.staff.people import ADD, LI, LIST, Clock, send

LOGIN = "POST /v1/admin/login"
PASSWORD = "PUT /v1/admin/password"
RESET = "POST /v1/admin/staff/{username}/reset"
NEW = "correct horse battery"


class Person:
    """A member of staff with their own secrets."""

    def __init__(self, opened: Answer, clock: Clock) -> None:
        self.name, self.password = opened.body["username"], opened.body["password"]
        self.codes, self.clock = TOTP(opened.body["totp_secret"]), clock

    def code(self) -> str:
        """A code that was not used before."""
        self.clock.now += 30
        return self.codes.at(self.clock.now)

    def sign_in(self, password: str = "") -> Answer:
        given = {"username": self.name, "password": password or self.password, "code": self.code()}
        return send("", LOGIN, given)

    def token(self) -> str:
        return str(self.sign_in().body["access_token"])

    def change(self, token: str, key: str = "c1", **other: str) -> Answer:
        given = {"current_password": self.password, "new_password": NEW, "code": self.code()}
        return send(token, PASSWORD, given | other, key)


@pytest.fixture
def li(owner: str, clock: Clock) -> Person:
    return Person(send(owner, ADD, LI | {"role": "auditor"}, "k1"), clock)


def test_a_new_password_opens_the_old_one_does_not_and_other_sign_ins_end(
    li: Person, clock: Clock
) -> None:
    here, there = li.token(), li.token()
    assert li.change(here).status == 204
    assert send(here, LIST).status == 200
    assert send(there, LIST).status == 403
    assert li.sign_in().status == 401
    again = li.sign_in(NEW)
    assert again.status == 200
    assert send(again.body["access_token"], LIST).status == 200


def test_a_repeat_of_a_lost_answer_is_the_same_answer_and_costs_no_try(
    li: Person, clock: Clock
) -> None:
    token = li.token()
    assert li.change(token).status == 204
    assert [li.change(token, code="000000").status for _ in range(8)] == [204] * 8
    other = li.change(token, new_password="another good password")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert li.sign_in(NEW).status == 200
    trace = [row for row in staff.audits(business_day(clock.now)) if row.route == PASSWORD]
    assert [(row.actor, row.after) for row in trace] == [("xiaoli", '{"password":"new"}')]


@pytest.mark.parametrize(
    "other",
    [{"current_password": "guess"}, {"code": "000000"}],
)
def test_guesses_change_nothing_and_lock_the_account(
    li: Person, clock: Clock, other: dict[str, str]
) -> None:
    token = li.token()
    for number in range(5):
        refused = li.change(token, f"g{number}", **other)
        assert (refused.status, refused.body["code"]) == (403, "staff_password_wrong")
    locked = li.change(token, "g9")
    assert locked.status == 429
    assert 0 < int(locked.headers["retry-after"]) <= 900
    assert li.sign_in().status == 429
    clock.now += 901
    assert li.sign_in().status == 200


def test_a_code_is_used_up_by_the_change(li: Person) -> None:
    token = li.token()
    code = li.code()
    assert li.change(token, "c1", code=code).status == 204
    li.password = NEW
    twice = li.change(token, "c2", code=code, new_password="yet another password")
    assert twice.status == 403


@pytest.mark.parametrize(
    "other",
    [
        {"new_password": "short"},
        {"new_password": "x" * 129},
        {"code": "12345"},
        {"username": "owner"},
    ],
)
def test_a_bad_request_changes_nothing(li: Person, other: dict[str, str]) -> None:
    token = li.token()
    assert li.change(token, **other).status == 422
    assert li.sign_in().status == 200


def test_the_old_password_again_is_no_new_one(li: Person) -> None:
    token = li.token()
    assert li.change(token, new_password=li.password).status == 422
    assert li.change(token, "c2").status == 204


def test_no_password_is_kept_in_clear_or_as_a_plain_hash(li: Person, clock: Clock) -> None:
    token = li.token()
    assert li.change(token).status == 204
    row = staff.account("xiaoli")
    assert row is not None
    assert row.password_hash.startswith("$argon2id$")
    rows: list[Any] = [one.attribute_values for one in staff.audits(business_day(clock.now))]
    key = reads.get(KeyRow, staff_idempotency_key("xiaoli", PASSWORD, "c1"), consistent=True)
    assert key is not None
    assert NEW not in repr([*rows, key.attribute_values])
    # What tells a repeat is made with a key of ours, not with the password alone.
    write = staff.StaffWrite("xiaoli", PASSWORD, "xiaoli", "c1", {}, "", clock.now)
    plain = [{"password": NEW}, {"new_password": NEW}, NEW]
    assert key.fingerprint not in [replace(write, content=one).fingerprint for one in plain]


def test_an_owner_resets_anothers_secrets_which_are_told_once(
    owner: str, li: Person, clock: Clock
) -> None:
    token = li.token()
    clock.now += 1
    told = send(owner, RESET, {"reason": "忘记密码"}, "r1", username="xiaoli")
    assert told.status == 200
    assert send(token, LIST).status == 403
    assert li.sign_in().status == 401
    fresh = Person(told, clock)
    assert fresh.sign_in().status == 200
    again = send(owner, RESET, {"reason": "忘记密码"}, "r1", username="xiaoli").body
    assert (again["password"], again["totp_secret"]) == (None, None)
    assert fresh.sign_in().status == 200


def test_a_reset_forgives_a_lock_out(owner: str, li: Person, clock: Clock) -> None:
    for _ in range(6):
        li.sign_in("guess")
    assert li.sign_in().status == 429
    fresh = Person(send(owner, RESET, {"reason": "锁定"}, "r1", username="xiaoli"), clock)
    assert fresh.sign_in().status == 200


def test_nobody_resets_their_own_an_absent_or_a_closed_account(owner: str, li: Person) -> None:
    def reset(name: str, key: str) -> tuple[int, str]:
        answer = send(owner, RESET, {"reason": "x"}, key, username=name)
        return answer.status, answer.body["code"]

    assert reset("owner", "r1") == (409, "own_account")
    assert reset("nobody", "r2") == (404, "not_found")
    closing = "POST /v1/admin/staff/{username}/disable"
    assert send(owner, closing, {"reason": "离职"}, "d", username="xiaoli").status == 200
    assert reset("xiaoli", "r3") == (409, "staff_closed")


def test_only_an_owner_resets(li: Person) -> None:
    answer = send(li.token(), RESET, {"reason": "x"}, "r1", username="owner")
    assert (answer.status, answer.body["code"]) == (403, "forbidden")
