"""R1: never oversold, never falsely sold out.

Contended attempts on one SKU and one flash sale through the deployed handlers, in virtual time with
the table's limits and conflicts; orders are paid, cancelled and forgotten meanwhile, and the sweep
runs. A refusal is false if a unit had been free for more than 2 s (`design.md` 3.6).
"""

from tests.proving.cases.crowd import (
    ATTEMPT_ENDS,
    Crowd,
    Tally,
    opened,
)
from tests.proving.scorecard import PROOFS, Result

promise, target = PROOFS["R1"]

FULL_ATTEMPTS, FULL_REACHED, EPOCH = 1_000_000, 200_000, 25_000
QUICK_ATTEMPTS, QUICK_REACHED = 900, 150


def run(seed: int, quick: bool) -> Result:
    """Lets the crowd in, epoch after epoch, each from a fresh shop with its own seed."""
    attempts, reached = (QUICK_ATTEMPTS, QUICK_REACHED) if quick else (FULL_ATTEMPTS, FULL_REACHED)
    tally = Tally()
    with opened(seed) as shop:
        base = shop.moment()
        epoch = 0
        while tally.attempts < attempts or tally.reached < reached:
            crowd = Crowd(shop, base, seed + epoch)
            made = crowd.run(min(EPOCH, attempts))
            made.broken = [f"epoch {epoch}: {line}" for line in made.broken]
            tally.add(made)
            epoch += 1
            if tally.broken:
                break
    return _result(tally, attempts, reached)


def _result(tally: Tally, attempts: int, reached: int) -> Result:
    found = tally.outcomes
    ends = ", ".join(f"{name} {found[name]:,}" for name in ATTEMPT_ENDS)
    rest = ", ".join(
        f"{name} {found[name]:,}"
        for name in ("conflicts", "throttled", "paid", "cancelled", "forgotten")
    )
    measured = (
        f"{len(tally.broken)} broken, {found['false']} false in {tally.attempts:,} attempts,"
        f" {tally.reached:,} at the store: {ends}; {rest}"
    )
    enough = tally.attempts >= attempts and tally.reached >= reached
    # How many more there were than asked for hangs on every latency; only the asked ones are kept.
    counts = {
        "attempts": min(tally.attempts, attempts),
        "at the store": min(tally.reached, reached),
    }
    return Result(measured, enough and not tally.broken, counts, tally.broken)
