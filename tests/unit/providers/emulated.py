"""The clients joined to the emulators without a network between them."""

import json
from collections.abc import Mapping
from random import Random
from urllib.parse import urlsplit

from scripts.emulators import keys
from scripts.emulators.base import Emulator
from scripts.emulators.wire import ConnectionFaultError
from shop.errors import ProviderError
from shop.providers.transport import MAX_ANSWER_BYTES, Answer

SEED = 20270115
NOW = 1_800_000_000
KEYS = keys.generate()


def seeded() -> Random:
    print(f"seed {SEED}")
    return Random(SEED)


class EmulatorTransport:
    """Hands requests to an emulator as its HTTP server would."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            reply = self._emulator.handle(method, target, dict(headers), body)
        except ConnectionFaultError as fault:
            raise ProviderError(
                self._emulator.name, fault.kind, retryable=True, outcome_unknown=True
            ) from fault
        assert len(reply.body) <= max_bytes
        return Answer(
            reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.body
        )


def control(emulator: Emulator, method: str, path: str, **asked: object) -> dict[str, object]:
    """Asks an emulator's control route."""
    reply = emulator.handle(method, f"/_control/{path}", {}, json.dumps(asked).encode())
    answer = json.loads(reply.body)
    assert reply.status < 300, answer
    assert isinstance(answer, dict)
    return answer


def fault(emulator: Emulator, route: str, kind: str, times: int = 1) -> None:
    """Switches a fault on."""
    control(emulator, "POST", "faults", route=route, kind=kind, times=times)
