"""A score found on a sample: fairly drawn, told with its size, judged by tests that fit."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from mutmut.runners.harness import PytestRunner

from scripts.mutation import run
from scripts.mutation.groups import groups
from scripts.mutation.reach import Reach, Watch
from scripts.mutation.record import Score
from scripts.mutation.runners import JudgeRunner, Only
from scripts.mutation.sampling import drawn, wilson

SEED = 20261122
NAMES = [f"shop.web.api.x_{function}__mutmut_{at}" for function in "abcde" for at in range(40)]


def test_a_draw_is_the_same_for_the_same_seed_whatever_the_order() -> None:
    shuffled = Random(SEED).sample(NAMES, len(NAMES))
    first = drawn(NAMES, 50, SEED)
    assert first == drawn(shuffled, 50, SEED)
    assert first != drawn(NAMES, 50, SEED + 1)
    assert len(set(first)) == 50
    assert set(first) <= set(NAMES)


def test_a_smaller_draw_is_the_beginning_of_a_larger_one() -> None:
    many = [str(number) for number in range(20_000)]
    assert drawn(many, 120, SEED) == drawn(many, 300, SEED)[:120]


def test_who_asks_for_more_than_there_are_gets_all() -> None:
    assert set(drawn(NAMES, 1_000, SEED)) == set(NAMES)


def test_every_name_is_as_likely_as_any_other() -> None:
    times = dict.fromkeys("abcdefghij", 0)
    for seed in range(2_000):
        for name in drawn(times, 3, seed):
            times[name] += 1
    assert all(520 < count < 680 for count in times.values())


# Brown, Cai, DasGupta 2001 and R's prop.test(k, n, correct = FALSE).
@pytest.mark.parametrize(
    ("killed", "tried", "least", "most"),
    [(0, 10, 0.0, 27.75), (10, 10, 72.25, 100.0), (5, 10, 23.66, 76.34), (170, 200, 79.40, 89.29)],
)
def test_the_interval_is_wilsons(killed: int, tried: int, least: float, most: float) -> None:
    assert wilson(killed, tried) == pytest.approx((least, most), abs=0.006)


def test_nothing_tried_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 100.0)


def test_a_sampled_score_is_told_with_its_size_seed_and_interval() -> None:
    assert Score(200, 170, drawn_from=22_099, seed=7).told == (
        "85.0% of 200 drawn from 22,099 (seed 7; 95 % interval 79.4–89.3%)"
    )
    assert Score(1_239, 1_210).told == "97.7% of 1,239"


def test_what_is_measured_whole_is_not_sampled() -> None:
    assert {name for name, group in groups().items() if group.sample} == {"around"}
    assert not set(groups()["around"].modules) & {"wiring.py", "domain/money.py", "store/stock.py"}
    assert {"web/api.py", "search/engine.py", "clock.py"} <= set(groups()["around"].modules)


def reach(**files: dict[str, float]) -> Reach:
    """Tests by file with their seconds; all of them reach `f`."""
    seconds = {
        f"{file}.py::{test}": spent for file, of in files.items() for test, spent in of.items()
    }
    return Reach(seconds, {"f": set(seconds)})


def test_what_no_test_reaches_has_no_judges() -> None:
    assert reach(a={"one": 1.0}).judges("g", 9.0) == []


def test_judges_are_fast_ones_first() -> None:
    known = reach(a={"slow": 3.0, "fast": 1.0}, b={"middle": 2.0})
    assert known.judges("f", 15.0) == ["a.py::fast", "b.py::middle", "a.py::slow"]


def test_judges_fit_the_budget_and_come_from_each_file_in_turn() -> None:
    known = reach(
        a={f"{n}": 1.0 for n in range(100)}, b={"only": 1.0}, c={f"{n}": 1.0 for n in range(100)}
    )
    judges = known.judges("f", 15.0)
    assert len(judges) == 15
    assert judges == known.judges("f", 15.0)
    # Five are the fastest, here the first by name; the other ten come from all three files.
    by_file = [sum(name.startswith(file) for name in judges) for file in "abc"]
    assert by_file[1] == 1
    assert by_file[2] in {4, 5}


def test_the_fastest_always_judge() -> None:
    unit = {f"{n}": 0.01 for n in range(400)}
    known = reach(unit=unit, **{f"flow{n}": {"one": 1.0} for n in range(60)})
    judges = known.judges("f", 15.0)
    assert {f"unit.py::{name}" for name in unit} <= set(judges)
    assert sum(known.seconds[name] for name in judges) <= 15.0
    assert sum(name.startswith("flow") for name in judges) >= 10


def test_one_judge_there_is_however_slow() -> None:
    assert reach(a={"one": 90.0}).judges("f", 15.0) == ["a.py::one"]


def test_what_was_watched_is_read_file_by_file(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps({"a.py::x": [0.5, ["f", "g"]], "a.py::y": [0.25, []]}))
    second.write_text(json.dumps({"b.py::z": [1.5, ["g"]]}))
    known = Reach.read([first, second])
    assert known.seconds == {"a.py::x": 0.5, "a.py::y": 0.25, "b.py::z": 1.5}
    assert known.by_function == {"f": {"a.py::x"}, "g": {"a.py::x", "b.py::z"}}


TESTS = """
import pytest
from mutmut.state import state

