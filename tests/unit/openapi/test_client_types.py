"""The JavaScript client's types say what the interface's description says, field by field."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.openapi.typescript import Interface, Member, Type, read

ROOT = Path(__file__).parents[3]
DOCUMENT = json.loads((ROOT / "functions" / "meta" / "openapi.json").read_text(encoding="utf-8"))
TYPES = read((ROOT / "docs" / "client" / "yunpu.d.ts").read_text(encoding="utf-8"))

# Method: route, and the parameter that is its body (or its query, for GET).
CALLS: Mapping[str, tuple[str, str | None]] = {
    "me": ("GET /v1/me", None),
    "changeMe": ("PUT /v1/me", "changes"),
    "setPhone": ("POST /v1/me/phone", "body"),
    "addresses": ("GET /v1/me/addresses", "query"),
    "addAddress": ("POST /v1/me/addresses", "body"),
    "changeAddress": ("PUT /v1/me/addresses/{address_id}", "body"),
    "removeAddress": ("DELETE /v1/me/addresses/{address_id}", None),
    "consents": ("GET /v1/me/consents", None),
    "consent": ("PUT /v1/me/consents/{policy}", "body"),
    "exportMe": ("GET /v1/me/export", None),
    "eraseMe": ("DELETE /v1/me", None),
    "categories": ("GET /v1/categories", None),
    "products": ("GET /v1/products", "query"),
    "product": ("GET /v1/products/{product_id}", None),
    "search": ("GET /v1/products", "query"),
    "suggestions": ("GET /v1/search/suggestions", None),
    "hotWords": ("GET /v1/search/hot", None),
    "searches": ("GET /v1/me/searches", None),
    "forgetSearches": ("DELETE /v1/me/searches", None),
    "flashSales": ("GET /v1/flash-sales", "query"),
    "flashSale": ("GET /v1/flash-sales/{sale_id}", None),
    "cart": ("GET /v1/cart", None),
    "setCartLine": ("PUT /v1/cart/items/{sku_id}", "body"),
    "removeCartLine": ("DELETE /v1/cart/items/{sku_id}", None),
    "mergeCart": ("POST /v1/cart/merge", None),
    "quote": ("POST /v1/quotes", "body"),
    "placeOrder": ("POST /v1/orders", None),
    "flashTicket": ("POST /v1/flash-sales/{sale_id}/tickets", "body"),
    "placeFlashOrder": ("POST /v1/flash-sales/{sale_id}/orders", None),
    "orders": ("GET /v1/orders", "query"),
    "orderCounts": ("GET /v1/orders/counts", None),
    "order": ("GET /v1/orders/{order_no}", None),
    "payment": ("POST /v1/orders/{order_no}/payment", None),
    "cancelOrder": ("POST /v1/orders/{order_no}/cancel", None),
    "confirmReceipt": ("POST /v1/orders/{order_no}/receipt", None),
    "requestRefund": ("POST /v1/orders/{order_no}/refund-requests", "body"),
    "shipments": ("GET /v1/orders/{order_no}/shipments", None),
    "coupons": ("GET /v1/coupons", "query"),
    "claimCoupon": ("POST /v1/coupons/{coupon_id}/claims", None),
    "exchangeCoupon": ("POST /v1/coupons/exchange", None),
    "myCoupons": ("GET /v1/me/coupons", "query"),
    "subscribe": ("PUT /v1/me/subscriptions", None),
}
OWN = {"call", "each", "signIn", "signOut", "customer"}
"""What the client does itself; tested by `tests/client`."""
PLAIN = {"string": "string", "Time": "string", "Fen": "integer", "number": "integer"}


def method(name: str) -> Type:
    return TYPES["Client"].body.members[name].type


def operation(route: str) -> Any:
    verb, path = route.split()
    return DOCUMENT["paths"][path][verb.lower()]


def named(schema: Any) -> Any:
    if "$ref" in schema:
        return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def expanded(of: Type) -> Type:
    """An interface's name as the object that it stands for, its parents' fields included."""
    if of.kind == "both":
        both = {k: v for part in of.parts for k, v in expanded(part).members.items()}
        return Type("object", members=both)
    if of.kind != "name" or of.name in PLAIN or of.name not in TYPES:
        return of
    known: Interface = TYPES[of.name]
    given = dict(zip(known.parameters, of.parts, strict=True))
    body = filled(known.body, given)
    if body.kind != "object":
        return expanded(body)
    members: dict[str, Member] = {}
    for parent in known.extends:
        members |= expanded(filled(parent, given)).members
    return Type("object", members={**members, **body.members})


def filled(of: Type, given: Mapping[str, Type]) -> Type:
    """With type parameters replaced."""
    if of.kind == "name" and of.name in given:
        return given[of.name]
    members = {k: Member(filled(v.type, given), v.optional) for k, v in of.members.items()}
    return Type(of.kind, of.name, tuple(filled(part, given) for part in of.parts), members)


def wrong(of: Type, schema: Any, at: str, *, sent: bool) -> Iterator[str]:
    """Where a type and a schema differ; what we send may leave out what a schema lets be null."""
    of = expanded(of)
    schema = named(schema)
    options = [named(one) for one in schema.get("anyOf", [schema])]
    alternatives = [expanded(one) for one in of.parts] if of.kind == "union" else [of]
    nullable = any(one.get("type") == "null" for one in options)
    takes_null = any(one.kind == "name" and one.name == "null" for one in alternatives)
    if (takes_null and not nullable) or (nullable and not takes_null and not sent):
        yield f"{at}: null in one of them only"
    rest = [one for one in options if one.get("type") != "null"]
    assert len(rest) == 1, at
    kept = [one for one in alternatives if not (one.kind == "name" and one.name == "null")]
    if kept and all(one.kind == "literal" for one in kept):
        yield from _wrong_words({one.name for one in kept}, rest[0], at)
    elif len(kept) > 1:
        # Two ways to fill one body: together they know all of its fields.
        members = {k: Member(v.type, True) for one in kept for k, v in one.members.items()}
        yield from _wrong_one(Type("object", members=members), rest[0], at, sent=sent)
    else:
        yield from _wrong_one(kept[0], rest[0], at, sent=sent)


def _wrong_words(words: set[str], schema: Any, at: str) -> Iterator[str]:
    if schema.get("type") != "string" and "enum" not in schema:
        yield f"{at}: words, but {schema}"
    elif words != set(schema.get("enum", words)) - {""}:
        yield f"{at}: {sorted(words)} is not {schema['enum']}"


def _wrong_one(of: Type, schema: Any, at: str, *, sent: bool) -> Iterator[str]:
    if of.kind == "array":
        if schema.get("type") != "array":
            yield f"{at}: an array, but {schema}"
        else:
            yield from wrong(of.parts[0], schema["items"], f"{at}[]", sent=sent)
    elif of.kind == "object":
        yield from _wrong_fields(of.members, schema, at, sent=sent)
    else:
        known = schema.get("type", "string" if "enum" in schema else None)
        if PLAIN.get(of.name, of.name) != known:
            yield f"{at}: {of.name}, but {schema}"
        if schema.get("enum"):
            yield f"{at}: {of.name}, but one of {schema['enum']}"


def _wrong_fields(
    members: Mapping[str, Member], schema: Any, at: str, *, sent: bool
) -> Iterator[str]:
    fields = schema.get("properties", {})
    if set(members) != set(fields):
        yield f"{at}: only here {sorted(set(members) - set(fields))}"
        yield f"{at}: missing {sorted(set(fields) - set(members))}"
    for name in sorted(set(members) & set(fields)):
        if not members[name].optional and name not in schema.get("required", []) and not sent:
            yield f"{at}.{name}: may be left out"
        if members[name].optional and name in schema.get("required", []):
            yield f"{at}.{name}: is always there"
        yield from wrong(members[name].type, fields[name], f"{at}.{name}", sent=sent)


def test_every_method_is_compared() -> None:
    assert set(TYPES["Client"].body.members) == set(CALLS) | OWN


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_has_the_fields_of_its_schema(name: str) -> None:
    promise = method(name).parts[0]
    answers = operation(CALLS[name][0])["responses"]
    status = min(code for code in answers if code.startswith("2"))
    content = answers[status].get("content")
    answer = promise.parts[0]
    if content is None:
        assert answer.name in {"null", "void"}
    elif answer.name != "unknown":
        schema = content["application/json"]["schema"]
        assert list(wrong(answer, schema, name, sent=False)) == []


@pytest.mark.parametrize("name", [name for name, (_, sent) in CALLS.items() if sent])
def test_what_is_sent_has_the_fields_of_its_schema(name: str) -> None:
    route, parameter = CALLS[name]
    assert parameter
    declared = operation(route)
    given = method(name).members[parameter].type
    if "requestBody" in declared:
        schema = declared["requestBody"]["content"]["application/json"]["schema"]
        assert list(wrong(given, schema, name, sent=True)) == []
        return
    asked = [one for one in declared["parameters"] if one["in"] == "query"]
    schema = {
        "properties": {one["name"]: one["schema"] for one in asked},
        "required": [one["name"] for one in asked if one["required"]],
    }
    assert list(wrong(given, schema, name, sent=True)) == []


def test_a_problem_has_the_fields_of_its_schema() -> None:
    problem = DOCUMENT["components"]["schemas"]["ProblemDetails"]
    assert list(wrong(Type("name", "Problem"), problem, "Problem", sent=False)) == []
