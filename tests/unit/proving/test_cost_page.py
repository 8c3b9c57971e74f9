"""The page of costs says what the counts say, by formulae that a hand-worked case follows."""

import json
import re

import pytest

from tests.proving import cost_page
from tests.proving.cost_page import COUNTS, PAGE, ROOT, ROW, bill, need, page
from tests.proving.template import Template

COUNTED = {"checkout": 0.006, "notice": 0.003, "sweeps of a day": 0.001, "total": 0.010}


def test_the_page_is_the_counts_own() -> None:
    counts = json.loads(COUNTS.read_text(encoding="utf-8"))[ROW]
    assert PAGE.read_text(encoding="utf-8") == page(counts), "run python -m tests.proving.cost_page"


def test_a_month_of_ten_thousand_orders_a_day_worked_out_by_hand() -> None:
    got = bill(COUNTED, 10_000)
    assert got.orders == pytest.approx(300_000 * 0.009 / 1_000)
    gigabyte_seconds = 1_440 * (0.20 * 0.5 + 0.05 * 0.5 + 0.03) + 288 * 0.10 * 1_769 / 1_024
    runs = 3 * 1_440 + 288
    idle = gigabyte_seconds * 0.0000133334 + runs * 0.2e-6 + (runs + 1_440) * 1e-6
    idle += (1_440 * (16 + 2.5 + 1) + 288 * 12) * 0.125e-6
    assert got.standing == pytest.approx((0.001 * 10 + idle) * 30 + 6 * 0.40 + 60 * 0.30)
    # Nine of the year's eighteen gigabytes are what fifteen minutes read.
    scan = 9e9 / 8_192 * 0.125e-6 + 900 * 0.0000133334 + 0.2e-6
    assert got.audit == pytest.approx(scan * 30)
    assert got.stored == pytest.approx(10_000 * 365 * 5_000 / 1e9 * 0.45)
    call = 1e-6 + 0.2e-6 + 0.020 * 0.5 * 0.0000133334
    stream = 4 * (0.2e-6 + 0.050 * 0.5 * 0.0000133334)
    logs = 14 * 450 / 1e9 * 0.50
    units = 7 * 0.625e-6 + 8 * 0.125e-6
    assert got.around == pytest.approx(300_000 * (10 * call + stream + logs + units))
    parts = (got.orders, got.around, got.standing, got.audit, got.stored)
    assert got.total == pytest.approx(sum(parts))


def test_a_small_shops_audit_reads_what_there_is() -> None:
    kept = 100 * 365 * 5_000
    scan = kept / 8_192 * 0.125e-6 + kept / 10e6 * 0.0000133334 + 0.2e-6
    assert bill(COUNTED, 100).audit == pytest.approx(scan * 30)


def test_the_code_tells_no_more_metrics_than_are_paid_for() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "layers/shop/shop").rglob("*.py")
    )
    code += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py"))
    names = set(re.findall(r'name="([A-Z]\w+)"', code))
    # The rest are refusals, one for each code.
    assert 30 < len(names) < cost_page.METRICS - 15


def test_every_schedule_of_minutes_has_its_share() -> None:
    template = Template((ROOT / "template.yaml").read_text(encoding="utf-8"), {})
    found = {
        function["CodeUri"].rstrip("/").rpartition("/")[2]
        for function in template.resources("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if "minute" in str(event["Properties"].get("ScheduleExpression", ""))
    }
    assert found == {name for name, *_ in cost_page.IDLE} | {"order_expiry"}


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
