"""Refunds that meet each other, and words of WeChat Pay that come when nobody needs them."""

from unittest import mock

import pytest

from shop import wiring
from shop.domain.payment import Refund, RefundState
from shop.store import refunds
from shop.store.table import refund_key
from shop.usecases import notice
from shop.usecases import refund as refunding
from tests.integration.flows.mishaps import anomalies, before, stands
from tests.integration.flows.test_refunds import PRICE, THIRDS, Stage, stage
from tests.proving.faults import Kind

__all__ = ["stage"]
LATE = (RefundState.ABNORMAL, RefundState.PROCESSING)


@pytest.mark.parametrize("late", LATE)
def test_a_late_word_of_a_replaced_refund_brings_no_piece_back_twice(
    stage: Stage, late: RefundState
) -> None:
    order_no, other = stage.paid(), stage.paid()
    number, paid_fen = f"{order_no}-1", 3 * PRICE + 2 * THIRDS
    stage.shop.world.faults.when(lambda _, call: Kind.UNSENT if call.kind == "http" else None)
    stage.shop.cancel(stage.buyer, order_no)
    stage.shop.pump()
    stage.shop.world.faults.none()

    def told(state: RefundState) -> None:
        mine = refunds.read(*refund_key(stage.buyer.customer_id, order_no, "1"))
        assert mine
        said = Refund(number, order_no, state, "50000001", paid_fen, paid_fen)
        refunding.hear_notice(mine, said, wiring.deps(lambda: 10.0), stage.shop.now)

    told(RefundState.CLOSED)
    assert stage.counter.decide(number, "reopen").status == 200
    told(late)
    assert stage.shop.stock("p1-1") == (44, 6, 50)
    stage.settle()
    assert stage.states() == {"1": "CLOSED", "2": "SUCCESS"}
    assert (stands(stage.shop, order_no), stands(stage.shop, other)) == ("CLOSED", "TO_SHIP")
    assert stage.shop.stock("p1-1") == (47, 3, 50)
    stage.exact()


def test_a_success_that_meets_its_replacement_is_shown_to_a_person(stage: Stage) -> None:
    order_no = stage.paid()
    stage.shop.pay.faults.add({"route": "refund", "kind": "refund_closed"})
    stage.shop.cancel(stage.buyer, order_no)
    stage.settle()
    mine = refunds.read(*refund_key(stage.buyer.customer_id, order_no, "1"))
    assert mine
    assert stage.counter.decide(mine.out_refund_no, "reopen").status == 200
    fen = mine.amount_fen
    said = Refund(mine.out_refund_no, order_no, RefundState.SUCCESS, "50000001", fen, fen)
    refunding.hear_notice(mine, said, wiring.deps(lambda: 10.0), stage.shop.now)
    assert anomalies(stage.shop) == ["refund_failed", "refund_made_twice"]
    assert stage.states() == {"1": "CLOSED", "2": "PENDING"}


def test_the_limit_holds_for_two_approvals_at_once(stage: Stage) -> None:
    """Each is within it, both are not: who comes second must ask a second person."""
    order_no = stage.paid(p1_1=9)
    first = stage.counter.asked(stage.buyer, order_no, {1: 3}, "a")
    second = stage.counter.asked(stage.buyer, order_no, {1: 3}, "b")
    with before(
        stage.shop,
        lambda call: call.name == "TransactWriteItems",
        lambda: stage.counter.decide(second),
    ):
        answer = stage.counter.decide(first)
    assert (answer.status, answer.body["status"]) == (200, "REQUESTED")
    assert answer.body["approval_id"]
    assert stage.states() == {"1": "REQUESTED", "2": "PENDING"}
    stage.settle()
    assert stage.back_fen() == 3 * PRICE


def test_a_refund_that_nobody_here_made_is_shown_to_a_person_once(stage: Stage) -> None:
    order_no = stage.paid()
    said = Refund(f"{order_no}-9", order_no, RefundState.SUCCESS, "50000001", PRICE, PRICE)
    verifier = mock.Mock(**{"verify_notice.return_value": said})
    for _ in range(2):
        notice.take({}, b"", wiring.deps(lambda: 10.0), verifier, now=stage.shop.now)
    assert anomalies(stage.shop) == ["unknown_refund"]
