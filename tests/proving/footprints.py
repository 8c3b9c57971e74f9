"""What a call reads and writes, so that schedules that differ in nothing need not all be run.

Two calls are independent if neither writes what the other reads or writes; swapping two such
neighbours in a schedule changes no answer and no stored byte.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.proving.seam import Call

_WRITES = frozenset(("PutItem", "UpdateItem", "DeleteItem"))


@dataclass(frozen=True, slots=True)
class Footprint:
    """Names of what is read and of what is written; or the whole table is read."""

    reads: frozenset[str]
    writes: frozenset[str]
    reads_all: bool = False

    def independent(self, other: "Footprint") -> bool:
        """Whether the two calls can change places without anybody seeing it."""
        if (self.reads_all and other.writes) or (other.reads_all and self.writes):
            return False
        return not (
            self.writes & other.writes or self.writes & other.reads or self.reads & other.writes
        )


def footprint(call: Call) -> Footprint:
    """The footprint of a call on the shop's table, of one to a provider or to the secret store.

    An item counts for itself, for its partition's rows of its kind (what a query sees) and for
    the due index of its kind. All calls to one provider touch each other, and change things.
    """
    if call.kind == "http":
        return Footprint(frozenset(), frozenset((call.host,)))
    if call.kind == "secret":
        return Footprint(frozenset(("secrets",)), frozenset())
    if call.kind == "object":
        return Footprint(frozenset(), frozenset(("objects",)))
    request = call.request
    if call.name == "TransactWriteItems":
        members = [next(iter(member.values())) for member in request["TransactItems"]]
        return Footprint(frozenset(), frozenset(part for one in members for part in _item(one)))
    if call.name == "Scan":
        return Footprint(frozenset(), frozenset(), reads_all=True)
    if call.name in _WRITES:
        return Footprint(frozenset(), frozenset(_item(request)))
    return Footprint(frozenset(_read(call.name, request)), frozenset())


def _read(name: str, request: Mapping[str, Any]) -> list[str]:
    if name == "Query":
        return [_range(request)]
    if name == "BatchGetItem":
        return [_name(key) for part in request["RequestItems"].values() for key in part["Keys"]]
    return [_name(request["Key"])]


def _item(request: Mapping[str, Any]) -> Iterator[str]:
    key = request.get("Key") or {name: request["Item"][name] for name in ("PK", "SK")}
    kind = _kind(key["SK"]["S"])
    yield _name(key)
    yield f"rows {key['PK']['S']}"
    yield f"rows {key['PK']['S']} {kind}"
    yield f"due {'U' if kind == 'O' else kind}"


def _name(key: Mapping[str, Any]) -> str:
    return f"item {key['PK']['S']}|{key['SK']['S']}"


def _range(request: Mapping[str, Any]) -> str:
    values, expression = request["ExpressionAttributeValues"], request["KeyConditionExpression"]
    partition = values[":0"]["S"]
    if request.get("IndexName"):
        return f"due {_kind(partition)}"
    if "begins_with" not in expression:
        return f"rows {partition}"
    return f"rows {partition} {_kind(values[':1']['S'])}"


def _kind(text: str) -> str:
    return text.partition("#")[0]
