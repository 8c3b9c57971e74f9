"""Judges a sample of mutants, inside a scratch copy that `run` laid out.

`python -m scripts.mutation.judge SIZE SEED`: mutmut makes the mutants and forks what judges them.
Each fork imports shop and tests anew, so that a mutant of what runs at import is noticed too.
Writes `found.json`: how many mutants there are, and mutmut's word for each one drawn.
"""

import importlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import ceil
from pathlib import Path

import pytest
from mutmut.__main__ import collect_source_file_mutation_data, create_mutants
from mutmut.configuration import config
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths
from mutmut.utils.format_utils import mangled_name_from_mutant_name
from mutmut.workers.isolation import ForkRunner

from scripts.mutation.reach import BUDGETS, Reach
from scripts.mutation.runners import JudgeRunner, WatchRunner, kept
from scripts.mutation.sampling import drawn

PROCESSES = 2
CONTROLS = 5
FOUND = Path("found.json")
_ORIGINAL = "no.mutant"
"""No mutant is called so: every function stays as it is."""
_UNDECIDED = ("no tests", "survived")
_FILE_SECONDS = 600
_PATIENCE = 4
"""How much longer than without a mutant tests may take, in CPU time."""
_PRELOADED = (
    "anyio",
    "aws_lambda_powertools.metrics",
    "boto3",
    "cryptography.x509",
    "hypothesis",
    "jwt",
    "moto.dynamodb",
    "moto.s3",
    "moto.secretsmanager",
    "msgspec",
    "phonenumbers",
    "pynamodb.models",
    "requests",
    "schemathesis",
    "yaml",
)
"""What takes long to import and is none of ours."""


class Forks:
    """Work in forks of this process, a few at a time; `codes` holds how each of it ended."""

    def __init__(self, runner: PytestRunner) -> None:
        self._runner = ForkRunner(PROCESSES, runner)
        self._runner.startup()
        self.codes: list[tuple[str, int]] = []

    def start(self, mutant: str, tests: Sequence[str], seconds: float) -> None:
        """Start it as soon as there is room for it; it may take so many CPU seconds."""
        while not self._runner.has_capacity():
            self._take()
        self._runner.submit(mutant, list(tests), ceil(seconds), seconds)

    def finish(self) -> None:
        """Wait for all that runs."""
        while self._runner.pending_count():
            self._take()

    def _take(self) -> None:
        ended = self._runner.wait_for_result()
        self.codes.append((ended.mutant_name, ended.exit_code))
        sys.stdout.write(f"{len(self.codes)}: {ended}\n")
        sys.stdout.flush()


def main(size: int, seed: int) -> int:
    """1 when a control failed: then a failing test says nothing about a mutant."""
    names = _made()
    for module in _PRELOADED:
        importlib.import_module(module)
    files = list(_files())
    _watch(files)
    reach = Reach.read(Path(kept(file)) for file in files)
    sys.stdout.write(f"{len(reach.seconds)} tests pass, {sum(reach.seconds.values()):.0f} s\n")
    state().duration_by_test.update(reach.seconds)
    sample = drawn(names, size, seed)
    if not _controlled(reach, sample):
        return 1
    found = _judged(reach, sample)
    FOUND.write_text(json.dumps({"mutants": len(names), "found": found}, indent=1), "utf-8")
    return 0


def _made() -> list[str]:
    """The names of all mutants, which are made now."""
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir()
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    create_mutants(PROCESSES)
    mutants, _ = collect_source_file_mutation_data(mutant_names=())
    return [name for _, name, _ in mutants]


def _files() -> Iterator[str]:
    for selected in config().pytest_add_cli_args_test_selection:
        if selected.endswith(".py"):
            yield selected
        else:
            yield from sorted(str(file) for file in Path(selected).rglob("test_*.py"))


def _watch(files: Iterable[str]) -> None:
    forks = Forks(WatchRunner())
    for file in files:
        Path(kept(file)).write_text("{}", "utf-8")
        forks.start("stats", [file], _FILE_SECONDS)
    forks.finish()


def _controlled(reach: Reach, sample: Iterable[str]) -> bool:
    """Whether the judges of a few mutants pass when there is no mutant."""
    forks = Forks(JudgeRunner())
    judges = (tests for mutant in sample if (tests := _judges(reach, mutant, BUDGETS[0])))
    for tests in islice(judges, CONTROLS):
        forks.start(_ORIGINAL, tests, _patience(reach, tests))
    forks.finish()
    return all(code == pytest.ExitCode.OK for _, code in forks.codes)


def _judged(reach: Reach, sample: Sequence[str]) -> dict[str, str]:
    """How each mutant ended: after a few tests, or else after many."""
    found = dict.fromkeys(sample, "no tests")
    tried: defaultdict[str, set[str]] = defaultdict(set)
    for budget in BUDGETS:
        forks = Forks(JudgeRunner())
        for mutant in (name for name in sample if found[name] in _UNDECIDED):
            tests = [one for one in _judges(reach, mutant, budget) if one not in tried[mutant]]
            tried[mutant].update(tests)
            if tests:
                forks.start(mutant, tests, _patience(reach, tests))
        forks.finish()
        found |= {mutant: status_by_exit_code[code] for mutant, code in forks.codes}
    return found


def _judges(reach: Reach, mutant: str, budget: float) -> list[str]:
    return reach.judges(mangled_name_from_mutant_name(mutant), budget)


def _patience(reach: Reach, tests: Sequence[str]) -> float:
    return 10 + _PATIENCE * sum(reach.seconds[test] for test in tests)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
