"""What a fork runs: a file of tests that is watched, or the tests that judge a mutant."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from mutmut.runners.harness import BadTestExecutionCommandsException, PytestRunner

from scripts.mutation.reach import Watch

_QUICKLY = (
    *("-p", "no:cacheprovider"),
    *("-p", "no:unraisableexception"),  # it collects garbage several times after each run
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # plugins are loaded already
)


def kept(file: str) -> str:
    """Where it is kept what the tests of a file reach."""
    return f"{file}.reach.json"


class WatchRunner(PytestRunner):
    """Runs one file of tests and writes what each test reaches."""

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """A file of tests; whatever happens, what passed is written."""
        del mutant_name
        (file,) = tests
        watch, into = Watch(), Path(kept(file)).absolute()
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir("mutants")
                return self.execute_pytest([file, *_QUICKLY], plugins=[watch])
        finally:
            into.write_text(json.dumps(watch.passed()), "utf-8")


@dataclass
class Only:
    """A pytest plugin that keeps the tests named, file by file, fast ones first."""

    wanted: Sequence[str]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop and sort."""
        place = {name: index for index, name in enumerate(self.wanted)}
        first: dict[str, int] = {}
        for name in self.wanted:
            first.setdefault(name.partition("::")[0], place[name])
        items[:] = sorted(
            (item for item in items if item.nodeid in place),
            key=lambda item: (first[item.nodeid.partition("::")[0]], place[item.nodeid]),
        )


class JudgeRunner(PytestRunner):
    """Runs the tests that judge a mutant."""

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """1 as soon as a test fails, or cannot even be collected, which is noticed as well."""
        del mutant_name
        wanted = list(tests)
        files = list(dict.fromkeys(name.partition("::")[0] for name in wanted))
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir("mutants")
                found = self.execute_pytest(["-x", "-q", *_QUICKLY, *files], plugins=[Only(wanted)])
        except BadTestExecutionCommandsException:
            return 1
        return 1 if found == pytest.ExitCode.INTERRUPTED else found
