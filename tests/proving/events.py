"""Events as the platform sends them: HTTP API format 2.0, schedules and table streams."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.proving.engine import Engine


def http_event(
    route: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    raw: str | bytes | None = None,
    now: float = 0.0,
    ip: str = "203.0.113.7",
) -> dict[str, Any]:
    """An HTTP API event (payload format 2.0) for a route such as ``POST /v1/orders/{order_no}``.

    Args:
        route: the route key.
        path: values of the path's parameters.
        query: query parameters.
        headers: request headers; names are lower-cased as API Gateway does.
        body: a value sent as JSON.
        raw: a body sent as it is; bytes arrive in base64.
        now: UTC seconds of arrival.
        ip: the caller's address.
    """
    method, _, template = route.partition(" ")
    parameters = dict(path or {})
    raw_path = template
    for name, value in parameters.items():
        raw_path = raw_path.replace("{" + name + "+}", value).replace("{" + name + "}", value)
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": urlencode(query or {}),
        "headers": sent,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "proving",
            "domainName": "proving.execute-api.us-east-1.amazonaws.com",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": ip,
                "userAgent": sent.get("user-agent", "proving"),
            },
            "requestId": "proving-request",
            "routeKey": route,
            "stage": "$default",
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if parameters:
        event["pathParameters"] = parameters
    if query:
        event["queryStringParameters"] = dict(parse_qsl(urlencode(query)))
    if body is not None:
        sent.setdefault("content-type", "application/json")
        event["body"] = json.dumps(body, ensure_ascii=False)
    elif isinstance(raw, bytes):
        event["body"], event["isBase64Encoded"] = base64.b64encode(raw).decode(), True
    elif raw is not None:
        event["body"] = raw
    return event


def schedule_event(name: str, now: float) -> dict[str, Any]:
    """The event of an EventBridge schedule that fired at ``now`` (UTC seconds)."""
    moment = _iso(now)
    return {
        "version": "0",
        "id": f"{name}-{int(now)}",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": moment,
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:000000000000:rule/{name}"],
        "detail": {},
    }


def _iso(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stream_event(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The event with which Lambda hands table changes to a function."""
    return {"Records": records}


def pump(
    engine: Engine,
    table: str,
    deliver: Callable[[dict[str, Any]], Any],
    *,
    batch: int = 10,
    accept: Callable[[dict[str, Any]], bool] = lambda _: True,
    rounds: int = 100,
) -> int:
    """Delivers the table's changes until no more come, as the stream's mapping would.

    ``accept`` stands for the mapping's filter. A batch whose delivery raises is not repeated:
    the exception reaches the caller, who decides what the platform does next.

    Returns:
        The number of records delivered.

    Raises:
        AssertionError: changes still come after ``rounds`` rounds; the consumer feeds itself.
    """
    delivered = 0
    for _ in range(rounds):
        records = [record for record in engine.take_stream(table) if accept(record)]
        if not records:
            return delivered
        for start in range(0, len(records), batch):
            deliver(stream_event(records[start : start + batch]))
        delivered += len(records)
    raise AssertionError(f"{table}: changes still come after {rounds} rounds")
