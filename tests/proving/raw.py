"""The shop's table read without the shop's code, so that a check cannot share its mistakes.

Keys and short attribute names are those of the chart in `store/table.py`.
"""

import base64
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.proving.sizes import Item

LIVE = frozenset({"TO_PAY", "CLOSING", "TO_SHIP", "TO_RECEIVE", "DONE"})
"""States in which an order holds its goods."""
_ATTEMPT = struct.Struct(">IHBH")
_GIVEN = struct.Struct(">6sIB3s")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
Row = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One customer's hold on flash units, as one shard keeps it."""

    sale: str
    shard: int
    customer: str
    issued_at: int
    salt: int
    quantity: int
    here: bool
    due: int | None


@dataclass(frozen=True)
class Book:
    """What was asked back of an order; lines are (asked, worth, stopped, back)."""

    freight: int
    asked: int
    granted: int
    made: int
    lines: list[tuple[int, int, int, int]]


@dataclass(frozen=True)
class Order:
    """One order row."""

    customer: str
    number: str
    row: Row
    blob: Row | None

    @property
    def status(self) -> str:
        """Its state."""
        return str(self.row["st"])

    @property
    def live(self) -> bool:
        """Whether it holds goods."""
        return self.status in LIVE

    @property
    def transaction(self) -> str | None:
        """WeChat's number of the payment that it was given."""
        return self.row.get("tx")

    @property
    def book(self) -> "Book":
        """What its row says of the refunds asked of it."""
        kept = self.row.get("rb")
        sums, lines = msgspec.msgpack.decode(kept) if kept else ([0] * 4, [])
        freight, asked, granted, made = sums
        return Book(freight, asked, granted, made, [(a, w, s, b) for a, w, s, b in lines])

    def kept(self) -> list[tuple[Row, int]]:
        """Its lines with the pieces that have not come back."""
        back = [one[3] for one in self.book.lines] or [0] * len(self.lines)
        return [
            (line, line["quantity"] - gone) for line, gone in zip(self.lines, back, strict=True)
        ]

    @property
    def claims(self) -> list[str]:
        """The coupon claims it was made with."""
        held = str(self.row["cm"]).split(",") if self.row.get("cm") else []
        return [one.partition(":")[0] for one in held]

    @property
    def lines(self) -> list[Row]:
        """What it is for; nothing for a tombstone."""
        return list(self.blob["lines"]) if self.blob else []

    @property
    def issued_at(self) -> int:
        """The UTC seconds its number begins with."""
        seconds = 0
        for digit in self.number[:6]:
            seconds = seconds * 62 + _BASE62.index(digit)
        return seconds


@dataclass
class Tables:
    """All rows that money, goods or coupons hang on, by kind."""

    orders: list[Order] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    parcels: list[Row] = field(default_factory=list)
    claims: list[Row] = field(default_factory=list)
    templates: list[Row] = field(default_factory=list)
    given: list[Row] = field(default_factory=list)
    """What coupon pools gave out, and attempts that they sent elsewhere."""
    pools: dict[tuple[str, int], int] = field(default_factory=dict)
    limits: dict[tuple[str, str], int] = field(default_factory=dict)
    history: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    skus: dict[str, Row] = field(default_factory=dict)
    adjusted: dict[str, int] = field(default_factory=dict)
    sales: dict[str, Row] = field(default_factory=dict)
    shards: dict[tuple[str, int], Row] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    anomalies: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)


def read(items: Iterator[Item]) -> Tables:
    """Sorts the table's items by kind."""
    tables = Tables()
    for item in items:
        row = {name: plain(value) for name, value in item.items()}
        pk, sk = str(row["PK"]), str(row["SK"])
        kind, _, rest = pk.partition("#")
        reader = _READERS.get((kind, sk.partition("#")[0]))
        if reader is not None:
            reader(tables, rest, sk, row)
        elif kind == "N":
            tables.anomalies.append({"kind": sk, **json.loads(row["f"])})
        elif kind == "M":
            order, entry, reference = sk.split("#", 2)
            named = {"order": order, "kind": entry, "reference": reference}
            tables.entries.append({**row, **named})
    return tables


