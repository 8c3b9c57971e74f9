"""One group's run of mutmut, on a copy in which the library is importable from the top."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, TextIO

from scripts.mutation.groups import ROOT, Group
from scripts.mutation.record import Score

BUILD = ROOT / "build" / "mutate"
NEEDED = ("scripts", "functions", "events", "template.yaml")
"""What tests read besides the library: emulators and the deployed functions."""
PROCESSES = "2"
_MUTMUT = str(Path(sys.executable).parent / "mutmut")
_NOTICED = ("killed", "timeout")


def covered(group: Group) -> bool:
    """Whether the group's tests take as many of its branches as they must; prints what is not."""
    if not group.branches:
        return True
    BUILD.mkdir(parents=True, exist_ok=True)
    data = {**os.environ, "COVERAGE_FILE": str(BUILD / f"{group.name}.coverage")}
    files = ",".join(f"layers/shop/shop/{module}" for module in group.modules)
    python, only = [sys.executable, "-m"], f"--include={files}"
    run = [*python, "coverage", "run", "--branch", only, "-m", "pytest", *group.tests]
    report = [*python, "coverage", "report", "--show-missing", only]
    report.append(f"--fail-under={group.branches}")
    return all(
        subprocess.run(command, cwd=ROOT, env=data, check=False).returncode == 0
        for command in (run, report)
    )


def mutate(group: Group) -> Score | None:
    """Try every mutant of a group, or a sample; None when mutmut itself breaks, which is shown.

    What mutmut draws meanwhile goes to `build/mutate/<group>.log`.
    """
    scratch, log = BUILD / group.name, BUILD / f"{group.name}.log"
    hashes = group.hashes()
    _lay_out(group, scratch)
    with log.open("w", encoding="utf-8") as into:
        for command in _commands(group):
            if _ran(*command, at=scratch, into=into) != 0:
                # Its progress is one line that it draws again and again.
                drawn = log.read_text("utf-8").split("\r")[-1]
                sys.stdout.write("\n".join(drawn.splitlines()[-40:]) + "\n")
                return None
    if group.sample:
        return _sampled(group, hashes)
    found = json.loads((scratch / "mutants" / "mutmut-cicd-stats.json").read_text("utf-8"))
    return Score(found["total"], found["killed"] + found["timeout"], found["timeout"], hashes)


def show_survivors(group: Group) -> None:
    """Print the mutants that no test noticed."""
    sys.stdout.flush()
    if not group.sample:
        _ran(_MUTMUT, "results", at=BUILD / group.name)
        return
    for mutant, status in _found(group)["found"].items():
        if status not in _NOTICED:
            sys.stdout.write(f"    {mutant}: {status}\n")


def _commands(group: Group) -> list[list[str]]:
    if group.sample:
        sample = [str(group.sample), str(group.seed)]
        return [[sys.executable, "-m", "scripts.mutation.judge", *sample]]
    return [[_MUTMUT, "run", "--max-children", PROCESSES], [_MUTMUT, "export-cicd-stats"]]


def _sampled(group: Group, hashes: dict[str, int]) -> Score:
    found = _found(group)
    counts = Counter(found["found"].values())
    return Score(
        mutants=counts.total(),
        killed=sum(counts[status] for status in _NOTICED),
        slow=counts["timeout"],
        hashes=hashes,
        drawn_from=found["mutants"],
        seed=group.seed,
    )


def _found(group: Group) -> Any:
    return json.loads((BUILD / group.name / "found.json").read_text("utf-8"))


def _lay_out(group: Group, scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    # One run of all would not survive what integration tests need; samples ask for them.
    unfit = () if group.sample else ("integration",)
    skip = shutil.ignore_patterns("__pycache__", "node_modules", "oracle", *unfit)
    shutil.copytree(ROOT / "layers" / "shop" / "shop", scratch / "shop", ignore=skip)
    for name in ("tests", *NEEDED):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, scratch / name, ignore=skip)
        else:
            shutil.copy(ROOT / name, scratch / name)
    settings = {
        "source_paths": ["shop"],
        "only_mutate": [f"shop/{module}" for module in group.modules],
        "pytest_add_cli_args_test_selection": list(group.tests),
        "also_copy": list(NEEDED),
        "timeout_constant": 5.0,
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    # What JSON says of texts, numbers and lists, TOML says too.
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    text = "\n".join([project, "[tool.mutmut]", *lines, ""])
    (scratch / "pyproject.toml").write_text(text, "utf-8")


def _ran(*command: str, at: Path, into: TextIO | None = None) -> int:
    # The shop's own code must not hide the copy; and no fork should have to compile it again.
    unfit = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    clean = {name: value for name, value in os.environ.items() if name not in unfit}
    return subprocess.run(
        command, cwd=at, env=clean, check=False, stdout=into, stderr=into
    ).returncode
