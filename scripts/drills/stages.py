"""The stages of a rehearsal, each of which needs the one before."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.traceback import Traceback

from scripts.demo.report import Report, Section


class Stages:
    """Walks stages until one breaks off, and reports every figure."""

    def __init__(self, report: Report, console: Console) -> None:
        self.console = console
        self._report = report
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Tells the person who watches what happens."""
        seconds = time.monotonic() - self._started
        self.console.print(f"[dim]{seconds:5.1f} s[/dim]  {text}", highlight=False)

    def walk(self, key: str, title: str, stage: Callable[[Section], None]) -> None:
        """Walks one stage; after one that broke off the others are told as not reached."""
        broken = any(one.error for one in self._report.sections)
        section = self._report.section(key, f"{key} · {title}")
        if broken:
            section.error = "not reached"
            return
        self.say(f"[bold]{title}[/bold]")
        started = time.monotonic()
        try:
            stage(section)
        except Exception as error:  # noqa: BLE001 - whatever it was, the report tells of it
            section.error = f"{type(error).__name__}: {error}"
            self.console.print(Traceback.from_exception(type(error), error, error.__traceback__))
        section.seconds = time.monotonic() - started

    def finish(self, out: Path) -> int:
        """Prints the figures and writes them; 0 when every one is right."""
        self._report.seconds = time.monotonic() - self._started
        self._report.write(out)
        self._report.show(self.console)
        self.console.print(f"every figure: {out}")
        return 1 if self._report.wrong else 0
