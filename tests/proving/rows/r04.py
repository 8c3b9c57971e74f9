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
KEY_CELLS: dict[str, tuple[str, ...]] = {
    "wechatpay": (
        "checkout | jsapi | timeout_after",
        "checkout | jsapi | signtest",
        "checkout | jsapi | http_503_before",
        "payment, notice lost | query | http_404_after",
        "refund never sent | refund | code:SYSTEM_ERROR:500",
        "cancel | close | code:ORDERPAID:400",
    ),
    "wechatpay notices": (),
    "wechat": (
        "messages | subscribe_send | errcode:40001",
        "messages | subscribe_send | timeout_after",
        "ship and tell WeChat | upload_shipping | timeout_after",
    ),
    "kuaidi100": (
        "ship and tell WeChat | subscribe | return:500",
        "ship and tell WeChat | subscribe | return:501",
        "ship and tell WeChat | subscribe | http_500_before",
    ),
}
"""Cells that are played by every run, quick ones too."""


def run(seed: int, quick: bool) -> Result:
    """Plays every cell; quick ones are drawn by the seed, beside the key cells."""
    lines: list[str] = []
    played: Counter[str] = Counter()
    keys = {cell: part for part, cells in KEY_CELLS.items() for cell in cells}
    chosen = narrowed({**dict.fromkeys(PARTS, ""), **keys})
    for name, matrix in PARTS.items():
        always = {cell for cell in KEY_CELLS[name] if cell in chosen}
        if name not in chosen and not always:
            continue
        drawn = _drawn(matrix, seed, quick) if name in chosen else frozenset()
        for number, (cell, play) in enumerate(matrix(seed)):
            if number in drawn or str(cell) in always:
                lines += [f"{cell}: {line}" for line in play()]
                played[name] += 1
                always.discard(str(cell))
        lines += [f"{name} has no cell {one}" for one in always]
    measured = f"{len(lines)} wrong in {played.total():,} cells of {', '.join(PARTS)}"
    return Result(measured, not lines, dict(played), lines)


def _drawn(matrix: Matrix, seed: int, quick: bool) -> frozenset[int]:
    size = sum(1 for _ in matrix(seed))
    drawn = Random(seed).sample(range(size), min(size, QUICK_CELLS)) if quick else range(size)
    return frozenset(drawn)
