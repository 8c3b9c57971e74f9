"""Control calls of an emulator in process."""

import json
from typing import Any

from scripts.emulators.base import Emulator


def control(emulator: Emulator, method: str, path: str, body: object = None) -> Any:
    text = b"" if body is None else json.dumps(body).encode()
    reply = emulator.handle(method, "/_control/" + path, {}, text)
    assert reply.status in {200, 201}, reply.body
    return json.loads(reply.body)
