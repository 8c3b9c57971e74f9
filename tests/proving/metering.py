"""Capacity units of a store call, from the stored bytes before and after it.

The rules are AWS's as characterised on the real service (paritysuite/dynamodb-conformance pull
requests 67 and 74, nubo-db/dynoxide 123 and 188), not those of the engine:

- a write costs one unit for each started KB of the larger image, twice inside a transaction,
  where a condition check costs the same as a write of the stored image;
- an index costs one plain write for each entry made, changed or removed, two when its key moves;
- a failed condition costs the stored image, or one unit where there is none;
- a transaction repeated with its token costs transactional reads of the stored images;
- a cancelled transaction reports nothing, so it is charged its worst case: twice the larger of
  the stored and the sent image of every item;
- a read costs one unit for each started 4 KB, half if eventually consistent, twice inside a
  transaction; a query or scan is rounded up once over all that it read before its filter.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.proving.metering_reads import READS, touched_by_read
from tests.proving.schema import Key, Schema, Store, plain, plain_key
from tests.proving.seam import Call, Reply
from tests.proving.sizes import Item, item_size, read_units, write_units
from tests.proving.units import Arm, Units


@dataclass(frozen=True, slots=True)
class _Write:
    table: str
    key: Key
    sent: Item | None = None
    check_only: bool = False


def metered(call: Call, store: Store, run: Callable[[], Reply]) -> Reply:
    """Runs a store call and leaves its units in ``call.units``."""
    if call.name in READS:
        reply = run()
        if reply.ok:
            call.units = Units(tuple(READS[call.name](call.request, store, reply)))
        return reply
    planned = list(_writes(call, store))
    replayed = call.name == "TransactWriteItems" and store.ran_before(
        call.request.get("ClientRequestToken", "")
    )
    before = [store.image(write.table, write.key) for write in planned]
    reply = run()
    after = [store.image(write.table, write.key) for write in planned]
    call.units = _write_units_of(call, store, reply, replayed, planned, before, after)
    return reply


def touched(call: Call, store: Store) -> list[Arm]:
    """Where a call will fall, before it is carried out, with the least it can cost there.

    An index counts if the stored or the sent image has an entry in it.
    """
    factor = 2.0 if call.name.startswith("Transact") else 1.0
    found = []
    for write in _writes(call, store):
        found.append(_arm(store, write, writes=factor))
        schema = store.schema(write.table)
        if schema.indexes and not write.check_only:
            old = store.image(write.table, write.key)
            for index in schema.indexes:
                entry = index.entry(write.sent) or index.entry(old)
                if entry:
                    where = plain(entry[index.keys[0]])
                    target = f"{schema.name}/{index.name}"
                    found.append(Arm(target, where, plain_key(write.key), writes=1.0))
    return found or [*touched_by_read(call.name, call.request, store)]


def _write_units_of(
    call: Call,
    store: Store,
    reply: Reply,
    replayed: bool,
    planned: list[_Write],
    before: list[Item | None],
    after: list[Item | None],
) -> Units:
    transaction = call.name == "TransactWriteItems"
    if reply.ok and replayed:
        arms = [
            _arm(store, write, reads=2.0 * read_units(item_size(old)))
            for write, old in zip(planned, before, strict=True)
        ]
        return Units(tuple(arms), "replay, billed as reads")
    if reply.ok:
        factor = 2.0 if transaction else 1.0
        arms = []
        for write, old, new in zip(planned, before, after, strict=True):
            size = max(item_size(old), item_size(new))
            arms.append(_arm(store, write, writes=factor * write_units(size)))
            if not write.check_only:
                arms.extend(_index_arms(store.schema(write.table), write, old, new))
        return Units(tuple(arms))
    error = _error(reply)
    if error == "ConditionalCheckFailedException":
        size = item_size(before[0])
        return Units((_arm(store, planned[0], writes=write_units(size)),), "condition failed")
    if error == "TransactionCanceledException":
        arms = [
            _arm(store, write, writes=2.0 * write_units(max(item_size(old), item_size(write.sent))))
            for write, old in zip(planned, before, strict=True)
        ]
        return Units(tuple(arms), "cancelled, charged at its worst")
    return Units(note=error)


def _error(reply: Reply) -> str:
    return str(json.loads(reply.body).get("__type", "")).rpartition("#")[2]


def _arm(store: Store, write: _Write, writes: float = 0.0, reads: float = 0.0) -> Arm:
    partition = store.schema(write.table).keys[0]
    return Arm(write.table, plain(write.key[partition]), plain_key(write.key), writes, reads)


def _index_arms(schema: Schema, write: _Write, old: Item | None, new: Item | None) -> Iterator[Arm]:
    for index in schema.indexes:
        was, now = index.entry(old), index.entry(new)
        if was == now:
            continue
        target, key = f"{schema.name}/{index.name}", plain_key(write.key)
        partition = index.keys[0]
        if was and now and all(was[name] == now[name] for name in index.keys):
            size = max(item_size(was), item_size(now))
            yield Arm(target, plain(now[partition]), key, writes=write_units(size))
            continue
        for entry in (was, now):
            if entry:
                units = write_units(item_size(entry))
                yield Arm(target, plain(entry[partition]), key, writes=units)


def _writes(call: Call, store: Store) -> Iterator[_Write]:
    planned = _WRITES.get(call.name)
    return planned(call.request, store) if planned else iter(())


def _put_item(request: dict[str, Any], store: Store) -> Iterator[_Write]:
    yield _put(store, request)


def _by_key(request: dict[str, Any], _: Store) -> Iterator[_Write]:
    yield _Write(request["TableName"], request["Key"])


def _transaction(request: dict[str, Any], store: Store) -> Iterator[_Write]:
    for member in request.get("TransactItems", []):
        ((action, operation),) = member.items()
        if action == "Put":
            yield _put(store, operation)
        else:
            check_only = action == "ConditionCheck"
            yield _Write(operation["TableName"], operation["Key"], check_only=check_only)


def _batch(request: dict[str, Any], store: Store) -> Iterator[_Write]:
    for table, members in request["RequestItems"].items():
        for member in members:
            if "PutRequest" in member:
                yield _put(store, {"TableName": table, **member["PutRequest"]})
            else:
                yield _Write(table, member["DeleteRequest"]["Key"])


_WRITES: dict[str, Callable[[dict[str, Any], Store], Iterator[_Write]]] = {
    "PutItem": _put_item,
    "UpdateItem": _by_key,
    "DeleteItem": _by_key,
    "TransactWriteItems": _transaction,
    "BatchWriteItem": _batch,
}


def _put(store: Store, operation: dict[str, Any]) -> _Write:
    table, item = operation["TableName"], operation["Item"]
    return _Write(table, store.schema(table).key_of(item), sent=item)
