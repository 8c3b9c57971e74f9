"""Reconciliation: each difference between a bill and our books by its kind, and no other."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from shop.domain.bills import BilledRow, Movement, Survey
from shop.domain.ledger import Entry, EntryKind
from shop.domain.reconciliation import (
    Difference,
    Kind,
    Report,
    State,
    Terms,
    judge_flow,
    judge_pair,
    judge_row,
    judge_survey,
    not_billed,
    of_row,
    refund_amount,
    refund_status,
)

AT = 1_790_006_400
TERMS = Terms("20260922", "wx1", "m1", 60)
PAID = BilledRow(
    at=AT, appid="wx1", mchid="m1", transaction_id="t-1", order_no="o-1", state="SUCCESS",
    currency="CNY", total_fen=10_000, settled_fen=9_000, refund_id="", out_refund_no="",
    refund_fen=0, refund_status="", attach="wang", fee=54_000, rate=60,
)  # fmt: skip
BACK = replace(
    PAID, state="REFUND", total_fen=0, settled_fen=0, refund_id="5-1", out_refund_no="o-1-1",
    refund_fen=1_000, refund_status="SUCCESS", fee=-6_000,
)  # fmt: skip
KNOWN = {"order_no": "o-1", "transaction_id": "t-1"}
KNOWN_BACK = {**KNOWN, "out_refund_no": "o-1-1"}


def kinds(found: Iterable[Difference]) -> list[Kind]:
    return [one.kind for one in found]


@pytest.mark.parametrize("row", [PAID, BACK])
def test_a_row_that_agrees_has_no_difference(row: BilledRow) -> None:
    assert list(judge_row(row, TERMS)) == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            replace(PAID, appid="wx2"),
            Difference(Kind.ACCOUNT, "t-1", {**KNOWN, "appid": "wx2", "mchid": "m1"}),
        ),
        (
            replace(PAID, mchid="m2"),
            Difference(Kind.ACCOUNT, "t-1", {**KNOWN, "appid": "wx1", "mchid": "m2"}),
        ),
        (
            replace(PAID, currency="USD"),
            Difference(Kind.CURRENCY, "t-1", {**KNOWN, "currency": "USD"}),
        ),
        (replace(PAID, at=AT - 1), Difference(Kind.DAY, "t-1", {**KNOWN, "named": "20260921"})),
        (
            replace(PAID, state="REVOKED"),
            Difference(Kind.STATE, "t-1", {**KNOWN, "state": "REVOKED"}),
        ),
        (
            replace(PAID, state="REFUND"),
            Difference(Kind.STATE, "t-1", {**KNOWN, "state": "REFUND"}),
        ),
        (
            replace(BACK, state="SUCCESS"),
            Difference(Kind.STATE, "o-1-1", {**KNOWN_BACK, "state": "SUCCESS"}),
        ),
        (
            replace(PAID, rate=38),
            Difference(Kind.FEE_RATE, "t-1", {**KNOWN, "billed_rate": 38, "agreed_rate": 60}),
        ),
        (
            replace(PAID, fee=55_000),
            Difference(Kind.FEE, "t-1", {**KNOWN, "fee_thousandths": 55_000, "rate": 60}),
        ),
        (
            replace(BACK, fee=6_000),
            Difference(Kind.FEE, "o-1-1", {**KNOWN_BACK, "fee_thousandths": 6_000, "rate": 60}),
        ),
    ],
)
def test_a_row_that_cannot_be_right_says_why(row: BilledRow, expected: Difference) -> None:
    assert list(judge_row(row, TERMS)) == [expected]


@pytest.mark.parametrize(
    ("off", "wrong"), [(999, False), (-999, False), (1_000, True), (-1_000, True)]
)
def test_a_fee_is_rounded_by_less_than_a_fen(off: int, wrong: bool) -> None:
    for row in (PAID, BACK):
        found = kinds(judge_row(replace(row, fee=row.fee + off), TERMS))
        assert found == ([Kind.FEE] if wrong else [])


def test_a_refund_that_failed_has_no_fee_to_judge() -> None:
    failed = replace(BACK, refund_status="FAIL", fee=0)
    assert list(judge_row(failed, TERMS)) == []


PAYMENT = Entry(EntryKind.PAYMENT, "o-1", "wang", "t-1", 10_000, AT)
REFUND = Entry(EntryKind.REFUND, "o-1", "wang", "o-1-1", 1_000, AT)


def test_a_row_and_its_entry_agree() -> None:
    assert list(judge_pair(PAID, PAYMENT)) == []
    assert list(judge_pair(BACK, REFUND)) == []
    assert list(judge_pair(replace(BACK, refund_status="PROCESSING"), REFUND)) == []


@pytest.mark.parametrize(
    ("row", "entry", "expected"),
    [
        (
            PAID,
            replace(PAYMENT, order_no="o-2"),
            Difference(Kind.TRANSACTION, "t-1", {**KNOWN, "entered_order_no": "o-2"}),
        ),
        (
            PAID,
            replace(PAYMENT, amount=9_000),
            Difference(Kind.AMOUNT, "t-1", {**KNOWN, "billed_fen": 10_000, "entered_fen": 9_000}),
        ),
        (
            BACK,
            replace(REFUND, amount=999),
            Difference(
                Kind.REFUND_AMOUNT, "o-1-1", {**KNOWN_BACK, "billed_fen": 1_000, "entered_fen": 999}
            ),
        ),
        (
            replace(BACK, refund_status="FAIL"),
            REFUND,
            Difference(
                Kind.REFUND_STATUS, "o-1-1", {**KNOWN_BACK, "billed": "FAIL", "ours": "SUCCESS"}
            ),
        ),
        (
            replace(BACK, refund_status="CHANGE"),
            REFUND,
            Difference(
                Kind.REFUND_STATUS, "o-1-1", {**KNOWN_BACK, "billed": "CHANGE", "ours": "SUCCESS"}
            ),
        ),
    ],
)
def test_a_row_that_differs_from_its_entry_says_how(
    row: BilledRow, entry: Entry, expected: Difference
) -> None:
    assert list(judge_pair(row, entry)) == [expected]


def test_a_refund_can_differ_in_amount_and_state_at_once() -> None:
    failed = replace(BACK, refund_status="FAIL", refund_fen=5)
    assert kinds(judge_pair(failed, REFUND)) == [Kind.REFUND_AMOUNT, Kind.REFUND_STATUS]


def test_differences_name_what_a_person_looks_up() -> None:
    assert of_row(Kind.UNKNOWN_ORDER, PAID, billed_fen=1) == Difference(
        Kind.UNKNOWN_ORDER, "t-1", {**KNOWN, "billed_fen": 1}
    )
    assert refund_amount(BACK, 7).facts == {**KNOWN_BACK, "billed_fen": 1_000, "entered_fen": 7}
    assert refund_status(BACK, "CLOSED").facts == {
        **KNOWN_BACK, "billed": "SUCCESS", "ours": "CLOSED",
    }  # fmt: skip
    facts = {"order_no": "o-1", "amount_fen": 10_000}
    assert not_billed(PAYMENT, refund=False) == Difference(Kind.PAID_HERE_NOT_THERE, "t-1", facts)
    back = {"order_no": "o-1", "amount_fen": 1_000}
    assert not_billed(REFUND, refund=True) == Difference(Kind.REFUND_HERE_NOT_THERE, "o-1-1", back)


@pytest.mark.parametrize(
    ("flow", "unreadable", "total"),
    [
        (False, Kind.UNREADABLE, Kind.TOTAL),
        (True, Kind.FLOW_UNREADABLE, Kind.FLOW_TOTAL),
    ],
)
def test_a_bill_as_a_whole_is_readable_and_adds_up(
    flow: bool, unreadable: Kind, total: Kind
) -> None:
    good = Survey(2, [], {"n": 2}, {"n": 2})
    assert list(judge_survey(good, flow=flow)) == []
    bad = Survey(2, [7, 12], {"n": 3}, {"n": 2})
    assert list(judge_survey(bad, flow=flow)) == [
        Difference(unreadable, "line 000007", {"line": 7}),
        Difference(unreadable, "line 000012", {"line": 12}),
        Difference(total, "totals", {"stated": {"n": 3}, "summed": {"n": 2}}),
    ]


def moved(number: str, money: int | None, fee: int | None) -> dict[str, list[Movement]]:
    rows = [] if money is None else [Movement(number, False, money)]
    return {number: rows + ([] if fee is None else [Movement(number, True, fee)])}


@pytest.mark.parametrize(
    ("row", "movements"),
    [
        (PAID, moved("t-1", 9_000, -54)),
        (BACK, moved("5-1", -1_000, 6)),
        (replace(BACK, refund_status="FAIL"), {}),
        (replace(PAID, settled_fen=0, fee=0), {}),
        (replace(PAID, fee=54_999), moved("t-1", 9_000, -54)),
        (replace(PAID, fee=53_001), moved("t-1", 9_000, -54)),
    ],
)
def test_money_that_moved_as_billed_has_no_difference(
    row: BilledRow, movements: dict[str, list[Movement]]
) -> None:
    assert list(judge_flow({row.provider_no: row}, movements)) == []


@pytest.mark.parametrize(
    ("row", "movements", "expected"),
    [
        (
            PAID,
            moved("t-1", None, -54),
            Difference(Kind.FLOW_NOT_THERE, "t-1", {**KNOWN, "billed_fen": 9_000}),
        ),
        (
            PAID,
            moved("t-1", 8_999, -54),
            Difference(
                Kind.FLOW_AMOUNT, "t-1", {**KNOWN, "billed_fen": 9_000, "moved_fen": [8_999]}
            ),
        ),
        (
            BACK,
            moved("5-1", 1_000, 6),
            Difference(
                Kind.FLOW_AMOUNT,
                "o-1-1",
                {**KNOWN_BACK, "billed_fen": -1_000, "moved_fen": [1_000]},
            ),
        ),
        (
            BACK,
            moved("5-1", None, 6),
            Difference(Kind.FLOW_NOT_THERE, "o-1-1", {**KNOWN_BACK, "billed_fen": -1_000}),
        ),
        (
            replace(BACK, refund_status="FAIL"),
            moved("5-1", -1_000, None),
            Difference(
                Kind.FLOW_AMOUNT, "o-1-1", {**KNOWN_BACK, "billed_fen": 0, "moved_fen": [-1_000]}
            ),
        ),
        (
            PAID,
            moved("t-1", 9_000, None),
            Difference(
                Kind.FLOW_FEE, "t-1", {**KNOWN, "billed_thousandths": 54_000, "moved_fen": 0}
            ),
        ),
        (
            PAID,
            moved("t-1", 9_000, -53),
            Difference(
                Kind.FLOW_FEE, "t-1", {**KNOWN, "billed_thousandths": 54_000, "moved_fen": -53}
            ),
        ),
        (
            PAID,
            moved("t-1", 9_000, -55),
            Difference(
                Kind.FLOW_FEE, "t-1", {**KNOWN, "billed_thousandths": 54_000, "moved_fen": -55}
            ),
        ),
    ],
)
def test_money_that_moved_otherwise_says_how(
    row: BilledRow, movements: dict[str, list[Movement]], expected: Difference
) -> None:
    assert list(judge_flow({row.provider_no: row}, movements)) == [expected]


def test_a_movement_without_a_row_is_unknown() -> None:
    found = list(judge_flow({"t-1": PAID}, {**moved("t-1", 9_000, -54), **moved("t-9", 5, -1)}))
    assert found == [Difference(Kind.FLOW_UNKNOWN, "t-9", {"amounts_fen": [5, -1]})]
    assert kinds(judge_flow({"t-1": PAID}, {})) == [Kind.FLOW_NOT_THERE, Kind.FLOW_FEE]


def test_a_report_counts_all_its_differences() -> None:
    assert Report("20260922", State.DONE, AT, differences={"a": 2, "b": 1}).total == 3
    assert Report("20260922", State.DONE, AT).total == 0
