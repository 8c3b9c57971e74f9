"""The other schedule: what is owed after payment, in bounded runs.

Apart from the one that closes orders, so that a slow WeChat keeps no stock held. Work comes from
the due index and stays there until it is done; a run that is missed, doubled or killed changes
nothing but the time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.store import orders
from shop.store.table import Key
from shop.telemetry import logger, metrics, told

PAGE = 25
RESERVE_SECONDS = 8.0
"""Left at the end of a run: one step with its provider calls and the writes after them."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of due work: where it is found, and the step that does one piece of it."""

    work: str
    shard: int
    step: Callable[[Key], object]


@dataclass(slots=True)
class Followed:
    """What one run did."""

    done: int = 0
    failed: int = 0
    finished: bool = True


def follow_up(
    duties: Sequence[Duty], remaining: Callable[[], float], clock: Callable[[], int]
) -> Followed:
    """Do what is due, until nothing is left or time is short.

    Args:
        duties: Kinds of work; each run begins with another, so that none waits for ever.
        remaining: Seconds until the function is stopped.
        clock: UTC seconds.

    Raises:
        UnavailableError: The due index did not answer.
    """
    followed = Followed()
    first = clock() // 60 % max(len(duties), 1)
    for duty in (*duties[first:], *duties[:first]):
        _drain(duty, followed, remaining, clock)
    metrics.add_metric(name="FollowUpFailed", unit="Count", value=followed.failed)
    metrics.add_metric(name="FollowUpRan", unit="Count", value=1)
    return followed


def _drain(
    duty: Duty, followed: Followed, remaining: Callable[[], float], clock: Callable[[], int]
) -> None:
    seen: set[Key] = set()
    while True:
        keys, _ = orders.due(duty.work, duty.shard, clock(), PAGE)
        fresh = [key for key in keys if key not in seen]
        for key in fresh:
            if remaining() <= RESERVE_SECONDS:
                followed.finished = False
                return
            seen.add(key)
            _one(duty, key, followed)
        if len(keys) < PAGE or not fresh:
            return


def _one(duty: Duty, key: Key, followed: Followed) -> None:
    try:
        duty.step(key)
    except Exception as failure:  # noqa: BLE001 - one poisoned row must not hold up the rest
        followed.failed += 1
        logger.warning("put off", work=duty.work, key=key[0], cause=told(failure))
    else:
        followed.done += 1
