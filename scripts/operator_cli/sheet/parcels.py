"""Reads a courier's sheet of parcels: which order went out under which number, and with what."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.operator_cli.catalogue_file.faults import Fault, FaultyFileError
from scripts.operator_cli.sheet import files

COLUMNS: Mapping[str, str] = {
    "订单号": "order_no",
    "order_no": "order_no",
    "快递公司": "company",
    "company": "company",
    "运单号": "tracking_no",
    "tracking_no": "tracking_no",
    "明细": "lines",
    "lines": "lines",
}
NEEDED = ("order_no", "company", "tracking_no")
_ORDER_NO = re.compile(r"[0-9A-Za-z]{1,64}")
_TRACKING_NO = re.compile(r"[0-9A-Za-z-]{6,32}")
_PIECES = re.compile(r"([1-9][0-9]{0,2})[x×*]([1-9][0-9]{0,3})")
DIGEST_LENGTH = 40


@dataclass(slots=True)
class SheetParcel:
    """One row.

    Attributes:
        line: Counted from 1, as a spreadsheet program does.
        body: The request of `POST /v1/admin/orders/{order_no}/shipments`.
        faults: What is wrong with it.
    """

    line: int
    order_no: str
    body: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The same for the same row of any file, so that importing it again ships nothing twice."""
        content = json.dumps([self.order_no, self.body], sort_keys=True).encode()
        return f"ship-{hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]}"


def read(file: Path, companies: Mapping[str, str]) -> Iterator[SheetParcel]:
    """Each row that names a tracking number; rows without one wait for another day.

    Args:
        file: CSV in UTF-8 or GB 18030, or XLSX.
        companies: Couriers' codes by code and by name.

    Raises:
        FaultyFileError: It cannot be read, or a column that is needed is missing.
    """
    rows = files.read(file)
    _, heads = next(rows, (1, []))
    at = {COLUMNS[head]: index for index, head in enumerate(heads) if head in COLUMNS}
    missing = [name for name in NEEDED if name not in at]
    if missing:
        raise FaultyFileError(str(file), [Fault(1, "", name, "no such column") for name in missing])
    for line, cells in rows:
        told = {name: cells[index] if index < len(cells) else "" for name, index in at.items()}
        if told["tracking_no"]:
            yield _parcel(line, told, companies)


def _parcel(line: int, told: Mapping[str, str], companies: Mapping[str, str]) -> SheetParcel:
    company = companies.get(told["company"], "")
    body: dict[str, Any] = {"company": company, "tracking_no": told["tracking_no"]}
    row = SheetParcel(line, told["order_no"], body)

    def wrong(name: str, message: str) -> None:
        row.faults.append(Fault(line, f"order {row.order_no}", name, message))

    if not _ORDER_NO.fullmatch(row.order_no):
        wrong("order_no", "is no order number")
    if not company:
        wrong("company", f"{told['company']!r} is no courier of the shop")
    if not _TRACKING_NO.fullmatch(told["tracking_no"]):
        wrong("tracking_no", "is no tracking number: 6-32 letters, digits and hyphens")
    if lines := told.get("lines", ""):
        found = [_PIECES.fullmatch(one.strip()) for one in re.split("[;；]", lines) if one.strip()]
        if None in found:
            wrong("lines", "is not of the form 1x2;2x1 (line x pieces)")
        row.body["lines"] = [
            {"line_id": one[1], "quantity": int(one[2])} for one in found if one is not None
        ]
    return row
