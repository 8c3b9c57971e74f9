"""Thousands of clients that run our handlers against the partition model in virtual time.

Each client is a task; a store call takes a drawn latency, a sleep of our code takes its time, and
meanwhile others run. The next event decides the clock, so an hour costs only what happens in it.
A refused call is refused as the service does it, so that the real retry code runs.
"""

import heapq
import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.proving.faults import cancelled, conflict, throttled
from tests.proving.metering import touched
from tests.proving.partitions import Partitions
from tests.proving.seam import Call, Forward, Reply
from tests.proving.tasks import Task, current, pause
from tests.proving.world import World


@dataclass(frozen=True)
class Latency:
    """Seconds that calls take, drawn log-normal from their median and 99th percentile.

    The defaults were measured from Lambda on the real service (``performance.md`` 1.3).
    """

    single: tuple[float, float] = (0.0076, 0.016)
    transaction: tuple[float, float] = (0.025, 0.093)
    provider: tuple[float, float] = (0.150, 0.600)
    secret: tuple[float, float] = (0.010, 0.040)

    def draw(self, call: Call, dice: random.Random) -> float:
        """The seconds of one call."""
        if call.kind != "store":
            median, high = self.provider if call.kind == "http" else self.secret
        else:
            is_transaction = call.name.startswith("Transact")
            median, high = self.transaction if is_transaction else self.single
        return median * math.exp(dice.gauss(0.0, math.log(high / median) / 2.326))


class Simulation:
    """An event-driven run of many clients over one world.

    ``window`` is the conflict window of transactions in seconds.
    """

    def __init__(
        self,
        world: World,
        partitions: Partitions,
        *,
        seed: int,
        window: float = 0.017,
        latency: Latency | None = None,
    ) -> None:
        self.world = world
        self.partitions = partitions
        self._dice = random.Random(seed)
        self._window = window
        self._latency = latency or Latency()
        self._events: list[tuple[float, int, Task]] = []
        self._number = 0
        self.failures: list[BaseException] = []

    def start(self, at: float, work: Callable[[], object], name: str = "client") -> Task:
        """Lets a client begin its work ``at`` seconds after the clock's start."""
        task = Task(name, work)
        self._schedule(self.world.clock.start + at, task)
        return task

    def _schedule(self, at: float, task: Task) -> None:
        self._number += 1
        heapq.heappush(self._events, (at, self._number, task))

    def wait(self, seconds: float) -> None:
        """Lets virtual time pass for the client that calls; others run meanwhile."""
        task = current()
        if task is None:
            self.world.clock.advance(seconds)
            return
        self._schedule(self.world.clock.now + seconds, task)
        pause()

    def run(self, until: float = math.inf) -> float:
        """Runs events up to ``until`` seconds after the clock's start, and returns when it ended.

        An exception that a client did not handle is kept in ``failures``.
        """
        clock, events = self.world.clock, self._events
        with self._installed():
            while events and events[0][0] - clock.start <= until:
                at, _, task = heapq.heappop(events)
                if at > clock.now:
                    clock.move_to(at)
                task.go()
                if task.done and task.error is not None:
                    self.failures.append(task.error)
        return clock.now - clock.start

    def drop_all(self) -> None:
        """Ends the clients that are still waiting, as if their functions had died."""
        for _, _, task in self._events:
            task.drop()
        self._events.clear()

    @contextmanager
    def _installed(self) -> Iterator[None]:
        clock = self.world.clock
        before, clock.on_sleep = clock.on_sleep, self.wait
        try:
            with self.world.seam.layer(self._carry, outermost=False):
                yield
        finally:
            clock.on_sleep = before

    def _carry(self, call: Call, forward: Forward) -> Reply:
        if current() is None:
            return forward(call)
        takes = self._latency.draw(call, self._dice)
        transaction = call.name == "TransactWriteItems"
        travel = max(0.0, takes - self._window if transaction else takes) / 2
        self.wait(travel)
        if call.kind != "store":
            reply = forward(call)
        elif transaction:
            reply = self._transact(call, forward)
        else:
            reply = self._single(call, forward)
        self.wait(travel)
        return reply

    def _single(self, call: Call, forward: Forward) -> Reply:
        now, arms = self.world.clock.now, touched(call, self.world.engine)
        if not self.partitions.room(now, arms):
            return throttled(call)
        is_write = any(arm.writes for arm in arms)
        if is_write and self.partitions.held(now, arms) is not None:
            return conflict(call)
        reply = forward(call)
        if call.units is not None:
            self.partitions.charge(now, call.units.arms)
        return reply

    def _transact(self, call: Call, forward: Forward) -> Reply:
        clock, arms = self.world.clock, touched(call, self.world.engine)
        base = [arm for arm in arms if "/" not in arm.target]
        held = self.partitions.held(clock.now, base)
        if held is not None:
            return conflict(call, held)
        if not self.partitions.room(clock.now, arms):
            return cancelled(call, {0: "ThrottlingError"})
        # Both phases take units; what the planned ones miss is settled when the write is known.
        began = clock.now
        self.partitions.charge(began, arms)
        self.partitions.hold(began + self._window, base)
        self.wait(self._window)
        reply = forward(call)
        if call.units is not None:
            self.partitions.charge(clock.now, arms, sign=-1)
            self.partitions.charge(clock.now, call.units.arms)
        return reply
