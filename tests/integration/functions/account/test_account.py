"""Profile and addresses over HTTP."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.account.app import lambda_handler
from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_customer
from shop.domain.address_book import KEPT_SECONDS, MOST_ENTRIES
from shop.domain.ids import CustomerId
from shop.errors import NotFoundError
from shop.store import addresses as store
from shop.store import customers, writes
from shop.usecases.addresses import address_of
from tests.integration.functions.calls import Answer, answer_of, call

EVENTS = Path(__file__).parents[4] / "events" / "account"
RING = KeyRing("1", {"1": bytes(32)})
LIST, ADD = "GET /v1/me/addresses", "POST /v1/me/addresses"
ONE = "/v1/me/addresses/{address_id}"
HOME = {
    "name": "张三",
    "phone": "13800138000",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "detail": "龙井路1号🏠",
    "is_default": True,
}


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now


@pytest.fixture(autouse=True)
def clock(table: None, now: int, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now)
    monkeypatch.setattr("shop.clock.now", lambda: clock.now)
    for customer_id in ("alice", "bob"):
        writes.together(
            [
                customers.add_customer(customer_id, b"o", None, now),
                customers.add_session(
                    customer_id, "s", generation=1, token_hash=b"h", openid=b"o",
                    now=now, expires_at=now + 40 * 86_400,
                ),
            ]
        )  # fmt: skip
    return clock


def send(
    route: str, body: object = None, customer: str = "alice", key: str = "", **path: str
) -> Answer:
    from shop import clock as shop_clock

    now = shop_clock.now()
    token = issue_customer(RING, CustomerId(customer), "s", "openid", now=now, jti="j")
    headers = {"Idempotency-Key": key} if key else {}
    return call(lambda_handler, route, body=body, path=path, token=token, headers=headers)


def add(key: str = "k1", customer: str = "alice", **fields: object) -> Answer:
    return send(ADD, {**HOME, **fields}, customer, key)


def listed(customer: str = "alice") -> Any:
    return send(LIST, customer=customer).body["items"]


def test_a_profile_is_changed_field_by_field() -> None:
    assert send("PATCH /v1/me", {"nickname": "  小王🍵 "}).body["nickname"] == "小王🍵"
    url = "https://thirdwx.qlogo.cn/mmopen/a/132"
    changed = send("PATCH /v1/me", {"avatar_url": url}).body
    assert (changed["nickname"], changed["avatar_url"]) == ("小王🍵", url)
    assert send("PATCH /v1/me").body == send("GET /v1/me").body == changed


@pytest.mark.parametrize(
    "body",
    [
        {"nickname": ""},
        {"nickname": "   "},
        {"nickname": "好" * 33},
        {"nickname": "a\u202eb"},
        {"nickname": "a\x00b"},
        {"nickname": None},
        {"avatar_url": "http://thirdwx.qlogo.cn/a"},
        {"avatar_url": "https://thirdwx.qlogo.cn.evil.example/a"},
        {"avatar_url": "https://u@thirdwx.qlogo.cn/a"},
        {"avatar_url": "https://thirdwx.qlogo.cn:8443/a"},
        {"avatar_url": "https://[bad"},
        {"phone": "13800138000"},
        {"id": "bob"},
    ],
)
def test_a_bad_profile_changes_nothing(body: object) -> None:
    before = send("GET /v1/me").body
    answer = send("PATCH /v1/me", body)
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert send("GET /v1/me").body == before


def test_a_key_adds_one_address() -> None:
    first, again = add(), add()
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body == {"id": first.body["id"], **HOME}
    assert listed() == [first.body]
    assert add("k2").body["id"] != first.body["id"]


def test_a_key_with_another_body_is_refused() -> None:
    add()
    for other in ({"name": "李四"}, {"is_default": False}):
        answer = add(**other)
        assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")
    assert add(customer="bob", name="李四").status == 201


def test_a_key_is_needed_and_is_an_id() -> None:
    assert add(key="").status == 400
    assert add(key="a b").status == 400
    assert add(key="a" * 65).status == 400


def test_a_late_repetition_does_not_bring_a_deleted_address_back(clock: Clock) -> None:
    made = add().body["id"]
    for _ in range(2):
        assert send(f"DELETE {ONE}", address_id=made).status == 204
    clock.now += KEPT_SECONDS
    assert add().status == 404
    assert listed() == []
    add("k2")
    clock.now += 2
    add("k3")
    assert add().status == 201


def test_there_is_one_default_at_most() -> None:
    first, second = add("k1").body["id"], add("k2").body["id"]
    assert [(one["id"], one["is_default"]) for one in listed()] == [(second, True), (first, False)]
    changed = send(f"PUT {ONE}", {**HOME, "is_default": False}, address_id=second)
    assert changed.body == {"id": second, **HOME, "is_default": False}
    assert {one["is_default"] for one in listed()} == {False}
    send(f"PUT {ONE}", HOME, address_id=first)
    assert send(f"DELETE {ONE}", address_id=first).status == 204
    assert [(one["id"], one["is_default"]) for one in listed()] == [(second, False)]


def test_a_replay_answers_with_the_present_content() -> None:
    made = add().body["id"]
    send(f"PUT {ONE}", {**HOME, "name": "王五"}, address_id=made)
    assert add().body["name"] == "王五"


def test_at_most_twenty_addresses() -> None:
    for number in range(20):
        assert add(f"k{number}", is_default=False).status == 201
    answer = add("k20")
    assert (answer.status, answer.body["code"]) == (409, "address_limit_reached")
    page = send(LIST).body
    assert (len(page["items"]), page["next_cursor"]) == (20, None)


def test_the_list_has_pages(clock: Clock) -> None:
    made = []
    for number in range(3):
        clock.now += 1
        made.append(add(f"k{number}", is_default=False).body["id"])
    token = issue_customer(RING, CustomerId("alice"), "s", "o", now=clock.now, jti="j")
    first = call(lambda_handler, LIST, query={"limit": "2"}, token=token).body
    query = {"limit": "2", "cursor": first["next_cursor"]}
    second = call(lambda_handler, LIST, query=query, token=token).body
    assert [one["id"] for one in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None
    bob = issue_customer(RING, CustomerId("bob"), "s", "o", now=clock.now, jti="j")
    assert call(lambda_handler, LIST, query=query, token=bob).body["code"] == "invalid_cursor"
    assert call(lambda_handler, LIST, query={"limit": "0"}, token=token).status == 422


def test_making_and_deleting_without_end_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.domain.address_book.MOST_ENTRIES", 4)
    assert MOST_ENTRIES > 4
    for number in range(4):
        made = add(f"k{number}").body["id"]
        send(f"DELETE {ONE}", address_id=made)
    answer = add("k9")
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0


def test_another_customers_address_is_not_there() -> None:
    made = add().body["id"]
    for method, body in (("PUT", HOME), ("DELETE", None)):
        theirs = send(f"{method} {ONE}", body, "bob", address_id=made)
        absent = send(f"{method} {ONE}", body, "bob", address_id="nothing")
        assert theirs.status == absent.status == 404
        assert {**theirs.body, "request_id": ""} == {**absent.body, "request_id": ""}
    assert listed("bob") == []
    assert address_of(RING, "alice", made).detail == HOME["detail"]
    with pytest.raises(NotFoundError):
        address_of(RING, "bob", made)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": " "},
        {"name": "好" * 33},
        {"name": "a\u2066b"},
        {"phone": "12800138000"},
        {"phone": "1380013800"},
        {"phone": "138001380000"},
        {"phone": "13800138000\n"},
        {"phone": "１３８００１３８０００"},
        {"phone": 13800138000},
        {"phone": "0571-87654321"},
        {"phone": "+16502530000"},
        {"phone": "138001\u202e38000"},
        {"name": "张\x00三"},
        {"province": ""},
        {"province": "火星省"},
        {"province": "浙江省\u202e"},
        {"city": "深圳市"},
        {"district": "南山区"},
        {"district": "西湖区" * 11},
        {"city": None},
        {"detail": "长" * 121},
        {"is_default": "true"},
        {"is_default": 1},
        {"id": "x"},
    ],
)
def test_a_bad_address_is_refused_and_not_kept(fields: dict[str, Any]) -> None:
    answer = add(**fields)
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert answer.body["errors"][0]["field"]
    assert listed() == []


def test_a_phone_number_is_kept_as_it_is_dialled_within_china() -> None:
    assert add(phone="+86 138-0013 8000").body["phone"] == "13800138000"


@pytest.mark.parametrize(
    ("province", "city", "district"),
    [
        ("北京市", "北京市", "东城区"),
        ("重庆市", "县", "云阳县"),
        ("广东省", "东莞市", "莞城街道"),
        ("河南省", "省直辖县级行政区划", "济源市"),
        ("香港特别行政区", "香港岛", "中西区"),
    ],
)
def test_regions_are_taken_as_pickers_write_them(province: str, city: str, district: str) -> None:
    assert add(province=province, city=city, district=district).status == 201


def test_nothing_of_an_address_is_stored_in_clear() -> None:
    add()
    table = boto3.resource("dynamodb", region_name="us-east-1").Table("yunpu")
    kept = repr(table.scan()["Items"]).encode()
    for canary in ("张三", "13800138000", "龙井路"):
        assert canary.encode() not in kept


def test_two_devices_that_add_at_once_both_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = store.read_book
    once = [True]

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        kept = real(*args, **kwargs)
        if once and once.pop():
            assert add("other").status == 201
        return kept

    monkeypatch.setattr("shop.usecases.addresses.read_book", overtaken)
    assert add("mine").status == 201
    assert len(listed()) == 2


def test_an_addition_that_the_sdk_sends_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real = writes.apply

    def twice(write: writes.Write) -> writes.Raw:
        real(write)
        return real(write)

    monkeypatch.setattr("shop.usecases.addresses.apply", twice)
    made = add()
    assert made.status == 201
    assert listed() == [made.body]


def test_the_example_events_are_answered() -> None:
    token = issue_customer(RING, CustomerId("alice"), "s", "o", now=1_790_000_000, jti="j")
    for path in sorted(EVENTS.glob("*.json")):
        made = add(path.stem).body["id"]
        text = path.read_text(encoding="utf-8")
        text = text.replace("{access_token}", token).replace("{an_address}", made)
        event = json.loads(text)
        assert answer_of(lambda_handler(event, None)).status in {200, 201, 204}, path.name
