"""Refunds by line, from the buyer's request to the last fen, in every state an order can be in."""

from collections.abc import Iterator
from unittest import mock

import pytest

from shop.store import stock
from shop.usecases import audit
from tests.integration.flows.mishaps import anomalies, assert_exact_at_rest, pays, stands
from tests.proving.cases.counter import Counter
from tests.proving.holdings import Totals
from tests.proving.invariants import broken, tables_of, totals
from tests.proving.shop import TABLE, Buyer, Shop

SEED = 20261122
PRICE, THIRDS, COUPON_FEN = 12_800, 1_000, 701
"""Three pieces with a discount that no three can share."""


class Stage:
    """A shop with a buyer, goods, a coupon and two owners."""

    def __init__(self, shop: Shop) -> None:
        shop.put_product("p1", [(PRICE, 50, None), (THIRDS, 50, 5), (990, 40, None)])
        shop.put_coupon("k1", amount_fen=COUPON_FEN)
        shop.put_sale("f1", "p1-3", 10, per_customer=3)
        self.shop, self.counter = shop, Counter(shop)
        self.initial: Totals = totals(shop)

    @property
    def buyer(self) -> Buyer:
        return self.shop.buyer("wang")

    def paid(self, *, coupon: bool = False, **quantities: int) -> str:
        """A paid order; by default of three pieces of one SKU and two of another."""
        lines = {sku.replace("_", "-"): count for sku, count in quantities.items()}
        claims = (self._claim(),) if coupon else ()
        token = self.shop.quote_token(self.buyer, lines or {"p1-1": 3, "p1-2": 2}, claims)
        placed = self.shop.place(self.buyer, token)
        pays(self.shop, self.buyer, placed)
        self.shop.deliver_due()
        self.shop.pump()
        return placed.order_no

    def _claim(self) -> str:
        answer = self.shop.call(
            "coupons",
            "POST /v1/coupons/{coupon_id}/claims",
            self.buyer,
            path={"coupon_id": "k1"},
            headers={"idempotency-key": "k"},
        )
        return str(answer.body["claim_id"])

    def ship(self, order_no: str) -> None:
        from shop.domain.ids import CustomerId
        from shop.usecases import fulfil

        fulfil.ship(
            CustomerId(self.buyer.customer_id), order_no, "shunfeng", "SF1000000001",
            actor="staff", now=self.shop.now,
        )  # fmt: skip
        self.shop.pump()

    def settle(self, seconds: int = 70) -> None:
        """WeChat's minute between two refunds of an order passes; everything arrives."""
        self.shop.pump()
        self.shop.world.clock.advance(seconds)
        self.shop.sweep()
        self.shop.world.clock.advance(3)
        self.shop.deliver_due()
        self.shop.pump()

    def states(self) -> dict[str, str]:
        return {row["sequence"]: row["st"] for row in tables_of(self.shop).refunds}

    def back_fen(self) -> int:
        return int(self.shop.pay.ledger()["totals"]["refunded_fen"])

    def exact(self) -> None:
        assert_exact_at_rest(self.shop, self.initial)


@pytest.fixture
def stage() -> Iterator[Stage]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        yield Stage(shop)


def test_a_part_before_shipping_goes_back_and_the_rest_ships(stage: Stage) -> None:
    order_no = stage.paid()
    asked = stage.counter.ask(stage.buyer, order_no, {1: 2})
    assert (asked.status, asked.body["status"]) == (201, "REQUESTED")
    assert asked.body["amount_fen"] == 2 * PRICE
    assert stage.shop.stock("p1-1") == (47, 3, 50)
    assert stage.counter.waiting() == [asked.body["refund_no"]]

    granted = stage.counter.decide(asked.body["refund_no"])
    assert (granted.status, granted.body["status"]) == (200, "PENDING")
    assert granted.body["lines"] == [
        {"line_id": "1", "quantity": 2, "worth_fen": 2 * PRICE, "returning": 2}
    ]
    assert stage.counter.waiting() == []
    stage.settle()
    shown = stage.shop.show(stage.buyer, order_no).body
    assert [one["status"] for one in shown["refunds"]] == ["SUCCESS"]
    assert (shown["status"], stage.shop.stock("p1-1")) == ("TO_SHIP", (49, 1, 50))
    assert stage.back_fen() == 2 * PRICE
    assert shown["actions"] == ["cancel", "request_refund"]
    audited = audit.audit_sku("p1-1", lambda: 60.0, lambda: stage.shop.now)
    assert [(one.held + one.sold, one.is_wrong) for one in audited.skus] == [(1, False)]

    packed = stage.counter.order(order_no)["packed"]
    assert packed == [{"line_id": "1", "quantity": 1}, {"line_id": "2", "quantity": 2}]
    stage.ship(order_no)
    assert stands(stage.shop, order_no) == "TO_RECEIVE"
    stage.exact()


