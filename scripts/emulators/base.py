"""The frame all emulators share: routing, faults, the log of requests, control routes, clocks."""

import re
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from random import Random
from typing import Any, ClassVar

from scripts.emulators.faults import Fault, FaultPlan, general_failure
from scripts.emulators.received import ReceivedLog
from scripts.emulators.wire import Reply, Request, json_reply

DEFAULT_SLOW_SECONDS = 3.0
CONTROL_PREFIX = "/_control/"


@dataclass(frozen=True)
class Call:
    """One request on one route: path parameters and the fault its handler may have to play."""

    request: Request
    params: dict[str, str]
    fault: Fault | None = None

    def struck_by(self, kind: str) -> bool:
        """Whether the fault of this call is the named one."""
        return self.fault is not None and self.fault.kind == kind


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """A named route; ``{name}`` in the path stands for one path segment."""

    name: str
    method: str
    path: str
    handler: Handler

    def match(self, request: Request) -> dict[str, str] | None:
        """The path parameters if the request is for this route."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, request.path)
        return found.groupdict() if found and request.method == self.method else None


class ControlError(Exception):
    """A control request that cannot be carried out; answered 400 with the text."""


class Emulator(ABC):
    """A provider without its HTTP server; tests may drive it under a clock of their own.

    Args:
        now: The plan clock: ages, re-send plans and delays follow it. UTC seconds.
        wire_now: The clock of signatures and printed times; default the plan clock. A live
            emulator keeps it true while the plan clock is advanced.
        sleep: Waits out a ``slow`` fault; a virtual clock advances instead.
        rng: Source of ids and nonces; seed it to replay a run.
    """

    name: ClassVar[str]
    special_kinds: ClassVar[dict[str, str]]

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        wire_now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rng: Random | None = None,
    ) -> None:
        self._base_now = now
        self._shift = 0.0
        self.wire_now = wire_now or now
        self._sleep = sleep
        self.rng: Random = rng or secrets.SystemRandom()
        self.lock = threading.RLock()
        self._routes = self.routes()
        self.faults = FaultPlan([route.name for route in self._routes], self.special_kinds)
        self.received = ReceivedLog()

    def now(self) -> float:
        """The plan clock with the shift asked for by the control route; UTC seconds."""
        return self._base_now() + self._shift

    def hex_id(self, digits: int) -> str:
        """A fresh id of lower-case hexadecimal digits."""
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def handle(
        self, method: str, path_with_query: str, headers: dict[str, str], body: bytes
    ) -> Reply:
        """Answers one HTTP request.

        Args:
            method: HTTP method.
            path_with_query: The target exactly as sent.
            headers: Header fields; names in any case.
            body: The body exactly as sent.

        Raises:
            ConnectionFaultError: A fault leaves the caller without an answer.
        """
        request = Request.parse(method, path_with_query, headers, body)
        if request.path.startswith(CONTROL_PREFIX):
            return self._answer_control(request)
        for route in self._routes:
            params = route.match(request)
            if params is not None:
                return self._answer(route, request, params)
        self.received.add(request, "unknown", self.wire_now(), None)["status"] = 404
        return self.not_found(request)

    @abstractmethod
    def routes(self) -> list[Route]:
        """The provider's routes."""

    def control_routes(self) -> list[Route]:
        """Control routes beside the common ones."""
        return []

    def not_found(self, request: Request) -> Reply:
        """The provider's answer to a route it does not have."""
        return json_reply({"error": f"no route {request.method} {request.path}"}, 404)

    def answer(self, route: Route, call: Call) -> Reply:
        """The provider's answer; overridden where requests are checked or answers signed."""
        return route.handler(call)

    def special_failure(self, fault: Fault) -> Reply | None:
        """The answer of a provider's own fault that replaces the call, if it is such a one."""
        del fault
        return None

    def run_due(self) -> int:
        """Does what is due by now, messages sent one after the other; returns their number."""
        return 0

    def next_due(self) -> float | None:
        """When something is due next, seconds of the plan clock."""
        return None

    @abstractmethod
    def dump(self) -> dict[str, Any]:
        """The state as JSON-compatible data; faults and received requests are not part of it."""

    @abstractmethod
    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""

    def _answer(self, route: Route, request: Request, params: dict[str, str]) -> Reply:
        fault = self.faults.take(route.name)
        entry = self.received.add(
            request, route.name, self.wire_now(), fault.kind if fault else None
        )
        reply = self._with_fault(route, Call(request, params, fault))
        entry["status"] = reply.status
        return reply

    def _with_fault(self, route: Route, call: Call) -> Reply:
        fault = call.fault
        if fault is None:
            return self.answer(route, call)
        if not fault.general:
            return self.special_failure(fault) or self.answer(route, call)
        if not fault.acts_first:
            return general_failure(fault)
        reply = self.answer(route, call)
        if fault.kind == "slow":
            self._sleep(fault.delay_seconds(DEFAULT_SLOW_SECONDS))
            return reply
        return general_failure(fault)

    def _answer_control(self, request: Request) -> Reply:
        for route in self._control:
            params = route.match(request)
            if params is not None:
                try:
                    return route.handler(Call(request, params))
                except (ControlError, ValueError, LookupError, TypeError) as error:
                    return json_reply({"error": f"{type(error).__name__}: {error}"}, 400)
        return json_reply({"error": f"no control route {request.method} {request.path}"}, 404)

    @cached_property
    def _control(self) -> list[Route]:
        return [*self._common_control(), *self.control_routes()]

    def _common_control(self) -> list[Route]:
        return [
            Route("health", "GET", "/_control/health", self._health),
            Route("received", "GET", "/_control/received", self._received),
            Route("received", "DELETE", "/_control/received", self._forget_received),
            Route("faults", "GET", "/_control/faults", self._list_faults),
            Route("faults", "POST", "/_control/faults", self._add_fault),
            Route("faults", "DELETE", "/_control/faults", self._clear_faults),
            Route("clock", "GET", "/_control/clock", self._clock),
            Route("clock", "POST", "/_control/clock", self._advance),
        ]

    def _health(self, _call: Call) -> Reply:
        return json_reply({"emulator": self.name, "ok": True})

    def _received(self, call: Call) -> Reply:
        return json_reply({"received": self.received.listed(call.request.query.get("route"))})

    def _forget_received(self, _call: Call) -> Reply:
        self.received.clear()
        return json_reply({"ok": True})

    def _list_faults(self, _call: Call) -> Reply:
        return json_reply({"faults": self.faults.listed()})

    def _add_fault(self, call: Call) -> Reply:
        with self.lock:
            return json_reply({"fault": asdict(self.faults.add(call.request.json_object()))}, 201)

    def _clear_faults(self, _call: Call) -> Reply:
        with self.lock:
            self.faults.clear()
        return json_reply({"ok": True})

    def _clock(self, _call: Call) -> Reply:
        return json_reply({"plan_now": self.now(), "wire_now": self.wire_now()})

    def _advance(self, call: Call) -> Reply:
        seconds = float(call.request.json_object()["advance_seconds"])
        if seconds < 0:
            raise ControlError("the plan clock does not run backwards")
        with self.lock:
            self._shift += seconds
        return self._clock(call)
