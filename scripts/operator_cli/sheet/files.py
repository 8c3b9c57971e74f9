"""Sheets as rows of text: CSV in UTF-8 or GB 18030, and XLSX; never held whole."""

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from scripts.operator_cli.catalogue_file.faults import Fault, FaultyFileError

XLSX = ".xlsx"
CHUNK = 1 << 20
LONGEST_CELL = 131_072
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "'")
"""A text that begins so is written behind an apostrophe, so that no program works it out."""

Rows = Iterator[tuple[int, list[str]]]


def read(file: Path) -> Rows:
    """Rows with their numbers, counted from 1 as a spreadsheet program does.

    Raises:
        FaultyFileError: It cannot be read as what its name says.
    """
    try:
        yield from _xlsx(file) if file.suffix.lower() == XLSX else _csv(file)
    except FaultyFileError:
        raise
    except (OSError, ValueError, KeyError, csv.Error) as bad:
        raise FaultyFileError(str(file), [Fault(1, "", "", f"cannot be read: {bad}")]) from bad


def write(file: Path, rows: Iterable[Sequence[str]], title: str = "商品") -> None:
    """Writes rows; a CSV is UTF-8 with a byte order mark, as spreadsheet programs expect it."""
    if file.suffix.lower() == XLSX:
        _write_xlsx(file, rows, title)
        return
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([_kept(cell) for cell in row] for row in rows)


def encoding_of(file: Path) -> str:
    """UTF-8 if every byte of the file is, else GB 18030."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _csv(file: Path) -> Rows:
    csv.field_size_limit(LONGEST_CELL)
    with file.open(encoding=encoding_of(file), newline="") as stream:
        reader = csv.reader(stream)
        begins = 1
        for row in reader:
            yield begins, [_given(cell) for cell in row]
            begins = reader.line_num + 1


def _xlsx(file: Path) -> Rows:
    from zipfile import BadZipFile

    import openpyxl

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except BadZipFile as bad:
        raise ValueError(f"not an XLSX file: {bad}") from bad
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [_given(_text(cell)) for cell in row]
    finally:
        book.close()


def _write_xlsx(file: Path, rows: Iterable[Sequence[str]], title: str) -> None:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet.properties import PageSetupProperties

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    # As it comes out of a printer: across the page, with the headings on each.
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    for row in rows:
        cells = [WriteOnlyCell(sheet, _kept(text)) for text in row]
        for cell in cells:
            # Text and nothing else: an id of digits stays as it is, a formula is none.
            cell.data_type = "s"
        sheet.append(cells)
    book.save(file)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _given(text: str) -> str:
    stripped = text.strip()
    if stripped.startswith("'") and stripped[1:].startswith(FORMULA_SIGNS):
        return stripped[1:]
    return stripped


def _kept(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
