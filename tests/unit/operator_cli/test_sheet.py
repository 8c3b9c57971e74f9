"""Every fault of a product sheet is told by line and column, and a long sheet takes no memory."""

import tracemalloc
from pathlib import Path

import pytest

from scripts.operator_cli.catalogue_file.faults import Fault, FaultyFileError
from scripts.operator_cli.sheet import files
from scripts.operator_cli.sheet.products import read
from tests.unit.operator_cli.sheets import TWO, Rows, sheet

CATEGORIES = {"绿茶": "c-green", "茶叶": "c-tea", "c-green": "c-green", "c-tea": "c-tea"}


def faults_of(folder: Path, rows: Rows) -> list[Fault]:
    return [fault for one in read(sheet(folder, rows), CATEGORIES) for fault in one.faults]


def test_a_good_sheet_has_no_fault(tmp_path: Path) -> None:
    assert faults_of(tmp_path, TWO) == []


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (0, "售价(元)", "12.345"),
        (0, "售价(元)", "-1"),
        (0, "售价(元)", "0"),
        (0, "售价(元)", "1e999"),
        (0, "售价(元)", "1e99999999"),
        (0, "售价(元)", "十二"),
        (0, "划线价(元)", "1"),
        (0, "初始库存", "1.5"),
        (0, "初始库存", "-1"),
        (0, "初始库存", str(10**30)),
        (0, "初始库存", "9" * 5_000),
        (0, "初始库存", "--5"),
        (0, "商品名称", ""),
        (0, "商品名称", "长" * 61),
        (0, "上架", "也许"),
        (0, "分类", "没有 这类"),
        (0, "图片", "http://a.example/1.jpg"),
        (0, "商品编号", "T1"),
        (1, "SKU编号", "t1-1"),
        (1, "SKU编号", "t2-9"),
        (1, "规格", "规格=50克"),
        (1, "规格", "尺寸=大"),
        (1, "规格", ""),
        (1, "商品名称", "另一个名字"),
        (2, "每人限购", "0"),
        (2, "下架时间", "2026-11-10"),
        (2, "上架时间", "昨天"),
        (2, "上架时间", "0001-01-01 00:00"),
    ],
)
def test_a_bad_cell_is_told_by_line_and_column(
    row: int, column: str, value: str, tmp_path: Path
) -> None:
    rows = [dict(one) for one in TWO]
    rows[row][column] = value
    told = faults_of(tmp_path, rows)
    assert all(fault.line in {2, 3, 4} and fault.message for fault in told)
    assert column in {fault.field for fault in told}


def test_rows_of_a_product_must_stand_together(tmp_path: Path) -> None:
    told = faults_of(tmp_path, [TWO[0], TWO[2], TWO[1]])
    assert (4, "商品编号") in {(fault.line, fault.field) for fault in told}


@pytest.mark.parametrize(
    ("heads", "column"),
    [
        (["商品编号", "价格"], "价格"),
        (["商品编号"], "规格"),
        (["商品编号", "商品编号"], "商品编号"),
    ],
)
def test_headings_are_told(heads: list[str], column: str, tmp_path: Path) -> None:
    path = tmp_path / "heads.csv"
    files.write(path, [heads])
    with pytest.raises(FaultyFileError) as caught:
        list(read(path, CATEGORIES))
    assert column in {fault.field for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("name", "content"), [("a.xlsx", b"no zip"), ("b.csv", b"\xff\xff"), ("c.csv", b"")]
)
def test_what_is_no_sheet_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FaultyFileError):
        list(read(path, CATEGORIES))


# openpyxl leaves some 300 bytes of each row behind in its parser: 30 MB for 100,000 rows.
@pytest.mark.parametrize(("suffix", "left_behind"), [("csv", 0), ("xlsx", 400)])
def test_memory_does_not_grow_with_the_sheet(suffix: str, left_behind: int, tmp_path: Path) -> None:
    def most_held(count: int) -> int:
        rows = [TWO[0] | {"商品编号": f"m{n}", "SKU编号": f"m{n}-1"} for n in range(count)]
        path = sheet(tmp_path, rows, f"{count}.{suffix}")
        del rows
        tracemalloc.start()
        try:
            assert sum(one.rows for one in read(path, CATEGORIES) if not one.faults) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    most_held(50)
    assert most_held(1_000) < most_held(100) + 256 * 1024 + 900 * left_behind
