"""What goes in and out of an emulator, independent of any HTTP server."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

JSON_TYPE = "application/json; charset=utf-8"


class Reply(NamedTuple):
    """One HTTP answer; unpacks as ``status, headers, body``."""

    status: int
    headers: dict[str, str]
    body: bytes


class ConnectionFaultError(Exception):
    """The emulator gives no answer: the caller must see a time-out or a reset connection.

    Attributes:
        kind: ``timeout`` or ``reset``.
        hold_seconds: How long the connection stays open before it is dropped.
    """

    def __init__(self, kind: str, hold_seconds: float) -> None:
        super().__init__(kind)
        self.kind = kind
        self.hold_seconds = hold_seconds


class DeliveryError(Exception):
    """A message from the emulator to the shop got no HTTP answer (time-out, refused, reset)."""


Deliver = Callable[[str, dict[str, str], bytes], tuple[int, bytes]]


@dataclass(frozen=True)
class Request:
    """One HTTP request, with target and body exactly as sent; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "Request":
        """Splits ``target`` at its question mark; the last of repeated query names wins."""
        path, _, query = target.partition("?")
        return cls(
            method=method.upper(),
            target=target,
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            path=path,
            query=dict(parse_qsl(query, keep_blank_values=True)),
        )

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            ValueError: The body is no UTF-8 JSON object.
        """
        value = json.loads(self.body.decode("utf-8"))
        if not isinstance(value, dict):
            raise ValueError("the body is not a JSON object")  # noqa: TRY004  bad input, no bug
        return value

    def form(self) -> dict[str, str]:
        """The body as form fields; empty when it is no form."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


def json_bytes(value: object) -> bytes:
    """Compact UTF-8 JSON with Chinese left raw."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_reply(value: object, status: int = 200, content_type: str = JSON_TYPE) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, {"Content-Type": content_type}, json_bytes(value))
