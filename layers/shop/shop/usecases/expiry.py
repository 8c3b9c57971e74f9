"""The schedule: close what is overdue, chase refunds, finish erasures, in bounded runs.

Work comes from the due index and the flash shards, never from "since the last run", so a missed,
late, doubled or killed run changes nothing but the time. What fails is put off, or stays due in its
shard, is counted, and does not hold up the rest. Cost grows with what is due, and with the shards
of flash sales that run or ended within the week, not with the orders that are open. A backlog is
handed out to helpers, which are further runs of the same function (`docs/adr/0009`).
"""

from collections.abc import Callable, Sequence
from functools import partial

from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, CloseReason
from shop.domain.refund import RefundOrder
from shop.errors import MisconfiguredError, NotFoundError, ProviderError
from shop.store import anomalies, erasure, flash, orders, refunds
from shop.store.table import DUE_SHARDS, Key, customer_of, order_no_of, order_of_part
from shop.telemetry import metrics
from shop.usecases import close_order, erase, flash_sweep
from shop.usecases.deps import Deps
from shop.usecases.due import (
    ASK_STAFF_SECONDS,
    HANDFUL,
    PUT_OFF_SECONDS,
    Clock,
    Duty,
    HandOut,
    Shift,
    Swept,
    drain,
    give_away,
    put_off,
    work_off,
)
from shop.usecases.refund import pursue

RESERVE_SECONDS = 6.0
"""Left at the end of a run: one provider call with its retries and the writes after it."""
HANDFULS = 5
"""Helpers per shard and run; 40 in all ask WeChat Pay some 240 times a second."""
HANDED_OUT = "handed_out"
"""The part of an event by which a run gives orders and flash shards to a helper."""


def sweep(
    deps: Deps, remaining: Callable[[], float], clock: Clock, hand_out: HandOut | None = None
) -> Swept:
    """Do what is due, until nothing is left or time is short.

    Args:
        deps: Keys, gateway.
        remaining: Seconds until the function is stopped.
        clock: UTC seconds; a run is long enough for them to pass.
        hand_out: Starts a helper with unpaid orders, or with flash shards; without it this run does
            them itself.

    Raises:
        UnavailableError: The due index did not answer.
    """
    swept, shift = Swept(), Shift(remaining, RESERVE_SECONDS, clock)
    minute = clock() // 60
    if minute % 2:
        # Turn about, so that neither kind of work waits for ever behind a WeChat that hangs.
        flash_sweep.sweep(deps, swept, shift, hand_out)
    for turn in range(DUE_SHARDS):
        shard = (minute + turn) % DUE_SHARDS
        unpaid = _unpaid(shard, deps, clock)
        drain(unpaid, swept, shift, partial(_handed_out, shard, swept, clock, hand_out))
        drain(
            Duty(
                refunds.REFUND,
                shard,
                lambda key: _chase(key, deps, clock()),
                lambda key: order_of_part(key[1]),
            ),
            swept,
            shift,
        )
    drain(
        Duty(
            erasure.ERASURE,
            erasure.SHARD,
            lambda key: erase.resume(customer_of(key[0]), now=clock()),
        ),
        swept,
        shift,
    )
    if not minute % 2:
        flash_sweep.sweep(deps, swept, shift, hand_out)
    _tell(swept)
    metrics.add_metric(name="SweepRan", unit="Count", value=1)
    return swept


def help_out(
    keys: Sequence[Key], deps: Deps, remaining: Callable[[], float], clock: Clock
) -> Swept:
    """What a helper does: close these orders, and what is due in these shards, if there is time.

    Raises:
        UnavailableError: The shards could not be read.
    """
    swept = Swept()
    shift = Shift(remaining, RESERVE_SECONDS, clock)
    shards = [key for key in keys if flash.is_shard(key)]
    work_off(_unpaid(0, deps, clock), [key for key in keys if key not in shards], swept, shift)
    if shards:
        flash_sweep.help_out(shards, deps, swept, shift)
    _tell(swept)
    return swept


def _tell(swept: Swept) -> None:
    metrics.add_metric(name="SweepFailed", unit="Count", value=swept.failed)
    metrics.add_metric(name="SweepAgeSeconds", unit="Seconds", value=swept.age)


def _unpaid(shard: int, deps: Deps, clock: Clock) -> Duty:
    return Duty(
        orders.UNPAID,
        shard,
        lambda key: _close(key, deps, clock()),
        lambda key: order_no_of(key[1]),
    )


def _handed_out(shard: int, swept: Swept, clock: Clock, hand_out: HandOut | None) -> bool:
    """Whether helpers could be started for what is due in a shard."""
    if hand_out is None:
        return False
    handfuls = orders.due_handfuls(orders.UNPAID, shard, clock(), HANDFUL, HANDFULS)
    return give_away(((keys, len(keys)) for keys in handfuls), swept, hand_out)


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
            put_off(orders.postpone(customer_id, order_no, now + wait))


def _chase(key: Key, deps: Deps, now: int) -> None:
    refund = refunds.read(*key)
    if refund is None:
        return
    wait = PUT_OFF_SECONDS
    try:
        pursue(refund, deps, now)
        wait = 0
    except (ProviderError, MisconfiguredError) as refused:
        if _needs_a_person(refused):
            wait = ASK_STAFF_SECONDS
            _tell_staff(refund, refused, now)
        raise
    finally:
        if wait:
            put_off(refunds.postpone(refund, now + wait))


def _needs_a_person(refused: ProviderError | MisconfiguredError) -> bool:
    """Whether asking again cannot help: a refusal for good, or an account without money."""
    if isinstance(refused, MisconfiguredError) or refused.provider_code == "NOT_ENOUGH":
        return True
    return not refused.retryable and not refused.outcome_unknown


def _tell_staff(refund: RefundOrder, refused: ProviderError | MisconfiguredError, now: int) -> None:
    """Only a person can bring this money back, or make that it can go."""
    anomalies.report(
        business_day(refund.requested_at),
        "refund_refused",
        refund.out_refund_no,
        {"code": refused.provider_code, "amount_fen": refund.amount_fen},
        now,
    )
