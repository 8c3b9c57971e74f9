"""The bench knows a deed of every function, and says when one has become dearer."""

import pytest

from tests.proving.bench import cost_changes
from tests.proving.bench_rows.deeds import ALL, PRINCIPAL, Stage, play
from tests.proving.cpu import python_calls
from tests.proving.scorecard import Rise
from tests.proving.shop import Shop
from tests.proving.template import load_template

SEED = 20261111


def test_every_function_has_a_deed() -> None:
    assert set(PRINCIPAL) == {one.folder for one in load_template().functions.values()}


def test_the_deeds_that_are_requests_are_the_templates() -> None:
    routes = {
        (one.folder, route) for one in load_template().functions.values() for route in one.routes
    }
    asked = {(one.folder, one.name.partition(" (")[0]) for one in ALL if one.is_request}
    assert asked <= routes


def test_no_two_deeds_share_a_name() -> None:
    assert len({(one.folder, one.name) for one in ALL}) == len(ALL)


@pytest.mark.parametrize("folder", ["fulfilment", "pay_notify", "outbox"])
def test_a_deed_costs_the_same_each_time(folder: str) -> None:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        stage = Stage(shop)
        first, second = (play(stage, PRINCIPAL[folder]) for _ in range(2))
        assert first.book.counts() == second.book.counts()
        assert first.book.requests
        assert abs(python_calls(first.again) - python_calls(second.again)) <= 2


@pytest.mark.parametrize(
    ("now", "told"),
    [(100, False), (60, False), (105, False), (106, True), (None, True)],
)
def test_a_count_that_may_rise_a_little(now: int | None, told: bool) -> None:
    measured = {} if now is None else {"calls": now}
    lines = cost_changes({"calls": 100}, measured, {"calls": Rise(0.05)}, quick=False)
    assert bool(lines) == told


def test_a_new_count_is_told_whatever_it_may_do_later() -> None:
    assert cost_changes({}, {"calls": 1}, {"calls": Rise(9.0)}, quick=True)


def test_other_counts_are_exact() -> None:
    assert cost_changes({"writes": 4}, {"writes": 3}, quick=True)
