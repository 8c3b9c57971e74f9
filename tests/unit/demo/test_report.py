"""Verdicts: a figure is right or wrong, and one wrong figure fails the run."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from scripts.demo.report import Figure, Kind, Plain, Report


@pytest.mark.parametrize(
    ("kind", "expected", "measured", "right"),
    [
        ("exactly", 50, 50, True),
        ("exactly", 50, 51, False),
        ("exactly", True, 1, False),
        ("exactly", 1, True, False),
        ("exactly", "50", 50, False),
        ("exactly", 1, 1.0, False),
        ("exactly", [], [], True),
        ("exactly", [[200, "no"]], [[200, "no"]], True),
        ("exactly", {"a": 1}, {"a": 1}, True),
        ("exactly", None, None, True),
        ("exactly", None, 0, False),
        ("at least", 200, 200, True),
        ("at least", 200, 199, False),
        ("at least", 200, None, False),
        ("at least", 0, True, False),
        ("at most", 120, 119.5, True),
        ("at most", 120, 120.1, False),
        ("at most", 120, "119", False),
    ],
)
def test_verdict(kind: Kind, expected: Plain, measured: Plain, right: bool) -> None:
    assert Figure("f", kind, expected, measured).right is right


def report_of(*measured: int) -> Report:
    report = Report("http://shop")
    for number, value in enumerate(measured):
        report.section(f"j{number}", "t").exactly("units [left]", 0, value)
    return report


def test_right_figures_make_a_right_run() -> None:
    assert report_of(0, 0).wrong == 0


def test_each_wrong_figure_counts() -> None:
    assert report_of(0, 3, 1).wrong == 2


def test_a_skipped_journey_is_no_fault_and_says_why() -> None:
    report = Report("http://shop")
    section = report.section("j8", "In JavaScript")
    assert report.wrong == 1
    section.skipped = "Node is not installed"
    printed = io.StringIO()
    report.show(Console(file=printed, width=120))
    assert report.wrong == 0
    assert "In JavaScript: skipped, Node is not installed" in printed.getvalue()
    assert section.plain()["skipped"] == "Node is not installed"


def test_a_journey_that_broke_off_is_wrong_even_with_right_figures() -> None:
    report = report_of(0)
    report.sections[0].error = "TooLateError: no notice"
    assert report.wrong == 1


def test_a_journey_or_a_run_without_figures_is_wrong() -> None:
    report = Report("http://shop")
    assert report.wrong == 1
    report.section("j1", "t")
    assert report.wrong == 1


def test_sections_are_in_order_whenever_they_began() -> None:
    report = Report("http://shop")
    for key in ("j2", "j0", "j1"):
        report.section(key, "t")
    assert [section.key for section in report.sections] == ["j0", "j1", "j2"]


def test_the_file_holds_every_figure(tmp_path: Path) -> None:
    report = report_of(0, 7)
    report.sections[0].note("latency", "p50 12 ms")
    report.write(tmp_path / "build" / "demo.json")
    written = json.loads((tmp_path / "build" / "demo.json").read_text("utf-8"))
    assert (written["right"], written["wrong"], written["figures"]) == (False, 1, 2)
    assert written["sections"][1]["figures"] == [
        {"name": "units [left]", "kind": "exactly", "expected": 0, "measured": 7, "right": False}
    ]
    assert written["sections"][0]["notes"] == {"latency": "p50 12 ms"}
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["demo.json"]


def test_a_person_can_read_it() -> None:
    report = report_of(0, 7)
    report.sections[1].error = "TooLateError: order [x]"
    text = io.StringIO()
    report.show(Console(file=text, width=100))
    shown = text.getvalue()
    assert "units [left]" in shown
    assert "order [x]" in shown
    assert "2 of 2 figures wrong" in shown
