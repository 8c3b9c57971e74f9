"""Words that the shop has for the world: refusals, metrics and lines of the log, in one file.

Clients switch on codes, shoppers read sentences, alarms count metrics and engineers search the log,
so that a word that changes breaks somebody who is far away. Whatever any test makes the shop say
must stand in `vocabulary.yaml`; `pytest -n0 --new-words` adds what is new, for a review to look at.
It hears the shop's errors, `metrics` and `logger`, not what a test puts in their place, and keeps
words that are said no more.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

Heard = Callable[..., None]
FILE = Path(__file__).with_suffix(".yaml")
_OURS = ("shop.", "functions.")
_LEVELS = ("debug", "info", "warning", "error", "critical")
_CALLER = 3
"""Where a line comes from, seen from the logger: past the function here."""
_BETWEEN = ("shop.errors", "mutmut.")
_NUMBER = re.compile(r"\d+")
_MADE_OF_INPUT = ("Expected", "Invalid", "JSON", "Object", "Str is")
"""How msgspec begins to say what is wrong with a body."""


class Vocabulary:
    """Words that are known, and those that were heard and are not."""

    def __init__(self, known: Mapping[str, list[str]]) -> None:
        self._known = {kind: set(words) for kind, words in known.items()}
        self.unknown: dict[str, set[str]] = {}

    @classmethod
    def read(cls) -> "Vocabulary":
        """What is written down."""
        return cls(yaml.safe_load(FILE.read_text("utf-8")))

    def hear(self, kind: str, word: str) -> None:
        """Somebody said this."""
        if word not in self._known.get(kind, ()):
            self.unknown.setdefault(kind, set()).add(word)

    def write(self) -> None:
        """Add what was heard to what is known."""
        kinds = sorted({*self._known, *self.unknown})
        merged = {
            kind: sorted(self._known.get(kind, set()) | self.unknown.get(kind, set()))
            for kind in kinds
        }
        FILE.write_text(yaml.safe_dump(merged, allow_unicode=True, width=200), "utf-8")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Errors that are made, metrics that are counted and lines that are logged by the shop."""
        from aws_lambda_powertools import Logger, Metrics

        from shop.errors import ShopError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ShopError, "__init__", self._errors(ShopError.__init__))
            patch.setattr(Metrics, "add_metric", self._metrics(Metrics.add_metric))
            for level in _LEVELS:
                patch.setattr(Logger, level, self._lines(level, getattr(Logger, level)))
            yield

    def _errors(self, make: Heard) -> Heard:
        def made(error: Any, *told: Any, **context: Any) -> None:
            make(error, *told, **context)
            if _is_ours():
                self.hear("refusals", f"{type(error).__name__} {error.code}: {error.detail}")
                for one in context.get("errors") or ():
                    self._problem(str(one["field"]), str(one["message"]))

        return made

    def _problem(self, place: str, message: str) -> None:
        if place.startswith("$") and not message.startswith(_MADE_OF_INPUT):
            self.hear("problems", f"{place} {_NUMBER.sub('0', message)}")

    def _metrics(self, count: Heard) -> Heard:
        def counted(metrics: Any, name: str, unit: Any, value: float, **more: Any) -> None:
            if _is_ours():
                self.hear("metrics", f"{name} {getattr(unit, 'value', unit)}")
            count(metrics, name=name, unit=unit, value=value, **more)

        return counted

    def _lines(self, level: str, log: Heard) -> Heard:
        def logged(logger: Any, message: object, *told: Any, **fields: Any) -> None:
            if _is_ours():
                given = {**fields, **fields.get("extra", {})}
                names = sorted(given.keys() - {"extra"})
                words = [name if given[name] is not None else f"{name}=nothing" for name in names]
                self.hear("log", " ".join([f"{level}: {message};", *words]))
            log(logger, message, *told, stacklevel=_CALLER, **fields)

        return logged


def _is_ours() -> bool:
    """Whether who called the caller, errors that make others aside, is a module of the shop."""
    frame = sys._getframe(2)
    while frame.f_back and str(frame.f_globals["__name__"]).startswith(_BETWEEN):
        frame = frame.f_back
    return str(frame.f_globals["__name__"]).startswith(_OURS)
