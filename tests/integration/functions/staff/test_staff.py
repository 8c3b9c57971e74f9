"""Staff accounts over HTTP: told once, least privilege, refused at once, all on record."""

import json
from pathlib import Path

import pytest
from pyotp import TOTP

from functions.staff.app import lambda_handler
from shop.domain.calendar import business_day
from shop.domain.staff_roles import GRANTS, ROUTES, Permission, Role, may_call
from shop.store import personal_reads, staff
from tests.integration.functions.calls import NOW, Answer, answer_of, call
from tests.integration.functions.staff.people import ADD, LI, LIST, Clock, account, send
from tests.proving.shop import load_handler_module
from tests.proving.template import load_template

EVENTS = Path(__file__).parents[4] / "events" / "staff"
DISABLE = "POST /v1/admin/staff/{username}/disable"
AUDIT = "GET /v1/admin/audit"
READS = "GET /v1/admin/personal-reads"


def sign_in(opened: Answer, clock: Clock) -> Answer:
    code = TOTP(opened.body["totp_secret"]).at(clock.now)
    given = {
        "username": opened.body["username"],
        "password": opened.body["password"],
        "code": code,
    }
    return call(lambda_handler, "POST /v1/admin/login", body=given)


def test_secrets_are_told_once_and_open_the_account(owner: str, clock: Clock) -> None:
    opened = send(owner, ADD, LI, "k1")
    assert opened.status == 201
    again = send(owner, ADD, LI, "k1")
    assert (again.status, again.body["password"], again.body["totp_secret"]) == (201, None, None)
    other = send(owner, ADD, LI | {"role": "owner"}, "k1")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    taken = send(owner, ADD, LI, "k2")
    assert (taken.status, taken.body["code"]) == (409, "staff_exists")
    assert sign_in(opened, clock).status == 200
    kept = repr([row.attribute_values for row in staff.accounts()])
    trace = repr([row.attribute_values for row in staff.audits(business_day(NOW))])
    for secret in (opened.body["password"], opened.body["totp_secret"]):
        assert secret not in kept + trace


def test_a_closed_account_is_refused_at_once(owner: str, clock: Clock) -> None:
    opened = send(owner, ADD, LI | {"role": "owner"}, "k1")
    token = sign_in(opened, clock).body["access_token"]
    assert send(token, LIST).status == 200
    closed = send(owner, DISABLE, {"reason": "离职"}, "k2", username="xiaoli")
    assert closed.status == 200
    assert closed.body["disabled_at"] is not None
    assert send(token, LIST).status == 403
    clock.now += 31
    refused = sign_in(opened, clock)
    assert (refused.status, refused.body["code"]) == (401, "staff_login_failed")


def test_an_account_opened_again_has_new_secrets_and_old_tokens_open_nothing(
    owner: str, clock: Clock
) -> None:
    first = send(owner, ADD, LI | {"role": "owner"}, "k1")
    token = sign_in(first, clock).body["access_token"]
    send(owner, DISABLE, {"reason": "离职"}, "k2", username="xiaoli")
    clock.now += 40
    second = send(owner, ADD, LI | {"role": "owner"}, "k3")
    assert second.status == 201
    assert second.body["password"] != first.body["password"]
    assert send(token, LIST).status == 403
    assert sign_in(first, clock).status == 401
    assert sign_in(second, clock).status == 200


def test_nobody_closes_their_own_account_and_an_unknown_one_is_not_found(owner: str) -> None:
    own = send(owner, DISABLE, {"reason": "x"}, "k1", username="owner")
    assert (own.status, own.body["code"]) == (409, "own_account")
    assert send(owner, DISABLE, {"reason": "x"}, "k2", username="nobody").status == 404
    assert list(staff.audits(business_day(NOW))) == []


@pytest.mark.parametrize(
    "change", [{"role": "king"}, {"username": "Li Si"}, {"reason": " "}, {"password": "x"}]
)
def test_a_bad_account_is_not_opened(owner: str, change: dict[str, str]) -> None:
    assert send(owner, ADD, LI | change, "k1").status == 422
    assert [row.SK for row in staff.accounts()] == ["owner"]


