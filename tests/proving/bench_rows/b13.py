"""Row 13: what a search finds, how fast, and how large the index is."""

import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shop.domain.listing import Sort
from shop.domain.search import Asked
from shop.search.engine import SqliteSearch
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.search.goods import catalogue
from tests.proving.search.queries import MOST_RELEVANT, Judged, judged
from tests.proving.template import ROOT

name, gate, moonshot, limit = BENCHES["13"]

SIZE, QUICK_SIZE, QUERIES = 100_000, 4_000, 200
ROUNDS = 3
LEAST_RECALL, MOST_MS, MOST_MIB = 0.9, 20.0, 64.0
MOST_SECONDS, MOST_BUILDER_MIB = 60.0, 512.0
MIB = 1024 * 1024


def run(seed: int, quick: bool) -> Measured:
    """Builds in a process of its own, then asks every judged query of the index and of a scan."""
    size = QUICK_SIZE if quick else SIZE
    queries = judged(list(catalogue(size, seed)), QUERIES, seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        built = _build(path, size, seed)
        mib = path.stat().st_size / MIB
        engine = SqliteSearch(path)
        recalls = {one: _recall(engine, one) for one in queries}
        ours = _milliseconds(queries, lambda one: _ask(engine, one.text))
        sorts = _milliseconds(queries, lambda one: _ask(engine, one.text, Sort.PRICE_ASC))
        scan = _scan(path)
        theirs = _milliseconds(queries, scan, rounds=1)
        broad = max(_worst(engine, text) for text in ("茶", "用", "家用", "l", "包邮"))
        engine.close()
    recall = sum(recalls.values()) / len(recalls)
    p95, of_scan = _p95(ours), _p95(theirs)
    return Measured(
        f"{recall:.3f}; {p95:.2f} ms, {p95 / of_scan:.4f} of a scan; {mib:.1f} MiB",
        recall >= LEAST_RECALL
        and p95 < MOST_MS
        and mib < MOST_MIB
        and built["seconds"] < MOST_SECONDS
        and built["mib"] < MOST_BUILDER_MIB,
        {},
        [],
        [
            f"seed {seed}: {size:,} products of one SKU each, {len(queries)} queries"
            f" with 1 to {MOST_RELEVANT} right answers each",
            *_by_kind(recalls),
            f"p95 warm in process: {p95:.2f} ms best first, {_p95(sorts):.2f} ms by price,"
            f" {of_scan:.1f} ms for a scan with LIKE over the same rows",
            f"the broadest single characters and words: {broad:.1f} ms at most, any order",
            f"built in {built['seconds']:.1f} processor seconds, {built['mib']:.0f} MiB at most",
        ],
    )


def _build(path: Path, size: int, seed: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.proving.search.building", str(path), str(size), str(seed)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/shop")])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["products"] == size
    return told


def _ask(engine: SqliteSearch, text: str, sort: Sort = Sort.DEFAULT) -> Sequence[str]:
    page = engine.find(Asked(text, None, sort, "", MOST_RELEVANT))
    return [one.id for one in page.items]


def _recall(engine: SqliteSearch, one: Judged) -> float:
    return len(one.relevant & set(_ask(engine, one.text))) / len(one.relevant)


def _by_kind(recalls: dict[Judged, float]) -> list[str]:
    kinds: defaultdict[str, list[float]] = defaultdict(list)
    for one, recall in recalls.items():
        kinds[one.kind].append(recall)
    return [f"recall@10, {kind}: {sum(all_) / len(all_):.3f}" for kind, all_ in kinds.items()]


def _scan(path: Path) -> Callable[[Judged], object]:
    """Every row compared with every word, as without an index."""
    rows = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)

    def ask(one: Judged) -> object:
        words = one.text.split()
        fits = " AND ".join("(title LIKE ? OR subtitle LIKE ? OR tags LIKE ?)" for _ in words)
        marks = [f"%{word}%" for word in words for _ in range(3)]
        found = rows.execute(
            f"SELECT id FROM docs WHERE {fits} ORDER BY +sold DESC LIMIT 10", marks
        )
        return found.fetchall()

    return ask


def _milliseconds(
    queries: Sequence[Judged], ask: Callable[[Judged], object], rounds: int = ROUNDS
) -> list[float]:
    """Of each query, warm: the least of some rounds, in the processor's time."""
    least = [math.inf] * len(queries)
    for _ in range(rounds):
        for at, one in enumerate(queries):
            began = time.process_time()
            ask(one)
            least[at] = min(least[at], (time.process_time() - began) * 1_000)
    return least


def _worst(engine: SqliteSearch, text: str) -> float:
    one = Judged("", text, frozenset())
    return max(
        _milliseconds([one], lambda _: _ask(engine, text, sort))[0]  # noqa: B023 - used at once
        for sort in Sort
    )


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[math.ceil(len(times) * 0.95) - 1]
