"""Tasks that run one at a time and change places only where they say so.

A task is a greenlet: it runs our code as it is and stops at a store or network call, wherever
that lies in the call stack. Nothing else ever switches, so a run is decided by who goes next.
"""

from collections.abc import Callable
from contextvars import copy_context

from greenlet import getcurrent, greenlet

from tests.proving.seam import Call


class Task:
    """A piece of work that can be stopped in the middle of a call and continued.

    ``result`` or ``error`` is set once it is ``done``; ``next_call`` is what it is about to do
    where it is paused, None if that cannot be told.
    """

    def __init__(self, name: str, work: Callable[[], object], number: int = 0) -> None:
        self.name = name
        self.number = number
        self.result: object = None
        self.error: BaseException | None = None
        self.next_call: Call | None = None
        self._work = work
        self._greenlet = greenlet(self._run)
        # A greenlet begins with an empty context; the books of the ledger lie in it.
        self._greenlet.gr_context = copy_context()

    def _run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 - a kill ends the task, not the scheduler
            self.error = error

    @property
    def done(self) -> bool:
        """Whether the work has come to an end."""
        return bool(self._greenlet.dead)

    def go(self, parent: greenlet | None = None) -> None:
        """Continues the task until it pauses or ends."""
        self._greenlet.parent = parent or getcurrent()
        _running.append(self)
        try:
            self._greenlet.switch()
        finally:
            _running.pop()

    def drop(self) -> None:
        """Ends a task that is paused, as if its process had died."""
        if self._greenlet and not self.done:
            self._greenlet.throw()


_running: list[Task] = []


def current() -> Task | None:
    """The task that is running, or None outside all tasks."""
    return _running[-1] if _running else None


def pause(before: Call | None = None) -> None:
    """Gives the turn back to the scheduler; returns when it is this task's turn again."""
    if _running:
        _running[-1].next_call = before
    parent = getcurrent().parent
    if parent is None:
        raise RuntimeError("pause outside a task")
    parent.switch()
