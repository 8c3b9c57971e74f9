"""Working off the due index: page after page, row by row, until nothing is due or time is short.

Rows leave the index when they are done, so a run that is missed, doubled or killed changes nothing
but the time. A row that fails is put off by its own step and does not hold up the rest.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from shop.errors import UnavailableError
from shop.store import orders
from shop.store.table import Key
from shop.store.writes import ConditionFailed, Write, apply
from shop.telemetry import logger, of_order, told

PAGE = 25
PUT_OFF_SECONDS = 60
"""What failed is tried again after this long."""
ASK_STAFF_SECONDS = 3_600
"""What waits for a person is looked at again after this long."""

HANDFUL = 100
"""Orders per helper: a third of a second each fits into one run."""

Clock = Callable[[], int]
HandOut = Callable[[Sequence[Key]], None]
"""Starts a helper with these rows; UnavailableError when it cannot be started."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of due work.

    Attributes:
        work: Its name in the index.
        shard: The partition of the index.
        step: Does what is due for one row; it leaves the index or is put off.
        order_no: The order that a row is about, for the log.
    """

    work: str
    shard: int
    step: Callable[[Key], object]
    order_no: Callable[[Key], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Shift:
    """How long a run lasts.

    Attributes:
        remaining: Seconds until the function is stopped.
        reserve: Seconds left at the end, for one step with its provider calls and writes.
        clock: UTC seconds; a run is long enough for them to pass.
    """

    remaining: Callable[[], float]
    reserve: float
    clock: Clock

    @property
    def is_over(self) -> bool:
        """Whether no further step may begin."""
        return self.remaining() <= self.reserve


@dataclass(slots=True)
class Progress:
    """What one run did; `age` is how long the oldest of it had been due, in seconds."""

    done: int = 0
    failed: int = 0
    finished: bool = True
    age: int = 0

    def met(self, since: int | None, now: int) -> None:
        """Count the age of something that is due since then."""
        self.age = max(self.age, now - since if since else 0)


@dataclass(slots=True)
class Swept(Progress):
    """What one run of the sweep did.

    Attributes:
        flash: Reservations that were looked at; `done` counts the rest.
        handed_out: Orders and reservations that were given to helpers.
    """

    flash: int = 0
    handed_out: int = 0


@contextmanager
def apart(progress: Progress, message: str, **about: str) -> Iterator[None]:
    """A piece of work whose failure is counted and logged, and ends nothing but itself."""
    try:
        yield
    except Exception as failure:  # noqa: BLE001 - one poisoned row must not hold up the rest
        progress.failed += 1
        logger.warning(message, extra={"cause": told(failure), **about})


def drain(
    duty: Duty, progress: Progress, shift: Shift, hand_over: Callable[[], bool] = lambda: False
) -> None:
    """Work off one kind of work, until a page is short or has nothing new, or the shift is over.

    Args:
        duty: What is due, and what is done about it.
        progress: Counts along.
        shift: How long there is.
        hand_over: Asked at each full page, the sign of a backlog: whether others do it now.

    Raises:
        UnavailableError: The due index did not answer.
    """
    seen: set[Key] = set()
    while True:
        now = shift.clock()
        keys, since = orders.due(duty.work, duty.shard, now, PAGE)
        progress.met(since, now)
        if len(keys) == PAGE and hand_over():
            return
        fresh = [key for key in keys if key not in seen]
        seen.update(fresh)
        if not work_off(duty, fresh, progress, shift) or len(keys) < PAGE or not fresh:
            return


def work_off(duty: Duty, keys: Sequence[Key], progress: Progress, shift: Shift) -> bool:
    """Do the step for each of these rows; False when the shift was over before the last."""
    for key in keys:
        if shift.is_over:
            progress.finished = False
            return False
        with of_order(duty.order_no(key)), apart(progress, "put off", work=duty.work):
            duty.step(key)
            progress.done += 1
    return True


def put_off(write: Write) -> None:
    """Look at a row again later, if it is still to be looked at."""
    with suppress(ConditionFailed):
        apply(write)


def give_away(
    handfuls: Iterable[tuple[Sequence[Key], int]], swept: Swept, hand_out: HandOut
) -> bool:
    """Start a helper for each of these, told with how much is due in it, until one is refused.

    Returns:
        Whether any could be started.
    """
    started = 0
    for keys, size in handfuls:
        try:
            hand_out(keys)
        except UnavailableError:
            break
        started += size
    swept.handed_out += started
    return started > 0
