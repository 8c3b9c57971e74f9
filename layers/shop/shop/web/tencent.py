"""The same handlers on Tencent Cloud: its events in, its answers out.

Tencent calls `main_handler(event, context)` with plain dictionaries. HTTP events come from a
Function URL, from CloudBase HTTP access or, in old set-ups, from API Gateway; timers have a shape
of their own (Tencent's SCF pages "Function URL", "Timer trigger"; CloudBase "HTTP access").
Nobody has chosen the route, so it is found here, among the routes that the functions declare.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import msgspec

Event = Mapping[str, Any]
Handler = Callable[[Event, Any], dict[str, Any]]
Elapsed = Callable[[], float]

_PARAMETER = re.compile(r"{(\w+)}")
_UNKNOWN = "$default"
_MILLISECONDS = 1_000


class UnknownEventError(Exception):
    """An event that is neither HTTP nor a timer of this package: a fault of the deployment."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler reads of an invocation, in Lambda's names.

    Attributes:
        aws_request_id: Tencent's request id.
        function_name: The function's name at Tencent.
        limit_ms: The whole time limit; Tencent does not tell what is left of it.
        elapsed: Seconds since the invocation began.
    """

    aws_request_id: str
    function_name: str
    limit_ms: int
    elapsed: Elapsed

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the time limit; never negative."""
        return max(0, self.limit_ms - int(self.elapsed() * _MILLISECONDS))


@dataclass(frozen=True, slots=True)
class _Target:
    method: str
    pattern: re.Pattern[str]
    key: str
    handler: Handler


class Entry:
    """The entry of one package.

    Args:
        http: Handlers with the route keys each serves, such as `GET /v1/products/{product_id}`.
        timers: Handlers by the name of the timer that calls them.
        monotonic: Seconds on a clock that never goes back, for what is left of the time limit.
    """

    def __init__(
        self,
        http: Iterable[tuple[Handler, Iterable[str]]],
        timers: Mapping[str, Handler],
        monotonic: Callable[[], float],
    ) -> None:
        targets = [_target(handler, key) for handler, keys in http for key in keys]
        # A fixed path is chosen before one with parameters, as API Gateway does.
        self._targets = sorted(targets, key=lambda one: one.pattern.groups)
        self._timers = timers
        self._monotonic = monotonic

    def __call__(self, event: Event, context: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one event.

        Returns:
            `{isBase64Encoded, statusCode, headers, body}` for HTTP, a timer's own summary else.

        Raises:
            UnknownEventError: No shape or timer that this package knows; the invocation fails and
                Tencent shows it.
        """
        started = self._monotonic()
        translated = Context(
            aws_request_id=str(context.get("request_id", "")),
            function_name=str(context.get("function_name", "")),
            limit_ms=int(context.get("time_limit_in_ms", 0)),
            elapsed=lambda: self._monotonic() - started,
        )
        if str(event.get("Type", "")).lower() == "timer":
            return self._tick(event, translated)
        if "httpMethod" not in event:
            raise UnknownEventError("neither an HTTP event nor a timer")
        return self._answer(event, translated)

    def _tick(self, event: Event, context: Context) -> dict[str, Any]:
        name = str(event.get("TriggerName", ""))
        handler = self._timers.get(name)
        if handler is None:
            raise UnknownEventError("no function of this package has a timer of that name")
        scheduled = {
            "version": "0",
            "id": context.aws_request_id,
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "time": str(event.get("Time", "")),
            "resources": [f"arn:aws:events:::rule/{name}"],
            "detail": _object(str(event.get("Message", ""))),
        }
        return handler(scheduled, context)

    def _answer(self, event: Event, context: Context) -> dict[str, Any]:
        method, path = str(event["httpMethod"]).upper(), str(event.get("path", "/"))
        for target in self._targets:
            found = target.pattern.fullmatch(path)
            if found and target.method == method:
                given = {name: unquote(value) for name, value in found.groupdict().items()}
                return target.handler(_http(event, target.key, given), context)
        # Any function's own "not found" is the contract's.
        return self._targets[0].handler(_http(event, _UNKNOWN, {}), context)


def _target(handler: Handler, key: str) -> _Target:
    method, _, path = key.partition(" ")
    parts = _PARAMETER.split(path)
    pattern = "".join(
        f"(?P<{part}>[^/]+)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)
    )
    return _Target(method, re.compile(pattern), key, handler)


def _http(event: Event, key: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    headers = {str(name).lower(): str(value) for name, value in _mapping(event, "headers").items()}
    # What WeChat's own cloud vouches for is anybody's word on a public address.
    headers = {name: value for name, value in headers.items() if not name.startswith("x-wx-")}
    outer = _mapping(event, "requestContext")
    query = _query(event, outer)
    path = str(event.get("path", "/"))
    return {
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items()
        ),
        "headers": headers,
        "queryStringParameters": query,
        "pathParameters": dict(parameters),
        "requestContext": {
            "http": {
                "method": str(event["httpMethod"]).upper(),
                "path": path,
                "sourceIp": _source(outer, headers),
            },
            "stage": str(outer.get("stage", _UNKNOWN)),
        },
        "body": event.get("body") or "",
        "isBase64Encoded": event.get("isBase64Encoded") is True,
    }


def _query(event: Event, outer: Mapping[str, Any]) -> dict[str, str]:
    # Only CloudBase puts the real query there; API Gateway lists the declared ones under that name.
    name = "queryStringParameters" if "envId" in outer else "queryString"
    return {
        str(key): ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in _mapping(event, name).items()
    }


def _source(outer: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Who called, as the entry door says; of a forwarding chain the part that the door added."""
    if "serviceId" in outer:
        return str(outer.get("sourceIp", ""))
    if "envId" in outer:
        return headers.get("x-real-ip") or headers.get("x-forwarded-for", "").split(",")[-1].strip()
    return headers.get("x-scf-remote-addr", "")


def _mapping(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, Mapping) else {}


def _object(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
