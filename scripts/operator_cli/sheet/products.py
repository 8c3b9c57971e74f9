"""Rows of a sheet as products: judged one product at a time, so that no sheet is held whole.

A product's rows stand together. What is wrong is told by line and column.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any

from scripts.operator_cli.catalogue_file import products
from scripts.operator_cli.catalogue_file.faults import Fault, Faults, FaultyFileError
from scripts.operator_cli.catalogue_file.reader import Row
from scripts.operator_cli.catalogue_file.tree import Cell
from scripts.operator_cli.sheet import columns, files

SHANGHAI = timezone(timedelta(hours=8))
YES, NO = ("是", "1", "true", "yes", "y", "上架"), ("否", "0", "false", "no", "n", "下架")
MOST_DIGITS = 18
"""Longer numbers are no quantities or amounts, and take for ever to be read."""
_WHOLE = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}")
Record = tuple[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class SheetProduct:
    """One product of a sheet; `body` is fit to send where `faults` is empty.

    Attributes:
        line: Where it begins.
        rows: How many rows it takes.
    """

    line: int
    rows: int
    product_id: str
    body: dict[str, Any]
    faults: tuple[Fault, ...]


def read(file: Path, categories: Mapping[str, str]) -> Iterator[SheetProduct]:
    """The products of a sheet, in its order.

    Args:
        file: CSV or XLSX.
        categories: The shop's, from names and ids to ids.

    Raises:
        FaultyFileError: It cannot be read, or its headings are not those of a product sheet.
    """
    records = _records(file)
    group: list[Record] = []
    with _Seen() as seen:
        for line, record in records:
            if group and record["商品编号"] not in {"", group[0][1]["商品编号"]}:
                yield _product(group, seen, categories)
                group = []
            group.append((line, record))
        if group:
            yield _product(group, seen, categories)


def _records(file: Path) -> Iterator[Record]:
    rows = files.read(file)
    _, heads = next(rows, (1, []))
    unknown = [head for head in heads if head and head not in columns.HEADINGS]
    missing = sorted(columns.NEEDED.difference(heads))
    twice = sorted({head for head in heads if head and heads.count(head) > 1})
    wrong = [
        *(Fault(1, "", head, "is not a column of a product sheet") for head in unknown),
        *(Fault(1, "", head, "is missing") for head in missing),
        *(Fault(1, "", head, "stands twice") for head in twice),
    ]
    if wrong:
        raise FaultyFileError(str(file), wrong)
    for line, cells in rows:
        if any(cells):
            filled = [*cells, *[""] * (len(heads) - len(cells))]
            given = dict(zip(heads, filled, strict=False))
            yield line, {head: given.get(head, "") for head in columns.HEADINGS}


class _Seen:
    """Which products came already, on disk: a sheet may have more than fit into memory."""

    def __enter__(self) -> "_Seen":
        # "" is a database of its own in a temporary file.
        self._database = sqlite3.connect("")
        self._database.execute("PRAGMA cache_size = -1024")
        self._database.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, line INTEGER)")
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def first_line(self, product_id: str, line: int) -> int:
        """Where the product came first; `line` if it is new."""
        put = "INSERT OR IGNORE INTO seen VALUES (?, ?)"
        if self._database.execute(put, (product_id, line)).rowcount:
            return line
        found = self._database.execute("SELECT line FROM seen WHERE id = ?", (product_id,))
        return int(found.fetchone()[0])


def _product(group: Sequence[Record], seen: _Seen, categories: Mapping[str, str]) -> SheetProduct:
    line, first = group[0]
    product_id = first["商品编号"]
    faults = Faults()
    cells = _product_cells(line, first, categories)
    specs = _specs(group, faults)
    cells["specs"] = Cell(line, specs)
    cells["skus"] = Cell(line, [_sku(at, record) for at, record in group])
    row = Row(Cell(line, cells), f"商品 {product_id}", faults)
    products.product(row)
    told = {
        Fault(one.line, one.row, columns.heading_of(one.field), one.message) for one in faults.found
    }
    for at, record in group[1:]:
        for heading in columns.PRODUCT:
            if record[heading] not in {"", first[heading]}:
                told.add(Fault(at, row.label, heading, "differs from the product's first row"))
    before = seen.first_line(product_id, line) if product_id else line
    if before != line:
        message = f"the product stands in line {before} already; its rows must stand together"
        told.add(Fault(line, row.label, "商品编号", message))
    return SheetProduct(line, len(group), product_id, row.body, tuple(sorted(told)))


def _product_cells(
    line: int, record: Mapping[str, str], categories: Mapping[str, str]
) -> dict[str, Cell]:
    given: dict[str, Any] = {
        field: record[heading] for heading, field in columns.PRODUCT.items() if record[heading]
    }
    for field in ("images", "tags", "categories"):
        if field in given:
            given[field] = [Cell(line, one) for one in _parts(given[field])]
    # An unknown name stays as it is: the reader of the field tells what is wrong with it.
    named = given.get("categories", ())
    if named:
        given["categories"] = [Cell(line, categories.get(one.value, one.value)) for one in named]
    if "on_sale" in given:
        given["on_sale"] = _flag(given["on_sale"])
    for field in ("sale_from", "sale_until"):
        if field in given:
            given[field] = _moment(given[field])
    return {field: Cell(line, value) for field, value in given.items()}


def _sku(line: int, record: Mapping[str, str]) -> Cell:
    given: dict[str, Any] = {
        field: record[heading] for heading, field in columns.SKU.items() if record[heading]
    }
    pairs = _pairs(given.get("spec", ""))
    given["spec"] = {name: Cell(line, value) for name, value in pairs}
    for field in ("price_fen", "list_price_fen"):
        if field in given:
            given[field] = _fen(given[field])
    given.setdefault("list_price_fen", given.get("price_fen"))
    for field in ("stock", "weight_g", "volume_cm3", "limit"):
        if field in given:
            given[field] = _whole(given[field])
    given.setdefault("weight_g", 0)
    return Cell(line, {field: Cell(line, value) for field, value in given.items()})


def _specs(group: Sequence[Record], faults: Faults) -> list[Cell]:
    """The dimensions that the rows name, each with its values in the order they come in."""
    line, first = group[0]
    values: dict[str, dict[str, None]] = {name: {} for name, _ in _pairs(first["规格"])}
    for at, record in group:
        pairs = _pairs(record["规格"])
        if [name for name, _ in pairs] != list(values):
            message = (
                f"must name {'、'.join(values) or '规格=值'} in this order, as 颜色=红;尺寸=大"
            )
            faults.add(at, f"商品 {first['商品编号']}", "specs", message)
            continue
        for name, value in pairs:
            values[name][value] = None
    return [
        Cell(
            line,
            {
                "name": Cell(line, name),
                "values": Cell(line, [Cell(line, one) for one in known]),
            },
        )
        for name, known in values.items()
    ]


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = [part.replace("＝", "=").partition("=") for part in _parts(text)]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _parts(text: str) -> list[str]:
    parts = text.replace("；", columns.SEPARATOR).split(columns.SEPARATOR)
    return [part.strip() for part in parts if part.strip()]


def _fen(text: str) -> int | str:
    """Yuan as fen, exactly; what is no amount stays text and is told so."""
    try:
        fen = Decimal(text.replace(",", "").removeprefix("¥")).scaleb(2)
    except DecimalException:
        return text
    is_amount = fen.is_finite() and fen.adjusted() < MOST_DIGITS and fen == fen.to_integral_value()
    return int(fen) if is_amount else text


def _whole(text: str) -> int | str:
    plain = text.replace(",", "")
    return int(plain) if _WHOLE.fullmatch(plain) else text


def _flag(text: str) -> bool | str:
    low = text.lower()
    return low in YES if low in YES or low in NO else text


def _moment(text: str) -> datetime | str:
    """A time; without a zone it is Shanghai's."""
    try:
        given = datetime.fromisoformat(text.replace("/", "-"))
        given = given if given.tzinfo else given.replace(tzinfo=SHANGHAI)
        return given.astimezone(UTC)
    except (ValueError, OverflowError):
        return text
