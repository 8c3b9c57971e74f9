"""A day's bills beside the ledger: a busy day agrees, and staff read how it compared."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.printer import Printer
from shop.domain.calendar import business_day
from shop.domain.ledger import Entry, EntryKind
from shop.store import ledger, stock
from shop.store.ledger import EntryRow
from shop.store.table import ledger_key
from shop.store.writes import apply, delete
from tests.integration.flows.mishaps import wechat_knows_nothing_yet
from tests.integration.flows.test_staff_desk import Office
from tests.proving.cases.stage import LAST, PLENTY, furnish, ordered, paid
from tests.proving.shop import TABLE, Shop

SEED = 20261205
DAY = 86_400
READY = 11 * 3_600


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A day with a sale, a cancelled sale, and a payment that came too late."""
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        wang, li = shop.buyer("wang"), shop.buyer("li")
        paid(shop, wang, ordered(shop, wang, PLENTY, 3), told=True)
        shop.cancel(li, paid(shop, li, ordered(shop, li, LAST), told=True))
        shop.pump()
        settled(shop)
        yield shop


def settled(shop: Shop) -> None:
    shop.world.clock.advance(70)
    shop.sweep()
    shop.deliver_due()
    shop.pump()


def next_morning(shop: Shop) -> str:
    """The day it was; the clock then stands where its bills are ready."""
    from shop.domain.calendar import begins_at

    day = business_day(shop.now)
    shop.world.clock.move_to(begins_at(day) + DAY + READY)
    return day


def anomalies(shop: Shop) -> list[str]:
    items = shop.world.engine.items(TABLE)
    return [item["SK"]["S"] for item in items if item["PK"]["S"].startswith("N#")]


def entries(day: str) -> list[Entry]:
    return [entry for shard in range(8) for entry in ledger.of_shard(day, shard)]


def test_a_busy_day_agrees_and_its_fees_are_entered(shop: Shop) -> None:
    day = next_morning(shop)
    summary = shop.reconcile()
    assert summary[day] == {"state": "done", "rows": 3, "differences": 0}
    assert anomalies(shop) == []
    fees = [one for one in entries(day) if one.kind is EntryKind.FEE]
    assert [one.amount > 0 for one in sorted(fees, key=lambda one: one.amount)] == [
        False,
        True,
        True,
    ]
    there = shop.pay.ledger()["totals"]
    sums = dict.fromkeys(EntryKind, 0)
    for one in entries(day):
        sums[one.kind] += one.amount
    assert sums[EntryKind.PAYMENT] == there["paid_fen"]
    assert sums[EntryKind.REFUND] == there["refunded_fen"]


def test_a_day_that_is_done_is_left_alone(shop: Shop) -> None:
    next_morning(shop)
    assert len(shop.reconcile()) == 7
    with shop.world.ledger.step("again") as book:
        assert shop.reconcile() == {}
    assert [entry.name for entry in book.entries if entry.kind == "store"] == ["BatchGetItem"]


def test_a_bill_in_the_making_is_asked_for_again(shop: Shop) -> None:
    day = next_morning(shop)
    fault(shop, "tradebill", "code:STATEMENT_CREATING")
    assert shop.reconcile()[day]["state"] == "waiting"
    shop.world.clock.advance(4 * 3_600)
    assert shop.reconcile()[day]["state"] == "done"
    assert anomalies(shop) == []


def test_a_bill_that_never_comes_is_a_difference(shop: Shop) -> None:
    day = next_morning(shop)
    shop.world.clock.advance(2 * DAY)
    fault(shop, "tradebill", "code:STATEMENT_CREATING", times=7)
    assert shop.reconcile()[day] == {"state": "waiting", "rows": 0, "differences": 1}
    assert f"bill_missing#{day}" in anomalies(shop)


def test_an_entry_that_the_stream_lost_is_found_and_made(shop: Shop) -> None:
    li = shop.buyer("li")
    number = paid(shop, li, ordered(shop, li, PLENTY), told=True)
    shop.pump(lambda record: not record["dynamodb"]["Keys"]["SK"]["S"].endswith(number))
    day = next_morning(shop)
    shop.reconcile()
    (lost,) = anomalies(shop)
    assert lost.startswith("bill_not_entered#")
    assert number in {one.order_no for one in entries(day)}


