"""``make bench``: runs the cost scorecard and prints measured, gate, moonshot and limit.

Counts stand in ``costs.json``; a change is a failure until someone accepts it with ``--accept``
and commits the difference. A row says which of its counts may fall, or rise a little. Writes
``build/bench.json``. ROWS, JOBS, QUICK and SEED work as in ``make prove``.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

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
from tests.proving.scorecard import BENCHES, BenchRow, Rise

COSTS = Path(__file__).parent / "costs.json"
NOT_BUILT = "not built yet"
TIMED = frozenset({"9", "10", "13"})
"""Rows that compare the processor's time."""


def _costs_path(plan: Plan) -> Path:
    return COSTS if plan.package == "tests.proving.bench_rows" else plan.out / "costs.json"


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return document


def bench_row(plan: Plan, row: str, bench: BenchRow) -> Record:
    """Runs one row and compares its counts with the committed ones."""
    result = bench.run(plan.seed, plan.quick)
    committed = _read(_costs_path(plan)).get(row, {})
    changes = cost_changes(committed, result.costs, result.rises, quick=plan.quick)
    return {
        "name": bench.name,
        "measured": result.measured,
        "gate": bench.gate,
        "moonshot": bench.moonshot,
        "limit": bench.limit,
        "gate_met": result.gate_met,
        "costs": result.costs,
        "changes": changes,
        "left_out": result.left_out,
        "details": result.details,
    }


def cost_changes(
    committed: Mapping[str, Any],
    now: Mapping[str, Any],
    rises: Mapping[str, Rise] = MappingProxyType({}),
    *,
    quick: bool,
) -> list[str]:
    """A line for each count that differs, or has risen further than it may.

    A quick run may leave counts out, not change them.
    """
    return [
        f"{name}: committed {committed.get(name)}, measured {now.get(name)}"
        for name in sorted({*committed, *now})
        if committed.get(name) != now.get(name)
        and not (quick and name not in now)
        and not (name in rises and rises[name].allows(committed.get(name), now.get(name)))
    ]


def main() -> int:
    """Runs the command. Returns 0 if every built row meets its gate and no count has changed."""
    arguments = parser(__doc__, "tests.proving.bench_rows", BUILD / "bench").parse_args()
    plan = plan_from(arguments, BENCHES, "b")
    if arguments.row:
        run_here(plan, arguments.row, lambda module: bench_row(plan, arguments.row, module))
        return 0
    records = run_all(plan, "tests.proving.bench", lambda _: False, TIMED)
    rows = {row: _row(row, records.get(row)) for row in plan.rows}
    if plan.accept:
        _accept(plan, rows)
    head = ("row", "", "name", "measured", "gate", "moonshot", "limit")
    print_table(
        head,
        [
            (row, _verdict(record), *(record[field] for field in head[2:]))
            for row, record in rows.items()
        ],
    )
    _report(plan, rows)
    fields = ("name", "measured", "gate", "moonshot", "limit", "gate_met")
    document: dict[str, Any] = {
        "seed": plan.seed,
        "rows": {row: {field: record[field] for field in fields} for row, record in rows.items()},
    }
    target = plan.out.parent / "bench.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    if not plan.quick and plan.package == "tests.proving.bench_rows":
        built = {row: one for row, one in document["rows"].items() if one["measured"] != NOT_BUILT}
        publish("bench", built, plan.seed, commit())
    return 1 if any(_verdict(record) == "FAIL" for record in rows.values()) else 0


def _row(row: str, record: Record | None) -> Record:
    name, gate, moonshot, limit = BENCHES[row]
    blank: Record = {
        "name": name, "gate": gate, "moonshot": moonshot, "limit": limit,
        "measured": NOT_BUILT, "gate_met": False, "changes": [], "details": [], "left_out": [],
    }  # fmt: skip
    if record and "error" in record:
        return {**blank, "measured": "failed", "details": [record["error"]]}
    return {**blank, **(record or {})}


def _verdict(record: Record) -> str:
    if record["measured"] == NOT_BUILT:
        return "-"
    return "met" if record["gate_met"] and not record["changes"] else "FAIL"


def _accept(plan: Plan, rows: dict[str, Record]) -> None:
    path = _costs_path(plan)
    committed = _read(path)
    for row, record in rows.items():
        if "costs" in record:
            committed[row] = {**committed.get(row, {}), **record["costs"]}
            record["changes"] = []
    path.write_text(json.dumps(committed, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _report(plan: Plan, rows: dict[str, Record]) -> None:
    for row, record in rows.items():
        for line in record["left_out"]:
            sys.stdout.write(f"{row}: left out: {line}\n")
        for line in [*record["details"], *record["changes"]]:
            sys.stdout.write(f"{row}: {line}\n")
        if _verdict(record) == "FAIL":
            sys.stdout.write(f"{row}: {replay_command('bench', plan, row)}\n")


if __name__ == "__main__":
    sys.exit(main())
