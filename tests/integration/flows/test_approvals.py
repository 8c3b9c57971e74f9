"""What needs a second person happens once, by another account, or not at all."""

from collections.abc import Iterator

import pytest

from shop.store import approvals
from tests.proving.cases.approvals import (
    APPROVE,
    DELTA,
    DONE,
    PIECES,
    REFUSE,
    SKU,
    UNTOUCHED,
    Office,
    approve_and_refuse,
    both_approve,
    interrupted,
)
from tests.proving.crash import crash_everywhere
from tests.proving.faults import KILLS, Kind
from tests.proving.interleave import every_schedule
from tests.proving.shop import Shop

SEED = 20261128
ADJUST = "POST /v1/admin/stock/{sku_id}/adjustments"


@pytest.fixture
def office() -> Iterator[Office]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        yield Office(shop)


def test_no_schedule_of_two_deciders_breaks_it(office: Office) -> None:
    for meeting in (both_approve(office), approve_and_refuse(office)):
        office.decide("one")
        found = every_schedule(office.shop.world, meeting)
        assert found.violations == []
        assert found.complete
        assert found.schedules > 1


def test_a_crash_anywhere_heals(office: Office) -> None:
    report = crash_everywhere(office.shop.world, interrupted(office), kinds=(*KILLS, Kind.LOST))
    assert report.failures == []
    assert report.runs > 4


def test_a_large_adjustment_waits_and_a_repeat_asks_once(office: Office) -> None:
    assert office.shop.stock(SKU) == UNTOUCHED
    again = office.send(
        "asker", ADJUST, "ask", {"delta": DELTA, "reason": "盘亏"}, folder="merchandise", sku_id=SKU
    )
    assert again.body["approval_id"] == office.approval_id
    assert len(approvals.every()) == 1
    small = office.send(
        "asker",
        ADJUST,
        "small",
        {"delta": -1_000, "reason": "盘亏"},
        folder="merchandise",
        sku_id=SKU,
    )
    assert (small.body["approval_id"], small.body["in_total"]) == (None, PIECES - 1_000)


def test_who_asked_cannot_approve_but_may_withdraw(office: Office) -> None:
    own = office.decide("asker")
    assert (own.status, own.body["code"]) == (403, "second_person_needed")
    assert office.decide("asker", REFUSE).body["status"] == "REFUSED"
    late = office.decide("one")
    assert (late.status, late.body["code"]) == (409, "approval_decided")
    assert office.shop.stock(SKU) == UNTOUCHED


def test_an_approval_is_made_once_and_noted_with_before_and_after(office: Office) -> None:
    for _ in range(2):
        done = office.decide("one")
        assert (done.status, done.body["status"], done.body["decided_by"]) == (
            200,
            "APPROVED",
            "one",
        )
    assert office.shop.stock(SKU) == DONE
    shown = office.send("one", "GET /v1/admin/audit", "").body["items"]
    assert [(one["route"], one["before"], one["after"]) for one in shown] == [
        (ADJUST, None, {"status": "PENDING", "delta": DELTA}),
        (APPROVE, {"in_total": PIECES}, {"in_total": PIECES + DELTA}),
    ]
    listed = office.send("two", "GET /v1/admin/approvals", "").body["items"]
    assert [one["id"] for one in listed] == [office.approval_id]


def test_what_stock_refuses_still_waits(office: Office) -> None:
    buyer = office.shop.buyer("wang")
    for _ in range(11):
        office.shop.place(buyer, office.shop.quote_token(buyer, {SKU: 99}))
    refused = office.decide("one")
    assert (refused.status, refused.body["code"]) == (409, "insufficient_stock")
    assert approvals.every()[0].status == "PENDING"


def test_a_request_that_waited_too_long_is_not_carried_out(office: Office) -> None:
    office.shop.world.clock.advance(approvals.PENDING_SECONDS)
    assert office.decide("one").status == 409
    assert office.shop.stock(SKU) == UNTOUCHED


def test_one_key_for_two_routes_leaves_two_traces(office: Office) -> None:
    """In one second, too: a harmless request must not write over a serious one's trace."""
    adjusted = {"delta": 1, "reason": "盘盈"}
    assert office.send("one", ADJUST, "k", adjusted, folder="merchandise", sku_id=SKU).status == 201
    refused = office.send("one", REFUSE, "k", {"reason": "不妥"}, approval_id=office.approval_id)
    assert refused.status == 200
    shown = office.send("one", "GET /v1/admin/audit", "").body["items"]
    assert [(one["actor"], one["route"]) for one in shown] == [
        ("asker", ADJUST),
        ("one", REFUSE),
        ("one", ADJUST),
    ]
