"""Which tests reach which functions, and what each costs: asked of one test file at a time.

mutmut asks all tests in one process and gives up at the first that fails. Integration tests need
more patience: a file that breaks, a test that fails on the copy or takes too long only drops out.
"""

import json
import signal
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from random import Random
from time import process_time
from types import FrameType
from typing import Any

import pytest
from mutmut.state import state

LONGEST_TEST = 10.0
"""CPU seconds after which a test is no use for judging hundreds of mutants."""
BUDGETS = (15.0, 100.0)
"""CPU seconds of tests that judge one mutant, by what they took without it: first, and when it
survives those."""

_DRAWN = 2 / 3
"""The part of a budget that is not spent on the fastest tests."""


class TooSlowError(BaseException):
    """A test was stopped; nothing under test may swallow it."""


@dataclass
class Watch:
    """A pytest plugin that notes the functions each test of a file reached, and its CPU time.

    What is called while the file is imported counts for each of its tests.
    """

    tests: dict[str, tuple[float, set[str]]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    _imported: set[str] = field(default_factory=set)

    def pytest_collection_finish(self) -> None:
        """All imports are done."""
        self._imported = _reached()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """One test with its fixtures."""
        before = process_time()
        with _stopped_after(LONGEST_TEST):
            done = yield
        spent = process_time() - before
        self.tests[item.nodeid] = (spent, self._imported | _reached())
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Only tests that pass can judge."""
        if not report.passed:
            self.failed.add(report.nodeid)

    def passed(self) -> dict[str, tuple[float, list[str]]]:
        """CPU seconds and functions of each test that passed."""
        return {
            name: (spent, sorted(functions))
            for name, (spent, functions) in self.tests.items()
            if name not in self.failed
        }


def _reached() -> set[str]:
    functions = set(state()._stats)
    state()._stats.clear()
    return functions


@contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@dataclass(frozen=True)
class Reach:
    """What is known of all tests.

    Attributes:
        seconds: CPU seconds by test.
        by_function: The tests that reach a function, by mutmut's name of it.
    """

    seconds: Mapping[str, float]
    by_function: Mapping[str, set[str]]

    @classmethod
    def read(cls, files: Iterable[Path]) -> "Reach":
        """Read what `Watch` found in each file of tests."""
        seconds: dict[str, float] = {}
        by_function: defaultdict[str, set[str]] = defaultdict(set)
        for file in files:
            told: dict[str, Any] = json.loads(file.read_text("utf-8"))
            for test, (spent, functions) in told.items():
                seconds[test] = spent
                for function in functions:
                    by_function[function].add(test)
        return cls(seconds, by_function)

    def judges(self, function: str, budget: float) -> list[str]:
        """Tests that judge the mutants of a function and together fit the budget, fast ones first.

        A function at the bottom is reached by a thousand tests. A third of the budget goes to the
        fastest of its tests, which are mostly those of the function itself. The rest is drawn,
        always the same way, from each file in turn, so that no file's point of view prevails.
        """
        fastest = sorted(
            self.by_function.get(function, ()), key=lambda test: (self.seconds[test], test)
        )
        draw = Random(function)  # noqa: S311  # nosec B311 - a draw, no secret
        chosen: dict[str, None] = {}
        left = budget
        for test in fastest:
            if self.seconds[test] > left - budget * _DRAWN:
                break
            chosen[test] = None
            left -= self.seconds[test]
        for test in _in_turn(fastest, draw):
            if test not in chosen and (self.seconds[test] <= left or not chosen):
                chosen[test] = None
                left -= self.seconds[test]
        return sorted(chosen, key=lambda test: self.seconds[test])


def _in_turn(tests: Iterable[str], draw: Random) -> list[str]:
    """One test of each file, then another of each, and so on."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for test in tests:
        files[test.partition("::")[0]].append(test)
    shuffled = [draw.sample(queue, len(queue)) for queue in files.values()]
    draw.shuffle(shuffled)
    return [test for turn in zip_longest(*shuffled) for test in turn if test is not None]
