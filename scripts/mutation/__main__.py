"""``python -m scripts.mutation``: branch coverage and mutation score of the money code.

Both are judged by the unit tests of that code alone. The score counts every mutant, equivalent
ones too; those that survive are listed, and why some of them cannot be noticed stands in
``docs/mutation.md``. ``[tool.mutmut]`` in ``pyproject.toml`` says what counts as money code.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).parents[2]
SCRATCH = ROOT / "build" / "mutate"
LOG = SCRATCH.with_suffix(".log")
TESTS = "tests/unit/domain"
LEAST_SCORE = 95.0
PROCESSES = "2"


def main() -> int:
    """Prints both figures; 0 when nothing is uncovered and the score is high enough."""
    names = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    is_covered = _covered(names["only_mutate"], names["pytest_add_cli_args_test_selection"])
    _lay_out()
    if not _mutate():
        return 1
    found = json.loads((SCRATCH / "mutants" / "mutmut-cicd-stats.json").read_text("utf-8"))
    return 0 if _show(found) and is_covered else 1


def _covered(modules: list[str], tests: list[str]) -> bool:
    """Whether the tests take every branch of the money code."""
    data = {**os.environ, "COVERAGE_FILE": str(SCRATCH.with_suffix(".coverage"))}
    SCRATCH.parent.mkdir(exist_ok=True)
    files = ",".join(f"layers/shop/{module}" for module in modules)
    python = [sys.executable, "-m"]
    ran = subprocess.run(
        [*python, "coverage", "run", "--branch", f"--include={files}", "-m", "pytest", *tests],
        cwd=ROOT,
        env=data,
        check=False,
    )
    report = subprocess.run(
        [*python, "coverage", "report", "--show-missing", "--fail-under=100", f"--include={files}"],
        cwd=ROOT,
        env=data,
        check=False,
    )
    return ran.returncode == 0 and report.returncode == 0


def _lay_out() -> None:
    """A copy in which the library is importable from the top, as mutmut wants it."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "layers" / "shop" / "shop", SCRATCH / "shop", ignore=skip)
    shutil.copytree(ROOT / TESTS, SCRATCH / TESTS, ignore=skip)
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, SCRATCH / name)


def _mutate() -> bool:
    """Runs every mutant; what mutmut draws meanwhile goes to `LOG`, and is shown if it breaks."""
    print(f"trying every mutant; mutmut writes to {LOG.relative_to(ROOT)}", flush=True)
    with LOG.open("w", encoding="utf-8") as log:
        for command in (["run", "--max-children", PROCESSES], ["export-cicd-stats"]):
            if _mutmut(*command, into=log) != 0:
                # Its progress is one line that it draws again and again.
                print("\n".join(LOG.read_text("utf-8").split("\r")[-1].splitlines()[-40:]))
                return False
    return True


def _mutmut(*arguments: str, into: TextIO | None = None) -> int:
    # What the shop's own code would be found by must not hide the copy.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(Path(sys.executable).parent / "mutmut"), *arguments]
    ran = subprocess.run(command, cwd=SCRATCH, env=clean, check=False, stdout=into, stderr=into)
    return ran.returncode


def _show(found: dict[str, Any]) -> bool:
    total, killed = found["total"], found["killed"] + found["timeout"]
    score = 100.0 * killed / total if total else 0.0
    _mutmut("results")
    print(
        f"mutation score: {killed} of {total} killed ({found['timeout']} by running too long), "
        f"{score:.1f} % (at least {LEAST_SCORE} %)"
    )
    return score >= LEAST_SCORE


if __name__ == "__main__":
    sys.exit(main())
