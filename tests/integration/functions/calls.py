"""What API Gateway sends, and what it reads back."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_customer
from shop.domain.ids import CustomerId

NOW = 1_790_000_000
Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


def call(
    handler: Handler,
    route: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: object = None,
    token: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one HTTP API v2 event for a route key such as `GET /v1/products/{product_id}`."""
    method, _, template = route.partition(" ")
    given = {"content-type": "application/json", **(headers or {})}
    if token:
        given["authorization"] = f"Bearer {token}"
    event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": re.sub(r"{(\w+)}", lambda hit: (path or {})[hit[1]], template),
        "headers": given,
        "queryStringParameters": dict(query or {}),
        "pathParameters": dict(path or {}),
        "requestContext": {"http": {"method": method, "sourceIp": "127.0.0.1"}},
        "body": "" if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
    return answer_of(handler(event, None))


def answer_of(raw: Mapping[str, Any]) -> Answer:
    """An answer as the client sees it."""
    text = raw["body"]
    return Answer(raw["statusCode"], raw["headers"], json.loads(text) if text else None)


def access_token(customer_id: str, at: int = NOW) -> str:
    """A customer's bearer token, as login would issue it."""
    ring = KeyRing("1", {"1": bytes(32)})
    return issue_customer(
        ring, CustomerId(customer_id), "session", f"openid-{customer_id}", now=at, jti="j"
    )
