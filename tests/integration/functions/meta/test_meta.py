"""What the service says about itself is true."""

import json
from pathlib import Path

import pytest

from functions.meta.app import lambda_handler
from scripts.openapi.__main__ import FILE, rendered, routes
from tests.integration.functions.calls import answer_of, call

EVENTS = Path(__file__).parents[4] / "events" / "meta"


def test_health_asks_nobody() -> None:
    answer = call(lambda_handler, "GET /v1/health")
    assert (answer.status, answer.body["status"]) == (200, "ok")


def test_the_served_document_is_current_and_cacheable() -> None:
    answer = call(lambda_handler, "GET /v1/openapi.json")
    assert answer.status == 200
    assert FILE.read_text(encoding="utf-8") == rendered(), "run `python -m scripts.openapi`"
    headers = {"If-None-Match": answer.headers["etag"]}
    assert call(lambda_handler, "GET /v1/openapi.json", headers=headers).status == 304


def test_every_route_is_described_with_who_may_call_it() -> None:
    document = json.loads(rendered())
    for capability, some in routes().items():
        for route in some:
            operation = document["paths"][route.path][route.method.lower()]
            assert operation["tags"] == [capability]
            assert operation["summary"], route.key
            secured = {name for one in operation["security"] for name in one}
            expected = {"customer": {"customer"}, "optional": {"customer"}, "staff": {"staff"}}
            assert secured == expected.get(route.auth, set()), route.key
    names = {op["operationId"] for path in document["paths"].values() for op in path.values()}
    assert len(names) == sum(len(path) for path in document["paths"].values())


def test_every_reference_resolves() -> None:
    text = rendered()
    schemas = json.loads(text)["components"]["schemas"]
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= set(schemas)


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_events_are_answered(event: Path) -> None:
    assert answer_of(lambda_handler(json.loads(event.read_text()), None)).status == 200
