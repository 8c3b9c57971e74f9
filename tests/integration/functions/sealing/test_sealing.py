"""Sealing anew over HTTP: by owners alone, a stretch at a time, from where the last one ended."""

import json
from pathlib import Path

import pytest

from functions.sealing.app import lambda_handler
from shop.domain.calendar import business_day
from shop.domain.staff_roles import Role
from shop.store import staff
from shop.store.customers import add_customer
from shop.store.writes import apply
from tests.integration.functions.calls import NOW, Answer, answer_of, call
from tests.integration.functions.staff.people import account

SEAL = "POST /v1/admin/sealing"
EVENT = Path(__file__).parents[4] / "events" / "sealing" / "run.json"
pytestmark = pytest.mark.usefixtures("table", "now")


def run(token: str, key: str, cursor: str = "") -> Answer:
    body = {"reason": "换密钥", "cursor": cursor}
    return call(lambda_handler, SEAL, body=body, token=token, headers={"idempotency-key": key})


def test_runs_go_on_where_the_last_one_ended_until_the_tables_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = account("owner", "owner")
    for number in range(5):
        apply(add_customer(f"c-{number}", b"0 not ours", None, NOW))
    monkeypatch.setattr("shop.usecases.reseal.PAGE_ROWS", 2)
    monkeypatch.setattr("functions.sealing.app.LEAST_SECONDS", 1_000)
    cursor, unreadable, runs = "", 0, 0
    while cursor is not None:
        answer = run(owner, f"k{runs}", cursor)
        assert (answer.status, answer.body["resealed"]) == (200, 0)
        cursor, unreadable, runs = (
            answer.body["next_cursor"],
            unreadable + answer.body["unreadable"],
            runs + 1,
        )
    assert unreadable == 5
    assert runs > 3
    assert len(list(staff.audits(business_day(NOW)))) == runs


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OWNER}))
def test_only_owners_seal_anew(role: Role) -> None:
    answer = run(account("li", role), "k1")
    assert (answer.status, answer.body["code"]) == (403, "forbidden")


def test_a_cursor_that_is_not_ours_is_refused_and_nothing_is_begun() -> None:
    answer = run(account("owner", "owner"), "k1", "x" * 40)
    assert (answer.status, answer.body["code"]) == (400, "invalid_cursor")
    assert list(staff.audits(business_day(NOW))) == []


def test_the_example_event_is_answered() -> None:
    text = EVENT.read_text(encoding="utf-8").replace("{access_token}", account("owner", "owner"))
    assert answer_of(lambda_handler(json.loads(text), None)).status == 200