def plain(value: Mapping[str, Any]) -> Any:
    """A typed attribute value as a Python value."""
    ((kind, held),) = value.items()
    match kind:
        case "N":
            return int(held)
        case "B":
            return base64.b64decode(held)
        case "M":
            return {name: plain(part) for name, part in held.items()}
        case "L":
            return [plain(part) for part in held]
        case "NULL":
            return None
        case _:
            return held


def _order(tables: Tables, customer: str, sk: str, row: Row) -> None:
    packed = row.get("b")
    plain = zlib.decompress(packed) if packed and packed[0] == 0x78 else packed
    blob = msgspec.msgpack.decode(plain) if plain else None
    tables.orders.append(Order(customer, sk[2:], row, blob))


def _refund(tables: Tables, customer: str, sk: str, row: Row) -> None:
    _, number, sequence = sk.split("#")
    lines = msgspec.msgpack.decode(row["ln"]) if "ln" in row else []
    tables.refunds.append(
        {**row, "customer": customer, "order": number, "sequence": sequence, "lines": lines}
    )


def _parcel(tables: Tables, customer: str, sk: str, row: Row) -> None:
    lines = msgspec.msgpack.decode(row["ln"])
    tables.parcels.append({**row, "customer": customer, "order": sk.split("#")[1], "lines": lines})


def _claim(tables: Tables, customer: str, sk: str, row: Row) -> None:
    _, coupon, ordinal = sk.split("#")
    tables.claims.append(
        {**row, "customer": customer, "coupon": coupon, "id": f"{coupon}-{ordinal}"}
    )


def _limit(tables: Tables, customer: str, sk: str, row: Row) -> None:
    tables.limits[customer, sk[2:]] = row["n"]


def _history(tables: Tables, _: str, sk: str, row: Row) -> None:
    _, number, version = sk.split("#")
    tables.history.setdefault(number, []).append((int(version), row["st"]))


def _sku(tables: Tables, _: str, sk: str, row: Row) -> None:
    tables.skus[sk[2:]] = row


def _adjustment(tables: Tables, _: str, sk: str, row: Row) -> None:
    sku = sk.split("#")[1]
    tables.adjusted[sku] = tables.adjusted.get(sku, 0) + row["d"]


def _template(tables: Tables, coupon: str, _: str, row: Row) -> None:
    terms = json.loads(zlib.decompress(row["b"]))
    tables.templates.append({**row, "id": coupon, "per_customer": terms["per_customer"]})


def _pool(tables: Tables, name: str, _: str, row: Row) -> None:
    coupon, _, number = name.partition("#")
    tables.pools[coupon, int(number)] = row.get("n", 0)
    for holder, packed in row.items():
        if not holder.startswith("+"):
            continue
        for mark, at, flags, pool in _GIVEN.iter_unpack(packed):
            tables.given.append(
                {
                    "coupon": coupon,
                    "pool": int(number),
                    "customer": holder[1:],
                    "mark": mark,
                    "at": at,
                    "id": f"{coupon}-{flags & 0x7F}",
                    "here": bool(flags & 0x80),
                    "from": int.from_bytes(pool, "big"),
                }
            )


def _flash(tables: Tables, name: str, _: str, row: Row) -> None:
    sale, _, number = name.partition("#")
    if not number:
        tables.sales[sale] = row
        return
    tables.shards[sale, int(number)] = row
    for customer, packed in row.get("e", {}).items():
        for issued_at, salt, flags, due in _ATTEMPT.iter_unpack(packed[1:]):
            tables.attempts.append(
                Attempt(
                    sale,
                    int(number),
                    customer,
                    issued_at,
                    salt,
                    flags & 0x7F,
                    bool(flags & 0x80),
                    None if due == 0xFFFF else issued_at + due,
                )
            )


_READERS = {
    ("C", "O"): _order,
    ("C", "R"): _refund,
    ("C", "P"): _parcel,
    ("C", "K"): _claim,
    ("C", "L"): _limit,
    ("C", "H"): _history,
    ("P", "K"): _sku,
    ("P", "V"): _adjustment,
    ("T", "T"): _template,
    ("T", "P"): _pool,
    ("F", "F"): _flash,
}
