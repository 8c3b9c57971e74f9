"""Outbound HTTP in this process: each host is answered by an emulator object."""

from typing import Protocol

import requests

from scripts.emulators.wire import ConnectionFaultError
from tests.proving.seam import Call, Reply


class Emulator(Protocol):
    """A provider that answers a request without a socket."""

    def handle(
        self, method: str, path_with_query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Returns the status, the headers and the body of the answer."""
        ...


class UnknownHost(BaseException):
    """The code under test called a host that nobody answers for: a mistake in a proof or an SSRF.

    It ends the run like a kill, since ``except Exception`` would turn it into a provider fault.
    """


class Router:
    """Hands each call to the emulator that stands for its host (``host`` or ``host:port``)."""

    def __init__(self, emulators: dict[str, Emulator] | None = None) -> None:
        self.emulators = dict(emulators or {})

    def __call__(self, call: Call) -> Reply:
        """Answers one HTTP call."""
        emulator = self.emulators.get(call.host)
        if emulator is None:
            raise UnknownHost(call.url)
        try:
            status, headers, body = emulator.handle(
                call.method, call.target, dict(call.headers), call.body
            )
        except ConnectionFaultError as fault:
            # Whether it acted or not, the caller sees only that no answer came.
            raise requests.ReadTimeout(fault.kind) from fault
        return Reply(status, body, headers)
