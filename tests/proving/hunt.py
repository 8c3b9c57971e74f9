"""Runs ``make prove QUICK=1`` once for each seeded bug and says which of them it caught."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.proving.mutants import VARIABLE, SeededBug
from tests.proving.runner import BUILD
from tests.proving.template import ROOT


def rows_after(rows: Iterable[str], out: Path, bug: SeededBug | None = None) -> dict[str, bool]:
    """Runs these rows, with a bug or without, and returns which of them passed."""
    environment = {**os.environ, "ROWS": ",".join(rows), "QUICK": "1", "JOBS": "1"}
    environment.pop(VARIABLE, None)
    if bug is not None:
        environment[VARIABLE] = bug.name
    subprocess.run(
        [sys.executable, "-m", "tests.proving.prove", "--out", str(out / "rows")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    found = json.loads((out / "prove.json").read_text())["rows"]
    return {name: row["passed"] for name, row in found.items()}


def caught(bug: SeededBug, out: Path = BUILD / "bugs") -> list[str]:
    """The rows that fail with this bug in place.

    Raises:
        DoesNotApplyError: the shipped file no longer takes the patch.
    """
    bug.check()
    passed = rows_after(bug.rows, out / bug.name.replace(" ", "_"), bug)
    return [name for name, ok in passed.items() if not ok]


def main() -> int:
    """Hunts all declared bugs. Returns 0 if each is caught and the code as shipped passes."""
    from tests.proving.seeded_bugs import BUGS

    rows = sorted({row for bug in BUGS for row in bug.rows})
    clean = rows_after(rows, BUILD / "bugs" / "none") if rows else {}
    failing = [name for name, ok in clean.items() if not ok]
    if failing:
        sys.stdout.write(f"without any bug these fail already: {', '.join(failing)}\n")
        return 1
    missed = 0
    for bug in BUGS:
        by = caught(bug)
        missed += not by
        sys.stdout.write(f"{'caught by ' + ', '.join(by) if by else 'MISSED':24} {bug.name}\n")
    sys.stdout.write(f"{len(BUGS) - missed} of {len(BUGS)} caught\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
