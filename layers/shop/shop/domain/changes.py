"""What a change changed: the fields that differ, by dotted names, small enough to keep for good."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Fields = dict[str, Any]

MOST_FIELDS = 40
LONGEST = 64
MORE = "…"
"""Ends what was cut, and names the number of fields that were left out."""


def changes(before: object, after: object) -> tuple[Fields | None, Fields | None]:
    """The fields that differ, as they were and as they are.

    Args:
        before: Plain mappings, lists and scalars; None for a thing that was not there.
        after: The same afterwards.

    Returns:
        Both sides with at most `MOST_FIELDS` fields of at most `LONGEST` characters; None for a
        thing that is not there. Members of lists are named by their `id`, else by position.
    """
    was, now = (None if one is None else dict(_flat(one, "")) for one in (before, after))
    if was is None or now is None:
        return _bounded(was), _bounded(now)
    names = [name for name in {**was, **now} if was.get(name, ...) != now.get(name, ...)]
    old, new = ({name: side[name] for name in names if name in side} for side in (was, now))
    return _bounded(old), _bounded(new)


def outline(content: object) -> Fields:
    """A thing's fields within the same bounds."""
    return _bounded(dict(_flat(content, ""))) or {}


def _flat(thing: object, name: str) -> Iterator[tuple[str, Any]]:
    """Every scalar with its dotted name; lists of scalars count as one."""
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif isinstance(thing, list | tuple) and any(isinstance(one, Mapping) for one in thing):
        for number, one in enumerate(thing):
            label = str(one.get("id", number)) if isinstance(one, Mapping) else str(number)
            yield from _flat(one, f"{name}.{label}" if name else label)
    elif isinstance(thing, list | tuple):
        yield name, json.dumps(thing, ensure_ascii=False)
    else:
        yield name, thing


def _bounded(fields: Fields | None) -> Fields | None:
    if fields is None:
        return None
    kept = {name[:LONGEST]: _cut(value) for name, value in list(fields.items())[:MOST_FIELDS]}
    if len(fields) > MOST_FIELDS:
        kept[MORE] = len(fields) - MOST_FIELDS
    return kept


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        return value[: LONGEST - 1] + MORE
    return value
