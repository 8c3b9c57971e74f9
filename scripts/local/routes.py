"""Gives the local HTTP API its routes: MiniStack 1.5.33 ignores the OpenAPI body SAM makes."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.stack import DeployedStack

API_TYPE = "AWS::ApiGatewayV2::Api"
ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", ANY_METHOD}
_FUNCTION = re.compile(r"/functions/\$\{(\w+)(?:\.Arn)?\}/invocations$")


class UnknownRouteError(Exception):
    """The processed template says something this step does not know how to repeat."""


@dataclass(frozen=True, order=True)
class RoutePlan:
    """One route of the processed template.

    Attributes:
        key: As API Gateway writes it, ``GET /v1/orders/{order_no}``.
        target: Logical id of the function, or of its alias.
    """

    key: str
    target: str


def plan(body: Mapping[str, Any]) -> list[RoutePlan]:
    """The routes of an HTTP API's OpenAPI body, sorted.

    Raises:
        UnknownRouteError: A route has an authorizer, or does not lead to a function with
            payload format 2.0.
    """
    return sorted(_routes(body["paths"]))


def _routes(paths: Mapping[str, Mapping[str, Any]]) -> Iterator[RoutePlan]:
    for path, operations in paths.items():
        for method in sorted(METHODS & operations.keys()):
            verb = "ANY" if method == ANY_METHOD else method.upper()
            key = path if path == "$default" else f"{verb} {path}"
            yield RoutePlan(key, _target(key, operations[method]))


def _target(key: str, operation: Mapping[str, Any]) -> str:
    if operation.get("security"):
        raise UnknownRouteError(f"{key} has an authorizer; tokens are checked in the functions")
    integration = operation[INTEGRATION]
    if integration["payloadFormatVersion"] != "2.0":
        raise UnknownRouteError(f"{key} does not use payload format 2.0")
    uri = integration["uri"]
    found = _FUNCTION.search(uri["Fn::Sub"] if isinstance(uri, dict) else str(uri))
    if not found:
        raise UnknownRouteError(f"{key} does not lead to a function: {uri}")
    return found[1]


def apply(stack: DeployedStack, client: Callable[[str], Any]) -> int:
    """Makes the API's routes those of the template; a second time it changes nothing.

    Returns:
        How many routes there are.
    """
    gateway, functions = client("apigatewayv2"), client("lambda")
    count = 0
    for logical_id, properties in stack.of_type(API_TYPE).items():
        api_id = stack.physical_ids[logical_id]
        plans = plan(properties["Body"])
        arns = {
            target: _arn(functions, stack.physical_ids[target])
            for target in {route.target for route in plans}
        }
        _make(gateway, api_id, {route.key: arns[route.target] for route in plans})
        count += len(plans)
    return count


def _make(gateway: Any, api_id: str, wanted: Mapping[str, str]) -> None:
    integrations = _integrations(gateway, api_id)
    for arn in sorted(set(wanted.values()) - integrations.keys()):
        integrations[arn] = gateway.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn,
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
    targets = {key: f"integrations/{integrations[arn]}" for key, arn in wanted.items()}
    for route in _pages(gateway, "get_routes", api_id):
        if targets.get(route["RouteKey"]) == route.get("Target"):
            del targets[route["RouteKey"]]
        else:
            gateway.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for key, target in targets.items():
        gateway.create_route(ApiId=api_id, RouteKey=key, Target=target)


def _integrations(gateway: Any, api_id: str) -> dict[str, str]:
    found = _pages(gateway, "get_integrations", api_id)
    return {each["IntegrationUri"]: each["IntegrationId"] for each in found}


def _pages(gateway: Any, operation: str, api_id: str) -> list[dict[str, Any]]:
    pages = gateway.get_paginator(operation).paginate(ApiId=api_id)
    return [each for page in pages for each in page["Items"]]


def _arn(functions: Any, physical_id: str) -> str:
    # An alias's physical id is an ARN already, a function's is its name.
    if physical_id.startswith("arn:"):
        return physical_id
    return str(functions.get_function(FunctionName=physical_id)["Configuration"]["FunctionArn"])
