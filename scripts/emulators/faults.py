"""Faults that a test switches on, consumed one request or notice at a time."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scripts.emulators.wire import ConnectionFaultError, Reply

ANY_ROUTE = "*"
DEFAULT_HOLD_SECONDS = 60.0
GENERAL_KINDS = r"(timeout|reset|garbage|http_[1-5]\d\d)(_before|_after)?|slow"


@dataclass
class Fault:
    """One fault: what goes wrong, on which route, how often still.

    Attributes:
        route: Route name as listed in ``docs/emulators.md``, or ``*``.
        kind: What goes wrong. ``_after`` kinds act first, then fail; bare ones do not act.
        times: How many more times it strikes.
        delay_ms: For ``slow`` the delay, for ``timeout`` how long the connection is held.
        skip: How many matching requests pass unharmed first.
    """

    route: str
    kind: str
    times: int = 1
    delay_ms: int | None = None
    skip: int = 0

    @property
    def acts_first(self) -> bool:
        """Whether the request takes effect before the answer is spoiled."""
        return self.kind == "slow" or self.kind.endswith("_after")

    @property
    def general(self) -> bool:
        """Whether the fault is one that every route knows."""
        return re.fullmatch(GENERAL_KINDS, self.kind) is not None

    def delay_seconds(self, default: float) -> float:
        """``delay_ms`` in seconds, or ``default``."""
        return default if self.delay_ms is None else self.delay_ms / 1000


class FaultPlan:
    """The faults waiting to strike, in the order they were added."""

    def __init__(self, routes: Iterable[str], special_kinds: Mapping[str, str]) -> None:
        """Knows which kinds make sense where.

        Args:
            routes: The provider's routes; all of them know the general kinds.
            special_kinds: Regular expression of further kinds by route or topic; those of ``*``
                go with every route.
        """
        self._routes = {ANY_ROUTE, *routes}
        self._special = dict(special_kinds)
        self._waiting: list[Fault] = []

    def add(self, order: dict[str, Any]) -> Fault:
        """Adds a fault.

        Raises:
            ValueError: The route does not exist or does not know the kind, or a number is out of
                range.
            TypeError: A field is missing or unknown.
        """
        fault = Fault(**order)
        known = self._known_kinds(fault.route)
        if not known:
            names = sorted(self._routes | set(self._special))
            raise ValueError(f"unknown route {fault.route!r}; known: {names}")
        if not re.fullmatch("|".join(known), fault.kind):
            raise ValueError(f"unknown kind {fault.kind!r} for {fault.route!r}; known: {known}")
        if fault.times < 1 or fault.skip < 0:
            raise ValueError("times must be at least 1 and skip at least 0")
        self._waiting.append(fault)
        return fault

    def _known_kinds(self, route: str) -> list[str]:
        kinds = [self._special[route]] if route in self._special else []
        if route in self._routes:
            kinds.append(GENERAL_KINDS)
            if route != ANY_ROUTE and ANY_ROUTE in self._special:
                kinds.append(self._special[ANY_ROUTE])
        return kinds

    def take(self, route: str) -> Fault | None:
        """The fault that strikes this use of ``route``, counted down, or None."""
        for fault in self._waiting:
            if fault.route != route and not (fault.route == ANY_ROUTE and route in self._routes):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times == 0:
                self._waiting.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        """Forgets all faults."""
        self._waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        """The waiting faults as plain data."""
        return [asdict(fault) for fault in self._waiting]


def general_failure(fault: Fault) -> Reply:
    """The spoiled answer of a general fault.

    Raises:
        ConnectionFaultError: The fault leaves the caller without an answer.
    """
    what = fault.kind.removesuffix("_before").removesuffix("_after")
    if what in {"timeout", "reset"}:
        hold = fault.delay_seconds(DEFAULT_HOLD_SECONDS if what == "timeout" else 0.0)
        raise ConnectionFaultError(what, hold)
    if what == "garbage":
        return Reply(200, {"Content-Type": "text/html"}, b"<html><h1>Bad gateway?</h1>\xff{")
    status = int(what.removeprefix("http_"))
    return Reply(status, {"Content-Type": "text/html"}, f"<html>{status}</html>".encode())
