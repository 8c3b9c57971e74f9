"""Reads by key and by partition, as rows.

All go through the base row's connection, so that a process holds one client. A list may lag; a
decision never rests on a read, only on a write's condition.
"""

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition

from shop.errors import UnavailableError
from shop.store.table import Entity, Key

E = TypeVar("E", bound=Entity)

BATCH_ATTEMPTS = 5
BATCH_PAUSE_SECONDS = 0.02
BATCH_KEYS = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and where the next page begins (None at the end)."""

    items: Sequence[dict[str, Any]]
    last: dict[str, Any] | None


def get(row: type[E], key: Key, *, consistent: bool = False) -> E | None:
    """The row with this key, or None. Half a unit per 4 KB, one if consistent.

    Raises:
        UnavailableError: The store did not answer.
    """
    found = raw(key, consistent=consistent)
    return row.from_raw_data(found) if found else None


def raw(key: Key, *, consistent: bool = True) -> dict[str, Any] | None:
    """Whatever row has this key, as it is stored, or None.

    Raises:
        UnavailableError: The store did not answer.
    """
    try:
        answer = _connection().get_item(key[0], key[1], consistent_read=consistent)
    except PynamoDBException as failure:
        raise UnavailableError from failure
    return answer.get("Item") or None


def query(
    row: type[E],
    partition: str,
    range_condition: Condition | None = None,
    *,
    consistent: bool = False,
    newest_first: bool = False,
    limit: int | None = None,
) -> Iterator[E]:
    """Rows of a partition in key order, page after page until all are read or `limit` is met.

    Raises:
        UnavailableError: The store did not answer.
    """
    start: dict[str, Any] | None = None
    left = limit
    while True:
        page = query_page(
            partition,
            range_condition,
            consistent=consistent,
            newest_first=newest_first,
            limit=left,
            start=start,
        )
        for raw in page.items:
            yield row.from_raw_data(raw)
        if left is not None:
            left -= len(page.items)
        start = page.last
        if start is None or (left is not None and left <= 0):
            return


def query_page(
    partition: str,
    range_condition: Condition | None = None,
    *,
    consistent: bool = False,
    newest_first: bool = False,
    limit: int | None = None,
    start: dict[str, Any] | None = None,
    index: str | None = None,
) -> Page:
    """One page of a partition or index partition, raw.

    Raises:
        UnavailableError: The store did not answer.
    """
    try:
        answer = _connection().query(
            partition,
            range_key_condition=range_condition,
            consistent_read=consistent,
            scan_index_forward=not newest_first,
            limit=limit,
            exclusive_start_key=start,
            index_name=index,
        )
    except PynamoDBException as failure:
        raise UnavailableError from failure
    return Page(answer["Items"], answer.get("LastEvaluatedKey"))


def scan(
    row: type[E],
    condition: Condition,
    *,
    consistent: bool = False,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Iterator[E]:
    """All rows of the table that fit, in no order; a page is 1 MB and costs 128 units.

    Args:
        row: What they are.
        condition: Filters what is returned, not what is read and billed.
        consistent: At twice the units.
        may_go_on: Asked before each page.

    Raises:
        UnavailableError: The store did not answer, or there is no time to go on.
    """
    start: Any = None
    while True:
        if not may_go_on():
            raise UnavailableError
        try:
            page = _connection().connection.scan(
                Entity.Meta.table_name,
                filter_condition=condition,
                exclusive_start_key=start,
                consistent_read=consistent,
            )
        except PynamoDBException as failure:
            raise UnavailableError from failure
        for raw in page["Items"]:
            yield row.from_raw_data(raw)
        start = page.get("LastEvaluatedKey")
        if start is None:
            return


def scan_page(limit: int, start: Key | None) -> Page:
    """Up to `limit` rows of the table as they are now, in no order, from after a key; raw.

    Raises:
        UnavailableError: The store did not answer.
    """
    begin = None if start is None else {"PK": {"S": start[0]}, "SK": {"S": start[1]}}
    try:
        page = _connection().connection.scan(
            Entity.Meta.table_name, limit=limit, exclusive_start_key=begin, consistent_read=True
        )
    except PynamoDBException as failure:
        raise UnavailableError from failure
    return Page(page["Items"], page.get("LastEvaluatedKey"))


def at_once(row: type[E], keys: Sequence[Key]) -> dict[Key, E]:
    """Up to 100 rows as they were at one moment; twice the units of a consistent read.

    Raises:
        UnavailableError: The store did not answer, or the rows kept changing.
    """
    table = Entity.Meta.table_name
    wanted = [
        {"Get": {"TableName": table, "Key": {"PK": {"S": pk}, "SK": {"S": sk}}}} for pk, sk in keys
    ]
    for attempt in range(BATCH_ATTEMPTS):
        try:
            answer = _connection().connection.client._make_api_call(
                "TransactGetItems", {"TransactItems": wanted}
            )
        except ClientError as failure:
            if attempt == BATCH_ATTEMPTS - 1:
                raise UnavailableError from failure
            time.sleep(BATCH_PAUSE_SECONDS * 2**attempt)
            continue
        except BotoCoreError as failure:
            raise UnavailableError from failure
        made = [row.from_raw_data(one["Item"]) for one in answer["Responses"] if one.get("Item")]
        return {(one.PK, one.SK): one for one in made}
    raise UnavailableError


def batch(row: type[E], keys: Sequence[Key], *, consistent: bool = False) -> dict[Key, E]:
    """The rows with these keys, by key; missing ones are left out. One request per 100 keys.

    Raises:
        UnavailableError: The store did not answer for all of them in a few tries.
    """
    found: dict[Key, E] = {}
    for begin in range(0, len(keys), BATCH_KEYS):
        wanted = [{"PK": pk, "SK": sk} for pk, sk in keys[begin : begin + BATCH_KEYS]]
        for raw in _batch_of_100(wanted, consistent):
            made = row.from_raw_data(raw)
            found[made.PK, made.SK] = made
    return found


def _batch_of_100(wanted: list[dict[str, str]], consistent: bool) -> Iterator[dict[str, Any]]:
    table = Entity.Meta.table_name
    for attempt in range(BATCH_ATTEMPTS):
        try:
            answer = _connection().batch_get_item(wanted, consistent_read=consistent)
        except PynamoDBException as failure:
            raise UnavailableError from failure
        yield from answer["Responses"].get(table, [])
        rest = answer.get("UnprocessedKeys", {}).get(table)
        if not rest:
            return
        wanted = [{"PK": key["PK"]["S"], "SK": key["SK"]["S"]} for key in rest["Keys"]]
        time.sleep(BATCH_PAUSE_SECONDS * 2**attempt)
    raise UnavailableError


def _connection() -> Any:
    return Entity._get_connection()


def decoded(image: dict[str, Any]) -> dict[str, Any]:
    """A stream image with its binary values decoded (Lambda delivers them as base64 text)."""
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in image.items()
    }