def test_what_all_refunds_give_back_is_exactly_what_was_paid(stage: Stage) -> None:
    order_no = stage.paid(coupon=True, p1_2=3, p1_3=1)
    payable = stage.shop.show(stage.buyer, order_no).body["amounts"]["payable_fen"]
    assert payable == 3 * THIRDS + 990 - COUPON_FEN
    amounts = []
    for number, lines in enumerate(({1: 1}, {1: 1}, {2: 1}, {1: 1})):
        refund_no = stage.counter.asked(stage.buyer, order_no, lines, f"k{number}")
        amounts.append(stage.counter.decide(refund_no).body["amount_fen"])
        stage.settle()
    assert sum(amounts) == payable == stage.back_fen()
    assert max(amounts[0], amounts[1], amounts[3]) - min(amounts[0], amounts[1], amounts[3]) <= 1
    assert stands(stage.shop, order_no) == "CLOSED"
    assert stage.shop.stock("p1-2") == (50, 0, 50)
    stage.exact()


def test_after_shipping_the_stock_stays_where_it_is(stage: Stage) -> None:
    order_no = stage.paid()
    refund_no = stage.counter.asked(stage.buyer, order_no, {1: 1})
    stage.ship(order_no)
    assert stage.counter.decide(refund_no).body["lines"][0]["returning"] == 0
    stage.settle()
    assert stage.states() == {"1": "SUCCESS"}
    assert stage.shop.stock("p1-1") == (47, 3, 50)
    assert stands(stage.shop, order_no) == "TO_RECEIVE"
    shown = stage.shop.show(stage.buyer, order_no).body["actions"]
    assert shown == ["view_shipments", "confirm_receipt", "request_refund"]
    stage.exact()


def test_cancelling_takes_the_rest_and_the_requests_that_waited(stage: Stage) -> None:
    order_no = stage.paid()
    granted = stage.counter.asked(stage.buyer, order_no, {1: 1}, "a")
    stage.counter.decide(granted)
    stage.settle()
    waiting = stage.counter.asked(stage.buyer, order_no, {1: 1}, "b")
    assert stage.shop.cancel(stage.buyer, order_no).status == 200
    stage.settle()
    assert stage.states() == {"1": "SUCCESS", "2": "REFUSED", "3": "SUCCESS"}
    assert stands(stage.shop, order_no) == "CLOSED"
    assert stage.back_fen() == 3 * PRICE + 2 * THIRDS
    late = stage.counter.decide(waiting)
    assert (late.status, late.body["code"]) == (409, "refund_decided")
    stage.exact()


def test_a_refused_request_can_be_asked_again(stage: Stage) -> None:
    order_no = stage.paid()
    refund_no = stage.counter.asked(stage.buyer, order_no, {1: 3, 2: 2}, "a")
    assert stage.shop.show(stage.buyer, order_no).body["actions"] == ["cancel"]
    refused = stage.counter.decide(refund_no, "refuse")
    assert (refused.body["status"], refused.body["decision"]) == ("REFUSED", "已核对")
    assert stage.counter.waiting() == []
    again = stage.counter.ask(stage.buyer, order_no, {1: 3, 2: 2}, "b")
    assert (again.status, again.body["refund_no"]) == (201, f"{order_no}-2")
    stage.exact()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ({1: 4}, "refund_exceeds_rest"),
        ({1: 0}, "validation_failed"),
        ({1: -1}, "validation_failed"),
        ({1: 10**30}, "validation_failed"),
        ({3: 1}, "validation_failed"),
        ({99: 1}, "validation_failed"),
        ({0: 1}, "validation_failed"),
        ({}, "validation_failed"),
    ],
)
def test_bad_requests_change_nothing(stage: Stage, lines: dict[int, int], code: str) -> None:
    order_no, buyer = stage.paid(), stage.buyer
    before = list(stage.shop.world.engine.items(TABLE))
    answer = stage.counter.ask(buyer, order_no, lines)
    assert answer.status in {409, 422}
    assert answer.body["code"] == code
    assert list(stage.shop.world.engine.items(TABLE)) == before


