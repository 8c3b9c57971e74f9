"""R14 fails for a bug that is missed and a score that is low, and only names what has changed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.mutation import record
from scripts.mutation.groups import groups
from scripts.mutation.record import Score
from tests.proving.rows import r14
from tests.proving.scorecard import Result
from tests.proving.seeded_bugs import BUGS

SEED = 5
GOOD = {name: Score(100, 96, 0, group.hashes()) for name, group in groups().items()}
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def quick(scores: dict[str, Score], missed: str = "") -> Result:
        monkeypatch.setattr(record, "read", lambda: scores)
        monkeypatch.setattr(r14, "caught", lambda bug: [] if bug.name == missed else ["R2"])
        return r14.run(SEED, quick=True)

    return quick


def test_all_is_well_when_bugs_are_caught_and_scores_are_high(run: Run) -> None:
    found = run(GOOD)
    assert (found.passed, found.details) == (True, [])
    assert found.counts["seeded bugs"] == len(BUGS) >= r14.LEAST_BUGS
    assert "3 of 3 seeded bugs caught" in found.measured
    assert "changed since" not in found.measured


def test_a_bug_that_is_missed_fails(run: Run) -> None:
    name = r14._drawn(SEED)[0].name
    found = run(GOOD, missed=name)
    assert (found.passed, found.details) == (False, [f"not caught: {name}"])


def test_the_same_seed_draws_the_same_bugs() -> None:
    assert r14._drawn(SEED) == r14._drawn(SEED)
    assert all(bug.cases for bug in r14._drawn(SEED))


@pytest.mark.parametrize("killed", [94, 0])
def test_a_score_that_is_too_low_fails(run: Run, killed: int) -> None:
    found = run({**GOOD, "stock": replace(GOOD["stock"], killed=killed)})
    assert (found.passed, found.details) == (False, [f"stock: {killed}.0%, not 95.0%"])


def test_a_group_that_was_never_run_fails(run: Run) -> None:
    found = run({name: score for name, score in GOOD.items() if name != "auth"})
    assert (found.passed, found.details) == (False, ["auth: never run"])


def test_a_module_that_changed_since_is_named_and_fails_nothing(run: Run) -> None:
    hashes = {**GOOD["stock"].hashes, "store/stock.py": 0}
    found = run({**GOOD, "stock": replace(GOOD["stock"], hashes=hashes)})
    assert found.passed
    assert "1 modules changed since: store/stock.py" in found.measured


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert record.read(path) == {}
    record.keep("stock", GOOD["stock"], path)
    record.keep("auth", GOOD["auth"], path)
    record.keep("stock", Score(1, 1), path)
    assert record.read(path) == {"stock": Score(1, 1), "auth": GOOD["auth"]}


def test_no_module_is_in_two_groups() -> None:
    named = [module for group in groups().values() for module in group.modules]
    assert len(named) == len(set(named))


def test_nothing_mutated_is_no_score() -> None:
    assert Score(0, 0).percent == 0.0


def test_a_full_run_asks_of_every_group_what_it_must_reach_in_the_end() -> None:
    short = replace(groups()["around"], reached=77.0)
    scores = {"around": Score(1_000, 10 * int(short.reached))}
    assert r14.judged([short], scores, quick=True) == []
    assert r14.judged([short], scores, quick=False) == ["around: 77.0%, not 85.0%"]
