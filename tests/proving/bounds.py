"""Bodies that are right but in one place, where their declared shape does not allow what stands.

What a body may hold is declared once, by its type; a body beyond that is refused, whatever the
route does with it (R11).
"""

import copy
import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import msgspec

from tests.proving import hostile
from tests.proving.fuzz import Findings, Fuzz
from tests.proving.hostile import Target

Place = tuple[str | int, ...]
Part = Mapping[str, Any]
REFUSED, MALFORMED = 422, 400
JSON = {"content-type": "application/json"}
ABSENT = object()
"""In place of a value: the field is left out."""


def violations(target: Target, seed: int) -> Iterator[tuple[str, Any]]:
    """Each with its place and what stands there, and the body."""
    if target.body is None:
        return
    whole = hostile.draw(target.body, target.known, _Everything(seed))
    schema = msgspec.json.schema(target.body)
    for place, value in _bad(schema, schema, whole, ()):
        shown = "nothing" if value is ABSENT else repr(value)[:40]
        yield f"{'.'.join(map(str, place))} is {shown}", _with(whole, place, value)


def doubled(target: Target, seed: int) -> str | None:
    """A body that names one of its fields twice; None where there is no field."""
    if target.body is None:
        return None
    whole = hostile.draw(target.body, target.known, _Everything(seed))
    name = next(iter(whole), None)
    return (
        None if name is None else f"{json.dumps(whole)[:-1]},{json.dumps({name: whole[name]})[1:]}"
    )


class _Everything(Random):
    """Dice that leave nothing out."""

    def random(self) -> float:
        return 0.0


def _with(whole: Any, place: Place, value: Any) -> Any:
    body = copy.deepcopy(whole)
    inner = body
    for key in place[:-1]:
        inner = inner[key]
    if value is ABSENT:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return body


def _bad(schema: Part, part: Part, value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    part = _fitting(schema, part, value)
    if isinstance(value, dict):
        yield from _bad_object(schema, part, value, place)
    elif isinstance(value, list):
        yield from _bad_array(schema, part, value, place)
    elif isinstance(value, bool):
        yield place, "true"
        yield place, 1
    elif isinstance(value, int):
        yield from ((place, one) for one in _bad_numbers(part))
    elif isinstance(value, str):
        yield from ((place, one) for one in _bad_texts(part))


def _fitting(schema: Part, part: Part, value: Any) -> Part:
    """The part of the schema that says what this value may be."""
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    choices = part.get("anyOf")
    if choices is None:
        return part
    kinds = {dict: "object", list: "array", bool: "boolean", int: "integer", str: "string"}
    wanted = kinds.get(type(value), "null")
    for choice in choices:
        found = _fitting(schema, choice, value)
        if found.get("type", "string") == wanted:
            return found
    return {}


def _bad_object(
    schema: Part, part: Part, value: dict[str, Any], place: Place
) -> Iterator[tuple[Place, Any]]:
    if not part.get("additionalProperties", False):
        yield (*place, "no_such_field"), 1
    for name in part.get("required", ()):
        yield (*place, name), ABSENT
    for name, field in part.get("properties", {}).items():
        if name in value:
            yield from _bad(schema, field, value[name], (*place, name))


def _bad_array(
    schema: Part, part: Part, value: list[Any], place: Place
) -> Iterator[tuple[Place, Any]]:
    yield place, {}
    if "maxItems" in part and value:
        yield place, [*value[:1]] * (part["maxItems"] + 1)
    if part.get("minItems"):
        yield place, []
    if value:
        yield from _bad(schema, part.get("items") or {}, value[0], (*place, 0))


def _bad_numbers(part: Part) -> Iterator[Any]:
    yield from ("1", 1.5, True, [1])
    if "maximum" in part:
        yield part["maximum"] + 1
    if "minimum" in part:
        yield part["minimum"] - 1


def _bad_texts(part: Part) -> Iterator[Any]:
    yield from (1, ["x"], {})
    if "enum" in part:
        yield "no-such-word"
    if "maxLength" in part:
        yield "x" * (part["maxLength"] + 1)
    if part.get("minLength"):
        yield ""
    if "pattern" in part:
        yield "\u0000"


def run(fuzz: Fuzz, findings: Findings) -> int:
    """Sends each body to its route; how many there were."""
    shop, sent = fuzz.shop, 0
    for target in fuzz.targets:
        names = [part[1:-1] for part in target.route.split("/") if part.startswith("{")]
        path = {name: target.known.get(name, ("x",))[0] for name in names}
        headers = {"authorization": f"Bearer {target.tokens[0]}", "idempotency-key": "bounds"}
        wrong: list[tuple[str, dict[str, Any], int]] = [
            (label, {"body": body}, REFUSED) for label, body in violations(target, shop.seed)
        ]
        if twice := doubled(target, shop.seed):
            wrong.append(("a field twice", {"raw": twice}, MALFORMED))
        for label, sending, due in wrong:
            before = shop.world.snapshot()
            answer = shop.call(
                target.folder, target.route, path=path, headers={**JSON, **headers}, **sending
            )
            sent += 1
            if answer.status != due:
                findings.add(f"{target.route}: {label}: answered {answer.status}")
            for change in before.differences(shop.world.snapshot()):
                findings.add(f"{target.route}: {label}: changed {change[:160]}")
    return sent
