import json
from typing import Any

import pytest

from scripts.emulators.wire import Reply
from tests.unit.emulators.pay_world import PayWorld

PATH = "/v3/refund/domestic/refunds"
NOTIFY = "https://shop.example/refund/notify"


@pytest.fixture
def world() -> PayWorld:
    world = PayWorld()
    world.paid()
    world.pay.run_due()
    world.notices.clear()
    return world


def asked(number: str = "r1", refund: int = 4_000, **changed: object) -> dict[str, Any]:
    return {
        "out_trade_no": "order0001",
        "out_refund_no": number,
        "notify_url": NOTIFY,
        "reason": "不想要了",
        "amount": {"refund": refund, "total": 9_900, "currency": "CNY"},
        **changed,
    }


def answer(reply: Reply) -> tuple[int, Any]:
    return reply.status, json.loads(reply.body)


def test_a_refund_is_processing_then_success_and_told_by_notice(world: PayWorld) -> None:
    status, first = answer(world.call("POST", PATH, asked()))
    assert (status, first["status"], first["amount"]["refund"]) == (200, "PROCESSING", 4_000)
    assert world.query()[1]["trade_state"] == "REFUND"
    due = world.pay.next_due()
    assert due == world.now + 2
    world.now = due
    world.pay.run_due()
    ((url, headers, body),) = world.notices
    world.verify(headers, body)
    content = world.decrypted(body)
    assert (url, json.loads(body)["event_type"]) == (NOTIFY, "REFUND.SUCCESS")
    assert content["refund_status"] == "SUCCESS"
    assert "appid" not in content
    assert "trade_state" not in content
    done = answer(world.call("GET", f"{PATH}/r1"))[1]
    assert (done["status"], "success_time" in done) == ("SUCCESS", True)
    assert world.pay.ledger()["totals"]["refunded_fen"] == 4_000


def test_the_refund_number_is_the_idempotency_key(world: PayWorld) -> None:
    first = answer(world.call("POST", PATH, asked()))[1]
    assert answer(world.call("POST", PATH, asked()))[1] == first
    status, refused = answer(world.call("POST", PATH, asked(refund=1)))
    assert (status, refused["code"]) == (400, "INVALID_REQUEST")
    assert len(world.pay.ledger()["refunds"]) == 1


def test_refunds_never_exceed_the_payment_and_keep_a_minute_apart(world: PayWorld) -> None:
    world.call("POST", PATH, asked())
    assert answer(world.call("POST", PATH, asked("r2")))[1]["code"] == "FREQUENCY_LIMITED"
    world.advance(60)
    assert answer(world.call("POST", PATH, asked("r2", 5_901)))[1]["code"] == "RULE_LIMIT"
    assert answer(world.call("POST", PATH, asked("r2", 5_900)))[0] == 200
    world.advance(366 * 86_400)
    assert answer(world.call("POST", PATH, asked("r3", 1)))[1]["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"out_refund_no": "has space"}, "PARAM_ERROR"),
        ({"out_refund_no": "r" * 65}, "PARAM_ERROR"),
        ({"out_trade_no": ""}, "PARAM_ERROR"),
        ({"out_trade_no": "unknown01"}, "RESOURCE_NOT_EXISTS"),
        ({"reason": "字" * 81}, "PARAM_ERROR"),
        ({"notify_url": "http://shop.example/"}, "PARAM_ERROR"),
        ({"funds_account": "ALL"}, "PARAM_ERROR"),
        ({"amount": {"refund": 1, "total": 9_900}}, "PARAM_ERROR"),
        ({"amount": {"refund": 1, "total": 1, "currency": "CNY"}}, "PARAM_ERROR"),
        ({"amount": {"refund": 0, "total": 9_900, "currency": "CNY"}}, "PARAM_ERROR"),
    ],
)
def test_refund_fields_are_checked(world: PayWorld, changed: dict[str, object], code: str) -> None:
    assert answer(world.call("POST", PATH, asked() | changed))[1]["code"] == code


def test_an_unpaid_order_cannot_be_refunded(world: PayWorld) -> None:
    world.prepay("order0002")
    refused = answer(world.call("POST", PATH, asked(out_trade_no="order0002")))
    assert refused[1]["code"] == "INVALID_REQUEST"


def test_an_abnormal_refund_goes_on_to_another_card(world: PayWorld) -> None:
    world.fault("refund", "abnormal")
    refund_id = answer(world.call("POST", PATH, asked()))[1]["refund_id"]
    world.advance(2)
    world.pay.run_due()
    assert json.loads(world.notices[0][2])["event_type"] == "REFUND.ABNORMAL"
    target = f"{PATH}/{refund_id}/apply-abnormal-refund"
    body = {"out_refund_no": "r1", "type": "MERCHANT_BANK_CARD"}
    assert answer(world.call("POST", target, body | {"type": "x"}))[0] == 400
    assert answer(world.call("POST", target, body))[1]["status"] == "PROCESSING"
    world.advance(2)
    world.pay.run_due()
    assert answer(world.call("GET", f"{PATH}/r1"))[1]["status"] == "SUCCESS"


def test_not_enough_is_refused_once_and_the_same_number_works_later(world: PayWorld) -> None:
    world.fault("refund", "code:NOT_ENOUGH:403")
    assert answer(world.call("POST", PATH, asked()))[1]["code"] == "NOT_ENOUGH"
    assert answer(world.call("GET", f"{PATH}/r1"))[0] == 404
    assert answer(world.call("POST", PATH, asked()))[0] == 200


def test_a_refund_that_succeeded_can_come_back_from_the_bank(world: PayWorld) -> None:
    assert answer(world.call("POST", PATH, asked()))[0] == 200
    world.advance(60)
    world.pay.run_due()
    status, ended = world.control(
        "POST", "refunds/end", {"out_refund_no": "r1", "status": "ABNORMAL"}
    )
    assert (status, ended["refund"]["status"]) == (200, "ABNORMAL")
    assert json.loads(world.call("GET", f"{PATH}/r1").body)["status"] == "ABNORMAL"
    world.pay.run_due()
    assert (
        world.control("POST", "refunds/end", {"out_refund_no": "r9", "status": "CLOSED"})[0] == 400
    )
    assert world.control("POST", "refunds/end", {"out_refund_no": "r1", "status": "GONE"})[0] == 400
