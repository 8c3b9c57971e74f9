"""What a shop says beside its answers: log lines, metrics and whatever is printed.

Canaries are values that must never be among it, looked for as they are and as they come out of
JSON, addresses, base64 and hexadecimal.
"""

import base64
import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import quote

from aws_lambda_powertools import single_metric

MOST_KEPT = 40
SHORTEST = 3


@dataclass
class Overheard:
    """Everything that was said, and the values that must not be."""

    canaries: dict[str, str] = field(default_factory=dict)
    events: int = 0
    lines: int = 0
    metrics: int = 0
    errors: int = 0
    wrong: list[str] = field(default_factory=list)
    _forms: list[tuple[str, str]] = field(default_factory=list)
    _log: io.StringIO = field(default_factory=io.StringIO)
    _printed: io.StringIO = field(default_factory=io.StringIO)
    _emitted: int = 0

    def forbid(self, name: str, value: str) -> None:
        """A value that must not be said."""
        if len(value) >= SHORTEST and value not in self.canaries.values():
            self.canaries[f"{name} {len(self.canaries)}"] = value
            self._forms += [(name, form) for form in forms(value)]

    def answered(self, status: int, text: str) -> None:
        """An answer; a refusal is looked through like a log line."""
        if status >= 400:
            self.errors += 1
            self._look("error body", text)

    def settle(self) -> None:
        """Looks through what was said since the last time."""
        said = _drained(self._log)
        lines = said.splitlines()
        self.lines += len(lines)
        if len(lines) != self._emitted:
            self._add(f"log: {self._emitted} events on {len(lines)} lines: {said[-300:]}")
        self.events += self._emitted
        self._emitted = 0
        for line in lines:
            self._line(line)
        for line in _drained(self._printed).splitlines():
            self._look("printed", line)

    def _line(self, line: str) -> None:
        self._look("log", line)
        try:
            read = json.loads(line)
        except ValueError:
            self._add(f"log: not JSON: {line[:200]}")
            return
        if read.get("service") != "yunpu" and "forged" in read:
            self._add(f"log: somebody else's line: {line[:200]}")
        elif not read.get("request_id"):
            self._add(f"log: no request's id: {line[:200]}")

    def _look(self, where: str, text: str) -> None:
        for name, form in self._forms:
            if form in text:
                self._add(f"{where}: {name} in {text[:400]}")

    def _add(self, problem: str) -> None:
        if len(self.wrong) < MOST_KEPT:
            self.wrong.append(problem)

    def _count(self, _: logging.LogRecord) -> bool:
        self._emitted += 1
        return True

    def _flush_metrics(self) -> None:
        from shop.telemetry import metrics

        said: Mapping[str, Any] = {
            "metrics": metrics.metric_set,
            "dimensions": metrics.dimension_set,
            "metadata": metrics.metadata_set,
        }
        self.metrics += len(metrics.metric_set)
        self._look("metric", json.dumps(said, ensure_ascii=False, default=str))
        metrics.clear_metrics()

    @contextmanager
    def listening(self) -> Iterator["Overheard"]:
        """Everything is logged, from the lowest level up, and nothing reaches the terminal."""
        from shop.telemetry import logger, metrics

        handler = logger.registered_handler
        assert isinstance(handler, logging.StreamHandler)
        root = logging.StreamHandler(self._printed)
        level = logger.log_level
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(metrics, "flush_metrics", self._flush_metrics))
            stack.enter_context(mock.patch("shop.telemetry.single_metric", single_metric))
            stack.enter_context(redirect_stdout(self._printed))
            stack.enter_context(redirect_stderr(self._printed))
            usual = handler.setStream(self._log)
            handler.addFilter(self._count)
            logger.setLevel("DEBUG")
            logging.getLogger().addHandler(root)
            try:
                yield self
                self.settle()
            finally:
                logging.getLogger().removeHandler(root)
                logger.setLevel(level)
                handler.removeFilter(self._count)
                handler.setStream(usual)


def forms(value: str) -> set[str]:
    """A value as it may come out of what it went through."""
    data = value.encode()
    inside = base64.b64encode(data).decode()
    once = {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(value, safe=""),
        repr(data)[2:-1],
        data.hex(),
        # Without the end, which depends on what follows.
        inside[: len(data) // 3 * 4],
        base64.urlsafe_b64encode(data).decode()[: len(data) // 3 * 4],
    }
    # A log line is JSON once more.
    return {*once, *(json.dumps(form)[1:-1] for form in once)}


def _drained(said: io.StringIO) -> str:
    text = said.getvalue()
    said.seek(0)
    said.truncate()
    return text
