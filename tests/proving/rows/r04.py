"""R4: each fault of each provider at each call has a decided outcome.

Every request is answered with a documented status within its time, nothing is ever half done, and
when the provider is back everything comes to its right end. A provider's part is a `Matrix`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

from tests.proving.cases.follow_faults import kuaidi100, wechat
from tests.proving.cases.provider_faults import Cell
from tests.proving.cases.wechatpay_faults import notices, wechatpay
from tests.proving.mutants import narrowed
from tests.proving.scorecard import PROOFS, Result

promise, target = PROOFS["R4"]

Matrix = Callable[[int], Iterator[tuple[Cell, Callable[[], list[str]]]]]
PARTS: dict[str, Matrix] = {
    "wechatpay": wechatpay,
    "wechatpay notices": notices,
    "wechat": wechat,
    "kuaidi100": kuaidi100,
}
"""Provider to its cells, each with what plays it and tells what was wrong."""
QUICK_CELLS = 12


def run(seed: int, quick: bool) -> Result:
    """Plays every cell; quick ones are drawn by the seed."""
    lines: list[str] = []
    played: Counter[str] = Counter()
    for name, matrix in narrowed(PARTS).items():
        chosen = _drawn(matrix, seed) if quick else None
        for number, (cell, play) in enumerate(matrix(seed)):
            if chosen is not None and number not in chosen:
                continue
            lines += [f"{cell}: {line}" for line in play()]
            played[name] += 1
    measured = f"{len(lines)} wrong in {played.total():,} cells of {', '.join(PARTS)}"
    return Result(measured, not lines, dict(played), lines)


def _drawn(matrix: Matrix, seed: int) -> frozenset[int]:
    size = sum(1 for _ in matrix(seed))
    return frozenset(Random(seed).sample(range(size), min(size, QUICK_CELLS)))
