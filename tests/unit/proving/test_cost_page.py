"""The page of costs says what the counts say, by formulae that a hand-worked case follows."""

import json

import pytest

from tests.proving import cost_page
from tests.proving.cost_page import COUNTS, PAGE, ROW, bill, need, page

COUNTED = {"checkout": 0.006, "notice": 0.003, "sweeps of a day": 0.001, "total": 0.010}


def test_the_page_is_the_counts_own() -> None:
    counts = json.loads(COUNTS.read_text(encoding="utf-8"))[ROW]
    assert PAGE.read_text(encoding="utf-8") == page(counts), "run python -m tests.proving.cost_page"


def test_a_month_of_ten_thousand_orders_a_day_worked_out_by_hand() -> None:
    got = bill(COUNTED, 10_000)
    assert got.orders == pytest.approx(300_000 * 0.009 / 1_000)
    assert got.standing == pytest.approx(0.001 * 10 * 30 + 6 * 0.40)
    assert got.stored == pytest.approx(10_000 * 365 * 5_000 / 1e9 * 0.45)
    call = 1e-6 + 0.2e-6 + 0.020 * 0.5 * 0.0000133334
    stream = 4 * (0.2e-6 + 0.050 * 0.5 * 0.0000133334)
    logs = 14 * 450 / 1e9 * 0.50
    units = 7 * 0.625e-6 + 8 * 0.125e-6
    assert got.around == pytest.approx(300_000 * (10 * call + stream + logs + units))
    assert got.total == pytest.approx(got.orders + got.around + got.standing + got.stored)


def test_a_second_of_the_busiest_hour_worked_out_by_hand() -> None:
    got = need(25_200_000)
    assert got.orders == pytest.approx(25_200_000 / 7 / 3_600 * 3)
    assert got.writes == pytest.approx(3_000 * 16)
    assert got.partitions == 48
    assert got.concurrency == pytest.approx(3_000 * 0.5)


def test_what_passes_a_quota_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_page, "SIZES", (25_200_000,))
    text = page(COUNTED)
    assert "| 48 | 48,000 writes/s | 1,500 | concurrency, gateway rate, table writes |" in text


def test_every_deed_has_a_line_and_no_part_in_the_sum() -> None:
    deed = {"writes": 2.0, "reads": 0.5, "requests": 3, "trips": 3, "http": 1,
            "dollars a thousand": 0.0025}  # fmt: skip
    assert page({**COUNTED, "orders, GET /v1/orders": deed}) == page(COUNTED).rstrip() + (
        "\n| orders | GET /v1/orders | 2 | 0.5 | 3 | 1 | 0.0025 |\n"
    )
