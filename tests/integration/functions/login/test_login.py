"""Sign-in, refresh and logout over HTTP."""

import base64
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.account.app import lambda_handler as account
from functions.login.app import lambda_handler
from shop import secret_store
from shop.store import customers, reads, writes
from shop.store.customers import CustomerRow, SessionRow
from shop.store.table import Entity, customer_key, customer_partition
from shop.usecases import login
from tests.integration.functions.calls import Answer, answer_of, call
from tests.integration.functions.wechat import FakeWechat, install

EVENTS = Path(__file__).parents[4] / "events" / "login"
ADDRESSES = "GET /v1/me/addresses"


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now


@pytest.fixture
def clock(table: None, now: int, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now)
    monkeypatch.setattr("shop.clock.now", lambda: clock.now)
    return clock


@pytest.fixture
def wechat(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeWechat:
    return install(monkeypatch)


def sign_in(wechat: FakeWechat, openid: str = "openid-a", **more: object) -> Any:
    answer = call(lambda_handler, "POST /v1/login", body={"code": wechat.code(openid, **more)})
    assert answer.status == 200
    return answer.body


def refresh(token: str) -> Answer:
    return call(lambda_handler, "POST /v1/login/refresh", body={"refresh_token": token})


def logout(token: str, body: object = None) -> Answer:
    return call(lambda_handler, "POST /v1/logout", body=body, token=token)


def items() -> list[dict[str, Any]]:
    table = boto3.resource("dynamodb", region_name="us-east-1").Table("yunpu")
    return list(table.scan()["Items"])


def test_a_first_sign_in_makes_one_customer_and_a_second_finds_it(wechat: FakeWechat) -> None:
    first, second = sign_in(wechat, unionid="union-canary"), sign_in(wechat)
    assert first["customer"]["is_new"] is True
    assert second["customer"] == {"id": first["customer"]["id"], "is_new": False}
    assert (first["expires_in"], first["refresh_expires_in"]) == (600, 30 * 86_400)
    assert sign_in(wechat, "openid-b")["customer"]["id"] != first["customer"]["id"]
    me = call(account, "GET /v1/me", token=first["access_token"])
    assert me.body == {
        "id": first["customer"]["id"],
        "nickname": "",
        "avatar_url": "",
        "phone_masked": None,
        "created_at": "2026-09-21T14:13:20Z",
    }


def test_nothing_that_names_the_person_is_stored_or_said_in_clear(wechat: FakeWechat) -> None:
    made = sign_in(wechat, "openid-canary", unionid="union-canary")
    kept = repr(items())
    for canary in ("openid-canary", "union-canary", "session-key", made["refresh_token"]):
        assert canary not in kept
    claims = made["access_token"].split(".")[1]
    assert b"openid" not in base64.urlsafe_b64decode(claims + "==")


def test_two_first_sign_ins_at_once_make_one_customer(
    wechat: FakeWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = customers.customer_behind
    winners: list[Any] = []

    def overtaken(macs: list[str], erased: set[str]) -> Any:
        seen = real(macs, erased)
        if not winners:
            winners.append(None)
            winners[0] = sign_in(wechat)
        return seen

    monkeypatch.setattr(customers, "customer_behind", overtaken)
    loser = sign_in(wechat)
    assert winners[0]["customer"]["is_new"] is True
    assert loser["customer"] == {"id": winners[0]["customer"]["id"], "is_new": False}
    assert sum(one["SK"] == "C" for one in items()) == 1
    assert refresh(loser["refresh_token"]).status == 200


def test_a_sign_in_that_the_sdk_sends_twice_is_one(
    wechat: FakeWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = writes.together

    def twice(sent: list[writes.Write]) -> None:
        real(sent)
        real(sent)

    monkeypatch.setattr(login, "together", twice)
    made = sign_in(wechat)
    assert made["customer"]["is_new"] is True
    assert sum(one["SK"] == "C" for one in items()) == 1
    assert call(account, "GET /v1/me", token=made["access_token"]).status == 200


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"errcode": 40029}, 401, "login_code_invalid"),
        ({"errcode": 40163}, 401, "login_code_invalid"),
        ({"errcode": 40226}, 403, "forbidden"),
        ({"errcode": 45011}, 429, "too_many_requests"),
        ({"errcode": 40125}, 500, "internal_error"),
        ({}, 503, "provider_unavailable"),
    ],
)
def test_what_wechat_refuses_is_refused_and_nothing_is_written(
    wechat: FakeWechat, said: dict[str, object], status: int, code: str
) -> None:
    wechat.answers["bad"] = {**said, "errmsg": "canary"}
    answer = call(lambda_handler, "POST /v1/login", body={"code": "bad"})
    assert (answer.status, answer.body["code"]) == (status, code)
    assert "canary" not in json.dumps(answer.body)
    assert items() == []


@pytest.mark.parametrize(
    "body",
    [None, {}, {"code": ""}, {"code": 1}, {"code": "a" * 129}, {"code": "a", "openid": "b"}, []],
)
def test_a_body_of_another_shape_is_refused(wechat: FakeWechat, body: object) -> None:
    assert call(lambda_handler, "POST /v1/login", body=body).status in {400, 422}


def test_a_code_with_strange_characters_is_a_bad_code(wechat: FakeWechat) -> None:
    answer = call(lambda_handler, "POST /v1/login", body={"code": "码&secret=\n"})
    assert (answer.status, answer.body["code"]) == (401, "login_code_invalid")


def test_a_refresh_token_is_used_up_and_its_successor_is_good(
    wechat: FakeWechat, clock: Clock
) -> None:
    made = sign_in(wechat)
    clock.now += 500
    first = refresh(made["refresh_token"])
    assert first.status == 200
    assert first.body["customer"] == {"id": made["customer"]["id"], "is_new": False}
    assert first.body["refresh_token"] != made["refresh_token"]
    assert call(account, "GET /v1/me", token=first.body["access_token"]).status == 200
    clock.now += 500
    assert refresh(first.body["refresh_token"]).status == 200


