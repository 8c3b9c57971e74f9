"""Fields of a request body that name something, found in the body's shape."""

import copy
import itertools
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import msgspec

from tests.proving import hostile
from tests.proving.people import SHARED
from tests.proving.shop import Answer

Place = tuple[str | int, ...]
"""Keys and positions from the outside in, such as `("items", 0, "sku_id")`."""
NOT_FOUND = 404
_ENDS = ("_id", "_ids", "_no", "_nos", "_token", "_tokens")
"""How the contract names what refers to something, besides `ticket`."""


def references(shape: type | None) -> list[Place]:
    """The places of a shape that refer to something, by their names."""
    if shape is None:
        return []
    schema = msgspec.json.schema(shape)
    return sorted({one for one in _texts(schema, schema, ()) if _refers(name_of(one))}, key=str)


def owned_by(place: Place, known: Mapping[str, str]) -> str | None:
    """Which of a customer's own things a field names: `freight_coupon_claim_id` names a claim."""
    name = name_of(place).removesuffix("s")
    return next(
        (thing for thing in sorted(known, key=len) if name == thing or name.endswith(f"_{thing}")),
        None,
    )


def shortest(shape: type | None, known: Mapping[str, str]) -> dict[str, Any]:
    """A body with what its shape requires and nothing else, made of what exists."""
    values = {name: (value,) for name, value in {**SHARED, **known}.items()}
    body: dict[str, Any] = hostile.draw(shape, values, _Least()) if shape else {}
    return body


def with_value(body: Mapping[str, Any], place: Place, value: str) -> dict[str, Any]:
    """The body with this value at this place; containers on the way are made."""
    made: dict[str, Any] = copy.deepcopy(dict(body))
    inner: Any = made
    for key, following in itertools.pairwise(place):
        fresh: Any = [{}] if following == 0 else {}
        inner = inner[0] if isinstance(inner, list) else inner.setdefault(key, fresh)
    inner[place[-1]] = value
    return made


def told_apart(
    label: str,
    values: tuple[str, str, str],
    answers: list[tuple[Answer, int]],
    *,
    is_sealed: bool,
) -> Iterator[str]:
    """One's own is, another's and what nobody has are not, and those two answers are one."""
    own, theirs, absent = (
        repr(answer).replace(value, "") for value, (answer, _) in zip(values, answers, strict=True)
    )
    if own == absent:
        yield f"{label}: one's own is answered like what nobody has, {own}"
    if is_sealed:
        if answers[1][0].status != NOT_FOUND:
            yield f"{label}: {theirs}"
    elif theirs != absent:
        yield f"{label}: {theirs}, absent {absent}"


class _Least(Random):
    """Dice that leave out whatever may be left out."""

    def random(self) -> float:
        return 0.75


def _texts(schema: Mapping[str, Any], part: Mapping[str, Any], place: Place) -> Iterator[Place]:
    """Every place where a text may stand."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    for choice in part.get("anyOf", ()):
        yield from _texts(schema, choice, place)
    for name, field in part.get("properties", {}).items():
        yield from _texts(schema, field, (*place, name))
    if part.get("type") == "array":
        yield from _texts(schema, part.get("items") or {}, (*place, 0))
    if part.get("type") == "string":
        yield place


def name_of(place: Place) -> str:
    """The innermost name of a place."""
    return str(next(key for key in reversed(place) if isinstance(key, str)))


def _refers(name: str) -> bool:
    return name.endswith(_ENDS) or name == "ticket"