def test_a_refund_after_midnight_belongs_to_the_day_it_was_accepted(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang, PLENTY), told=True)
    shop.cancel(wang, number)
    shop.pump()
    first = next_morning(shop)
    settled(shop)
    second = next_morning(shop)
    summary = shop.reconcile()
    assert summary[first]["differences"] == summary[second]["differences"] == 0
    assert anomalies(shop) == []


def test_shopctl_shows_the_report_and_ends_with_1_on_a_difference(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(shop, tmp_path, capsys)
    day = next_morning(shop)
    code, _ = office.run("owner", "reconcile", day)
    assert code == 1
    code, found = office.run("owner", "reconcile", day, "--again", "--reason", "月底核对")
    assert (code, found["state"], found["rows"], found["items"]) == (0, "done", 3, [])
    shop.pay._ledger.orders.pop(next(iter(shop.pay._ledger.orders)))
    code, found = office.run("owner", "reconcile", day, "--again", "--reason", "再核对")
    assert code == 1
    assert found["differences"]["bill_paid_here_not_there"] == 1
    again = office.run("owner", "reconcile", day, "--again", "--reason", "再核对一次")
    assert (again[0], len(again[1]["items"])) == (1, len(found["items"]))


def test_the_report_reads_well(shop: Shop) -> None:
    from scripts.operator_cli.commands import money

    desk = Desk(printer=Printer(as_json=False))
    found: dict[str, Any] = {
        "day": "20261205", "state": "done", "ran_at": "2026-12-06T02:30:00Z", "rows": 2,
        "paid_fen": 12_800, "refunded_fen": 0, "fee_thousandths_of_fen": 76_800,
        "differences": {"bill_amount": 1},
        "items": [{"kind": "bill_amount", "key": "4200", "facts": {"billed_fen": 1}}],
    }  # fmt: skip
    with desk.printer.out.capture() as told:
        money._report(desk, found)
    assert "bill_amount" in told.get()
    assert "¥128.00" in told.get()
    assert told.get().splitlines()[-1] == "1 differences"


@pytest.mark.parametrize("day", ["00010101", "20000101", "99991231"])
def test_a_day_without_bills_is_refused(shop: Shop, day: str) -> None:
    from shop.errors import ConflictError
    from shop.usecases.reconcile import billed_day

    with pytest.raises(ConflictError):
        billed_day(day, shop.now)


def test_a_late_payment_on_another_day_s_bill_is_told_and_entered_no_second_time(
    shop: Shop,
) -> None:
    zhao = shop.buyer("zhao")
    placed = ordered(shop, zhao, PLENTY)
    assert placed.payment
    shop.pay_now(zhao, placed.payment)
    with wechat_knows_nothing_yet():
        shop.world.clock.advance(1_000)
        shop.sweep()
    with mock.patch.object(stock, "retake", lambda sku, _: stock.change_total(sku, -10_000)):
        shop.deliver_due()
    settled(shop)
    day = next_morning(shop)
    (late,) = (
        one
        for one in entries(day)
        if one.order_no == placed.order_no and one.kind is EntryKind.PAYMENT
    )
    apply(delete(EntryRow(*ledger_key(day, late.order_no, late.kind, late.reference))))
    apply(ledger.append(replace(late, at=late.at - 20 * DAY)))
    shop.reconcile()
    assert anomalies(shop) == [f"bill_day#{late.reference}"]
    assert {one.kind for one in entries("19700101")} == set()


@pytest.mark.parametrize("day", ["20261301", "2026-1-1", "tomorrow"])
def test_a_day_that_is_none_is_not_found(shop: Shop, day: str, tmp_path: Path) -> None:
    del tmp_path
    from shop.errors import NotFoundError
    from shop.usecases.reconcile import billed_day

    with pytest.raises(NotFoundError):
        billed_day(day, shop.now)


def fault(shop: Shop, route: str, kind: str, times: int = 1) -> None:
    asked = json.dumps({"route": route, "kind": kind, "times": times}).encode()
    assert shop.pay.handle("POST", "/_control/faults", {}, asked).status == 201
