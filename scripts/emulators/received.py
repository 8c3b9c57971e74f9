"""The log of what an emulator received, with secrets blacked out."""

import json
import re
from collections import deque
from typing import Any
from urllib.parse import parse_qsl, urlencode

from scripts.emulators.wire import Request

KEPT = 2000
BLACKED_OUT = "***"
_SECRET_NAMES = re.compile(
    r"(?i)^(secret|appsecret|access_token|session_key|key|sign|signature|paysign|salt|token)$"
)
_SIGNATURE = re.compile(r'signature="[^"]*"')


class ReceivedLog:
    """The newest requests, oldest first; bounded, so a long run cannot fill the memory."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._next = 1

    def add(self, request: Request, route: str, at: float, fault: str | None) -> dict[str, Any]:
        """Logs a request; the caller sets ``status`` on the entry once it has answered."""
        path, _, query = request.target.partition("?")
        pairs = [
            (name, BLACKED_OUT if _SECRET_NAMES.match(name) else value)
            for name, value in parse_qsl(query, keep_blank_values=True)
        ]
        entry: dict[str, Any] = {
            "seq": self._next,
            "at": at,
            "route": route,
            "method": request.method,
            "target": path + ("?" + urlencode(pairs, safe="*") if pairs else ""),
            "headers": {
                name: _SIGNATURE.sub(f'signature="{BLACKED_OUT}"', value)
                for name, value in request.headers.items()
            },
            "body": _readable(request),
            "fault": fault,
            "status": None,
        }
        self._next += 1
        self._entries.append(entry)
        return entry

    def listed(self, route: str | None = None) -> list[dict[str, Any]]:
        """The entries, all or those of one route."""
        return [entry for entry in list(self._entries) if route in {None, entry["route"]}]

    def clear(self) -> None:
        """Forgets all entries; numbering goes on."""
        self._entries.clear()


def _readable(request: Request) -> object:
    form = request.form()
    if form:
        return _redacted({name: _json_or_text(value) for name, value in form.items()})
    return _redacted(_json_or_text(request.body.decode("utf-8", "replace")))


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _redacted(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: BLACKED_OUT if _SECRET_NAMES.match(str(name)) else _redacted(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_redacted(inner) for inner in value]
    return value
