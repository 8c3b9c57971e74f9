"""Orders that go out in parts: what may go into a parcel, and a number that was wrong."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from shop.store import parcels, reports
from shop.store import writes as writing
from tests.proving.cases.counter import Counter
from tests.proving.shop import Answer, Buyer, Shop

SEED = 20270131
FIRST, SECOND, THIRD = "7312345678901", "7312345678902", "7312345678903"


class Stage:
    """A shop with a buyer and two owners."""

    def __init__(self, shop: Shop) -> None:
        shop.put_product("p1", [(12_800, 50, None), (1_000, 50, None)])
        self.shop, self.counter = shop, Counter(shop)

    @property
    def buyer(self) -> Buyer:
        return self.shop.buyer("wang")

    def placed(self, **lines: int) -> Answer:
        wanted = {sku.replace("_", "-"): count for sku, count in lines.items()}
        return self.shop.place(
            self.buyer, self.shop.quote_token(self.buyer, wanted or {"p1-1": 3, "p1-2": 2})
        )

    def paid(self, **lines: int) -> str:
        """A paid order; by default of three pieces of one SKU and two of another."""
        placed = self.placed(**lines)
        assert placed.payment
        self.shop.pay_now(self.buyer, placed.payment)
        self.shop.deliver_due()
        self.shop.pump()
        return placed.order_no

    def status(self, number: str) -> str:
        return str(self.shop.show(self.buyer, number).body["status"])

    def seen(self, number: str) -> list[tuple[str, dict[str, int]]]:
        """The buyer's parcels: number, and pieces by line."""
        route, path = "GET /v1/orders/{order_no}/shipments", {"order_no": number}
        items = self.shop.call("logistics", route, self.buyer, path=path).body["items"]
        return [
            (one["tracking_no"], {line["line_id"]: line["quantity"] for line in one["lines"]})
            for one in items
        ]

    def told(self) -> list[tuple[str, str]]:
        """What WeChat knows: number and content of each parcel."""
        (order,) = self.shop.wechat.dump()["shipping"]
        return [(one["tracking_no"], one["item_desc"]) for one in order["parcels"]]

    def is_told_whole(self) -> bool:
        (order,) = self.shop.wechat.dump()["shipping"]
        return bool(order["finished"])

    def follow(self, seconds: int = 900) -> None:
        for _ in range(seconds // 60):
            self.shop.world.clock.advance(60)
            self.shop.follow_up()

    def push(self, number: str, *events: str, **more: Any) -> int:
        told = {"num": number, "events": [{"context": one} for one in events], **more}
        reply = self.shop.courier.handle("POST", "/_control/push", {}, json.dumps(told).encode())
        assert reply.status < 300, reply.body
        return int(json.loads(reply.body)["attempt"]["answers"][0]["status"])

    def everything(self, number: str) -> tuple[Any, ...]:
        """What a refusal must leave as it was."""
        from shop.domain.ids import CustomerId
        from shop.store import orders

        customer_id = CustomerId(self.buyer.customer_id)
        row, report = orders.read(customer_id, number), reports.read(number)
        return (
            row and row.to_dynamodb_dict(),
            report and report.to_dynamodb_dict(),
            [one.to_dynamodb_dict() for one in parcels.of_order(customer_id, number)],
        )


def code(answer: Answer) -> str:
    return str(answer.body["code"])


@pytest.fixture
def stage() -> Iterator[Stage]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        yield Stage(shop)


def test_two_parcels_make_a_shipped_order(stage: Stage) -> None:
    number = stage.paid()
    first = stage.counter.ship(number, FIRST, {1: 2})
    assert (first.status, first.body["status"]) == (201, "TO_SHIP")
    stage.shop.pump()
    assert stage.shop.show(stage.buyer, number).body["actions"][0] == "view_shipments"
    assert not stage.is_told_whole()
    assert stage.counter.order(number)["packed"] == [
        {"line_id": "1", "quantity": 1}, {"line_id": "2", "quantity": 2},
    ]  # fmt: skip
    second = stage.counter.ship(number, SECOND)
    assert (second.status, second.body["status"]) == (201, "TO_RECEIVE")
    stage.shop.pump()
    assert stage.seen(number) == [(FIRST, {"1": 2}), (SECOND, {"1": 1, "2": 2})]
    assert stage.is_told_whole()
    assert [name for name, _ in stage.told()] == [FIRST, SECOND]
    assert [item[-2:] for _, item in stage.told()] == ["×2", "×2"]
    history = [(one["status"], one["cause"]) for one in stage.counter.order(number)["history"]]  # type: ignore[attr-defined]
    assert history[-2:] == [("TO_SHIP", "part_shipped"), ("TO_RECEIVE", "shipped")]


def test_a_repeat_is_one_parcel_and_another_body_is_refused(stage: Stage) -> None:
    number = stage.paid()
    for _ in range(2):
        assert stage.counter.ship(number, FIRST, {1: 1}, key="k").status == 201
    assert stage.seen(number) == [(FIRST, {"1": 1})]
    reused = stage.counter.ship(number, SECOND, {1: 1}, key="k")
    assert (reused.status, code(reused)) == (422, "idempotency_key_reused")
    # The last parcel's repeat finds an order that is shipped by itself.
    for _ in range(2):
        assert stage.counter.ship(number, SECOND).body["status"] == "TO_RECEIVE"
    assert len(stage.seen(number)) == 2


@pytest.mark.parametrize(
    ("lines", "company", "tracking_no", "refusal"),
    [
        ({1: 4}, "zhongtong", FIRST, (409, "shipment_exceeds_rest")),
        ({1: 3, 2: 3}, "zhongtong", FIRST, (409, "shipment_exceeds_rest")),
        ({3: 1}, "zhongtong", FIRST, (422, "validation_failed")),
        (None, "zhongtong", "SF1234567890", (422, "validation_failed")),
        (None, "pigeon", FIRST, (422, "validation_failed")),
    ],
)
def test_what_cannot_be_shipped_changes_nothing(
    stage: Stage, lines: Any, company: str, tracking_no: str, refusal: tuple[int, str]
) -> None:
    number = stage.paid()
    before = stage.everything(number)
    answer = stage.counter.ship(number, tracking_no, lines, company=company)
    assert (answer.status, code(answer)) == refusal
    assert stage.everything(number) == before


def test_what_is_unpaid_closed_or_refunded_is_not_shipped(stage: Stage) -> None:
    unpaid = stage.placed().order_no
    stage.shop.pump()
    closed = stage.placed().order_no
    stage.shop.cancel(stage.buyer, closed)
    stage.shop.pump()
    refunded = stage.paid()
    stage.shop.cancel(stage.buyer, refunded)
    stage.shop.pump()
    for number in (unpaid, closed, refunded):
        before = stage.everything(number)
        answer = stage.counter.ship(number, FIRST)
        assert (answer.status, code(answer)) == (409, "order_not_shippable"), number
        assert stage.everything(number) == before


def test_the_same_number_is_not_used_twice_in_an_order(stage: Stage) -> None:
    number = stage.paid()
    stage.counter.ship(number, FIRST, {1: 1})
    again = stage.counter.ship(number, FIRST, {1: 1}, key="again")
    assert (again.status, code(again)) == (409, "tracking_no_used")


def test_the_rest_is_refunded_and_the_order_is_shipped_whole(stage: Stage) -> None:
    number = stage.paid()
    stage.counter.ship(number, FIRST, {1: 3})
    stage.shop.pump()
    assert code(stage.shop.cancel(stage.buyer, number)) == "order_not_cancellable"
    assert stage.counter.create(number, {2: 2}).status == 201
    assert stage.status(number) == "TO_RECEIVE"
    assert code(stage.counter.ship(number, SECOND)) == "order_not_shippable"
    stage.follow()
    assert (stage.is_told_whole(), {name for name, _ in stage.told()}) == (True, {FIRST})


def test_a_refund_stops_what_is_in_the_house_and_leaves_what_is_not(stage: Stage) -> None:
    number = stage.paid(p1_1=3)
    stage.counter.ship(number, FIRST, {1: 2})
    # Two of three pieces go back; one of them is with the courier.
    assert stage.counter.create(number, {1: 2}).status == 201
    assert stage.status(number) == "TO_RECEIVE"
    for _ in range(3):
        stage.shop.world.clock.advance(61)
        stage.shop.sweep()
        stage.shop.deliver_due()
        stage.shop.pump()
    assert stage.shop.stock("p1-1")[:1] == (48,)


def test_a_refund_between_reading_and_shipping_is_seen(stage: Stage) -> None:
    from shop.usecases import fulfil

    number = stage.paid()
    done: list[int] = []

    def refunded_first(writes: Any) -> None:
        if not done:
            done.append(stage.counter.create(number, {1: 2}).status)
        writing.together(writes)

    with mock.patch.object(fulfil, "together", refunded_first):
        answer = stage.counter.ship(number, FIRST)
    assert (answer.status, done) == (201, [201])
    assert stage.seen(number) == [(FIRST, {"1": 1, "2": 2})]


def test_a_number_is_corrected_once_and_told_again(stage: Stage) -> None:
    number = stage.paid()
    stage.counter.ship(number, FIRST)
    stage.shop.pump()
    assert stage.push(FIRST, "别人的包裹") == 200
    for _ in range(2):
        assert stage.counter.correct(number, "1", SECOND, company="yuantong").status == 200
    stage.shop.pump()
    assert stage.seen(number)[0][0] == SECOND
    assert [name for name, _ in stage.told()] == [SECOND]
    assert stage.push(SECOND, "已揽收") == 200
    # What is told of the old number is nobody's story any more.
    assert stage.push(FIRST, "别人的包裹", "签收") == 404
    assert stage.counter.order(number)["parcels"][0]["corrected_from"] == f"zhongtong {FIRST}"  # type: ignore[index]
    before = stage.everything(number)
    again = stage.counter.correct(number, "1", THIRD)
    assert (again.status, code(again)) == (409, "parcel_corrected_before")
    assert stage.everything(number) == before


def test_what_cannot_be_corrected_changes_nothing(stage: Stage) -> None:
    number = stage.paid()
    stage.counter.ship(number, FIRST, {1: 1})
    stage.counter.ship(number, SECOND, {1: 1})
    stage.shop.pump()
    before = stage.everything(number)
    assert code(stage.counter.correct(number, "1", SECOND)) == "tracking_no_used"
    assert stage.counter.correct(number, "1", FIRST).status == 422
    assert stage.counter.correct(number, "1", "SF1234567890").status == 422
    assert [stage.counter.correct(number, part, THIRD).status for part in ("3", "0", "x")] == [
        404, 404, 404,
    ]  # fmt: skip
    assert stage.everything(number) == before
    stage.push(FIRST, "已签收", state="3")
    assert code(stage.counter.correct(number, "1", THIRD)) == "parcel_not_correctable"


def test_the_report_waits_for_the_last_parcel(stage: Stage) -> None:
    number = stage.paid()
    stage.counter.ship(number, FIRST, {1: 1})
    stage.follow()
    row = reports.read(number)
    assert row is not None
    assert (row.state, stage.is_told_whole()) == ("CONFIRMED", False)
    stage.counter.ship(number, SECOND)
    stage.follow()
    row = reports.read(number)
    assert row is not None
    assert (row.state, stage.is_told_whole()) == ("CONFIRMED", True)