def test_a_line_named_twice_changes_nothing(stage: Stage) -> None:
    order_no, buyer = stage.paid(), stage.buyer
    before = list(stage.shop.world.engine.items(TABLE))
    answer = stage.shop.call(
        "orders",
        "POST /v1/orders/{order_no}/refund-requests",
        buyer,
        path={"order_no": order_no},
        body={"lines": [{"line_id": "1", "quantity": 1}] * 2, "reason": "x"},
        headers={"idempotency-key": "k"},
    )
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert list(stage.shop.world.engine.items(TABLE)) == before


def test_orders_that_cannot_be_refunded(stage: Stage) -> None:
    unpaid = stage.shop.place(stage.buyer, stage.shop.quote_token(stage.buyer, {"p1-1": 1}))
    closed = stage.paid()
    stage.shop.cancel(stage.buyer, closed)
    stage.settle()
    mine = stage.paid(p1_1=1)
    before = tables_of(stage.shop).refunds
    for number in (unpaid.order_no, closed):
        answer = stage.counter.ask(stage.buyer, number, {1: 1})
        assert (answer.status, answer.body["code"]) == (409, "not_refundable")
    other = stage.shop.buyer("li")
    for number in (mine, "nothing"):
        assert stage.counter.ask(other, number, {1: 1}).body["code"] == "not_found"
    assert tables_of(stage.shop).refunds == before


def test_one_key_is_one_refund(stage: Stage) -> None:
    order_no = stage.paid()
    first = stage.counter.ask(stage.buyer, order_no, {1: 1})
    stage.counter.decide(first.body["refund_no"])
    again = stage.counter.ask(stage.buyer, order_no, {1: 1})
    assert (again.status, again.body["refund_no"]) == (201, first.body["refund_no"])
    assert again.body["status"] == "PENDING"
    other = stage.counter.ask(stage.buyer, order_no, {1: 2})
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert len(tables_of(stage.shop).refunds) == 1


def test_above_the_limit_a_second_person_decides(stage: Stage) -> None:
    order_no = stage.paid(p1_1=9)
    small = stage.counter.asked(stage.buyer, order_no, {1: 3}, "a")
    assert stage.counter.decide(small).body["status"] == "PENDING"
    stage.settle()
    # Small by itself; with what was granted before it is not.
    second = stage.counter.asked(stage.buyer, order_no, {1: 1}, "b")
    waits = stage.counter.decide(second)
    assert (waits.status, waits.body["status"]) == (200, "REQUESTED")
    approval = waits.body["approval_id"]
    assert stage.counter.decide(second).body["approval_id"] == approval
    own = stage.counter.second(approval, who="one")
    assert (own.status, own.body["code"]) == (403, "second_person_needed")
    assert stage.counter.second(approval).status == 200
    stage.settle()
    assert stage.states() == {"1": "SUCCESS", "2": "SUCCESS"}
    assert stage.back_fen() == 4 * PRICE
    stage.exact()


