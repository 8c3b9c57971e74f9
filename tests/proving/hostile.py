"""Events that no well-meaning client sends: real requests spoiled in one to three places.

Whatever is drawn depends on the dice alone, so a seed and a number bring an event back.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from tests.proving.events import http_event

Event = dict[str, Any]
Spoil = Callable[[Event, Random], None]

LONG = 10_240
TEXTS = (
    "", " ", "\x00", "a\x00b", "\r\nset-cookie: a=b", "\ud800", "\udfff\ud800", "\u202e", "\ufeff",
    "../../etc/passwd", "%2e%2e%2f", "%00", "#", "a#b", "a/b", "a|b", "' OR 1=1 --", "{{7*7}}",
    "${jndi:ldap://x}", "😀" * 40, "e\u0301" * 60, "\U000e0001", "x" * 64, "x" * 65, "x" * LONG,
    "null", "true", "NaN", "1", "-1", "1.0", "1e400", "٣", "9" * 4_301, "abc\n", "\n",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2, 99, 100, 101, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 0.5, 1.0, -0.0, 1e308,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [{}], {"a": 1}, [None], {"": ""})
CONTENT_TYPES = (
    "", "text/plain", "application/xml", "application/json; charset=latin-1", "application/jsonp",
    "multipart/form-data", "application/x-www-form-urlencoded", "application/problem+json", "*/*",
    "APPLICATION/JSON", "application/json;" + ";" * 500, "é",
)  # fmt: skip
BODIES = (
    "", " ", "null", "true", "0", '""', "[]", "{", "}", "[1,", '{"a":}', '{"a":1,}', "{'a':1}",
    "{}{}", '{"a":1}x', "\ufeff{}", "NaN", "[NaN]", "-Infinity", '{"":""}', "\x00", "\ud800",
    '"\\ud800"', '{"\\ud800":1}', '{"a":1,"a":2}', "[" * 9 + "]" * 9, "[" * 30_000,
    '{"a":' * 20_000 + "1" + "}" * 20_000, "[" * 500 + "]" * 500, "9" * 4_301, "-" + "9" * 5_000,
    '{"quantity":' + "9" * 4_301 + "}", "1e999999", '{"a":"' + "\\u0000" * 200 + '"}',
    "{}" + " " * 70_000,
    "[" + "1," * 40_000 + "1]", '"' + "\\" * 60_001, "<xml><a/></xml>",
)  # fmt: skip
PATHS = (*TEXTS, "..", ".", "-", "_", "x" * 63, "f1", "0", "counts")
QUERIES = ("limit", "cursor", "status", "sort", "category", "q", "day", "x", "")
LARGEST = 6 * 1024 * 1024
"""The largest event that the platform hands to a function."""


@dataclass(frozen=True)
class Target:
    """One route of one function, and what a well-formed call of it looks like."""

    folder: str
    route: str
    body: type | None
    tokens: tuple[str, ...]
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values that exist, by the name of a field or path parameter."""


def event_of(target: Target, dice: Random, now: float) -> Event:
    """One spoiled request. Some come out whole: a spoiled query may be one that is not read."""
    event = _whole(target, dice, now)
    for spoil in dice.sample(SPOILS, dice.choice((1, 1, 1, 2, 3))):
        spoil(event, dice)
    return event


def _whole(target: Target, dice: Random, now: float) -> Event:
    names = [part[1:-1] for part in target.route.split("/") if part.startswith("{")]
    headers = {"idempotency-key": f"key-{dice.randrange(1_000)}"}
    if target.tokens:
        headers["authorization"] = f"Bearer {dice.choice(target.tokens)}"
    body = draw(target.body, target.known, dice) if target.body else None
    if body is not None and dice.random() < 0.6:
        _spoil_leaf(body, dice)
    event = http_event(
        target.route,
        path={name: dice.choice(target.known.get(name, ("x",))) for name in names},
        headers=headers,
        raw=_json(body) if body is not None else None,
        now=now,
    )
    if body is not None:
        event["headers"]["content-type"] = "application/json"
    return event