state()._stats.add("at_import")

@pytest.fixture
def made():
    state()._stats.add("in_fixture")
    yield

def test_that_passes(made):
    state()._stats.add("called")

def test_that_calls_nothing():
    pass

def test_that_fails():
    state()._stats.add("called")
    assert False

def test_that_never_ends():
    while True:
        pass

def test_after_that():
    state()._stats.add("late")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -q\n")
    (tmp_path / "test_some.py").write_text(TESTS)
    return tmp_path


def test_only_tests_that_pass_in_time_are_watched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.mutation.reach.LONGEST_TEST", 0.2)
    watch = Watch()
    code = pytest.main(["--rootdir=.", "-p", "no:cacheprovider", "test_some.py"], plugins=[watch])
    assert code == pytest.ExitCode.TESTS_FAILED
    reached = {name.partition("::")[2]: of for name, (_, of) in watch.passed().items()}
    assert reached == {
        "test_that_passes": ["at_import", "called", "in_fixture"],
        "test_that_calls_nothing": ["at_import"],
        "test_after_that": ["at_import", "late"],
    }


@pytest.fixture
def pytest_alone(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], int]:
    """The judge without mutmut's copy around it."""
    monkeypatch.setattr(PytestRunner, "__init__", lambda self: None)

    def execute(self: PytestRunner, params: list[str], plugins: list[object]) -> int:
        return int(pytest.main(["--rootdir=.", *params], plugins=plugins))

    monkeypatch.setattr(PytestRunner, "execute_pytest", execute)

    def judged(tests: list[str]) -> int:
        return JudgeRunner().run_tests(mutant_name="x", tests=tests)

    return judged


@pytest.mark.parametrize(
    ("name", "source", "code"),
    [
        ("passes", "def test_x():\n    pass\n", 0),
        ("fails", "def test_x():\n    assert False\n", 1),
        ("cannot_be_imported", "import nothing_of_this_name\n", 1),
        ("is_gone", "def test_y():\n    pass\n", pytest.ExitCode.NO_TESTS_COLLECTED),
    ],
)
def test_a_judge_notices_what_fails_or_cannot_be_collected(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pytest_alone: Callable[[list[str]], int],
    name: str,
    source: str,
    code: int,
) -> None:
    (tmp_path / "mutants").mkdir()
    (tmp_path / "mutants" / "pytest.ini").write_text(
        "[pytest]\naddopts = --import-mode=importlib\n"
    )
    (tmp_path / "mutants" / f"test_{name}.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    assert pytest_alone([f"test_{name}.py::test_x"]) == code
    assert Path.cwd() == tmp_path


def test_only_the_judges_run_file_by_file_and_fast_ones_first() -> None:
    class Item:
        def __init__(self, nodeid: str) -> None:
            self.nodeid = nodeid

    items = [Item(name) for name in ("a::1", "a::2", "a::3", "b::1", "b::2")]
    Only(["b::2", "a::3", "b::1", "a::1"]).pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert [item.nodeid for item in items] == ["b::2", "b::1", "a::3", "a::1"]


def test_what_no_test_reaches_counts_as_not_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BUILD", tmp_path)
    (tmp_path / "around").mkdir()
    statuses = {"a": "killed", "b": "timeout", "c": "survived", "d": "no tests", "e": "segfault"}
    (tmp_path / "around" / "found.json").write_text(json.dumps({"mutants": 9, "found": statuses}))
    group = replace(groups()["around"], seed=3)
    assert run._sampled(group, {"a.py": 1}) == Score(5, 2, 1, {"a.py": 1}, drawn_from=9, seed=3)