def test_the_list_of_what_waits_is_read_page_by_page(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.store.refunds_waiting._PAGE", 1)
    monkeypatch.setattr("shop.store.refunds_waiting.DUE_SHARDS", 1)
    monkeypatch.setattr("shop.store.refunds.DUE_SHARDS", 1)
    asked = []
    for key in "abc":
        order_no = stage.paid(p1_1=1)
        asked.append(stage.counter.asked(stage.buyer, order_no, {1: 1}, key))
        stage.shop.world.clock.advance(1)
    assert stage.counter.waiting() == asked
    assert {row["by"] for row in tables_of(stage.shop).refunds} == {"buyer"}


def test_staff_give_back_less_and_keep_the_difference(stage: Stage) -> None:
    order_no = stage.paid(p1_1=2)
    made = stage.counter.create(order_no, {1: 1}, amount=5_000)
    assert (made.status, made.body["status"], made.body["amount_fen"]) == (201, "PENDING", 5_000)
    again = stage.counter.create(order_no, {1: 1}, amount=5_000)
    assert again.body["refund_no"] == made.body["refund_no"]
    other = stage.counter.create(order_no, {1: 1}, amount=5_001)
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    above = stage.counter.create(order_no, {1: 1}, amount=PRICE + 1, key="above")
    assert (above.status, above.body["code"]) == (422, "validation_failed")
    stage.settle()
    rest = stage.counter.asked(stage.buyer, order_no, {1: 1})
    assert stage.counter.decide(rest).body["amount_fen"] == PRICE
    stage.settle()
    assert (stage.back_fen(), stands(stage.shop, order_no)) == (PRICE + 5_000, "CLOSED")
    stage.exact()


def test_a_large_refund_by_staff_waits_with_its_pieces(stage: Stage) -> None:
    order_no = stage.paid(p1_1=6)
    made = stage.counter.create(order_no, {1: 5})
    assert (made.body["status"], bool(made.body["approval_id"])) == ("REQUESTED", True)
    again = stage.counter.create(order_no, {1: 5})
    assert again.body["approval_id"] == made.body["approval_id"]
    assert stage.counter.ask(stage.buyer, order_no, {1: 2}).body["code"] == "refund_exceeds_rest"
    assert stage.counter.second(made.body["approval_id"]).status == 200
    stage.settle()
    assert stage.states() == {"1": "SUCCESS"}
    assert stage.shop.stock("p1-1") == (49, 1, 50)
    stage.exact()


def test_an_abnormal_refund_is_sent_to_another_card(stage: Stage) -> None:
    order_no = stage.paid()
    refund_no = stage.counter.asked(stage.buyer, order_no, {1: 1})
    stage.shop.pay.faults.add({"route": "refund", "kind": "abnormal"})
    stage.counter.decide(refund_no)
    stage.settle()
    assert stage.states() == {"1": "ABNORMAL"}
    assert "refund_failed" in anomalies(stage.shop)
    assert stage.counter.waiting() == [refund_no]
    assert stage.counter.decide(refund_no, "redirect").body["status"] == "PENDING"
    stage.settle()
    assert stage.states() == {"1": "SUCCESS"}
    assert stage.counter.waiting() == []
    assert (stage.back_fen(), stage.shop.stock("p1-1")) == (PRICE, (48, 2, 50))
    assert stage.counter.decide(refund_no, "redirect", who="two").body["code"] == "refund_decided"
    stage.exact()


def test_a_closed_refund_begins_anew_under_the_next_number(stage: Stage) -> None:
    order_no = stage.paid()
    stage.shop.pay.faults.add({"route": "refund", "kind": "refund_closed"})
    stage.shop.cancel(stage.buyer, order_no)
    stage.settle()
    assert stage.states() == {"1": "CLOSED"}
    assert stage.counter.waiting() == [f"{order_no}-1"]
    anew = stage.counter.decide(f"{order_no}-1", "reopen")
    assert (anew.body["refund_no"], anew.body["status"]) == (f"{order_no}-2", "PENDING")
    same = stage.counter.decide(f"{order_no}-1", "reopen")
    assert same.body["refund_no"] == f"{order_no}-2"
    other = stage.counter.decide(f"{order_no}-1", "reopen", who="two")
    assert (other.status, other.body["code"]) == (409, "refund_decided")
    stage.settle()
    assert stage.states() == {"1": "CLOSED", "2": "SUCCESS"}
    assert stage.counter.waiting() == []
    assert stage.back_fen() == 3 * PRICE + 2 * THIRDS
    stage.exact()


def test_pieces_of_a_flash_order_return_to_the_sale(stage: Stage) -> None:
    placed = stage.shop.place_flash(
        stage.buyer, "f1", stage.shop.ticket(stage.buyer, "f1", quantity=3)
    )
    pays(stage.shop, stage.buyer, placed)
    stage.shop.deliver_due()
    stage.shop.pump()
    for key, pieces in (("a", 2), ("b", 1)):
        refund_no = stage.counter.asked(stage.buyer, placed.order_no, {1: pieces}, key)
        stage.counter.decide(refund_no)
        stage.settle()
        free = sum(row["f"] for row in tables_of(stage.shop).shards.values())
        assert free == (9 if key == "a" else 10)
        assert not broken(stage.shop, stage.initial)
    assert stands(stage.shop, placed.order_no) == "CLOSED"
    stage.exact()


def test_what_was_paid_a_year_ago_stays_paid(stage: Stage) -> None:
    order_no = stage.paid()
    stage.ship(order_no)
    stage.shop.world.clock.advance(365 * 86_400)
    answer = stage.counter.ask(stage.buyer, order_no, {1: 1})
    assert (answer.status, answer.body["code"]) == (409, "not_refundable")
    assert "request_refund" not in stage.shop.show(stage.buyer, order_no).body["actions"]


def test_a_buyer_cannot_use_up_the_numbers_that_a_cancellation_needs(stage: Stage) -> None:
    order_no = stage.paid()
    for number in range(20):
        refund_no = stage.counter.asked(stage.buyer, order_no, {1: 1}, f"k{number}")
        stage.counter.decide(refund_no, "refuse")
    answer = stage.counter.ask(stage.buyer, order_no, {1: 1}, "one more")
    assert answer.status == 400
    answer = stage.counter.ask(stage.buyer, order_no, {1: 1}, "one-more")
    assert (answer.status, answer.body["code"]) == (409, "refund_limit_reached")
    assert stage.shop.cancel(stage.buyer, order_no).status == 200
    stage.exact()


def test_what_a_buyer_wrote_is_exported_and_goes_with_them(stage: Stage) -> None:
    wang = stage.shop.sign_in("leaver")
    placed = stage.shop.place(wang, stage.shop.quote_token(wang, {"p1-1": 1}))
    pays(stage.shop, wang, placed)
    stage.shop.deliver_due()
    stage.shop.pump()
    answer = stage.shop.call(
        "orders",
        "POST /v1/orders/{order_no}/refund-requests",
        wang,
        path={"order_no": placed.order_no},
        body={
            "lines": [{"line_id": "1", "quantity": 1}],
            "reason": "尺寸不合",
            "description": "家住科技园的老王",
        },
        headers={"idempotency-key": "k"},
    )
    exported = stage.shop.call("privacy", "GET /v1/me/export", wang)
    (held,) = exported.body["refunds"]
    assert held["refund_no"] == answer.body["refund_no"]
    assert (held["reason"], held["description"]) == ("尺寸不合", "家住科技园的老王")

    stage.counter.decide(answer.body["refund_no"])
    stage.settle()
    assert stage.shop.call("privacy", "DELETE /v1/me", wang).status == 204
    (row,) = tables_of(stage.shop).refunds
    assert "wo" not in row
    assert "de" not in row
    assert row["am"] == PRICE


def test_pieces_that_return_while_the_audit_reads_are_no_difference(stage: Stage) -> None:
    """The order is read before they return, the stock after: the order is looked at again."""
    order_no = stage.paid()
    stage.counter.decide(stage.counter.asked(stage.buyer, order_no, {1: 2}))
    stage.shop.world.clock.advance(300)
    some = stock.some

    def late(sku_ids: list[str]) -> object:
        if not tables_of(stage.shop).refunds[0].get("bk"):
            stage.shop.pump()
        return some(sku_ids)

    with mock.patch.object(stock, "some", late):
        found = audit.audit_sku("p1-1", lambda: 60.0, lambda: stage.shop.now)
    assert [(one.available, one.is_wrong) for one in found.skus] == [(49, False)]
