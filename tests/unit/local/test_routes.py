from collections.abc import Iterator
from typing import Any

import pytest

from scripts.local import routes
from scripts.local.routes import RoutePlan, UnknownRouteError
from scripts.local.stack import DeployedStack

ARN = "arn:aws:lambda:cn-north-1:000000000000:function:"


def operation(target: str, **changes: Any) -> dict[str, Any]:
    uri = (
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        f"${{{target}}}/invocations"
    )
    integration = {
        "httpMethod": "POST",
        "type": "aws_proxy",
        "uri": {"Fn::Sub": uri},
        "payloadFormatVersion": "2.0",
    }
    return {"x-amazon-apigateway-integration": integration | changes, "responses": {}}


def body(**paths: Any) -> dict[str, Any]:
    return {"openapi": "3.0.1", "paths": paths}


def stack_of(paths: dict[str, Any]) -> DeployedStack:
    resources = {"HttpApi": {"Type": routes.API_TYPE, "Properties": {"Body": {"paths": paths}}}}
    ids = {"HttpApi": "yunpu", "Orders": "yunpu-Orders-1", "CartAliaslive": f"{ARN}cart:live"}
    return DeployedStack(resources, ids, {}, {})


class FakeAws:
    """HTTP APIs and functions as far as the step uses them."""

    def __init__(self) -> None:
        self.routes: dict[str, dict[str, str]] = {}
        self.integrations: dict[str, dict[str, str]] = {}
        self.writes = 0

    def client(self, _name: str) -> Any:
        return self

    def get_function(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        return {"Configuration": {"FunctionArn": ARN + FunctionName}}

    def get_paginator(self, operation: str) -> Any:
        items = self.routes if operation == "get_routes" else self.integrations
        return Pages(list(items.values()))

    def create_integration(self, **asked: str) -> dict[str, str]:
        self.writes += 1
        made = {"IntegrationId": f"i{self.writes}", "IntegrationUri": asked["IntegrationUri"]}
        self.integrations[made["IntegrationId"]] = made
        return made

    def create_route(self, **asked: str) -> None:
        self.writes += 1
        self.routes[f"r{self.writes}"] = {
            "RouteId": f"r{self.writes}",
            "RouteKey": asked["RouteKey"],
            "Target": asked["Target"],
        }

    def delete_route(self, **asked: str) -> None:
        self.writes += 1
        del self.routes[asked["RouteId"]]

    def table(self) -> dict[str, str]:
        return {
            route["RouteKey"]: self.integrations[route["Target"].removeprefix("integrations/")][
                "IntegrationUri"
            ]
            for route in self.routes.values()
        }


class Pages:
    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def paginate(self, **_asked: str) -> Iterator[dict[str, Any]]:
        yield {"Items": self._items[:1]}
        yield {"Items": self._items[1:]}


def test_every_method_of_every_path_becomes_a_route() -> None:
    found = routes.plan(
        body(
            **{
                "/v1/orders": {"get": operation("Orders.Arn"), "post": operation("Checkout.Arn")},
                "/v1/orders/{no}": {"get": operation("OrdersAliaslive"), "parameters": []},
            }
        )
    )
    assert found == [
        RoutePlan("GET /v1/orders", "Orders"),
        RoutePlan("GET /v1/orders/{no}", "OrdersAliaslive"),
        RoutePlan("POST /v1/orders", "Checkout"),
    ]


def test_any_method_and_the_catch_all_keep_their_own_spelling() -> None:
    found = routes.plan(
        body(
            **{
                "/v1/{rest+}": {routes.ANY_METHOD: operation("Rest.Arn")},
                "$default": {routes.ANY_METHOD: operation("Rest.Arn")},
            }
        )
    )
    assert [route.key for route in found] == ["$default", "ANY /v1/{rest+}"]


@pytest.mark.parametrize(
    "broken",
    [
        operation("Orders.Arn") | {"security": [{"Jwt": []}]},
        operation("Orders.Arn", payloadFormatVersion="1.0"),
        operation("Orders.Arn", uri="https://elsewhere.example"),
    ],
    ids=["authorizer", "payload 1.0", "no function"],
)
def test_what_cannot_be_repeated_is_refused_by_name(broken: dict[str, Any]) -> None:
    with pytest.raises(UnknownRouteError, match="GET /v1/orders"):
        routes.plan(body(**{"/v1/orders": {"get": broken}}))


def test_functions_and_aliases_are_both_reached() -> None:
    aws = FakeAws()
    paths = {
        "/v1/orders": {"get": operation("Orders.Arn")},
        "/v1/cart": {"get": operation("CartAliaslive")},
    }
    assert routes.apply(stack_of(paths), aws.client) == 2
    assert aws.table() == {
        "GET /v1/orders": f"{ARN}yunpu-Orders-1",
        "GET /v1/cart": f"{ARN}cart:live",
    }


def test_a_second_deploy_changes_only_what_changed() -> None:
    aws = FakeAws()
    paths = {
        "/v1/orders": {"get": operation("Orders.Arn"), "post": operation("Orders.Arn")},
        "/v1/gone": {"get": operation("Orders.Arn")},
    }
    routes.apply(stack_of(paths), aws.client)
    writes = aws.writes
    routes.apply(stack_of(paths), aws.client)
    assert aws.writes == writes

    del paths["/v1/gone"]
    paths["/v1/orders"]["post"] = operation("CartAliaslive")
    routes.apply(stack_of(paths), aws.client)
    assert aws.table() == {
        "GET /v1/orders": f"{ARN}yunpu-Orders-1",
        "POST /v1/orders": f"{ARN}cart:live",
    }
