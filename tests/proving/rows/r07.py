"""R7: our ledger equals WeChat's to the fen, whatever happens in whatever order.

A stateful model shops at random and predicts every answer, stock and money by an account of its own
(`tests/proving/expected.py`); payments come late, twice told, never told and after the close.
"""

from tests.proving.model import explore
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Shop

promise, target = PROOFS["R7"]

FULL_STEPS, STEPS_PER_RUN = 200_000, 50
QUICK_RUNS, QUICK_STEPS, QUICK_LEAST = 22, 30, 400
BATCH_RUNS = 400


def run(seed: int, quick: bool) -> Result:
    """Explores histories until enough steps are made."""
    made, batches = 0, 0
    lines: list[str] = []
    with Shop(seed=seed, lean=True) as shop:
        empty = shop.moment()
        while not lines and (batches == 0 if quick else made < FULL_STEPS):
            runs, steps = (QUICK_RUNS, QUICK_STEPS) if quick else (BATCH_RUNS, STEPS_PER_RUN)
            shop.back_to(empty)
            try:
                made += explore(shop, seed=seed + batches, runs=runs, steps=steps, shrink=not quick)
            except BaseException as differs:  # noqa: BLE001 - the model's verdict, a group of them too
                notes = getattr(differs, "__notes__", [])
                lines = [f"batch {batches}: {differs!s:.600}", *notes]
            batches += 1
    counts = {"steps": min(made, QUICK_LEAST if quick else FULL_STEPS)}
    return Result(f"{len(lines)} differences in {made:,} steps", not lines, counts, lines)
