"""The schedule: close what is overdue, chase refunds, in bounded runs found by due time.

Work comes from the due index and the flash shards, never from "since the last run", so a missed,
late, doubled or killed run changes nothing but the time. One order that fails is put off and does
not hold up the rest. Cost grows with what is due, not with what is open.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, CloseReason
from shop.errors import NotFoundError, ShopError
from shop.store import orders, refunds
from shop.store.table import DUE_SHARDS, Key, customer_of, order_no_of
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import logger, metrics
from shop.usecases import close_order, flash_sweep
from shop.usecases.deps import Deps
from shop.usecases.refund import pursue

PAGE = 25
RESERVE_SECONDS = 6.0
"""Left at the end of a run: one provider call with its retries and the writes after it."""
PUT_OFF_SECONDS = 60


@dataclass(slots=True)
class Swept:
    """What one run did."""

    done: int = 0
    flash: int = 0
    failed: int = 0
    finished: bool = True


def sweep(deps: Deps, remaining: Callable[[], float], *, now: int) -> Swept:
    """Do what is due, until nothing is left or time is short.

    Args:
        deps: Keys, gateway.
        remaining: Seconds until the function is stopped.
        now: UTC seconds.

    Raises:
        UnavailableError: The due index did not answer.
    """
    swept = Swept()
    for shard in range(DUE_SHARDS):
        _drain(orders.UNPAID, shard, lambda key: _close(key, deps, now), swept, remaining, now)
        _drain(refunds.REFUND, shard, lambda key: _chase(key, deps, now), swept, remaining, now)
    swept.flash = flash_sweep.sweep(deps, lambda: remaining() > RESERVE_SECONDS, now=now)
    metrics.add_metric(name="SweepFailed", unit="Count", value=swept.failed)
    metrics.add_metric(name="SweepRan", unit="Count", value=1)
    return swept


def _drain(
    work: str,
    shard: int,
    step: Callable[[Key], None],
    swept: Swept,
    remaining: Callable[[], float],
    now: int,
) -> None:
    """Take pages of due keys until a page is short, has nothing new, or time is."""
    seen: set[Key] = set()
    while True:
        keys = orders.due(work, shard, now, PAGE)
        fresh = [key for key in keys if key not in seen]
        for key in fresh:
            if remaining() <= RESERVE_SECONDS:
                swept.finished = False
                return
            seen.add(key)
            _one(key, step, swept)
        if len(keys) < PAGE or not fresh:
            return


def _one(key: Key, step: Callable[[Key], None], swept: Swept) -> None:
    try:
        step(key)
    except (ShopError, ConditionFailed) as failure:
        swept.failed += 1
        logger.warning("put off", order_no=order_no_of(key[1]), cause=str(failure)[:200])
    else:
        swept.done += 1


def _close(key: Key, deps: Deps, now: int) -> None:
    customer_id, order_no = CustomerId(customer_of(key[0])), OrderNo(order_no_of(key[1]))
    try:
        row = close_order.start(customer_id, order_no, CloseReason.EXPIRED, Actor.SCHEDULE, now)
    except NotFoundError:
        return
    try:
        close_order.finish(row, deps, now)
    except (ShopError, ConditionFailed):
        _put_off(lambda: apply(orders.postpone(customer_id, order_no, now + PUT_OFF_SECONDS)))
        raise


def _chase(key: Key, deps: Deps, now: int) -> None:
    refund = refunds.read(*key)
    if refund is None:
        return
    try:
        pursue(refund, deps, now)
    except (ShopError, ConditionFailed):
        _put_off(lambda: apply(refunds.postpone(refund, now + PUT_OFF_SECONDS)))
        raise


def _put_off(write: Callable[[], object]) -> None:
    try:
        write()
    except ConditionFailed:
        return
