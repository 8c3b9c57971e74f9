"""A crowd of five times what the shop lets in: first against the API's limit, then beyond it.

In the second run the gateway lets everything in, as a wider limit would, so that the functions'
own concurrency is what sheds. The crowd is R1's: it buys, pays, cancels and forgets, with notices
and tries again coming through the same limits. Nothing may break then that holds without load.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

from tests.proving.cases.crowd import (
    Crowd,
    opened,
)
from tests.proving.throttle import Throttle, reserving

TIMES = 5


@dataclass(frozen=True)
class Size:
    """How long the crowd comes, and what share of the template's limits it meets."""

    seconds: float
    scale: float


FULL, QUICK = Size(8.0, 1.0), Size(4.0, 0.02)


@dataclass
class Shed:
    """What was let in and what was not."""

    attempts: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def run(seed: int, size: Size) -> Shed:
    """Both runs; each must shed, let in what its limits allow, and leave every invariant whole."""
    shed = Shed()
    with opened(seed) as shop:
        base = shop.moment()
        for status in ("429", "503"):
            throttle = Throttle.of(reserving(), size.scale)
            offered = TIMES * throttle.rate
            if status == "503":
                throttle.rate = throttle.burst = math.inf
            crowd = Crowd(shop, base, seed, per_second=offered, throttle=throttle)
            tally = crowd.run(attempts(size) // 2)
            shed.attempts += tally.attempts
            shed.answered += throttle.answered
            shed.broken += [
                f"{status}: {line}" for line in [*tally.broken, *_unshed(throttle, status)]
            ]
    return shed


def attempts(size: Size) -> int:
    """How many attempts both runs are planned for."""
    return 2 * int(TIMES * Throttle.of(reserving(), size.scale).rate * size.seconds)


def _unshed(throttle: Throttle, status: str) -> list[str]:
    """A limit that was not met proves nothing."""
    wrong = []
    if not throttle.answered[status]:
        wrong.append(f"nothing was shed: {dict(throttle.answered)}")
    for folder, kept in throttle.reserved.items():
        if throttle.most_busy[folder] > kept:
            wrong.append(f"{throttle.most_busy[folder]} instances of {folder}, {kept} are reserved")
    return wrong
