"""Conditional writes, one or many at once, that say why they failed.

Rows build their own expressions (PynamoDB); they are sent through the client that PynamoDB holds,
because its own single writes lose the item that made a condition fail and its transactions reorder
(`docs/adr/0004`).

One call may reach the table twice (the SDK repeats a lost answer), so a failed condition is not
yet a refusal: the caller looks at the item that made it fail and asks "was it me?".
"""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.errors import UnavailableError
from shop.store.table import Entity

Raw = Mapping[str, Mapping[str, Any]]

ATTEMPTS = 7
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.32
_CONDITION_FAILED = "ConditionalCheckFailed"
_SERVER_ERROR = 500
_TRY_AGAIN = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "ThrottlingError",
        "ThrottlingException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
    }
)


class ConditionFailed(Exception):  # noqa: N818 - an answer, not an error
    """At least one condition did not hold; nothing of the call was written.

    Attributes:
        failed: One entry per write, in the caller's order: None where the condition held or is not
            known, else the stored item, empty when there is none.
    """

    def __init__(self, failed: Sequence[Raw | None]) -> None:
        super().__init__("a write condition did not hold")
        self.failed = tuple(failed)

    @property
    def old(self) -> Raw:
        """The stored item behind the first failed condition."""
        return next(item for item in self.failed if item is not None)


@dataclass(frozen=True, slots=True)
class Write:
    """One write: the operation's name inside a transaction, and its arguments."""

    operation: str
    arguments: dict[str, Any]


def put(row: Entity, condition: Condition | None = None) -> Write:
    """Store a whole row."""
    return Write(
        "Put",
        row.get_save_kwargs_from_instance(
            condition=condition, return_values_on_condition_failure="ALL_OLD"
        ),
    )


def update(row: Entity, actions: list[Action], condition: Condition | None = None) -> Write:
    """Change attributes of the row with this key, which is made if absent."""
    return Write(
        "Update",
        row.get_update_kwargs_from_instance(
            actions=actions, condition=condition, return_values_on_condition_failure="ALL_OLD"
        ),
    )


def delete(row: Entity, condition: Condition | None = None) -> Write:
    """Remove the row with this key."""
    arguments = row.get_delete_kwargs_from_instance(condition=condition)
    return Write("Delete", {**arguments, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})


def absent() -> Condition:
    """The condition that no row has this key."""
    return Entity.PK.does_not_exist()


def present() -> Condition:
    """The condition that a row has this key."""
    return Entity.PK.exists()


def apply(write: Write) -> Raw:
    """Send one write.

    Returns:
        The row after an update; empty for a put or delete.

    Raises:
        ConditionFailed: With the stored item.
        UnavailableError: Throttled beyond patience, or no answer. It may have taken effect.
    """
    arguments = dict(write.arguments)
    if write.operation == "Update":
        arguments["ReturnValues"] = "ALL_NEW"
    answer = _send(f"{write.operation}Item", arguments)
    return cast(Raw, answer.get("Attributes") or {})


def together(writes: Sequence[Write]) -> None:
    """Send up to 100 writes of different rows that take effect together or not at all.

    Raises:
        ConditionFailed: With one entry per write.
        UnavailableError: Conflict or throttling beyond patience, or no answer. It may have taken
            effect.
    """
    _send(
        "TransactWriteItems",
        {"TransactItems": [{write.operation: write.arguments} for write in writes]},
    )


def _send(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    client = Entity._get_connection().connection.client
    pause = FIRST_PAUSE_SECONDS
    for attempt in range(ATTEMPTS):
        try:
            return cast(dict[str, Any], client._make_api_call(operation, dict(arguments)))
        except ClientError as error:
            _judge(error, last=attempt == ATTEMPTS - 1)
        except BotoCoreError as error:
            raise UnavailableError from error
        # Full jitter: writers that collided once do not meet again.
        time.sleep(random.uniform(0, pause))  # noqa: S311 # nosec B311 # spreads waits
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
    raise UnavailableError


def _judge(error: ClientError, *, last: bool) -> None:
    """Return when the call may be sent again; otherwise raise what it means."""
    response: Mapping[str, Any] = error.response
    code = str(response.get("Error", {}).get("Code", ""))
    if code == "ConditionalCheckFailedException":
        raise ConditionFailed([response.get("Item") or {}]) from error
    codes = {code}
    if code == "TransactionCanceledException":
        reasons = response.get("CancellationReasons") or []
        codes = {str(reason.get("Code")) for reason in reasons} - {"None"}
        # A conflict beside a failed condition is sent again too: the other writer may be this very
        # request, and only the item in conflict could tell.
        if _CONDITION_FAILED in codes and (last or not codes & _TRY_AGAIN):
            raise _refused_together(reasons) from error
    if codes & _TRY_AGAIN:
        if last:
            raise UnavailableError from error
        return
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERROR:
        # The SDK has already repeated it; whether it took effect is unknown.
        raise UnavailableError from error
    raise error


def _refused_together(reasons: Sequence[Mapping[str, Any]]) -> ConditionFailed:
    return ConditionFailed(
        [
            (reason.get("Item") or {}) if reason.get("Code") == _CONDITION_FAILED else None
            for reason in reasons
        ]
    )