def draw(shape: type, known: Mapping[str, tuple[str, ...]], dice: Random) -> Any:
    """A value that fits a body's shape, made of things that exist where it can."""
    return _Drawing(msgspec.json.schema(shape), known, dice).whole()


@dataclass(frozen=True)
class _Drawing:
    schema: Mapping[str, Any]
    known: Mapping[str, tuple[str, ...]]
    dice: Random

    def whole(self) -> Any:
        return self.value(self.schema, "")

    def value(self, part: Mapping[str, Any], name: str) -> Any:
        if "$ref" in part:
            return self.value(self.schema["$defs"][part["$ref"].rpartition("/")[2]], name)
        if "anyOf" in part:
            return self.value(self.dice.choice(part["anyOf"]), name)
        if "enum" in part or "const" in part:
            return self.dice.choice(part.get("enum", [part.get("const")]))
        make = {
            "object": self._object,
            "array": self._array,
            "integer": self._integer,
            "boolean": lambda *_: self.dice.random() < 0.5,
            "null": lambda *_: None,
        }.get(str(part.get("type")), self._text)
        return make(part, name)

    def _object(self, part: Mapping[str, Any], _: str) -> dict[str, Any]:
        needed = part.get("required", [])
        return {
            key: self.value(field, key)
            for key, field in part.get("properties", {}).items()
            if key in needed or self.dice.random() < 0.7
        }

    def _array(self, part: Mapping[str, Any], name: str) -> list[Any]:
        items = part.get("items") or {"type": "string"}
        return [self.value(items, name) for _ in range(max(1, part.get("minItems", 0)))]

    def _integer(self, part: Mapping[str, Any], _: str) -> int:
        least = max(0, part.get("minimum", 0))
        return self.dice.randint(least, max(least, min(part.get("maximum", 99), 99)))

    def _text(self, _: Mapping[str, Any], name: str) -> str:
        return self.dice.choice(self.known.get(name, ("x1",)))


def _spoil_leaf(value: Any, dice: Random) -> None:
    """Puts something hostile at one place of a body, or beside it."""
    while isinstance(value, dict | list) and value:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = dice.choice(keys)
        if isinstance(value[key], dict | list) and value[key] and dice.random() < 0.7:
            value = value[key]
            continue
        if isinstance(value, dict) and dice.random() < 0.15:
            del value[key]
        elif isinstance(value, dict) and dice.random() < 0.1:
            value["unknown"] = 1
        else:
            value[key] = dice.choice((*TEXTS, *NUMBERS, *OTHERS))
        return


def _json(value: Any) -> str:
    return json.dumps(value)


def _headers(event: Event) -> dict[str, Any]:
    if event.get("headers") is None:
        event["headers"] = {}
    headers: dict[str, Any] = event["headers"]
    return headers


def spoil_body(event: Event, dice: Random) -> None:
    event["body"] = dice.choice(BODIES)


def spoil_bytes(event: Event, dice: Random) -> None:
    data = dice.choice((b"\xff\xfe{}", b'{"a":"\xc3\x28"}', b"\xed\xa0\x80", dice.randbytes(40)))
    event["body"], event["isBase64Encoded"] = base64.b64encode(data).decode(), True


def spoil_base64(event: Event, dice: Random) -> None:
    event["body"] = dice.choice(("{}", "!!!!", "a", "YQ=", "YQ==\n", "é", "\ud800", "e30=" * 9))
    event["isBase64Encoded"] = True


def spoil_size(event: Event, dice: Random) -> None:
    size = dice.choice((65_536, 65_537, 200_000, LARGEST if dice.random() < 0.02 else 131_073))
    event["body"] = '{"remark":"' + "x" * size + '"}'


def spoil_content_type(event: Event, dice: Random) -> None:
    _headers(event)["content-type"] = dice.choice(CONTENT_TYPES)


