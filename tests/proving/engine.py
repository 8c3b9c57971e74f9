"""The store under test: MiniStack's DynamoDB engine, in this process.

The engine keeps its tables in module state, so there is one store in a process; ``Engine()``
empties it. A lock makes each call atomic and is never held while a call waits to be sent.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import dynamodb

from tests.proving.metering import metered
from tests.proving.schema import Index, Key, Schema
from tests.proving.seam import Call, Reply
from tests.proving.sizes import Item

Images = Mapping[str, Mapping[tuple[str, str], Item]]
_NO_SORT = "__no_sort__"
_CREATION = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)
_INDEX_FIELDS = ("IndexName", "KeySchema", "Projection")


@dataclass(frozen=True)
class Snapshot:
    """Every item of every table at one moment; equal snapshots mean tables equal to the byte."""

    tables: Images

    def differences(self, other: "Snapshot") -> list[str]:
        """One line for each item that the two do not have in common."""
        lines = []
        for table in sorted({*self.tables, *other.tables}):
            mine, theirs = self.tables.get(table, {}), other.tables.get(table, {})
            for key in sorted({*mine, *theirs}):
                if mine.get(key) != theirs.get(key):
                    was, now = json.dumps(mine.get(key)), json.dumps(theirs.get(key))
                    lines.append(f"{table} {'|'.join(key)}: {was} -> {now}")
        return lines


class Engine:
    """An empty store with the call interface of DynamoDB."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._schemas: dict[str, Schema] = {}
        dynamodb.reset()

    def create_table(self, name: str, properties: Mapping[str, Any]) -> None:
        """Creates a table from the properties of a ``AWS::DynamoDB::Table`` resource.

        Raises:
            ValueError: the engine refuses the definition.
        """
        request: dict[str, Any] = {"TableName": name, "BillingMode": "PAY_PER_REQUEST"}
        request |= {field: properties[field] for field in _CREATION if field in properties}
        for field in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if field in request:
                request[field] = [
                    {part: index[part] for part in _INDEX_FIELDS if part in index}
                    for index in request[field]
                ]
        if "StreamSpecification" in properties:
            request["StreamSpecification"] = {
                "StreamViewType": properties["StreamSpecification"]["StreamViewType"],
                "StreamEnabled": True,
            }
        reply = self.ask("CreateTable", request)
        if not reply.ok:
            raise ValueError(f"table {name}: {reply.body.decode()}")
        self._schemas[name] = _schema(request)

    def execute(self, call: Call) -> Reply:
        """Carries out one store call as a whole and leaves its units in ``call.units``."""
        with self._lock:
            if not self._schemas.keys() >= set(_tables_of(call.request)):
                return self._run(call)
            return metered(call, self, lambda: self._run(call))

    def _run(self, call: Call) -> Reply:
        return _handle(call.name, call.body)

    def ask(self, operation: str, request: dict[str, Any]) -> Reply:
        """Puts a request to the engine, past ledger, faults and lock."""
        return _handle(operation, json.dumps(request).encode())

    def schema(self, table: str) -> Schema:
        """The keys and indexes of a table."""
        return self._schemas[table]

    def image(self, table: str, key: Key) -> Item | None:
        """The stored item of this key, in its typed form, or None."""
        names = self._schemas[table].keys
        stored = _tables()[table]["items"]
        partition = _text(key[names[0]])
        if partition not in stored:
            return None
        sort = _text(key[names[1]]) if len(names) > 1 else _NO_SORT
        found: Item | None = stored[partition].get(sort)
        return found

    def ran_before(self, token: str) -> bool:
        """Whether a transaction with this token has been carried out in the last 10 minutes."""
        return bool(token) and dynamodb._txn_token_lookup(token) is not None

    def items(self, table: str) -> Iterator[Item]:
        """All items of a table."""
        for partition in list(_tables()[table]["items"].values()):
            yield from list(partition.values())

    def put(self, table: str, item: Item) -> None:
        """Stores an item without any condition, past ledger and faults.

        Raises:
            ValueError: the engine refuses the item.
        """
        with self._lock:
            reply = self.ask("PutItem", {"TableName": table, "Item": dict(item)})
        if not reply.ok:
            raise ValueError(reply.body.decode())

    def snapshot(self) -> Snapshot:
        """All items of all tables. The engine never changes an item in place."""
        with self._lock:
            return Snapshot(
                {
                    name: {
                        (partition, sort): item
                        for partition, sorts in _tables()[name]["items"].items()
                        for sort, item in sorts.items()
                    }
                    for name in self._schemas
                }
            )

    def restore(self, snapshot: Snapshot) -> None:
        """Puts all tables back, and forgets streams and request tokens."""
        with self._lock:
            for name in self._schemas:
                table = _tables()[name]
                items: defaultdict[str, dict[str, Item]] = defaultdict(dict)
                for (partition, sort), item in snapshot.tables[name].items():
                    items[partition][sort] = item
                table["items"] = items
                dynamodb._items_replaced(table)
            dynamodb._stream_records.clear()
            dynamodb._txn_idempotency.clear()

    def take_stream(self, table: str) -> list[dict[str, Any]]:
        """Takes the change records of a table written since the last call, oldest first."""
        with self._lock:
            records: list[dict[str, Any]] = dynamodb._stream_records.pop(table, None) or []
        return records


def _tables() -> Any:
    return dynamodb._tables


def _tables_of(request: Mapping[str, Any]) -> Iterator[str]:
    if "TableName" in request:
        yield request["TableName"]
    yield from request.get("RequestItems", {})
    for member in request.get("TransactItems", []):
        for operation in member.values():
            yield operation["TableName"]


def _text(value: Mapping[str, Any]) -> str:
    return str(next(iter(value.values())))


def _handle(operation: str, body: bytes) -> Reply:
    coroutine = dynamodb.handle_request(
        "POST", "/", {"x-amz-target": f"DynamoDB_20120810.{operation}"}, body, {}
    )
    try:
        coroutine.send(None)
    except StopIteration as answered:
        status, headers, content = answered.value
    else:
        raise AssertionError("the engine's handler waited, though it has nothing to wait for")
    return Reply(status, content if isinstance(content, bytes) else content.encode(), headers)


def _schema(request: Mapping[str, Any]) -> Schema:
    keys = _key_names(request["KeySchema"])
    indexes = []
    for field in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for index in request.get(field, []):
            projection = index["Projection"]
            own = _key_names(index["KeySchema"])
            extra = projection.get("NonKeyAttributes", [])
            everything = projection["ProjectionType"] == "ALL"
            projected = None if everything else frozenset((*own, *keys, *extra))
            indexes.append(Index(index["IndexName"], own, projected))
    return Schema(request["TableName"], keys, tuple(indexes))


def _key_names(key_schema: list[dict[str, str]]) -> tuple[str, ...]:
    ordered = sorted(key_schema, key=lambda part: part["KeyType"] != "HASH")
    return tuple(part["AttributeName"] for part in ordered)
