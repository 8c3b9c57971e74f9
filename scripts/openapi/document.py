"""The OpenAPI document, from what the routes declare."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from scripts.openapi import refusals, samples
from shop import __version__
from shop.web.api import PATH_PARAMETER, Auth, Empty, Route
from shop.web.problems import TITLES

REF = "#/components/schemas/{name}"
PROBLEM = "ProblemDetails"
"""Not `Problem`: a quote's problems have that name."""
_OK, _CREATED = 200, 201
_PROBLEM: Mapping[str, Any] = {
    "title": "ProblemDetails",
    "description": "RFC 9457. `detail` is safe to show a shopper; `code` is for the client.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
}
_FOR_PROVIDERS: Mapping[str, Any] = {
    status: {
        "description": "Refused or failed",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    for status in ("4XX", "5XX")
}
_SECURITY: Mapping[Auth, Sequence[Mapping[str, list[str]]]] = {
    Auth.PUBLIC: [],
    Auth.PROVIDER: [],
    Auth.OPTIONAL: [{}, {"customer": []}],
    Auth.CUSTOMER: [{"customer": []}],
    Auth.STAFF: [{"staff": []}],
}


def document(
    routes: Mapping[str, Iterable[Route]], summaries: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The document of all routes.

    Args:
        routes: By capability, which becomes the tag.
        summaries: What each capability is, in a line.
    """
    listed = [(tag, route) for tag, some in sorted(routes.items()) for route in some]
    shapes = _shapes([route for _, route in listed])
    schemas, components = msgspec.json.schema_components(shapes, ref_template=REF)
    by_shape = {_key(shape): schema for shape, schema in zip(shapes, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for tag, route in sorted(listed, key=lambda one: (one[1].path, one[1].method)):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            tag, route, by_shape, components
        )
    spoken = {_key(shape) for _, route in listed for shape in (route.body, route.reply)}
    for query in {_key(route.query) for _, route in listed} - spoken:
        components.pop(_name(by_shape[query]), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yunpu",
            "version": __version__,
            "description": "Money is integer fen (`_fen`), times are RFC 3339 in UTC.",
        },
        "tags": _tags(routes, summaries or {}),
        "paths": paths,
        "components": {
            "schemas": {PROBLEM: _PROBLEM, **dict(sorted(components.items()))},
            "examples": _problem_examples(route for _, route in listed),
            "securitySchemes": {
                "customer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "staff": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _tags(
    routes: Mapping[str, Iterable[Route]], summaries: Mapping[str, str]
) -> list[dict[str, str]]:
    """Capabilities in the order in which they are read: shoppers' before staff's."""
    staff = {tag for tag, some in routes.items() if any(r.auth is Auth.STAFF for r in some)}
    return [
        {"name": tag, "description": summaries.get(tag, "")}
        for tag in sorted(routes, key=lambda tag: (tag in staff, tag))
    ]


def _shapes(routes: Sequence[Route]) -> list[Any]:
    shapes: dict[str, Any] = {}
    for route in routes:
        for shape in (route.body, route.query, route.reply):
            if shape is not None:
                shapes[_key(shape)] = shape
    return [shape for _, shape in sorted(shapes.items())]


def _key(shape: Any) -> str:
    """Generic shapes are made anew on each use; their text is what they are."""
    return f"{getattr(shape, '__module__', '')}:{shape!r}"


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _operation(
    tag: str, route: Route, by_shape: Mapping[str, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    query = components.get(_name(by_shape[_key(route.query)]), {})
    made: dict[str, Any] = {
        "operationId": f"{tag}_{route.method.lower()}_{route.handler.__name__}",
        "tags": [tag],
        "summary": route.summary,
        "security": _SECURITY[route.auth],
        "parameters": _parameters(route, query),
        "responses": _responses(route, by_shape, components),
        "x-problem-codes": [one.code for one in refusals.of(route)],
    }
    if route.body is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": _content(route.body, by_shape, components)},
        }
    return made


def _content(
    shape: Any, by_shape: Mapping[str, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    schema = by_shape[_key(shape)]
    return {"schema": schema, "example": samples.sample(schema, components)}


def _parameters(route: Route, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    identifier = {"type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"}
    made: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": identifier}
        for name in PATH_PARAMETER.findall(route.path)
    ]
    if route.query is not Empty:
        required = query.get("required", [])
        made += [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in query.get("properties", {}).items()
        ]
    if route.idempotent:
        made.append(
            {"name": "Idempotency-Key", "in": "header", "required": True, "schema": identifier}
        )
    return made


def _responses(
    route: Route, by_shape: Mapping[str, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if route.reply is not None:
        content = _content(route.reply, by_shape, components)
        success["content"] = {"application/json": content}
    made = {str(route.status): success}
    if route.status == _CREATED and not route.idempotent:
        made[str(_OK)] = {**success, "description": "Done before; the same again"}
    if route.cached:
        made["304"] = {"description": "Not modified"}
    # A provider reads its own form of a refusal.
    refused = _FOR_PROVIDERS if route.auth is Auth.PROVIDER else _problems(refusals.of(route))
    return {**made, **refused}


def _problems(found: Sequence[refusals.Refusal]) -> dict[str, Any]:
    """Each status with an example of each of its codes."""
    made: dict[str, Any] = {}
    for one in found:
        answer = made.setdefault(
            str(one.status),
            {
                "description": TITLES[one.status],
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": REF.format(name=PROBLEM)},
                        "examples": {},
                    }
                },
            },
        )
        examples = answer["content"]["application/problem+json"]["examples"]
        examples[one.code] = {"$ref": f"#/components/examples/{one.code}"}
    return made


def _problem_examples(routes: Iterable[Route]) -> dict[str, Any]:
    found = {one for route in routes for one in refusals.of(route)}
    return {
        one.code: {
            "value": {
                "type": f"/problems/{one.code.replace('_', '-')}",
                "title": TITLES[one.status],
                "status": one.status,
                "detail": one.detail,
                "code": one.code,
                "request_id": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            }
        }
        for one in sorted(found, key=lambda one: one.code)
    }
