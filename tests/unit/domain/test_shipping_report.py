"""What WeChat is told next, from what it has and what it should have."""

import pytest

from shop.domain.parcel_book import MOST_PARCELS
from shop.domain.shipping_report import (
    LONGEST_ITEM,
    Known,
    Report,
    ReportedParcel,
    item_text,
    next_report,
)

A, B, C = (ReportedParcel(f"N{letter}", "ZTO", "茶") for letter in "ABC")
A_BY_SF = ReportedParcel("NA", "SF", "茶")


def known(*parcels: ReportedParcel, finished: bool = False) -> Known:
    told = tuple(ReportedParcel(one.tracking_no, one.courier) for one in parcels)
    return Known(2, "o", finished, told)


def whole(*parcels: ReportedParcel) -> Report:
    return Report(parcels, split=len(parcels) > 1, all_delivered=True)


@pytest.mark.parametrize(
    ("has", "wanted", "complete", "said"),
    [
        (known(), [A], True, Report((A,), split=False, all_delivered=True)),
        (known(), [A], False, Report((A,), split=True, all_delivered=False)),
        (known(A), [A], False, None),
        (known(A), [A, B], True, Report((B,), split=True, all_delivered=True)),
        (known(A), [A, B], False, Report((B,), split=True, all_delivered=False)),
        (known(A, B), [A, B], True, Report((B,), split=True, all_delivered=True)),
        (known(), [A, B], True, Report((A, B), split=True, all_delivered=True)),
        (known(A, B, finished=True), [A, B], True, None),
        (known(A, finished=True), [B], True, Report((B,), split=False, all_delivered=True)),
        (known(A, finished=True), [A_BY_SF], True, whole(A_BY_SF)),
        (known(A, B, finished=True), [A, C], True, Report((A, C), split=True, all_delivered=True)),
    ],
)  # fmt: skip
def test_only_what_is_missing_is_told(
    has: Known, wanted: list[ReportedParcel], complete: bool, said: Report | None
) -> None:
    assert next_report(has, wanted, complete=complete) == said


def test_many_parcels_take_several_reports_and_only_the_last_says_all() -> None:
    wanted = [ReportedParcel(f"N{number}", "ZTO") for number in range(MOST_PARCELS + 2)]
    told: list[ReportedParcel] = []
    flags: list[bool] = []
    while True:
        finished = bool(flags) and flags[-1]
        report = next_report(known(*told, finished=finished), wanted, complete=True)
        if report is None:
            break
        told += report.parcels
        flags.append(report.all_delivered)
    assert (told, flags) == (wanted, [False, True])


def test_an_items_text_is_within_wechats_length() -> None:
    assert item_text([("云雾绿茶", 2), ("龙井", 1)]) == "云雾绿茶×2；龙井×1"
    long = item_text([("茶" * 60, 99)] * 20)
    assert len(long) == LONGEST_ITEM
    assert long.endswith("…")
