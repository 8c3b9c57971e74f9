import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.proving import bench, prove, runner

PACKAGE = "tests.unit.proving.scoreboard"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Any:
    def call(module: Any, *arguments: str, **variables: str) -> tuple[int, str, dict[str, Any]]:
        for name in ("ROWS", "JOBS", "QUICK", "SEED", "FRESH"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        out = tmp_path / "rows"
        command_line = ["x", "--package", PACKAGE, "--out", str(out), *arguments]
        monkeypatch.setattr(sys, "argv", command_line)
        code = module.main()
        name = "prove.json" if module is prove else "bench.json"
        return code, capfd.readouterr().out, json.loads((tmp_path / name).read_text())

    return call


def test_a_quick_run_passes_though_rows_are_missing(command: Any) -> None:
    code, text, document = command(prove, ROWS="R1,R4", QUICK="1", SEED="5")
    assert code == 0
    assert document["seed"] == 5
    assert document["rows"]["R1"] == {
        "promise": "the last unit is sold once",
        "target": "0 violations in all schedules",
        "measured": "0 in 2 schedules",
        "passed": True,
        "full": False,
    }
    assert document["rows"]["R4"]["passed"] is False
    assert "not built yet" in text


def test_a_full_run_counts_a_missing_row_as_failed(command: Any) -> None:
    code, _, document = command(prove, ROWS="R1,R4")
    assert code == 1
    assert document["rows"]["R1"]["full"] is True
    assert document["rows"]["R1"]["measured"] == "0 in 6 schedules"


def test_a_failing_row_prints_seed_and_replay(command: Any) -> None:
    code, text, document = command(prove, ROWS="R2,R3", QUICK="1", SEED="9")
    assert code == 1
    assert "R2: it broke" in text
    assert "R2: seed 9; make prove ROWS=R2 SEED=9 QUICK=1" in text
    assert "RuntimeError: no such luck" in text
    assert document["rows"]["R3"]["measured"] == "failed"


def test_a_count_may_grow_but_not_fall(command: Any, tmp_path: Path) -> None:
    assert command(prove, "--accept", ROWS="R1", QUICK="1")[0] == 0
    path = tmp_path / "rows" / "counts.json"
    assert json.loads(path.read_text()) == {"R1": {"quick": {"schedules": 2}}}
    path.write_text('{"R1": {"quick": {"schedules": 3}}}')
    code, text, _ = command(prove, ROWS="R1", QUICK="1")
    assert code == 1
    assert "schedules fell from 3 to 2" in text


def test_a_full_row_that_passed_is_not_run_again(
    command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "commit", lambda: "clean")
    command(prove, ROWS="R1")
    kept = Path(sys.argv[4]) / "R1.full.json"
    record = json.loads(kept.read_text())
    kept.write_text(json.dumps({**record, "commit": "clean", "measured": "kept"}))
    assert command(prove, ROWS="R1")[2]["rows"]["R1"]["measured"] == "kept"
    assert command(prove, ROWS="R1", SEED="4")[2]["rows"]["R1"]["measured"] != "kept"


def test_an_unknown_row_is_refused(command: Any) -> None:
    with pytest.raises(SystemExit, match="no such row: R99"):
        command(prove, ROWS="R99")


def test_costs_must_equal_the_committed_table(command: Any, tmp_path: Path) -> None:
    code, text, document = command(bench, ROWS="1,2", QUICK="1")
    assert code == 1
    assert "take: committed None, measured {" in text
    assert command(bench, "--accept", ROWS="1", QUICK="1")[0] == 0
    code, _, document = command(bench, ROWS="1,2", QUICK="1")
    assert code == 0
    assert document["rows"]["1"]["gate_met"] is True
    assert document["rows"]["2"]["measured"] == "not built yet"
    path = tmp_path / "rows" / "costs.json"
    path.write_text(path.read_text().replace('"writes": 1', '"writes": 2'))
    assert command(bench, ROWS="1")[0] == 1
