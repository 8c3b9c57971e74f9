"""Phone numbers over HTTP: WeChat's by the button's code, or typed in."""

import base64
import json
from collections.abc import Iterator

import pytest

from tests.proving.cases.erasing import rows_of
from tests.proving.shop import TABLE, Answer, Buyer, Shop, forget_process

SEED = 20261122
PHONE = "POST /v1/me/phone"


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as made:
        yield made


def keep(shop: Shop, buyer: Buyer, body: object) -> Answer:
    return shop.call("account", PHONE, buyer, body=body)


def phone_code(shop: Shop, phone: str) -> str:
    asked = json.dumps({"user": "wang", "phone": phone}).encode()
    reply = shop.wechat.handle("POST", "/_control/phone_codes", {}, asked)
    return str(json.loads(reply.body)["code"])


def test_wechats_number_is_kept_once_per_code(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    code = phone_code(shop, "13912345678")
    answer = keep(shop, wang, {"code": code})
    assert (answer.status, answer.body["phone_masked"]) == (200, "139****5678")
    again = keep(shop, wang, {"code": code})
    assert (again.status, again.body["code"]) == (422, "phone_code_invalid")


def test_a_typed_number_is_kept_sealed_and_shown_masked(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    answer = keep(shop, wang, {"phone": "138 0013 8000"})
    assert (answer.status, answer.body["phone_masked"]) == (200, "138****8000")
    assert "13800138000" not in repr(list(shop.world.engine.items(TABLE)))
    (row,) = [one for one in rows_of(shop, wang.customer_id) if one["SK"]["S"] == "C"]
    assert "ph" in row


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"phone": "13800138000", "code": "x"},
        {"phone": ""},
        {"phone": "12800138000"},
        {"phone": "010-12345678"},
        {"phone": "+1 650 253 0000"},
        {"phone": "1380013800\x00"},
        {"phone": "\u202e13800138000"},
        {"phone": "📱13800138000"},
        {"phone": "1" * 25},
        {"phone": 13800138000},
        {"phone": None},
        {"code": ""},
        {"code": "c" * 129},
        {"phone": "13800138000", "openid": "x"},
    ],
)
def test_a_bad_request_keeps_nothing(shop: Shop, body: object) -> None:
    wang = shop.sign_in("wang")
    before = shop.world.snapshot()
    answer = keep(shop, wang, body)
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert shop.world.snapshot() == before


def test_a_phone_number_stops_with_the_sign_in(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    shop.call("login", "POST /v1/logout", wang, body={})
    assert keep(shop, wang, {"phone": "13800138000"}).status == 401


def test_a_rotated_key_seals_a_profile_anew_when_it_changes(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    keep(shop, wang, {"phone": "13800138000"})
    keys = shop.world.secrets["yunpu/token-keys"]["keys"]
    fresh = base64.b64encode(bytes(range(32))).decode()
    rotated = {"current": "k2", "keys": {**keys, "k2": fresh}}
    shop.world.secrets["yunpu/token-keys"] = rotated
    forget_process()
    answer = shop.call("account", "PATCH /v1/me", wang, body={"nickname": "小王"})
    assert answer.body["phone_masked"] == "138****8000"
    (row,) = [one for one in rows_of(shop, wang.customer_id) if one["SK"]["S"] == "C"]
    assert base64.b64decode(row["ph"]["B"])[:1] == b"2"
