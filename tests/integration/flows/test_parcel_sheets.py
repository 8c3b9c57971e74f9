"""A day's parcels by spreadsheet: the work list out, a courier's sheet in."""

import csv
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from shop.store import parcels, personal_reads
from tests.integration.flows.test_part_shipping import FIRST, SECOND, SEED, Stage
from tests.integration.flows.test_product_sheet import Till
from tests.proving.shop import Shop


@pytest.fixture
def stage() -> Iterator[Stage]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        yield Stage(shop)


@pytest.fixture
def till(stage: Stage, tmp_path: Path) -> Till:
    return Till(stage.shop, tmp_path)


def courier(till: Till, *rows: str) -> str:
    file = till.folder / "courier.csv"
    file.write_text("\n".join(("订单号,快递公司,运单号,明细", *rows)), encoding="gb18030")
    return str(file)


@pytest.mark.parametrize("name", ["work.csv", "work.xlsx"])
def test_the_export_is_filled_in_and_imported(
    stage: Stage, till: Till, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = [stage.paid(), stage.paid(p1_1=1)]
    out = till.folder / name
    assert till.run("work", "export", str(out)) == 0
    assert "13812345678" not in capsys.readouterr().out
    assert out.stat().st_mode & 0o077 == 0
    assert len(list(personal_reads.listed(stage.buyer.customer_id))) == 2
    if name.endswith("xlsx"):
        book = openpyxl.load_workbook(out)
        sheet = book.worksheets[0]
        assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
        rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    else:
        rows = list(csv.reader(out.read_text("utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == numbers
    assert rows[1][2:4] == ["王小明", "13812345678"]
    assert [row[11] for row in rows[1:]] == ["1x3;2x2", "1x1"]
    rows[1][12:], rows[2][12:] = ["中通快递", FIRST], ["", ""]
    filled = till.folder / "filled.csv"
    with filled.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
    assert till.run("ship", "import", str(filled)) == 0
    assert [stage.status(number) for number in numbers] == ["TO_RECEIVE", "TO_SHIP"]


def test_a_cell_is_never_a_formula(stage: Stage, till: Till) -> None:
    from scripts.operator_cli.sheet import labels

    del stage
    order = {
        "order_no": "1", "paid_at": "2026-11-22T10:00:00+08:00", "remark": "=HYPERLINK(1)",
        "lines": [{"line_id": "1", "title": "@SUM(1)", "spec": "", "quantity": 1}],
        "address": {"name": "-1+1", "phone": "+8613800000000", "province": "\t=1", "city": "c",
                    "district": "d", "detail": "'=1"},
    }  # fmt: skip
    from scripts.operator_cli.sheet import files

    for name in ("a.csv", "a.xlsx"):
        out = till.folder / name
        files.write(out, labels.rows([order]))
        if name.endswith("csv"):
            cells = list(csv.reader(out.read_text("utf-8-sig").splitlines()))[1]
        else:
            cells = [str(one or "") for one in list(
                openpyxl.load_workbook(out).worksheets[0].iter_rows(values_only=True)
            )[1]]  # fmt: skip
        assert not [one for one in cells if one.startswith(("=", "+", "-", "@", "\t"))]


def test_preview_sends_nothing_and_the_same_sheet_twice_ships_once(
    stage: Stage, till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    number = stage.paid()
    file = courier(till, f"{number},zhongtong,{FIRST},1x2", f"{number},中通快递,{SECOND},")
    assert till.run("ship", "import", file, "--preview") == 0
    shown = capsys.readouterr().out
    assert "ship a part" in shown
    assert "ship the rest" in shown
    assert stage.status(number) == "TO_SHIP"
    for _ in range(2):
        assert till.run("ship", "import", file) == 0
        assert stage.seen(number) == [(FIRST, {"1": 2}), (SECOND, {"1": 1, "2": 2})]


def test_every_fault_is_told_by_line_and_field_and_nothing_is_sent(
    stage: Stage, till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    number = stage.paid()
    rows = (f"{number},zhongtong,{FIRST},", f"{number},鸽子,{SECOND},", f"{number},ems,x y,1-2")
    assert till.run("ship", "import", courier(till, *rows)) == 5
    told = capsys.readouterr().err
    assert [
        one for one in ("csv:3", "csv:4", "company", "tracking_no", "lines") if one not in told
    ] == []
    assert stage.status(number) == "TO_SHIP"


def test_a_refused_row_is_told_and_the_others_go_out(
    stage: Stage, till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = stage.paid(), stage.paid()
    file = courier(till, f"{first},zhongtong,{FIRST},1x9", f"{second},zhongtong,{SECOND},")
    assert till.run("ship", "import", file) == 1
    assert "csv:2" in capsys.readouterr().out
    assert [stage.status(one) for one in (first, second)] == ["TO_SHIP", "TO_RECEIVE"]


def test_parts_and_corrections_by_command(stage: Stage, till: Till) -> None:
    number = stage.paid()
    part = ("--company", "zhongtong", "--tracking-no", FIRST, "--line", "1x2")
    assert till.run("ship", number, *part) == 0
    assert stage.seen(number) == [(FIRST, {"1": 2})]
    corrected = ("--company", "zhongtong", "--tracking-no", SECOND)
    assert till.run("ship", "correct", number, "1", *corrected) == 0
    assert stage.seen(number) == [(SECOND, {"1": 2})]
    assert till.run("ship", "correct", number, "1", *part[:4]) == 1
    assert till.run("work", "list", "--status", "partial") == 0
    assert len(list(parcels.of_order(stage.buyer.customer_id, number))) == 1  # type: ignore[arg-type]
