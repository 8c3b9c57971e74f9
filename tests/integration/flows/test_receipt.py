"""An order ends by itself some days after its last parcel was signed for, and not before."""

import json
from collections.abc import Iterator

import pytest

from tests.integration.flows.test_part_shipping import FIRST, SECOND, SEED, Stage
from tests.proving.shop import Shop

DAY = 86_400
TEMPLATES = {"receipt_ending": {"id": "T-end", "fields": {"thing1": "goods", "time2": "time"}}}


@pytest.fixture
def stage() -> Iterator[Stage]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, message_templates=json.dumps(TEMPLATES)) as shop:
        yield Stage(shop)


def days(stage: Stage, count: float, each: int = 4) -> None:
    """Some days pass, the schedule firing now and then."""
    for _ in range(int(count * each)):
        stage.shop.world.clock.advance(DAY // each)
        stage.shop.follow_up()
        stage.shop.pump()


def signed(stage: Stage, number: str) -> None:
    assert stage.push(number, "已签收", state="3") == 200


def test_an_order_ends_seven_days_after_the_last_signature(stage: Stage) -> None:
    number = stage.paid()
    stage.counter.ship(number, FIRST, {1: 3})
    stage.counter.ship(number, SECOND)
    stage.shop.pump()
    signed(stage, FIRST)
    days(stage, 3)
    signed(stage, SECOND)
    days(stage, 6.5)
    assert stage.status(number) == "TO_RECEIVE"
    days(stage, 1)
    assert stage.status(number) == "DONE"
    history = stage.counter.order(number)["history"]
    assert history[-1]["actor"] == "schedule"  # type: ignore[index]


def test_what_was_not_signed_for_or_went_back_does_not_end(stage: Stage) -> None:
    lost, returned = stage.paid(), stage.paid()
    stage.counter.ship(lost, FIRST)
    stage.counter.ship(returned, SECOND)
    stage.shop.pump()
    stage.push(FIRST, "运输中")
    signed(stage, SECOND)
    days(stage, 2)
    assert stage.push(SECOND, "已签收", "退回中", state="6") == 200
    days(stage, 20, each=1)
    assert [stage.status(number) for number in (lost, returned)] == ["TO_RECEIVE", "TO_RECEIVE"]


def test_the_buyer_is_reminded_once_a_day_before(stage: Stage) -> None:
    wang = stage.buyer
    stage.shop.wechat_control("subscriptions", user="wang", template_id="T-end", count=1)
    body = {"template": "receipt_ending", "accepted": True}
    assert stage.shop.call("account", "PUT /v1/me/subscriptions", wang, body=body).status == 200
    number = stage.paid()
    stage.counter.ship(number, FIRST)
    stage.shop.pump()
    signed(stage, FIRST)

    def sent() -> int:
        return len(stage.shop.wechat.dump()["messages"]["sent"])

    days(stage, 5.5)
    assert sent() == 0
    days(stage, 1)
    assert sent() == 1
    assert stage.status(number) == "TO_RECEIVE"
    days(stage, 1)
    assert stage.status(number) == "DONE"
    assert sent() == 1


def test_a_buyer_who_is_quicker_leaves_nothing_due(stage: Stage) -> None:
    from shop.domain.ids import CustomerId
    from shop.store import orders

    number = stage.paid()
    stage.counter.ship(number, FIRST)
    stage.shop.pump()
    signed(stage, FIRST)
    answer = stage.shop.order("POST /v1/orders/{order_no}/receipt", stage.buyer, number)
    assert answer.status == 200
    row = orders.read(CustomerId(stage.buyer.customer_id), number)
    assert row is not None
    assert not row.due_work
    days(stage, 9, each=1)
    assert stage.counter.order(number)["history"][-1]["actor"] == "buyer"  # type: ignore[index]
