"""Read units of a store call, from the stored bytes that it looked at."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.proving.schema import Key, Store, plain, plain_key
from tests.proving.seam import Reply
from tests.proving.sizes import item_size, read_units
from tests.proving.units import Arm


def _read(store: Store, table: str, key: Key, factor: float) -> Arm:
    size = item_size(store.image(table, key))
    partition = plain(key[store.schema(table).keys[0]])
    return Arm(table, partition, plain_key(key), reads=factor * read_units(size))


def _consistency(request: dict[str, Any]) -> float:
    return 1.0 if request.get("ConsistentRead") else 0.5


def _get(request: dict[str, Any], store: Store, _: Reply) -> Iterator[Arm]:
    yield _read(store, request["TableName"], request["Key"], _consistency(request))


def _batch_get(request: dict[str, Any], store: Store, _: Reply) -> Iterator[Arm]:
    for table, wanted in request["RequestItems"].items():
        for key in wanted["Keys"]:
            yield _read(store, table, key, _consistency(wanted))


def _transact_get(request: dict[str, Any], store: Store, _: Reply) -> Iterator[Arm]:
    for member in request["TransactItems"]:
        yield _read(store, member["Get"]["TableName"], member["Get"]["Key"], 2.0)


_NARROWING = (
    "FilterExpression",
    "ProjectionExpression",
    "AttributesToGet",
    "QueryFilter",
    "ScanFilter",
    "Select",
)


def _walk(operation: str) -> Callable[[dict[str, Any], Store, Reply], Iterator[Arm]]:
    def units(request: dict[str, Any], store: Store, reply: Reply) -> Iterator[Arm]:
        # A filter or projection hides what was read, and reading is what costs.
        if any(name in request for name in _NARROWING):
            reply = store.ask(operation, _unnarrowed(request))
        items = reply.json().get("Items", [])
        size = sum(item_size(item) for item in items)
        table, index_name = request["TableName"], request.get("IndexName")
        schema = store.schema(table)
        if index_name:
            keys = next(index.keys for index in schema.indexes if index.name == index_name)
        else:
            keys = schema.keys
        partition = plain(items[0][keys[0]]) if items else ""
        target = f"{table}/{index_name}" if index_name else table
        yield Arm(target, partition, "", reads=_consistency(request) * read_units(size))

    return units


def _unnarrowed(request: dict[str, Any]) -> dict[str, Any]:
    wide = {name: value for name, value in request.items() if name not in _NARROWING}
    mentioned = set(re.findall(r"[#:]\w+", wide.get("KeyConditionExpression", "")))
    # The engine refuses names and values that no expression mentions.
    for field in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        used = {token: value for token, value in wide.pop(field, {}).items() if token in mentioned}
        if used:
            wide[field] = used
    return wide


READS: dict[str, Callable[[dict[str, Any], Store, Reply], Iterator[Arm]]] = {
    "GetItem": _get,
    "BatchGetItem": _batch_get,
    "TransactGetItems": _transact_get,
    "Query": _walk("Query"),
    "Scan": _walk("Scan"),
}


def touched_by_read(name: str, request: dict[str, Any], store: Store) -> Iterator[Arm]:
    """Where a read will fall, before it is carried out."""
    if name == "Query":
        found = re.search(r"=\s*(:\w+)", request["KeyConditionExpression"])
        index = request.get("IndexName")
        target = f"{request['TableName']}/{index}" if index else request["TableName"]
        value = plain(request["ExpressionAttributeValues"][found[1]]) if found else ""
        yield Arm(target, value, "", reads=0.5)
    elif name in ("GetItem", "BatchGetItem", "TransactGetItems"):
        yield from READS[name](request, store, Reply(200, b"{}"))
