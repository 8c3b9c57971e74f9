"""The interface document: every example is what the code would take or give."""

import ast
import inspect
import json
from collections import Counter
from typing import Any

import msgspec
import pytest

from scripts.openapi import refusals
from scripts.openapi.__main__ import routes
from scripts.openapi.document import document
from shop.errors import ConflictError
from shop.web.api import Auth, Route
from shop.web.problems import TITLES

ROUTES = [(tag, route) for tag, some in routes().items() for route in some]
DOCUMENT = document(routes())
each_route = pytest.mark.parametrize(
    "route", [route for _, route in ROUTES], ids=[route.key for _, route in ROUTES]
)


def operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][route.path][route.method.lower()]
    return found


@each_route
def test_the_example_of_a_request_is_one_that_the_route_takes(route: Route) -> None:
    if route.body is None:
        assert "requestBody" not in operation(route)
        return
    example = operation(route)["requestBody"]["content"]["application/json"]["example"]
    msgspec.json.decode(json.dumps(example), type=route.body, strict=True)


@each_route
def test_the_example_of_an_answer_is_one_that_the_route_gives(route: Route) -> None:
    answer = operation(route)["responses"][str(route.status)]
    if route.reply is None:
        assert "content" not in answer
        return
    example = answer["content"]["application/json"]["example"]
    msgspec.json.decode(json.dumps(example), type=route.reply, strict=True)


@each_route
def test_every_declared_code_stands_under_its_status_with_an_example(route: Route) -> None:
    if route.auth is Auth.PROVIDER:
        return
    answers = operation(route)["responses"]
    for one in refusals.of(route):
        examples = answers[str(one.status)]["content"]["application/problem+json"]["examples"]
        assert examples[one.code]["$ref"] == f"#/components/examples/{one.code}"
        value = DOCUMENT["components"]["examples"][one.code]["value"]
        assert (value["status"], value["title"]) == (one.status, TITLES[one.status])
        assert value["detail"] == one.detail
    assert set(route.codes) <= set(operation(route)["x-problem-codes"])


def test_operations_have_names_of_their_own() -> None:
    names = [operation(route)["operationId"] for _, route in ROUTES]
    assert Counter(names).most_common(1)[0][1] == 1


def test_codes_are_read_where_they_are_raised() -> None:
    found = list(
        refusals._raised(
            ast.parse(
                "class UnauthenticatedError(ShopError):\n"
                "    code = 'unauthenticated'\n"
                "class Gone(ConflictError):\n"
                "    code = 'gone'\n"
                "_WHY = {'late': '太晚了'}\n"
                "def f(code):\n"
                "    raise ConflictError(code, _WHY[code])\n"
                "def g():\n"
                "    raise UnauthenticatedError('who', '谁')\n"
                "    raise InvalidError(detail='x')\n"
                "    raise Other('no', 'no')\n"
            )
        )
    )
    assert {(one.status, one.code, one.detail) for one in found} == {
        (409, "gone", "当前状态不允许此操作"),
        (409, "late", "太晚了"),
        (401, "who", "谁"),
        (401, "unauthenticated", "请先登录"),
    }


def test_no_code_that_the_shop_raises_is_unknown_to_clients() -> None:
    declared = {code for _, route in ROUTES for code in operation(route)["x-problem-codes"]}
    # What only providers meet is told in their form; a report to WeChat answers nobody; a waybill
    # that could not be had is told beside its order.
    elsewhere = {"push_rejected", "push_unreadable", "notice_rejected", "notice_ignored"}
    elsewhere |= {"report_refused", "waybill_refused", "no_courier_account", ConflictError.code}
    assert set(refusals.named()) - declared - elsewhere == set()


@each_route
def test_only_pages_that_may_be_unchanged_tell_of_it(route: Route) -> None:
    answers_so = "cacheable(" in inspect.getsource(route.handler)
    assert ("304" in operation(route)["responses"]) == answers_so


@pytest.mark.parametrize(
    ("key", "statuses"),
    [("POST /v1/login", {"403", "429"}), ("POST /v1/me/phone", {"403", "429"})],
)
def test_what_wechat_forbids_or_slows_down_is_told(key: str, statuses: set[str]) -> None:
    [route] = [one for _, one in ROUTES if one.key == key]
    assert statuses <= set(operation(route)["responses"])
