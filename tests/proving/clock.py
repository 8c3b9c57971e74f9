"""Virtual time: the run starts at a fixed moment and moves only when told, or by sleeping.

Wall clock and datetime are replaced by time-machine; ``time.sleep``, ``time.monotonic`` and
``time.perf_counter`` here, since a sleep has to move the clock instead of waiting. Threads that
were already running keep the real ones.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import time_machine

START = 1_794_398_400
"""2026-11-11T12:00:00Z, in UTC seconds."""


class Clock:
    """A clock that the test moves. ``now`` is in UTC seconds."""

    def __init__(self, start: float = START) -> None:
        self.start = start
        self._now = float(start)
        self._traveller: time_machine.Traveller | None = None
        self.on_sleep: Callable[[float], None] = self.advance

    @property
    def now(self) -> float:
        """The virtual time in UTC seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves the clock forward.

        Raises:
            ValueError: the clock would go back; use ``move_to`` where that is meant.
        """
        if seconds < 0:
            raise ValueError("advance never goes back")
        self.move_to(self._now + seconds)

    def move_to(self, moment: float) -> None:
        """Sets the clock, back too: skew and steps of a server's clock are among the faults."""
        self._now = moment
        if self._traveller is not None:
            self._traveller.move_to(moment)

    def sleep(self, seconds: float) -> None:
        """Spends virtual time the way the run at hand does."""
        self.on_sleep(seconds)

    def reset(self) -> None:
        """Puts the clock back to its start."""
        self.move_to(float(self.start))

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Makes this the clock of the process for the length of the block."""
        me = threading.get_ident()
        others = {thread.ident for thread in threading.enumerate()} - {me}
        real_sleep, real_monotonic, real_counter = time.sleep, time.monotonic, time.perf_counter

        def sleep(seconds: float) -> None:
            if threading.get_ident() in others:
                real_sleep(seconds)
            else:
                self.on_sleep(seconds)

        def monotonic() -> float:
            return real_monotonic() if threading.get_ident() in others else self._now

        def counter() -> float:
            return real_counter() if threading.get_ident() in others else self._now

        travel = time_machine.travel(self._now, tick=False)
        self._traveller = travel.start()
        time.sleep = cast(Any, sleep)
        time.monotonic, time.perf_counter = monotonic, counter
        try:
            yield
        finally:
            time.sleep, time.monotonic, time.perf_counter = (
                real_sleep,
                real_monotonic,
                real_counter,
            )
            travel.stop()
            self._traveller = None
