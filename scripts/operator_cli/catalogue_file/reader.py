"""Reads one row field by field, and notes every field that is not as it must be."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from scripts.operator_cli.catalogue_file.faults import Faults
from scripts.operator_cli.catalogue_file.tree import Cell

T = TypeVar("T")
URL = re.compile(r"https://\S+")


class Row:
    """One mapping of the file. What is wrong is noted, and the field is left out of the body.

    Attributes:
        body: The fields read so far, by the names of the request.
        line: Where the row begins.
        label: What the row is called in faults.
        usable: Whether it is a mapping at all.
    """

    def __init__(self, cell: Cell, label: str, faults: Faults, prefix: str = "") -> None:
        self.body: dict[str, Any] = {}
        self.line = cell.line
        self.label = label
        self._prefix = prefix
        self._faults = faults
        self._read: set[str] = set()
        self._cells: dict[str, Cell] = cell.value if isinstance(cell.value, dict) else {}
        self.usable = isinstance(cell.value, dict)
        if not self.usable:
            self.fault("", "must be a mapping of names to values")

    def fault(self, name: str, message: str, line: int = 0) -> None:
        """Notes a fault of a field, or of the row when ``name`` is empty."""
        at = self._cells.get(name.partition("[")[0])
        shown = f"{self._prefix}{name}" if name else self._prefix.rstrip(".")
        self._faults.add(line or (at.line if at else self.line), self.label, shown, message)

    def has(self, name: str) -> bool:
        """Whether the field is given, and not null."""
        cell = self._cells.get(name)
        return cell is not None and cell.value is not None

    def text(
        self,
        name: str,
        most: int,
        *,
        form: re.Pattern[str] | None = None,
        to: str = "",
        optional: bool = False,
        lines: bool = False,
    ) -> str | None:
        """A text of 1 to ``most`` characters, of the given form; one line unless ``lines``."""
        return self._take(name, to, optional, lambda value: _text(value, most, form, lines=lines))

    def integer(
        self, name: str, low: int, high: int, *, to: str = "", optional: bool = False
    ) -> int | None:
        """A whole number within bounds."""
        return self._take(name, to, optional, lambda value: _integer(value, low, high))

    def flag(self, name: str) -> bool | None:
        """True or false."""
        return self._take(name, "", False, _flag)

    def moment(self, name: str, *, optional: bool = False) -> str | None:
        """A time with its zone; put into the body as RFC 3339 in UTC."""
        return self._take(name, "", optional, _moment)

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """One of the given words."""
        return self._take(name, "", False, lambda value: _choice(value, choices))

    def texts(
        self,
        name: str,
        most: int,
        least: int = 0,
        *,
        each: int = 120,
        form: re.Pattern[str] | None = None,
        to: str = "",
    ) -> list[str]:
        """A list of different texts."""
        cells = self._list(name, least, most)
        made: list[str] = []
        for number, cell in enumerate(cells):
            try:
                text = _text(cell.value, each, form)
            except ValueError as wrong:
                self.fault(f"{name}[{number}]", str(wrong), cell.line)
                continue
            if text in made:
                self.fault(f"{name}[{number}]", f"{text} stands twice", cell.line)
            made.append(text)
        self.body[to or name] = made
        return made

    def rows(self, name: str, most: int, least: int = 0) -> list["Row"]:
        """A list of mappings, to be read by the caller."""
        return [
            Row(cell, self.label, self._faults, f"{self._prefix}{name}[{number}].")
            for number, cell in enumerate(self._list(name, least, most))
        ]

    def row(self, name: str) -> "Row":
        """A mapping, to be read by the caller."""
        self._read.add(name)
        cell = self._cells.get(name)
        if cell is None:
            self.fault(name, "is missing")
            cell = Cell(self.line, {})
        return Row(cell, self.label, self._faults, f"{self._prefix}{name}.")

    def entitle(self, kind: str) -> None:
        """Makes this a row of its own, known by its kind and id."""
        cell = self._cells.get("id")
        shown = cell.value if cell and isinstance(cell.value, str) else self._prefix.rstrip(".")
        self.label, self._prefix = f"{kind} {shown}", ""

    def close(self) -> dict[str, Any]:
        """Notes the names that nobody asked for; returns the body."""
        for name in self._cells.keys() - self._read:
            self.fault(name, "is not a field of this row")
        return self.body

    def _list(self, name: str, least: int, most: int) -> list[Cell]:
        self._read.add(name)
        cell = self._cells.get(name)
        if cell is None or cell.value is None:
            if least and self.usable:
                self.fault(name, "is missing")
            return []
        if not isinstance(cell.value, list):
            self.fault(name, "must be a list")
            return []
        if not least <= len(cell.value) <= most:
            self.fault(name, f"must have {least} to {most} entries, has {len(cell.value)}")
        return cell.value

    def _take(self, name: str, to: str, optional: bool, check: Callable[[Any], T]) -> T | None:
        self._read.add(name)
        if not self.has(name):
            if not optional and self.usable:
                self.fault(name, "is missing")
            return None
        try:
            value = check(self._cells[name].value)
        except ValueError as wrong:
            self.fault(name, str(wrong))
            return None
        self.body[to or name] = value
        return value


def _text(value: Any, most: int, form: re.Pattern[str] | None, *, lines: bool = False) -> str:
    if not isinstance(value, str):
        hint = f"must be text; if {_shown(value)} is meant as text, put it in quotes"
        raise ValueError(hint)  # noqa: TRY004
    if value != value.strip() or not 1 <= len(value) <= most:
        raise ValueError(f"must be 1 to {most} characters without spaces around")
    seen = value.replace("\n", "") if lines else value
    if any(unicodedata.category(character)[0] == "C" for character in seen):
        raise ValueError("has characters that cannot be seen")
    if form and not form.fullmatch(value):
        raise ValueError(f"{_shown(value)} must be of the form {form.pattern}")
    return value


def _integer(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"must be a whole number from {low} to {high}, is {_shown(value)}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, is {_shown(value)}")  # noqa: TRY004
    return value


def _moment(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None or value.microsecond:
        raise ValueError(f"must be a time such as 2026-01-31T16:00:00Z, is {_shown(value)}")
    offset = value.utcoffset()
    return (value - offset if offset else value).strftime("%Y-%m-%dT%H:%M:%SZ")


def _choice(value: Any, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}, is {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return repr(value)[:60]
