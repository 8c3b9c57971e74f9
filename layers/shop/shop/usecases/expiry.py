"""The schedule: close what is overdue, chase refunds, finish erasures, in bounded runs.

Work comes from the due index and the flash shards, never from "since the last run", so a missed,
late, doubled or killed run changes nothing but the time. One order that fails is put off and does
not hold up the rest. Cost grows with what is due, not with what is open. A backlog is handed out to
helpers, which are further runs of the same function (`docs/adr/0009`).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, CloseReason
from shop.domain.refund import RefundOrder
from shop.errors import NotFoundError, ProviderError, UnavailableError
from shop.store import anomalies, erasure, orders, refunds
from shop.store.table import DUE_SHARDS, Key, customer_of, order_no_of
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import logger, metrics, told
from shop.usecases import close_order, erase, flash_sweep
from shop.usecases.deps import Deps
from shop.usecases.refund import pursue

PAGE = 25
RESERVE_SECONDS = 6.0
"""Left at the end of a run: one provider call with its retries and the writes after it."""
PUT_OFF_SECONDS = 60
ASK_STAFF_SECONDS = 3_600

HANDFUL = 100
"""Orders per helper: a third of a second each fits into one run."""
HANDFULS = 5
"""Helpers per shard and run; 40 in all ask WeChat Pay some 240 times a second."""
HANDED_OUT = "handed_out"
"""The part of an event by which a run gives orders to a helper."""

Clock = Callable[[], int]
HandOut = Callable[[Sequence[Key]], None]
Step = Callable[[Key], None]


@dataclass(slots=True)
class Swept:
    """What one run did; `age` is how long the oldest of it had been due, in seconds."""

    done: int = 0
    flash: int = 0
    failed: int = 0
    finished: bool = True
    handed_out: int = 0
    age: int = 0


def sweep(
    deps: Deps, remaining: Callable[[], float], clock: Clock, hand_out: HandOut | None = None
) -> Swept:
    """Do what is due, until nothing is left or time is short.

    Args:
        deps: Keys, gateway.
        remaining: Seconds until the function is stopped.
        clock: UTC seconds; a run is long enough for them to pass.
        hand_out: Starts a helper with these unpaid orders; without it this run does them itself.

    Raises:
        UnavailableError: The due index did not answer.
    """
    swept = Swept()
    minute = clock() // 60
    if minute % 2:
        # Turn about, so that neither kind of work waits for ever behind a WeChat that hangs.
        _flash(swept, deps, remaining, clock)
    for turn in range(DUE_SHARDS):
        shard = (minute + turn) % DUE_SHARDS
        _drain(
            orders.UNPAID,
            shard,
            lambda key: _close(key, deps, clock()),
            swept,
            remaining,
            clock,
            hand_out,
        )
        _drain(
            refunds.REFUND, shard, lambda key: _chase(key, deps, clock()), swept, remaining, clock
        )
    _drain(
        erasure.ERASURE,
        erasure.SHARD,
        lambda key: erase.resume(customer_of(key[0]), now=clock()),
        swept,
        remaining,
        clock,
    )
    if not minute % 2:
        _flash(swept, deps, remaining, clock)
    metrics.add_metric(name="SweepFailed", unit="Count", value=swept.failed)
    metrics.add_metric(name="SweepAgeSeconds", unit="Seconds", value=swept.age)
    metrics.add_metric(name="SweepRan", unit="Count", value=1)
    return swept


def work_off(
    keys: Sequence[Key], deps: Deps, remaining: Callable[[], float], clock: Clock
) -> Swept:
    """What a helper does: close these orders if they are due, while there is time."""
    swept = Swept()
    for key in keys:
        if remaining() <= RESERVE_SECONDS:
            swept.finished = False
            break
        _one(key, lambda one: _close(one, deps, clock()), swept)
    return swept


def _handed_out(shard: int, swept: Swept, now: int, hand_out: HandOut) -> bool:
    """Whether helpers could be started for what is due in a shard."""
    started = 0
    for keys in orders.due_handfuls(orders.UNPAID, shard, now, HANDFUL, HANDFULS):
        try:
            hand_out(keys)
        except UnavailableError:
            break
        started += len(keys)
    swept.handed_out += started
    return started > 0


def _flash(swept: Swept, deps: Deps, remaining: Callable[[], float], clock: Clock) -> None:
    swept.flash = flash_sweep.sweep(deps, lambda: remaining() > RESERVE_SECONDS, clock)


def _drain(
    work: str,
    shard: int,
    step: Step,
    swept: Swept,
    remaining: Callable[[], float],
    clock: Clock,
    hand_out: HandOut | None = None,
) -> None:
    """Take pages of due keys until a page is short, has nothing new, or time is.

    With `hand_out` a full page is the sign of a backlog, which helpers do.
    """
    seen: set[Key] = set()
    while True:
        now = clock()
        keys, since = orders.due(work, shard, now, PAGE)
        swept.age = max(swept.age, now - since if since else 0)
        if len(keys) == PAGE and hand_out and _handed_out(shard, swept, clock(), hand_out):
            return
        fresh = [key for key in keys if key not in seen]
        for key in fresh:
            if remaining() <= RESERVE_SECONDS:
                swept.finished = False
                return
            seen.add(key)
            _one(key, step, swept)
        if len(keys) < PAGE or not fresh:
            return


def _one(key: Key, step: Step, swept: Swept) -> None:
    try:
        step(key)
    except Exception as failure:  # noqa: BLE001 - one poisoned row must not hold up the rest
        swept.failed += 1
        logger.warning("put off", order_no=order_no_of(key[1]), cause=told(failure))
    else:
        swept.done += 1


def _close(key: Key, deps: Deps, now: int) -> None:
    customer_id, order_no = CustomerId(customer_of(key[0])), OrderNo(order_no_of(key[1]))
    wait = PUT_OFF_SECONDS
    try:
        row = close_order.start(customer_id, order_no, CloseReason.EXPIRED, Actor.SCHEDULE, now)
        wait = 0 if close_order.finish(row, deps, now) else ASK_STAFF_SECONDS
    except NotFoundError:
        wait = 0
    finally:
        if wait:
            _put_off(lambda: apply(orders.postpone(customer_id, order_no, now + wait)))


def _chase(key: Key, deps: Deps, now: int) -> None:
    refund = refunds.read(*key)
    if refund is None:
        return
    wait = PUT_OFF_SECONDS
    try:
        pursue(refund, deps, now)
        wait = 0
    except ProviderError as refused:
        if not refused.retryable and not refused.outcome_unknown:
            wait = ASK_STAFF_SECONDS
            _tell_staff(refund, refused, now)
        raise
    finally:
        if wait:
            _put_off(lambda: apply(refunds.postpone(refund, now + wait)))


def _tell_staff(refund: RefundOrder, refused: ProviderError, now: int) -> None:
    """A refusal for good: only a person can bring this money back."""
    anomalies.report(
        business_day(refund.requested_at),
        "refund_refused",
        refund.out_refund_no,
        {"code": refused.provider_code, "amount_fen": refund.amount_fen},
        now,
    )


def _put_off(write: Callable[[], object]) -> None:
    with suppress(ConditionFailed):
        write()
