"""Tencent's event shapes as API Gateway would have told them; what nobody knows is refused."""

from typing import Any

import pytest

from shop.web.tencent import Entry, UnknownEventError

CONTEXT = {"request_id": "r-1", "function_name": "shop", "time_limit_in_ms": 20_000}
FUNCTION_URL = {
    "httpMethod": "GET",
    "path": "/v1/products/p1",
    "headers": {"host": "x.example", "x-scf-remote-addr": "203.0.113.7", "X-WX-OPENID": "o-forged"},
    "queryString": {"limit": "5", "q": "龙井 茶"},
}


class Recorder:
    """A handler that keeps what it was given."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.event: Any = None
        self.context: Any = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        self.event, self.context = event, context
        return {"statusCode": 200, "body": self.name}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def answered_by(path: str, method: str = "GET") -> tuple[str, str, dict[str, str]]:
    product, suggestions, write = Recorder("product"), Recorder("fixed"), Recorder("write")
    entry = Entry(
        [
            (product, ["GET /v1/products/{product_id}"]),
            (suggestions, ["GET /v1/products/newest"]),
            (write, ["POST /v1/products/{product_id}"]),
        ],
        {},
        Clock(),
    )
    name = entry({"httpMethod": method, "path": path, "headers": {}}, CONTEXT)["body"]
    used = {"product": product, "fixed": suggestions, "write": write}[name]
    return name, used.event["routeKey"], used.event["pathParameters"]


def test_a_function_url_event_reads_like_one_of_the_gateway() -> None:
    handler = Recorder()
    Entry([(handler, ["GET /v1/products/{product_id}"])], {}, Clock())(FUNCTION_URL, CONTEXT)
    assert handler.event == {
        "version": "2.0",
        "routeKey": "GET /v1/products/{product_id}",
        "rawPath": "/v1/products/p1",
        "rawQueryString": "limit=5&q=%E9%BE%99%E4%BA%95%20%E8%8C%B6",
        "headers": {"host": "x.example", "x-scf-remote-addr": "203.0.113.7"},
        "queryStringParameters": {"limit": "5", "q": "龙井 茶"},
        "pathParameters": {"product_id": "p1"},
        "requestContext": {
            "http": {"method": "GET", "path": "/v1/products/p1", "sourceIp": "203.0.113.7"},
            "stage": "$default",
        },
        "body": "",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/v1/products/p1", "GET", ("product", "GET /v1/products/{product_id}", "p1")),
        ("/v1/products/newest", "GET", ("fixed", "GET /v1/products/newest", None)),
        ("/v1/products/newest", "POST", ("write", "POST /v1/products/{product_id}", "newest")),
        ("/v1/products/a%2Fb", "GET", ("product", "GET /v1/products/{product_id}", "a/b")),
    ],
)
def test_the_route_is_found_with_its_parameters(
    path: str, method: str, expected: tuple[str, str, str | None]
) -> None:
    name, key, given = answered_by(path, method)
    assert (name, key, given.get("product_id")) == expected


@pytest.mark.parametrize("path", ["/v1/products", "/v1/products/p1/x", "/v1/products//", "/"])
def test_a_path_that_nobody_serves_is_nobody_s_route(path: str) -> None:
    assert answered_by(path)[1:] == ("$default", {})


@pytest.mark.parametrize(
    ("door", "source"),
    [
        (
            {
                "requestContext": {"envId": "e-1", "requestId": "q"},
                "queryStringParameters": {"q": "a"},
                "headers": {"x-forwarded-for": "198.51.100.1, 203.0.113.9"},
            },
            "203.0.113.9",
        ),
        (
            {
                "requestContext": {"serviceId": "s", "sourceIp": "203.0.113.8", "stage": "release"},
                "queryString": {"q": "a"},
                "queryStringParameters": {"declared": "x"},
                "headers": {"X-Real-IP": "1.1.1.1"},
            },
            "203.0.113.8",
        ),
        ({"queryString": {"q": "a"}, "headers": {"x-forwarded-for": "1.1.1.1"}}, ""),
    ],
)
def test_each_door_says_in_its_own_way_who_calls_and_what_is_asked(
    door: dict[str, Any], source: str
) -> None:
    handler = Recorder()
    entry = Entry([(handler, ["GET /v1/products"])], {}, Clock())
    entry({"httpMethod": "GET", "path": "/v1/products", **door}, CONTEXT)
    assert handler.event["queryStringParameters"] == {"q": "a"}
    assert handler.event["requestContext"]["http"]["sourceIp"] == source


def test_a_body_comes_through_as_it_is() -> None:
    handler = Recorder()
    entry = Entry([(handler, ["POST /v1/orders"])], {}, Clock())
    sent = {"httpMethod": "POST", "path": "/v1/orders", "body": "e30=", "isBase64Encoded": True}
    entry({**sent, "headers": None, "queryString": None}, CONTEXT)
    assert (handler.event["body"], handler.event["isBase64Encoded"]) == ("e30=", True)


def test_what_is_left_of_the_time_is_counted_from_the_entry() -> None:
    clock, handler = Clock(), Recorder()
    Entry([(handler, ["GET /"])], {}, clock)({"httpMethod": "GET", "path": "/"}, CONTEXT)
    assert handler.context.get_remaining_time_in_millis() == 20_000
    clock.now += 1.5
    assert handler.context.get_remaining_time_in_millis() == 18_500
    clock.now += 60
    assert handler.context.get_remaining_time_in_millis() == 0
    assert (handler.context.aws_request_id, handler.context.function_name) == ("r-1", "shop")


@pytest.mark.parametrize("kind", ["Timer", "timer"])
@pytest.mark.parametrize(
    ("message", "detail"), [('{"a": 1}', {"a": 1}), ("", {}), ("hello", {}), ("[1]", {})]
)
def test_a_timer_reads_like_a_schedule(kind: str, message: str, detail: dict[str, Any]) -> None:
    handler = Recorder()
    event = {
        "Type": kind, "TriggerName": "order_expiry", "Time": "2026-11-22T02:00:00Z",
        "Message": message,
    }  # fmt: skip
    Entry([], {"order_expiry": handler}, Clock())(event, CONTEXT)
    assert handler.event == {
        "version": "0",
        "id": "r-1",
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "time": "2026-11-22T02:00:00Z",
        "resources": ["arn:aws:events:::rule/order_expiry"],
        "detail": detail,
    }


@pytest.mark.parametrize(
    "event", [{}, {"Type": "Timer", "TriggerName": "x"}, {"Records": []}, {"path": "/"}]
)
def test_an_event_of_no_known_shape_fails_loudly(event: dict[str, Any]) -> None:
    with pytest.raises(UnknownEventError):
        Entry([], {"order_expiry": Recorder()}, Clock())(event, CONTEXT)