def spoil_token(event: Event, dice: Random) -> None:
    headers = _headers(event)
    token = str(headers.get("authorization", "")).removeprefix("Bearer ")
    head, _, rest = token.partition(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"1"}').rstrip(b"=").decode()
    path = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"../../k"}').rstrip(b"=").decode()
    deep = base64.urlsafe_b64encode(b"[" * 5_000).rstrip(b"=").decode()
    headers["authorization"] = dice.choice(
        (
            "", "Bearer", "Bearer ", "Basic YTpi", "bearer x", "Bearer a.b.c", "Bearer ...",
            f"Bearer {token[:-1]}", f"Bearer {token}x", f"Bearer {rest}.{head}", token,
            f"Bearer {none}.{rest}", f"Bearer {path}.{rest}", f"Bearer {deep}.{rest}",
            f"Bearer {none}.{rest.partition('.')[0]}.", "Bearer \ud800.é.x", "Bearer " + "a" * LONG,
            f"Bearer  {token}", f"BEARER {token}", "Bearer bnVsbA.bnVsbA.x", "Bearer W10.W10.x",
        )
    )  # fmt: skip


def spoil_headers(event: Event, dice: Random) -> None:
    headers = _headers(event)
    what = dice.randrange(5)
    if what == 0:
        event.pop("headers", None)
    elif what == 1:
        event["headers"] = None
    elif what == 2:
        headers[dice.choice(("x-long", "cookie", "if-none-match", "user-agent"))] = "x" * LONG
    elif what == 3:
        headers["idempotency-key"] = dice.choice(TEXTS)
    else:
        headers.pop("idempotency-key", None)
        headers["if-none-match"] = dice.choice(("*", '""', "W/", ",,,", '"x"' * 400, "\ud800"))


def spoil_signature(event: Event, dice: Random) -> None:
    headers = _headers(event)
    sent = str((event.get("requestContext") or {}).get("timeEpoch", 0) // 1_000)
    for name in ("timestamp", "nonce", "signature", "serial"):
        found = (*TEXTS, sent, "PUB_KEY_ID_0", "WECHATPAY/SIGNTEST/x")
        headers[f"wechatpay-{name}"] = dice.choice(found)


def spoil_path(event: Event, dice: Random) -> None:
    parameters = event.get("pathParameters")
    if not parameters or dice.random() < 0.1:
        event["pathParameters"] = dice.choice((None, {}, {"x": "y"}))
        return
    parameters[dice.choice(list(parameters))] = dice.choice(PATHS)


def spoil_query(event: Event, dice: Random) -> None:
    names = dice.sample(QUERIES, dice.choice((1, 1, 2)))
    event["queryStringParameters"] = {
        name: str(dice.choice((*TEXTS, *NUMBERS, "TO_PAY", "UNUSED", "price_asc")))
        for name in names
    }


def spoil_form(event: Event, dice: Random) -> None:
    """A courier's form, as Kuaidi100 posts it, with something wrong inside."""
    fields = {"param": dice.choice((*BODIES, *TEXTS)), "sign": dice.choice(TEXTS)}
    event["body"] = "&".join(f"{name}={value}" for name, value in fields.items())
    _headers(event)["content-type"] = "application/x-www-form-urlencoded"


def spoil_event(event: Event, dice: Random) -> None:
    what = dice.choice(
        ("requestContext", "rawPath", "rawQueryString", "version", "isBase64Encoded", "body",
         "pathParameters", "queryStringParameters", "routeKey", "http", "sourceIp", "other route")
    )  # fmt: skip
    context = event.get("requestContext") or {}
    if what == "http":
        context["http"] = dice.choice((None, {}))
    elif what == "sourceIp":
        context.setdefault("http", {})
        context["http"] = {**(context["http"] or {}), "sourceIp": dice.choice((None, "", "::1"))}
    elif what == "other route":
        event["routeKey"] = dice.choice(
            ("", "$default", "GET /", "POST /v1/x", "\ud800", "x" * LONG)
        )
    elif dice.random() < 0.5:
        event.pop(what, None)
    else:
        event[what] = None


SPOILS: tuple[Spoil, ...] = (
    spoil_body, spoil_bytes, spoil_base64, spoil_size, spoil_content_type, spoil_token,
    spoil_headers, spoil_signature, spoil_path, spoil_query, spoil_form, spoil_event,
)  # fmt: skip
