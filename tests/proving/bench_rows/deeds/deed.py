"""A deed: one call of one function, made once for real and then again and again from a tape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from tests.proving.bench_rows.deeds.stage import Stage
from tests.proving.cpu import Tape, Work
from tests.proving.ledger import Book
from tests.proving.template import load_handler
from tests.proving.world import Context, Handler

GOOD = 300
SECONDS = 900.0


@dataclass(frozen=True)
class Deed:
    """What is done.

    Attributes:
        folder: The function.
        name: Its route key, or a name for what is no request.
        prepare: Brings the shop into the state that the deed begins with; returns what makes
            the function be called, through whatever calls it in life.
    """

    folder: str
    name: str
    prepare: Callable[[Stage], Callable[[], object]]

    @property
    def is_request(self) -> bool:
        """Whether it comes through the gateway."""
        return " /v1/" in self.name


@dataclass(frozen=True)
class Done:
    """What a deed cost in a process that is warm.

    Attributes:
        book: Its calls.
        again: Does it once more, every answer of store, secrets and providers from a tape.
    """

    book: Book
    again: Work


def play(stage: Stage, deed: Deed) -> Done:
    """Does a deed for real, once to warm the process and once to count and record it.

    Raises:
        AssertionError: The function was not called, failed, or does not the same each time.
    """
    shop = stage.shop
    shop.back_to(stage.base)
    work = deed.prepare(stage)
    moment = shop.moment()
    event, first = _called(stage, deed.folder, work)
    shop.back_to(moment, forget=False)
    handler, context = load_handler(deed.folder), Context(deed.folder, shop.world.clock, SECONDS)
    tape = Tape()
    with shop.world.ledger.step("measured") as book, shop.world.seam.layer(tape):
        told = _outcome(handler(event, context))
    assert told == first, (deed, first, told)

    def again() -> None:
        tape.rewind()
        with shop.world.seam.layer(tape):
            assert _outcome(handler(event, context)) == told, deed

    again()
    assert tape.is_at_end, f"{deed.name} asks less when it is done again"
    return Done(book, again)


def _called(
    stage: Stage, folder: str, work: Callable[[], object]
) -> tuple[dict[str, Any], int | None]:
    """Does the work; the event of the function's first call in it, and its status."""
    shop, calls = stage.shop, []
    invoke = shop.world.invoke

    def spy(handler: Handler, event: dict[str, Any], **more: Any) -> Any:
        answer = invoke(handler, event, **more)
        if handler is load_handler(folder):
            calls.append((event, _outcome(answer)))
        return answer

    with mock.patch.object(shop.world, "invoke", spy):
        work()
    assert calls, f"{folder} was not called"
    return calls[0]


def _outcome(answer: Any) -> int | None:
    """The status of an answer that is a good one; None for what is no request.

    Raises:
        AssertionError: It failed.
    """
    if answer is None:
        return None
    assert not answer.get("failed"), answer
    assert not answer.get("batchItemFailures"), answer
    status: int | None = answer.get("statusCode")
    assert status is None or status < GOOD, answer
    return status
