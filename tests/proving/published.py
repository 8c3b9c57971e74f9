"""The README's proof and cost tables: written from the last full run of each row.

A full run of ``make prove`` or ``make bench`` merges its rows into ``published.json``, which is
committed, and rewrites the tables between the README's markers from it. QUICK runs publish nothing.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.proving.scorecard import PROOFS

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "published.json"
BEGIN, END = "<!-- proof:begin -->", "<!-- proof:end -->"


def publish(scorecard: str, rows: Mapping[str, Mapping[str, Any]], seed: int, commit: str) -> None:
    """Merge the rows of a full run and rewrite the README's tables.

    Args:
        scorecard: "prove" or "bench".
        rows: By name; what `build/prove.json` or `build/bench.json` holds of each.
        seed: What replays them.
        commit: What they were run on.
    """
    results = _results()
    for name, row in rows.items():
        results.setdefault(scorecard, {})[name] = {**row, "seed": seed, "commit": commit}
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    write_readme()


def write_readme(path: Path = ROOT / "README.md") -> None:
    """Rewrite the tables between the markers."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = f"{before}{BEGIN}\n{tables()}{END}{after}"
    path.write_text(text, encoding="utf-8")


def tables() -> str:
    """Both tables as Markdown."""
    results = _results()
    return f"{_proofs(results.get('prove', {}))}\n{_costs(results.get('bench', {}))}"


def _proofs(rows: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| row | promise | measured at full size | |", "|---|---|---|---|"]
    waiting = []
    for name, (promise, _) in PROOFS.items():
        row = rows.get(name)
        if row is None:
            waiting.append(name)
            continue
        mark = "pass" if row["passed"] else "**fail**"
        lines.append(f"| {name} | {promise} | {row['measured']} | {mark} |")
    lines.append("")
    if waiting:
        lines.append(f"Not yet run at full size: {', '.join(waiting)}.")
    return "\n".join(lines) + "\n"


def _costs(rows: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| row | cost | measured | gate | moonshot | |", "|---|---|---|---|---|---|"]
    for name in sorted(rows, key=int):
        row = rows[name]
        mark = "met" if row["gate_met"] else "**missed**"
        cells = (row["name"], row["measured"], row["gate"], row["moonshot"], mark)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _results() -> dict[str, Any]:
    if not RESULTS.exists():
        return {}
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


if __name__ == "__main__":
    write_readme()
    sys.exit(0)
