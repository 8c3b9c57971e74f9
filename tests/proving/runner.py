"""Runs the rows of a scorecard, each in its own process, and remembers those that are done."""

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.proving.template import ROOT

BUILD = ROOT / "build"
SEED = 20_261_111
QUICK_SECONDS = float(os.environ.get("QUICK_SECONDS") or 150.0)

Record = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to run: rows, at once, quick or full, with which seed, and where rows are found.

    ``package`` holds a module for each row, ``<prefix>NN``; ``out`` gets a file for each row.
    """

    rows: tuple[str, ...]
    jobs: int
    quick: bool
    seed: int
    package: str
    prefix: str
    out: Path
    accept: bool = False

    def module(self, row: str) -> str:
        """The module of a row such as ``R1`` or ``1``."""
        return f"{self.package}.{self.prefix}{int(row.lstrip('R')):02}"

    def built(self, row: str) -> bool:
        """Whether the row exists."""
        return importlib.util.find_spec(self.module(row)) is not None

    def file(self, row: str) -> Path:
        """Where the record of a row is kept."""
        return self.out / f"{row}.{'quick' if self.quick else 'full'}.json"


def plan_from(arguments: argparse.Namespace, known: Mapping[str, Any], prefix: str) -> Plan:
    """Makes the plan from the command line and the variables ROWS, JOBS, QUICK and SEED."""
    wanted = [row.strip() for row in os.environ.get("ROWS", "").split(",") if row.strip()]
    unknown = [row for row in wanted if row not in known]
    if unknown:
        raise SystemExit(f"no such row: {', '.join(unknown)}; known: {', '.join(known)}")
    return Plan(
        rows=tuple(wanted or known),
        jobs=int(os.environ.get("JOBS") or 2),
        quick=os.environ.get("QUICK", "") not in ("", "0"),
        seed=int(os.environ.get("SEED") or SEED),
        package=arguments.package,
        prefix=prefix,
        out=Path(arguments.out),
        accept=arguments.accept,
    )


def parser(description: str | None, package: str, out: Path) -> argparse.ArgumentParser:
    """The arguments that both commands know."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--row", help="run this one row in this process")
    made.add_argument("--accept", action="store_true", help="write the committed table anew")
    made.add_argument("--package", default=package)
    made.add_argument("--out", default=str(out))
    return made


def commit() -> str:
    """The commit at hand, marked if files differ from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    name = git("rev-parse", "--short=12", "HEAD") or "unknown"
    return f"{name}-dirty" if git("status", "--porcelain") else name


def run_here(plan: Plan, row: str, work: Callable[[Any], Record]) -> Record:
    """Runs a row in this process and keeps its record. An exception is a failure, not an end."""
    began = time.perf_counter()
    try:
        record = work(importlib.import_module(plan.module(row)))
    except Exception:  # noqa: BLE001 - shown to the reader of the table
        record = {"error": traceback.format_exc()}
    record |= {
        "row": row,
        "seed": plan.seed,
        "commit": commit(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    plan.out.mkdir(parents=True, exist_ok=True)
    plan.file(row).write_text(json.dumps(record, ensure_ascii=False, indent=1))
    return record


def run_all(
    plan: Plan,
    module: str,
    passed: Callable[[Record], bool],
    alone: frozenset[str] = frozenset(),
) -> dict[str, Record]:
    """Runs the built rows, each in a process of its own, and returns their records.

    Rows named in ``alone`` measure time: they run last and one after the other, since two cores of
    a machine often share one's caches.

    A full row that passed before with the same commit and seed is not run again, unless FRESH=1.
    """
    deadline = time.monotonic() + QUICK_SECONDS if plan.quick else None
    now = commit()

    def one(row: str) -> Record:
        kept = _kept(plan, row)
        if kept and kept["commit"] == now and kept["seed"] == plan.seed and passed(kept):
            return kept
        return _spawn(plan, row, module, deadline)

    built = [row for row in plan.rows if plan.built(row)]
    crowd = [row for row in built if row not in alone]
    with ThreadPoolExecutor(max(1, plan.jobs)) as pool:
        records = dict(zip(crowd, pool.map(one, crowd), strict=True))
    records |= {row: one(row) for row in built if row in alone}
    return {row: records[row] for row in built}


def _kept(plan: Plan, row: str) -> Record | None:
    if plan.quick or plan.accept or os.environ.get("FRESH") or not plan.file(row).exists():
        return None
    record: Record = json.loads(plan.file(row).read_text())
    return None if record["commit"].endswith("-dirty") else record


def _spawn(plan: Plan, row: str, module: str, deadline: float | None) -> Record:
    plan.file(row).unlink(missing_ok=True)
    command = [sys.executable, "-m", module, "--row", row, "--package", plan.package]
    command += ["--out", str(plan.out), *(["--accept"] if plan.accept else [])]
    environment = {
        **os.environ,
        "SEED": str(plan.seed),
        "QUICK": "1" if plan.quick else "",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/shop")]),
    }
    left = None if deadline is None else max(0.1, deadline - time.monotonic())
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, timeout=left, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": f"did not end within {QUICK_SECONDS:.0f} s", "seed": plan.seed}
    if not plan.file(row).exists():
        return {"error": f"ended with {done.returncode}: {done.stderr[-2000:]}", "seed": plan.seed}
    record: Record = json.loads(plan.file(row).read_text())
    return record


def replay_command(target: str, plan: Plan, row: str) -> str:
    """The command that runs one row again as it was."""
    quick = " QUICK=1" if plan.quick else ""
    return f"make {target} ROWS={row} SEED={plan.seed}{quick}"


def print_table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    """Prints a table with columns as wide as their longest entry."""
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    for line in (head, tuple("-" * width for width in widths), *lines):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
