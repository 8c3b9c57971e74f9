"""The other schedule: what is owed after payment, in bounded runs.

Apart from the one that closes orders, so that a slow WeChat keeps no stock held. Work comes from
the due index and stays there until it is done.
"""

from collections.abc import Callable, Sequence

from shop.telemetry import metrics
from shop.usecases.due import Clock, Duty, Progress, Shift, drain

RESERVE_SECONDS = 8.0
"""Left at the end of a run: one step with its provider calls and the writes after them."""


def follow_up(duties: Sequence[Duty], remaining: Callable[[], float], clock: Clock) -> Progress:
    """Do what is due, until nothing is left or time is short.

    Args:
        duties: Kinds of work; each run begins with another, so that none waits for ever.
        remaining: Seconds until the function is stopped.
        clock: UTC seconds.

    Raises:
        UnavailableError: The due index did not answer.
    """
    progress, shift = Progress(), Shift(remaining, RESERVE_SECONDS, clock)
    first = clock() // 60 % max(len(duties), 1)
    for duty in (*duties[first:], *duties[:first]):
        drain(duty, progress, shift)
    metrics.add_metric(name="FollowUpFailed", unit="Count", value=progress.failed)
    metrics.add_metric(name="FollowUpRan", unit="Count", value=1)
    return progress