def test_a_lost_answer_is_forgiven_for_a_minute(wechat: FakeWechat, clock: Clock) -> None:
    made = sign_in(wechat)
    first = refresh(made["refresh_token"]).body
    before = items()
    clock.now += 60
    again = refresh(made["refresh_token"])
    assert again.status == 200
    assert again.body["refresh_token"] == first["refresh_token"]
    assert again.body["refresh_expires_in"] == 30 * 86_400 - 60
    assert items() == before


def test_reuse_after_a_minute_ends_the_sign_in(wechat: FakeWechat, clock: Clock) -> None:
    made, other = sign_in(wechat), sign_in(wechat)
    first = refresh(made["refresh_token"]).body
    clock.now += 61
    assert refresh(made["refresh_token"]).status == 401
    assert refresh(first["refresh_token"]).status == 401
    assert call(account, ADDRESSES, token=first["access_token"]).status == 401
    assert refresh(other["refresh_token"]).status == 200


def test_reuse_after_the_successor_was_used_ends_the_sign_in(wechat: FakeWechat) -> None:
    made = sign_in(wechat)
    first = refresh(made["refresh_token"]).body
    second = refresh(first["refresh_token"]).body
    assert refresh(made["refresh_token"]).status == 401
    assert refresh(second["refresh_token"]).status == 401


def test_a_lost_answer_is_forgiven_across_a_rotation_of_keys(
    wechat: FakeWechat, clock: Clock
) -> None:
    made = sign_in(wechat)
    first = refresh(made["refresh_token"]).body
    rotate_keys()
    clock.now += 30
    again = refresh(made["refresh_token"])
    assert again.body["refresh_token"] == first["refresh_token"]
    assert refresh(first["refresh_token"]).status == 200
    assert sign_in(wechat)["customer"] == {"id": made["customer"]["id"], "is_new": False}
    assert sum(one["SK"] == "I" for one in items()) == 2
    assert sign_in(wechat)["customer"]["is_new"] is False


def test_an_expired_refresh_token_is_refused(wechat: FakeWechat, clock: Clock) -> None:
    made = sign_in(wechat)
    clock.now += 30 * 86_400
    assert refresh(made["refresh_token"]).status == 401


@pytest.mark.parametrize("damage", ["", "a", "1.a.b.1.c", "９.a.b.1.c"])
def test_a_refresh_token_that_is_not_ours_is_refused(wechat: FakeWechat, damage: str) -> None:
    made = sign_in(wechat)
    token = made["refresh_token"]
    assert refresh(damage).status in {401, 422}
    assert refresh(token[:-1] + ("A" if token[-1] != "A" else "B")).status == 401
    parts = token.split(".")
    assert refresh(".".join([*parts[:3], "2", parts[4]])).status == 401
    assert refresh(token).status == 200


def test_logout_ends_refresh_and_the_routes_that_look(wechat: FakeWechat) -> None:
    made, other = sign_in(wechat), sign_in(wechat)
    assert logout(made["access_token"]).status == 204
    assert logout(made["access_token"], {}).status == 204
    assert refresh(made["refresh_token"]).status == 401
    assert call(account, ADDRESSES, token=made["access_token"]).status == 401
    assert call(account, "GET /v1/me", token=made["access_token"]).status == 200
    assert call(account, ADDRESSES, token=other["access_token"]).status == 200


def test_logout_everywhere_ends_every_sign_in_of_this_customer_only(wechat: FakeWechat) -> None:
    mine = [sign_in(wechat) for _ in range(3)]
    theirs = sign_in(wechat, "openid-b")
    assert logout(mine[0]["access_token"], {"everywhere": True}).status == 204
    assert [refresh(one["refresh_token"]).status for one in mine] == [401, 401, 401]
    assert refresh(theirs["refresh_token"]).status == 200
    span = Entity.SK.startswith("S#")
    partition = customer_partition(mine[0]["customer"]["id"])
    assert list(reads.query(SessionRow, partition, span)) == []
    assert sign_in(wechat)["customer"]["is_new"] is False


def test_a_customer_that_was_erased_meanwhile_is_a_new_one(wechat: FakeWechat) -> None:
    made = sign_in(wechat)
    customer_id = made["customer"]["id"]
    identity = next(one for one in items() if one["SK"] == "I")
    writes.apply(writes.delete(CustomerRow(*customer_key(customer_id))))
    assert call(account, "GET /v1/me", token=made["access_token"]).status == 401
    writes.apply(writes.delete(customers.IdentityRow(identity["PK"], "I")))
    assert sign_in(wechat)["customer"]["is_new"] is True


def test_the_example_events_are_answered(wechat: FakeWechat) -> None:
    wechat.answers["0a1b2c3d4e"] = {"openid": "openid-a", "session_key": "k"}
    made = answer_of(lambda_handler(event("new_customer"), None))
    assert made.status == 200
    for name, status in (("refresh", 200), ("logout", 204)):
        text = json.dumps(event(name))
        for field in ("access_token", "refresh_token"):
            text = text.replace("{" + field + "}", made.body[field])
        assert answer_of(lambda_handler(json.loads(text), None)).status == status


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def rotate_keys() -> None:
    keys = {f"k{n}": base64.b64encode(bytes([n - 1]) * 32).decode() for n in (1, 2)}
    boto3.client("secretsmanager", region_name="us-east-1").put_secret_value(
        SecretId="yunpu/token-keys", SecretString=json.dumps({"current": "k2", "keys": keys})
    )
    secret_store.forget()
