"""Figures with their verdicts, as JSON and as something a person can read."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

Plain = str | int | float | bool | None | Sequence[Any] | Mapping[str, Any]
Kind = Literal["exactly", "at least", "at most"]
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Figure:
    """One measured value with what it has to be."""

    name: str
    kind: Kind
    expected: Plain
    measured: Plain

    @property
    def right(self) -> bool:
        """Whether the measured value is what it has to be; ``True`` is not 1."""
        if self.kind == "exactly":
            return type(self.expected) is type(self.measured) and self.expected == self.measured
        if not _is_number(self.expected) or not _is_number(self.measured):
            return False
        expected, measured = float(str(self.expected)), float(str(self.measured))
        return measured >= expected if self.kind == "at least" else measured <= expected

    def plain(self) -> dict[str, Any]:
        """As JSON-compatible data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "expected": self.expected,
            "measured": self.measured,
            "right": self.right,
        }


@dataclass
class Section:
    """The figures of one journey, in the order they were measured.

    Attributes:
        key: Short name, e.g. ``j1``.
        notes: Values for information; nothing depends on them.
        error: Why the journey broke off, or "".
        skipped: Why it could not be walked on this machine, or "".
        seconds: How long it took.
    """

    key: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    notes: dict[str, Plain] = field(default_factory=dict)
    error: str = ""
    skipped: str = ""
    seconds: float = 0.0

    def exactly(self, name: str, expected: Plain, measured: Plain) -> None:
        """Records a figure that has one right value."""
        self.figures.append(Figure(name, "exactly", expected, measured))

    def at_least(self, name: str, expected: float, measured: float) -> None:
        """Records a figure with a floor."""
        self.figures.append(Figure(name, "at least", expected, measured))

    def at_most(self, name: str, expected: float, measured: float) -> None:
        """Records a figure with a ceiling."""
        self.figures.append(Figure(name, "at most", expected, measured))

    def note(self, name: str, value: Plain) -> None:
        """Records a value for information."""
        self.notes[name] = value

    @property
    def wrong(self) -> int:
        """Wrong figures; one that broke off, or measured nothing unasked, counts as one more."""
        broken = bool(self.error) or not (self.figures or self.skipped)
        return sum(not figure.right for figure in self.figures) + broken

    def plain(self) -> dict[str, Any]:
        """As JSON-compatible data."""
        return {
            "key": self.key,
            "title": self.title,
            "right": self.wrong == 0,
            "seconds": round(self.seconds, 1),
            "error": self.error,
            "skipped": self.skipped,
            "figures": [figure.plain() for figure in self.figures],
            "notes": self.notes,
        }


class Report:
    """All sections of one run."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._lock = threading.Lock()
        self.sections: list[Section] = []
        self.seconds = 0.0

    def section(self, key: str, title: str) -> Section:
        """Opens a section; safe to call from any thread."""
        section = Section(key, title)
        with self._lock:
            self.sections.append(section)
            self.sections.sort(key=lambda each: each.key)
        return section

    @property
    def wrong(self) -> int:
        """Wrong figures in all; a run without sections counts as one."""
        return sum(section.wrong for section in self.sections) if self.sections else 1

    def plain(self) -> dict[str, Any]:
        """As JSON-compatible data."""
        return {
            "base_url": self._base_url,
            "right": self.wrong == 0,
            "wrong": self.wrong,
            "figures": sum(len(section.figures) for section in self.sections),
            "seconds": round(self.seconds, 1),
            "sections": [section.plain() for section in self.sections],
        }

    def write(self, path: Path) -> None:
        """Writes the JSON file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(self.plain(), ensure_ascii=False, indent=2) + "\n", "utf-8")
        draft.replace(path)

    def show(self, console: Console) -> None:
        """Prints every figure, then a line for each section, then the sum."""
        for section in self.sections:
            if section.skipped:
                console.print(f"[yellow]– {section.title}: skipped, {section.skipped}[/yellow]")
                continue
            console.print(_table(section))
            if section.error:
                console.print(f"[red]✗ broke off:[/red] {_escaped(section.error)}")
        console.print(self._summary())
        count = sum(len(section.figures) for section in self.sections)
        took = f"{self.seconds:.1f} s"
        if self.wrong:
            console.print(f"[bold red]✗ {self.wrong} of {count} figures wrong[/bold red] ({took})")
        else:
            console.print(f"[bold green]✓ all {count} figures right[/bold green] ({took})")

    def _summary(self) -> Table:
        table = Table(title="Summary", title_justify="left", expand=True)
        table.add_column("", width=1)
        table.add_column("journey", ratio=6)
        table.add_column("figures right", justify="right", ratio=2)
        table.add_column("seconds", justify="right", ratio=1)
        for section in self.sections:
            right = sum(figure.right for figure in section.figures)
            table.add_row(
                _mark(section),
                _escaped(section.title),
                "skipped" if section.skipped else f"{right} of {len(section.figures)}",
                f"{section.seconds:.1f}",
            )
        return table


def _mark(section: Section) -> str:
    if section.skipped:
        return "[yellow]–[/yellow]"
    return "[bold red]✗[/bold red]" if section.wrong else "[green]✓[/green]"


def _is_number(value: Plain) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _table(section: Section) -> Table:
    table = Table(
        title=f"{_mark(section)} {section.title} ({section.seconds:.1f} s)",
        title_justify="left",
        expand=True,
    )
    table.add_column("figure", ratio=5)
    table.add_column("expected", ratio=3)
    table.add_column("measured", ratio=3)
    table.add_column("", width=1)
    for figure in section.figures:
        sign = {"exactly": "", "at least": "≥ ", "at most": "≤ "}[figure.kind]
        verdict = "[green]✓[/green]" if figure.right else "[bold red]✗[/bold red]"
        expected, measured = sign + _shown(figure.expected), _shown(figure.measured)
        table.add_row(_escaped(figure.name), _escaped(expected), _escaped(measured), verdict)
    for name, value in section.notes.items():
        table.add_row(f"[dim]{_escaped(name)}[/dim]", "", f"[dim]{_escaped(_shown(value))}[/dim]")
    return table


def _shown(value: Plain) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
