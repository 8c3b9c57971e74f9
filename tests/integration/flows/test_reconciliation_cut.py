"""A comparison of bills that is cut off goes on; one that must wait takes nothing back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from unittest import mock

import pytest

from shop import wiring
from shop.store import ledger, reconciliations
from shop.store.table import LEDGER_SHARDS
from shop.usecases.bill_rows import Needs
from tests.integration.flows.mishaps import anomalies
from tests.integration.flows.test_reconciliation import fault, next_morning, settled
from tests.proving.cases.stage import LAST, PLENTY, furnish, ordered, paid
from tests.proving.faults import Killed
from tests.proving.shop import Shop

SEED = 20261209
PASSES = 2 * LEDGER_SHARDS + 2


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A day with orders in several shards, of which WeChat has forgotten one."""
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        for name in ("wang", "li", "zhao", "qian"):
            buyer = shop.buyer(name)
            paid(shop, buyer, ordered(shop, buyer, PLENTY), told=True)
        sun = shop.buyer("sun")
        shop.cancel(sun, paid(shop, sun, ordered(shop, sun, LAST), told=True))
        shop.pump()
        settled(shop)
        shop.pay._ledger.orders.pop(next(iter(shop.pay._ledger.orders)))
        yield shop


@contextmanager
def time_for(passes: int, ends: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Each run has time for so many passes."""
    real = wiring.reconciliation

    def hurried(remaining: wiring.Remaining) -> Needs:
        passed = count()
        return replace(real(remaining), may_go_on=lambda: next(passed) < passes or ends())

    with mock.patch.object(wiring, "reconciliation", hurried):
        yield


@contextmanager
def shards_read(day: str) -> Iterator[list[int]]:
    """Which of the day's ledger shards are read."""
    read: list[int] = []
    real = ledger.of_shard

    def noted(of: str, shard: int) -> object:
        if of == day:
            read.append(shard)
        return real(of, shard)

    with mock.patch.object(ledger, "of_shard", noted):
        yield read


def state_of(day: str) -> str | None:
    report = reconciliations.of_day(day)
    return report.state if report else None


@pytest.mark.parametrize("passes", range(1, PASSES))
def test_a_run_whose_time_ends_is_gone_on_with_where_it_was(shop: Shop, passes: int) -> None:
    day = next_morning(shop)
    with time_for(passes):
        assert day not in shop.reconcile()
    assert state_of(day) == "partial"
    shop.world.clock.advance(4 * 3_600)
    with shards_read(day) as read:
        told = shop.reconcile()[day]
    # The survey is the first pass; then each shard is read once, in this run or the one before.
    assert read == list(range(min(passes - 1, LEDGER_SHARDS), LEDGER_SHARDS))
    assert told["differences"] == len(anomalies(shop)) > 0
    report = reconciliations.of_day(day)
    assert report is not None
    assert (report.state, report.progress) == ("done", None)
    assert report.total == told["differences"]


def test_a_run_that_dies_loses_the_last_seconds_only(shop: Shop) -> None:
    day = next_morning(shop)

    def slow(of: str, shard: int) -> object:
        shop.world.clock.advance(11)
        if shard == 5:
            raise Killed("before", "of_shard")
        return real(of, shard)

    real = ledger.of_shard
    with mock.patch.object(ledger, "of_shard", slow), pytest.raises(Killed):
        shop.reconcile()
    with shards_read(day) as read:
        told = shop.reconcile()[day]
    assert read == [5, 6, 7]
    assert told["differences"] == len(anomalies(shop))


def test_another_file_is_compared_from_its_beginning(shop: Shop) -> None:
    day = next_morning(shop)
    with time_for(4):
        shop.reconcile()
    orders = shop.pay._ledger.orders
    orders.pop(next(number for number, order in orders.items() if order.state == "SUCCESS"))
    with shards_read(day) as read:
        shop.reconcile()
    assert read == list(range(LEDGER_SHARDS))


def test_progress_of_days_ago_does_not_count(shop: Shop) -> None:
    day = next_morning(shop)
    with time_for(4):
        shop.reconcile()
    shop.world.clock.advance(2 * 86_400)
    with shards_read(day) as read:
        shop.reconcile()
    assert read == list(range(LEDGER_SHARDS))


@pytest.mark.parametrize("bill", ["tradebill", "fundflowbill"])
def test_a_rerun_that_must_wait_leaves_what_was_compared(shop: Shop, bill: str) -> None:
    day = next_morning(shop)
    shop.reconcile()
    before = reconciliations.of_day(day)
    fault(shop, bill, "code:STATEMENT_CREATING")
    assert again(shop, day) == "waiting"
    assert reconciliations.of_day(day) == before
    assert before is not None
    assert before.state == "done"


def test_a_run_that_must_wait_leaves_how_far_another_came(shop: Shop) -> None:
    day = next_morning(shop)
    with time_for(4):
        shop.reconcile()
    fault(shop, "tradebill", "code:STATEMENT_CREATING")
    assert shop.reconcile()[day]["state"] == "waiting"
    with shards_read(day) as read:
        shop.reconcile()
    assert read == [3, 4, 5, 6, 7]


def test_a_rerun_that_is_cut_off_is_gone_on_with_and_the_next_begins_anew(shop: Shop) -> None:
    from shop.errors import UnavailableError

    day = next_morning(shop)
    first = shop.reconcile()[day]
    with time_for(4), pytest.raises(UnavailableError):
        again(shop, day)
    assert state_of(day) == "done"
    with shards_read(day) as read:
        assert again(shop, day) == "done"
        assert read == [3, 4, 5, 6, 7]
        assert again(shop, day) == "done"
    assert read[5:] == list(range(LEDGER_SHARDS))
    report = reconciliations.of_day(day)
    assert report is not None
    assert report.total == first["differences"]


def again(shop: Shop, day: str) -> str:
    """Staff have the day compared once more."""
    from shop.usecases import reconcile

    known = reconciliations.of_day(day)
    needs = wiring.reconciliation(lambda: 900.0)
    return str(reconcile.reconcile(day, needs, known).state)
