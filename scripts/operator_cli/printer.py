"""Answers on stdout, for a person or for a program; everything else on stderr."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from scripts.operator_cli.errors import ShopctlError


class Printer:
    """Prints one command's answer.

    Attributes:
        as_json: One JSON document on stdout instead of text.
        out, err: Plain consoles: what the shop says is never read as markup.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.out = _console(stderr=False)
        self.err = _console(stderr=True)

    def show(self, document: Any, for_people: Callable[[], None]) -> None:
        """Prints the answer."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False, indent=2))
        else:
            for_people()

    def line(self, text: str, style: str = "") -> None:
        """One line of the answer, never wrapped."""
        self.out.print(text, style=style or None, soft_wrap=True)

    def say(self, text: str) -> None:
        """Something the operator may want to know meanwhile."""
        self.err.print(text, style="dim", soft_wrap=True)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """A table; whole numbers stand to the right."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        cells = [[value if isinstance(value, str) else f"{value}" for value in row] for row in rows]
        for number, head in enumerate(heads):
            figures = bool(cells) and all(_is_figure(row[number]) for row in cells)
            table.add_column(head, justify="right" if figures else "left", overflow="fold")
        for row in cells:
            table.add_row(*row)
        self.out.print(table)

    def failed(self, error: ShopctlError) -> None:
        """Says why the command ends; with ``--json`` also as the document on stdout."""
        self.err.print("Error:", style="bold red", end=" ")
        self.err.print(str(error), soft_wrap=True)
        if self.as_json:
            self.show({"error": error.document()}, lambda: None)

    def progress(self) -> Progress:
        """A progress bar on stderr."""
        return Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.err,
        )


def yuan(fen: int) -> str:
    """An amount for people: 12345 is ``¥123.45``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _is_figure(text: str) -> bool:
    return text.lstrip("-¥").replace(",", "").replace(".", "").isdecimal()


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)
