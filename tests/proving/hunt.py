"""Runs ``make prove QUICK=1`` once for each seeded bug and says which of them it caught."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.proving.mutants import VARIABLE, SeededBug
from tests.proving.runner import BUILD, Record
from tests.proving.template import ROOT

LONGEST_SECONDS = 900
"""A verdict counts, however slow the machine; a row that takes longer hangs."""


def rows_after(rows: Iterable[str], out: Path, bug: SeededBug | None = None) -> dict[str, Record]:
    """Runs these rows, with a bug or without; the record of each that came to an end."""
    environment = {**os.environ, "QUICK": "1", "PYTHONHASHSEED": "0"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "layers/shop")])
    environment.pop(VARIABLE, None)
    if bug is not None:
        environment[VARIABLE] = bug.name
    records = {}
    for row in rows:
        file = out / f"{row}.quick.json"
        file.unlink(missing_ok=True)
        subprocess.run(
            [sys.executable, "-m", "tests.proving.prove", "--row", row, "--out", str(out)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        if file.exists():
            records[row] = json.loads(file.read_text())
    return records


def caught(bug: SeededBug, out: Path = BUILD / "bugs") -> list[str]:
    """The rows that say, with this bug in place, that a promise is broken.

    A row that did not come to an end, or met an error of its own, says nothing.

    Raises:
        DoesNotApplyError: the shipped file no longer takes the patch.
    """
    bug.check()
    records = rows_after(bug.rows, out / bug.name.replace(" ", "_"), bug)
    return [row for row, record in records.items() if _objects(record)]


def _objects(record: Record) -> bool:
    if "error" in record:
        return str(record["error"]).strip().rpartition("\n")[2].startswith("AssertionError")
    return not record["passed"]


def main() -> int:
    """Hunts all declared bugs. Returns 0 if each is caught and the code as shipped passes."""
    from tests.proving.seeded_bugs import BUGS

    rows = sorted({row for bug in BUGS for row in bug.rows})
    clean = rows_after(rows, BUILD / "bugs" / "none") if rows else {}
    failing = [row for row in rows if not clean.get(row, {}).get("passed")]
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
