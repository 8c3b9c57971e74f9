"""A provider that fails in each of its ways at each call of a business step.

A cell is a step, one of the provider's routes that it calls, a fault, and whether it strikes once
or until the provider is back. The step's own story says how life goes on and what must come of it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import requests
from urllib3.exceptions import ProtocolError

from scripts.emulators.base import Emulator
from scripts.emulators.wire import ConnectionFaultError
from tests.proving.aftermath import rest
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.clock import Clock
from tests.proving.faults import Kind
from tests.proving.invariants import broken, totals
from tests.proving.seam import Call
from tests.proving.shop import Answer, Moment, Shop, forget_process

READ_SECONDS = 5.0
"""How long the shop waits for a provider's answer."""
STAFF_SECONDS = 3_700
"""Past the hour after which what a provider refused is tried again."""
UNREACHABLE = "unreachable"
MANY = 1_000
_TRIES = 4


class Wire:
    """An emulator behind a network: what it leaves unanswered times out or breaks off."""

    def __init__(self, emulator: Emulator, clock: Clock) -> None:
        self._emulator = emulator
        self._clock = clock

    def handle(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """The answer, or what `requests` raises for want of one."""
        try:
            status, answered, content = self._emulator.handle(method, target, headers, body)
        except ConnectionFaultError as fault:
            if fault.kind == "timeout":
                self._clock.sleep(READ_SECONDS)
                raise requests.ReadTimeout from fault
            reset = ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
            raise requests.ConnectionError(reset) from fault
        return status, answered, content


@dataclass(frozen=True)
class Cell:
    """One field of the matrix."""

    step: str
    route: str
    kind: str
    lasting: bool

    def __str__(self) -> str:
        return f"{self.step} | {self.route} | {self.kind}{' (lasting)' if self.lasting else ''}"


@dataclass(frozen=True)
class Said:
    """What one invocation answered: a status and a problem's code, or nothing for a schedule."""

    function: str
    status: int
    code: str
    seconds: float
    allowed: float


@dataclass(frozen=True)
class Outcome:
    """What came of a cell.

    Attributes:
        said: The answers while the step ran.
        struck: Whether the fault was met at all.
        wrong: A line for each promise that was broken.
    """

    said: tuple[Said, ...]
    struck: bool
    wrong: tuple[str, ...]


@dataclass
class Bench:
    """A provider under test in a shop.

    Attributes:
        base: The moment that all steps begin from.
        emulator: The provider.
        host: Where the shop reaches it.
        excused: Whether a fault leaves something for a person, so that the shop is not at rest.
        ends: Judges the shop when all is over, beside the step's own promise.
        at_once: Judges it when the step is over and the fault still there.
    """

    shop: Shop
    base: Moment
    emulator: Emulator
    host: str
    excused: Callable[[Cell], bool]
    ends: Callable[[Shop, Cell, Step], Sequence[str]]
    at_once: Callable[[Shop, Cell], Sequence[str]] = lambda *_: ()

    def routes(self, direct: DirectStep) -> list[str]:
        """The provider's routes that a step calls, in order, each once."""
        step, _ = self._begin(direct)
        self.emulator.received.clear()
        step.step()
        called = [str(entry["route"]) for entry in self.emulator.received.listed()]
        return list(dict.fromkeys(called))

    def try_cell(self, cell: Cell, direct: DirectStep) -> Outcome:
        """Plays one cell from the beginning to the end."""
        shop = self.shop
        step, initial = self._begin(direct)
        self.emulator.received.clear()
        self._arm(cell)
        said: list[Said] = []
        with _overheard(shop, said):
            step.step()
        struck = self._struck(cell)
        wrong = [f"at once, {line}" for line in broken(shop, initial)]
        wrong += [f"at once, {line}" for line in self.at_once(shop, cell)]
        if cell.lasting:
            rest(shop)
            wrong += [f"while it lasts, {line}" for line in broken(shop, initial)]
        self._disarm()
        _life_goes_on(shop, step)
        wrong += [f"at the end, {line}" for line in self.ends(shop, cell, step)]
        at_rest = not self.excused(cell)
        wrong += [f"at rest, {line}" for line in broken(shop, initial, at_rest=at_rest)]
        return Outcome(tuple(said), struck, tuple(wrong))

    def _begin(self, direct: DirectStep) -> tuple[Step, dict[str, int]]:
        self._disarm()
        self.shop.back_to(self.base)
        initial = totals(self.shop)
        step = direct(self.shop)
        self.shop.pump()
        forget_process()
        return step, initial

    def _arm(self, cell: Cell) -> None:
        times = MANY if cell.lasting else 1
        if cell.kind == UNREACHABLE:
            left = [times]

            def choose(_: int, call: Call) -> Kind | None:
                if call.kind != "http" or call.host != self.host or not left[0]:
                    return None
                left[0] -= 1
                return Kind.UNSENT

            self.shop.world.faults.when(choose)
            return
        asked = {"route": cell.route, "kind": cell.kind, "times": times}
        reply = self.emulator.handle("POST", "/_control/faults", {}, json.dumps(asked).encode())
        assert reply.status == 201, reply.body

    def _struck(self, cell: Cell) -> bool:
        if cell.kind == UNREACHABLE:
            return bool(self.shop.world.faults.fired)
        return any(entry["fault"] for entry in self.emulator.received.listed())

    def _disarm(self) -> None:
        self.shop.world.faults.none()
        self.emulator.handle("DELETE", "/_control/faults", {}, b"")


@contextmanager
def _overheard(shop: Shop, said: list[Said]) -> Iterator[None]:
    invoke = shop.world.invoke

    def heard(handler: Any, event: Any, *, name: str = "", seconds: float = 29.0) -> Any:
        began = shop.world.clock.now
        answer = invoke(handler, event, name=name, seconds=seconds)
        took = shop.world.clock.now - began
        is_http = isinstance(answer, dict) and "statusCode" in answer
        status = int(answer["statusCode"]) if is_http else 0
        is_json = is_http and "json" in answer["headers"].get("content-type", "")
        body = json.loads(answer["body"]) if is_json and answer.get("body") else {}
        said.append(Said(name, status, str(body.get("code", "")), took, seconds))
        return answer

    with mock.patch.object(shop.world, "invoke", heard):
        yield


def _life_goes_on(shop: Shop, step: Step) -> None:
    """The client tries again, what is owed arrives, and an hour later what was refused."""
    forget_process()
    for _ in range(_TRIES):
        answer = step.again()
        if not isinstance(answer, Answer) or answer.status < 500:
            break
        shop.world.clock.advance(5)
    rest(shop)
    shop.world.clock.advance(STAFF_SECONDS)
    rest(shop)
