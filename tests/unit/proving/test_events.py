import pytest

from tests.proving.events import http_event, pump, schedule_event
from tests.proving.world import World
from tests.unit.proving import toy


def test_an_http_event_in_format_2() -> None:
    event = http_event(
        "POST /v1/orders/{no}/cancel",
        path={"no": "A1"},
        query={"q": "铺"},
        headers={"Authorization": "Bearer x"},
        body={"a": 1},
        now=1_794_398_400.5,
    )
    assert event["rawPath"] == "/v1/orders/A1/cancel"
    assert event["pathParameters"] == {"no": "A1"}
    assert event["queryStringParameters"] == {"q": "铺"}
    assert event["rawQueryString"] == "q=%E9%93%BA"
    assert event["headers"]["authorization"] == "Bearer x"
    assert event["body"] == '{"a": 1}'
    assert event["requestContext"]["timeEpoch"] == 1_794_398_400_500
    binary = http_event("POST /v1/notices/pay", raw=b"\xff")
    assert (binary["body"], binary["isBase64Encoded"]) == ("/w==", True)
    assert "pathParameters" not in http_event("GET /v1/health")


def test_a_schedule_event_says_when() -> None:
    assert schedule_event("sweep", 1_794_398_400)["time"] == "2026-11-11T12:00:00Z"


def test_changes_are_pumped_with_both_images_and_in_order() -> None:
    with World(seed=1, tables=toy.TABLES) as world:
        world.engine.put("toy", toy.stock(2))
        toy.careful({}, None)
        toy.Stock(pk="sku", sk="stock").delete()
        seen = []

        def deliver(event: dict[str, list[dict[str, dict[str, object]]]]) -> None:
            seen.extend(event["Records"])

        assert pump(world.engine, "toy", deliver, batch=2) == 3
        assert [str(record["eventName"]) for record in seen] == ["INSERT", "MODIFY", "REMOVE"]
        assert seen[1]["dynamodb"]["OldImage"] == toy.stock(2)
        assert seen[1]["dynamodb"]["NewImage"] == toy.stock(1)
        assert seen[2]["dynamodb"]["Keys"] == {"pk": {"S": "sku"}, "sk": {"S": "stock"}}
        assert pump(world.engine, "toy", deliver) == 0


def test_a_consumer_that_feeds_itself_is_stopped() -> None:
    with World(seed=1, tables=toy.TABLES) as world:
        world.engine.put("toy", toy.stock(10_000))
        with pytest.raises(AssertionError, match="still come"):
            pump(world.engine, "toy", lambda _: toy.careful({}, None), rounds=3)