def test_the_audit_log_is_read_in_pages_oldest_first(owner: str, clock: Clock) -> None:
    for number in range(3):
        clock.now += 1
        send(owner, ADD, LI | {"username": f"u{number}"}, f"k{number}")
    query = {"limit": "2"}
    first = call(lambda_handler, AUDIT, query=query, token=owner).body
    rest = call(
        lambda_handler, AUDIT, query=query | {"cursor": first["next_cursor"]}, token=owner
    ).body
    assert [one["subject"] for one in first["items"] + rest["items"]] == ["u0", "u1", "u2"]
    assert rest["next_cursor"] is None
    shown = first["items"][0]
    assert (shown["actor"], shown["route"], shown["reason"]) == ("owner", ADD, "入职")
    assert (shown["before"], shown["after"]) == (None, {"role": "operator", "open": True})
    wrong = call(lambda_handler, AUDIT, query={"cursor": "x", "day": "20260101"}, token=owner)
    assert (wrong.status, wrong.body["code"]) == (400, "invalid_cursor")


def test_closing_and_opening_again_are_traced(owner: str, clock: Clock) -> None:
    for number, (route, body) in enumerate([(ADD, LI), (DISABLE, {"reason": "离职"}), (ADD, LI)]):
        clock.now += 1
        path = {"username": "xiaoli"} if route == DISABLE else {}
        assert send(owner, route, body, f"k{number}", **path).status < 300
    shown = call(lambda_handler, AUDIT, token=owner).body["items"]
    assert [(one["before"], one["after"]) for one in shown] == [
        (None, {"role": "operator", "open": True}),
        ({"open": True}, {"open": False}),
        ({"role": "operator", "open": False}, {"role": "operator", "open": True}),
    ]


def test_who_read_personal_data_is_listed_by_day_and_by_customer_in_pages(
    owner: str, clock: Clock
) -> None:
    for number, customer in enumerate(["c-1", "c-2", "c-1"]):
        personal_reads.log("staff:li", customer, f"order-{number}", f"r{number}", NOW + number)

    def listed(**query: str) -> list[str]:
        page = call(lambda_handler, READS, query={"limit": "2", **query}, token=owner).body
        found = [one["what"] for one in page["items"]]
        return found + (listed(**query, cursor=page["next_cursor"]) if page["next_cursor"] else [])

    assert listed() == listed(day=business_day(NOW)) == ["order-0", "order-1", "order-2"]
    assert listed(customer_id="c-1") == ["order-0", "order-2"]
    assert listed(customer_id="c-3") == listed(day="20200101") == []
    both = call(lambda_handler, READS, query={"day": "20260101", "customer_id": "c"}, token=owner)
    assert both.status == 422
    clerk = account("clerk", "support")
    assert call(lambda_handler, READS, token=clerk).status == 403
    auditor = account("auditor", "auditor")
    assert call(lambda_handler, READS, token=auditor).status == 200


def test_every_staff_route_of_the_template_has_a_permission_and_no_other_has() -> None:
    deployed = {
        route.key
        for function in load_template().functions.values()
        if function.routes
        for route in load_handler_module(function.folder).api.routes.values()
        if route.auth == "staff"
    }
    assert deployed == set(ROUTES)


def test_roles_have_least_privilege() -> None:
    assert set(GRANTS) == set(Role)
    assert GRANTS[Role.OWNER] == set(Permission)
    for role in (Role.SUPPORT, Role.AUDITOR):
        writes = [route for route in ROUTES if may_call(role, route) and route[:3] != "GET"]
        assert writes == ["PUT /v1/admin/password"]
    assert not may_call(Role.OPERATOR, ADD)
    assert not may_call("king", LIST)
    assert not may_call(Role.OWNER, "GET /v1/admin/unlisted")


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_looked_up_at_call_time(role: Role) -> None:
    token = account("someone", role)
    for route in (LIST, AUDIT):
        assert send(token, route).status == (200 if may_call(role, route) else 403)
    assert send(token, ADD, {"garbage": 1}, "k").status == (422 if may_call(role, ADD) else 403)


def test_the_example_events_are_answered(owner: str) -> None:
    for name in ("add", "reset", "disable", "list", "audit", "personal_reads"):
        text = (EVENTS / f"{name}.json").read_text(encoding="utf-8")
        answer = answer_of(lambda_handler(json.loads(text.replace("{access_token}", owner)), None))
        assert answer.status in {200, 201}, (name, answer.body)
    for name, status in (("approve_absent", 404), ("refuse_absent", 404), ("password", 403)):
        text = (EVENTS / f"{name}.json").read_text(encoding="utf-8")
        answer = answer_of(lambda_handler(json.loads(text.replace("{access_token}", owner)), None))
        assert answer.status == status, (name, answer.body)
