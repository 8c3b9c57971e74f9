"""``make prove``: runs the reliability scorecard and prints what holds.

ROWS=R1,R5 picks rows, JOBS=2 runs so many at once, QUICK=1 runs a slice of each row within 150 s,
SEED replays, FRESH=1 forgets what passed before. Writes ``build/prove.json``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.proving import mutants
from tests.proving.published import publish
from tests.proving.runner import (
    BUILD,
    Plan,
    Record,
    commit,
    parser,
    plan_from,
    print_table,
    replay_command,
    run_all,
    run_here,
)
from tests.proving.scorecard import PROOFS, ProofRow

COUNTS = Path(__file__).parent / "counts.json"
NOT_BUILT = "not built yet"


def prove_row(plan: Plan, row: str, proof: ProofRow) -> Record:
    """Runs one row and compares what it tried with the committed counts.

    A seeded bug must break a promise: that the row tried less with it, since it stopped at once or
    met fewer conflicts, says nothing.
    """
    result = proof.run(plan.seed, plan.quick)
    uncounted = plan.accept or mutants.hunting()
    fallen = [] if uncounted else _fallen(plan, row, result.counts)
    return {
        "promise": proof.promise,
        "target": proof.target,
        "measured": result.measured,
        "passed": result.passed and not fallen,
        "full": not plan.quick,
        "details": [*result.details, *fallen],
        "counts": result.counts,
    }


def _size(plan: Plan) -> str:
    return "quick" if plan.quick else "full"


def _counts(plan: Plan) -> tuple[Path, dict[str, Any]]:
    path = COUNTS if plan.package == "tests.proving.rows" else plan.out / "counts.json"
    return path, json.loads(path.read_text()) if path.exists() else {}


def _fallen(plan: Plan, row: str, counts: dict[str, int]) -> list[str]:
    _, committed = _counts(plan)
    return [
        f"{name} fell from {least} to {counts.get(name, 0)}; if that is meant, use --accept"
        for name, least in committed.get(row, {}).get(_size(plan), {}).items()
        if counts.get(name, 0) < least
    ]


def _accept(plan: Plan, records: dict[str, Record]) -> None:
    path, committed = _counts(plan)
    for row, record in records.items():
        if record.get("counts"):
            committed.setdefault(row, {})[_size(plan)] = record["counts"]
    path.write_text(json.dumps(committed, indent=1, sort_keys=True) + "\n")


def _summary(plan: Plan, records: dict[str, Record]) -> dict[str, Record]:
    rows = {}
    for row in plan.rows:
        promise, target = PROOFS[row]
        record = records.get(row)
        if record is None:
            record = {"measured": NOT_BUILT}
        elif "error" in record:
            record = {**record, "measured": "failed", "details": [record["error"]]}
        blank = {"promise": promise, "target": target, "passed": False, "full": False}
        rows[row] = {**blank, **record}
    return rows


def main() -> int:
    """Runs the command. Returns 0 if nothing that is built fails and, at full size, all passes."""
    arguments = parser(__doc__, "tests.proving.rows", BUILD / "prove").parse_args()
    plan = plan_from(arguments, PROOFS, "r")
    if arguments.row:
        mutants.install_from_environment()
        run_here(plan, arguments.row, lambda module: prove_row(plan, arguments.row, module))
        return 0
    records = run_all(plan, "tests.proving.prove", lambda record: record.get("passed", False))
    if plan.accept:
        _accept(plan, records)
    rows = _summary(plan, records)
    lines = [
        (name, "pass" if row["passed"] else "-" if row["measured"] == NOT_BUILT else "FAIL",
         row["measured"], row["target"], row["promise"])
        for name, row in rows.items()
    ]  # fmt: skip
    print_table(("row", "", "measured", "target", "promise"), lines)
    _report_failures(plan, rows)
    fields = ("promise", "target", "measured", "passed", "full")
    document: dict[str, Any] = {
        "seed": plan.seed,
        "commit": commit(),
        "rows": {name: {field: row[field] for field in fields} for name, row in rows.items()},
    }
    target = plan.out.parent / "prove.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    if _is_published(plan):
        run = {name: row for name, row in document["rows"].items() if row["full"]}
        publish("prove", run, plan.seed, document["commit"])
    return 1 if any(_counts_as_failure(plan, row) for row in rows.values()) else 0


def _is_published(plan: Plan) -> bool:
    return not plan.quick and plan.package == "tests.proving.rows"


def _counts_as_failure(plan: Plan, row: Record) -> bool:
    return not row["passed"] and not (plan.quick and row["measured"] == NOT_BUILT)


def _report_failures(plan: Plan, rows: dict[str, Record]) -> None:
    for name, row in rows.items():
        if row["passed"] or row["measured"] == NOT_BUILT:
            continue
        details = row.get("details", [])
        for line in details[:10]:
            sys.stdout.write(f"{name}: {line}\n")
        if len(details) > 10:
            sys.stdout.write(f"{name}: and {len(details) - 10} more\n")
        sys.stdout.write(f"{name}: seed {plan.seed}; {replay_command('prove', plan, name)}\n")


if __name__ == "__main__":
    sys.exit(main())
