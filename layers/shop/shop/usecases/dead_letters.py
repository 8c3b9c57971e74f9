"""What the outbox cannot do is kept, listed and done again (`docs/adr/0010`).

A record leaves the stream only when its followers are done or its letter is durable. Doing a letter
again looks at the row as it is now; every follower is conditional or keyed, so that it takes effect
at most once however often a letter is done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shop.domain.calendar import business_day
from shop.errors import UnavailableError
from shop.store import anomalies, dead_letters, history, orders, reads, refunds
from shop.store.dead_letters import Changed, LetterRow
from shop.store.order_row import OrderRow
from shop.store.staff import StaffWrite
from shop.store.table import ORDER_PREFIX, Key, order_in
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import logger, metrics, of_order, report, told
from shop.usecases import outbox, staff_writes

PATIENCE_SECONDS = 900
"""How long a record of a dependency that is down comes again before it gives way to the rest."""
LOOKED_AT = 1_000
"""The oldest letters, of which the least tried are done first."""
RESERVE_SECONDS = 6.0
CLOCKS_DIFFER_SECONDS = 120
_LOST = "lost by the stream"


def deliver(change: Mapping[str, Any], outlets: outbox.Outlets, now: int) -> bool:
    """Do what follows from one record of the stream, or keep it as a letter.

    Args:
        change: The record's `dynamodb` part.
        outlets: Keys and vendors.
        now: UTC seconds.

    Returns:
        Whether the stream may go on; False when the record must come again.
    """
    old, new = change.get("OldImage"), change.get("NewImage")
    with of_order(_order_no_in(change)):
        try:
            outbox.handle(
                reads.decoded(old) if old else None,
                reads.decoded(new) if new else None,
                outlets,
                now=now,
            )
        except Exception as failure:  # noqa: BLE001 - a poisoned record must not hold up the rest
            return _kept(change, failure, now)
    return True


def _key_of(change: Mapping[str, Any]) -> Key:
    return change["Keys"]["PK"]["S"], change["Keys"]["SK"]["S"]


def _order_no_in(change: Mapping[str, Any]) -> str:
    """For the log; "" for other rows, and for a record that names none."""
    try:
        return order_in(_key_of(change))
    except (KeyError, TypeError):
        return ""


def _kept(change: Mapping[str, Any], failure: Exception, now: int) -> bool:
    at = int(change["ApproximateCreationDateTime"])
    if isinstance(failure, UnavailableError) and now - at < PATIENCE_SECONDS:
        logger.warning("record put off", cause=told(failure))
        return False
    report(failure)
    try:
        _file(Changed(_key_of(change), at, _order_in(change)), told(failure), now)
    except UnavailableError:
        return False
    return True


def _order_in(change: Mapping[str, Any]) -> OrderRow | None:
    """The order in a record; None for other rows, and for one that cannot even be read."""
    if not change["Keys"]["SK"]["S"].startswith(ORDER_PREFIX):
        return None
    try:
        return OrderRow.of(reads.decoded(change["NewImage"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _file(changed: Changed, failure: str, now: int) -> None:
    if dead_letters.file(changed, failure, now):
        metrics.add_metric(name="DeadLetter", unit="Count", value=1)


@dataclass(frozen=True, slots=True)
class Lost:
    """A message about what the platform could not deliver.

    Attributes:
        message_id: The message's.
        function: Whose run failed, as the platform names it; "" where it does not say.
        sent_at: UTC seconds; when the platform gave up.
        since: UTC seconds, of the first record that the outbox lost; None for anything else, whose
            next run makes up for it.
    """

    message_id: str
    function: str
    sent_at: int
    since: int | None


def take_in(lost: Lost, remaining: Callable[[], float], clock: Callable[[], int]) -> None:
    """List what the platform could not deliver, so that its message may leave the queue.

    Raises:
        UnavailableError: Not all is durable yet.
    """
    if lost.since is None:
        day, facts = business_day(lost.sent_at), {"function": lost.function}
        # One a day and function: a schedule that fails all night is one thing to look at.
        key = lost.function or lost.message_id
        anomalies.report(day, "run_failed", key, facts, lost.sent_at)
        return
    found = recover(lost.since, remaining, clock)
    logger.warning("lost batch", found=found)


def recover(since: int, remaining: Callable[[], float], clock: Callable[[], int]) -> int:
    """Keep a letter for every order that moved, and refund that ended, since some time.

    Repeating it changes nothing, so a run that was cut short begins again.

    Args:
        since: UTC seconds, of the first record that was lost.
        remaining: Seconds until the function is stopped.
        clock: UTC seconds.

    Returns:
        How many orders and refunds were found.

    Raises:
        UnavailableError: Not all are kept yet.
    """
    since -= CLOCKS_DIFFER_SECONDS
    found = 0

    def may_go_on() -> bool:
        return remaining() > RESERVE_SECONDS

    for row in orders.every(moved_since=since, may_go_on=may_go_on):
        key = str(row.PK), str(row.SK)
        _file(Changed(key, int(row.moved_at), row), _LOST, clock())
        found += 1
    for refund in refunds.settled_since(since, may_go_on=may_go_on):
        key = str(refund.PK), str(refund.SK)
        _file(Changed(key, int(refund.settled_at)), _LOST, clock())
        found += 1
    return found


@dataclass(frozen=True, slots=True)
class Redriven:
    """What one redrive did: letters done, letters that failed again, and whether some are left."""

    done: int
    failed: int
    more: bool


def redrive(
    write: StaffWrite,
    most: int,
    outlets: outbox.Outlets,
    remaining: Callable[[], float],
    clock: Callable[[], int],
) -> Redriven:
    """Do up to `most` letters again, those tried least and changed first before others.

    Sending it again, with the same key or another, goes on with what is left.

    Raises:
        ValidationError: `idempotency_key_reused`.
        UnavailableError: The store did not answer; what was done is done.
    """
    staff_writes.begin(write)
    letters = sorted(dead_letters.waiting(limit=LOOKED_AT), key=lambda one: int(one.tries))
    done = failed = 0
    for letter in letters[:most]:
        if remaining() <= RESERVE_SECONDS:
            break
        with of_order(order_in(letter.changed)):
            try:
                _do(letter, outlets, clock())
            except Exception as failure:  # noqa: BLE001 - the others' turn
                failed += 1
                report(failure)
                _count_try(letter, failure)
            else:
                apply(dead_letters.done(letter))
                done += 1
    return Redriven(done, failed, len(letters) > done)


def _do(letter: LetterRow, outlets: outbox.Outlets, now: int) -> None:
    present = reads.raw(letter.changed)
    if present is None:
        return
    if dead_letters.is_of_order(letter) and letter.status:
        apply(history.note_of(letter))
    outbox.handle(None, present, outlets, now=now)


def _count_try(letter: LetterRow, failure: Exception) -> None:
    try:
        apply(dead_letters.failed_again(letter, told(failure)))
    except ConditionFailed:
        return
