"""A waybill's row: its label is noted once it is made, and what is made stays made."""

import pytest

from shop.domain.waybill import WaybillStatus
from shop.store import waybills
from shop.store.writes import ConditionFailed

pytestmark = pytest.mark.usefixtures("table")

NOW = 1_790_000_000


def claimed() -> waybills.WaybillRow:
    row, taken = waybills.claim("wang", "O1", 1, "zhongtong", NOW)
    assert taken
    return row


@pytest.mark.parametrize(
    "status", [WaybillStatus.MAKING, WaybillStatus.REFUSED, WaybillStatus.UNKNOWN]
)
def test_no_label_is_noted_for_a_waybill_that_is_not_made(status: WaybillStatus) -> None:
    row = waybills.settle(claimed(), status)
    with pytest.raises(ConditionFailed):
        waybills.labelled(row)
    assert [one.has_label for one in waybills.of_order("wang", "O1")] == [0]


def test_a_label_is_noted_for_one_that_is_made() -> None:
    row = waybills.settle(claimed(), WaybillStatus.MADE, tracking_no="ZT1")
    assert waybills.labelled(row).has_label == 1
    assert [one.has_label for one in waybills.of_order("wang", "O1")] == [1]


def test_what_is_made_stays_made() -> None:
    waybills.settle(claimed(), WaybillStatus.MADE, tracking_no="ZT1")
    row = waybills.settle(claimed_row(), WaybillStatus.REFUSED, code="late")
    assert (row.status, row.tracking_no) == (WaybillStatus.MADE, "ZT1")
    again, taken = waybills.claim("wang", "O1", 1, "yuantong", NOW + 86_400)
    assert (again.status, again.company, taken) == (WaybillStatus.MADE, "zhongtong", False)


def claimed_row() -> waybills.WaybillRow:
    (row,) = waybills.of_order("wang", "O1")
    return row
