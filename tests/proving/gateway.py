"""The HTTP API in front of the deployed handlers, as a WSGI application.

It matches the template's routes as API Gateway does, turns a request into an event of format 2.0
and the handler's answer into a response. What no route matches is answered by the gateway alone.
"""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.proving.shop import Shop
from tests.proving.template import load_handler, load_template

StartResponse = Callable[[str, list[tuple[str, str]]], object]
_NOT_FOUND = b'{"message":"Not Found"}'


@dataclass(frozen=True)
class _Route:
    key: str
    method: str
    pattern: re.Pattern[str]
    folder: str

    @property
    def parameters(self) -> int:
        return self.pattern.groups


class Gateway:
    """Every route of the template over one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        routes = [
            _route(key, function.folder)
            for function in load_template().functions.values()
            for key in function.routes
        ]
        # A fixed path is chosen before one with parameters.
        self._routes = sorted(routes, key=lambda one: one.parameters)

    def __call__(self, environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        method = str(environ["REQUEST_METHOD"])
        # WSGI hands bytes over as latin-1 text, percent signs already resolved.
        path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found and route.method == method:
                event = self._event(environ, route, path, found.groupdict())
                return self._answer(route.folder, event, start)
        start("404 Not Found", [("content-type", "application/json")])
        return [_NOT_FOUND]

    def _answer(self, folder: str, event: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        answer = self._shop.world.invoke(load_handler(folder), event, name=folder, seconds=20)
        status = HTTPStatus(answer["statusCode"])
        body = str(answer["body"]).encode()
        headers = [*answer["headers"].items(), ("content-length", str(len(body)))]
        start(f"{status.value} {status.phrase}", headers)
        return [body]

    def _event(
        self, environ: Mapping[str, Any], route: _Route, path: str, parameters: dict[str, str]
    ) -> dict[str, Any]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        query = str(environ.get("QUERY_STRING", ""))
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": _headers(environ),
            "requestContext": {
                "http": {"method": route.method, "path": path, "sourceIp": "203.0.113.7"},
                "routeKey": route.key,
                "timeEpoch": self._shop.now * 1_000,
            },
            "pathParameters": {name: unquote(value) for name, value in parameters.items()},
            "queryStringParameters": _joined(query),
            "isBase64Encoded": False,
        }
        if body:
            try:
                event["body"] = body.decode()
            except UnicodeDecodeError:
                event["body"] = base64.b64encode(body).decode()
                event["isBase64Encoded"] = True
        return event


def _route(key: str, folder: str) -> _Route:
    method, _, template = key.partition(" ")
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
    return _Route(key, method, re.compile(pattern), folder)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    found = {
        name[5:].lower().replace("_", "-"): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        found["content-type"] = str(environ["CONTENT_TYPE"])
    return found


def _joined(query: str) -> dict[str, str]:
    """Query parameters; those given more than once are joined by commas."""
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return {name: ",".join(found) for name, found in values.items()}
