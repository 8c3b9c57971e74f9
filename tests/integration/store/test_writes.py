"""Conditional writes against moto: what they answer, and what they make of a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from pynamodb.attributes import NumberAttribute

from shop.errors import UnavailableError
from shop.store import reads
from shop.store.table import Entity
from shop.store.writes import (
    ATTEMPTS,
    LONGEST_PAUSE_SECONDS,
    ConditionFailed,
    Write,
    absent,
    apply,
    delete,
    present,
    put,
    together,
    update,
)

pytestmark = pytest.mark.usefixtures("table")

FAILED = "ConditionalCheckFailed"
Said = tuple[SimpleNamespace, dict[str, Any]] | None
"""HTTP's part and the parsed answer; None to let the store itself answer."""


class Tin(Entity):
    """A row like any other."""

    pieces = NumberAttribute(attr_name="n")


def tin(name: str, pieces: int = 1) -> Tin:
    return Tin("TEST", name, pieces=pieces)


def label(name: str) -> Tin:
    return Tin("TEST", name)


def stored(name: str) -> int | None:
    found = reads.get(Tin, ("TEST", name), consistent=True)
    return None if found is None else int(found.pieces)


def more(name: str, by: int = 1) -> Write:
    return update(label(name), [Tin.pieces.set(Tin.pieces + by)], present())


def pieces_in(raw: Any) -> int | None:
    return int(raw["n"]["N"]) if raw else None


# ------------------------------------------------------------------ alone


def test_a_put_stores_once_and_shows_who_was_first() -> None:
    assert apply(put(tin("a", 1), absent())) == {}
    with pytest.raises(ConditionFailed) as refused:
        apply(put(tin("a", 2), absent()))
    assert pieces_in(refused.value.old) == 1
    assert len(refused.value.failed) == 1
    assert stored("a") == 1


def test_an_update_answers_with_the_row_as_it_is_now() -> None:
    apply(put(tin("a", 1)))
    assert pieces_in(apply(more("a", 4))) == 5
    assert stored("a") == 5


def test_an_update_whose_row_is_missing_is_refused_with_nothing_in_hand() -> None:
    with pytest.raises(ConditionFailed) as refused:
        apply(more("a"))
    assert refused.value.failed == ({},)
    assert refused.value.old == {}
    assert stored("a") is None


def test_a_delete_removes_only_what_its_condition_allows() -> None:
    apply(put(tin("a", 7)))
    with pytest.raises(ConditionFailed) as refused:
        apply(delete(label("a"), Tin.pieces == 8))
    assert pieces_in(refused.value.old) == 7
    assert apply(delete(label("a"), Tin.pieces == 7)) == {}
    assert stored("a") is None


# ------------------------------------------------------------------ together


def test_all_writes_of_a_transaction_take_effect() -> None:
    apply(put(tin("b", 1)))
    apply(put(tin("c", 1)))
    together([put(tin("a", 9), absent()), more("b"), delete(label("c"), present())])
    assert (stored("a"), stored("b"), stored("c")) == (9, 2, None)


def test_a_refused_transaction_writes_nothing_and_names_each_refusal_in_the_callers_order() -> None:
    apply(put(tin("b", 3)))
    apply(put(tin("d", 5)))
    with pytest.raises(ConditionFailed) as refused:
        together(
            [
                put(tin("a"), absent()),
                delete(label("b"), Tin.pieces == 4),
                more("c"),
                more("d"),
                put(tin("d2"), absent()),
            ]
        )
    first, second, third, fourth, fifth = refused.value.failed
    assert (first, fourth, fifth) == (None, None, None)
    assert pieces_in(second) == 3
    assert third == {}
    assert refused.value.old is second
    assert [stored(name) for name in ("a", "b", "c", "d", "d2")] == [None, 3, None, 5, None]


def test_the_order_of_kinds_is_not_changed_on_the_way() -> None:
    """PynamoDB's own transactions send deletes, puts and updates in an order of their own."""
    for name in ("u", "p", "d"):
        apply(put(tin(name, ord(name))))
    with pytest.raises(ConditionFailed) as refused:
        together(
            [
                update(label("u"), [Tin.pieces.set(0)], Tin.pieces == 0),
                put(tin("p"), absent()),
                delete(label("d"), Tin.pieces == 0),
            ]
        )
    assert [pieces_in(item) for item in refused.value.failed] == [ord("u"), ord("p"), ord("d")]


# ------------------------------------------------------------------ what the store may answer


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the writer would have slept."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


class Script:
    """What the store says instead of doing it: one answer per call, the last one for good."""

    def __init__(self, *said: Said) -> None:
        self.said = list(said)
        self.sent: list[str] = []

    def __call__(self, model: Any, **_: object) -> Said:
        self.sent.append(model.name)
        return self.said.pop(0) if len(self.said) > 1 else self.said[0]


@contextmanager
def store_says(*said: Said) -> Iterator[Script]:
    script = Script(*said)
    events: Any = Entity._get_connection().connection.client.meta.events
    events.register("before-call.dynamodb", script)
    try:
        yield script
    finally:
        events.unregister("before-call.dynamodb", script)


def refusal(code: str, status: int = 400, **fields: object) -> Said:
    answer = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **fields,
    }
    return SimpleNamespace(status_code=status), answer


def cancelled(*codes: str, item: object = None) -> Said:
    """A cancelled transaction; `item` is what stands behind each failed condition."""
    reasons = [
        {"Code": code, **({"Item": item} if code == FAILED and item else {})} for code in codes
    ]
    return refusal("TransactionCanceledException", CancellationReasons=reasons)


STORED = {"PK": {"S": "TEST"}, "SK": {"S": "b"}, "n": {"N": "3"}}


def two() -> list[Write]:
    return [put(tin("a", 1), absent()), more("b")]


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
    ],
)
def test_a_busy_store_is_asked_again_with_short_pauses_until_it_answers(
    pauses: list[float], code: str
) -> None:
    apply(put(tin("b", 3)))
    busy = [refusal(code)] * 3
    with store_says(*busy, None) as script:
        assert pieces_in(apply(more("b"))) == 4
    assert script.sent == ["UpdateItem"] * 4
    assert len(pauses) == 3
    assert all(0 <= pause <= LONGEST_PAUSE_SECONDS for pause in pauses)


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_transaction_that_met_another_is_sent_again(pauses: list[float], reason: str) -> None:
    apply(put(tin("b", 3)))
    with store_says(cancelled(reason, "None"), None) as script:
        together(two())
    assert script.sent == ["TransactWriteItems"] * 2
    assert (stored("a"), stored("b")) == (1, 4)


def test_patience_ends_and_nothing_was_written(pauses: list[float]) -> None:
    apply(put(tin("b", 3)))
    with store_says(refusal("ThrottlingException")) as script, pytest.raises(UnavailableError):
        apply(more("b"))
    assert len(script.sent) == ATTEMPTS
    conflict = cancelled("TransactionConflict", "None")
    with store_says(conflict) as script, pytest.raises(UnavailableError):
        together(two())
    assert len(script.sent) == ATTEMPTS
    assert (stored("a"), stored("b")) == (None, 3)


def test_a_conflict_beside_a_failed_condition_is_no_answer_yet(pauses: list[float]) -> None:
    """The item in conflict may be this request's own, being committed by its twin."""
    apply(put(tin("a", 1)))
    mixed = cancelled("TransactionConflict", FAILED, item=STORED)
    with store_says(mixed, None) as script, pytest.raises(ConditionFailed) as refused:
        together(two())
    assert len(script.sent) == 2
    mine, other = refused.value.failed
    assert pieces_in(mine) == 1
    assert other == {}


def test_a_conflict_beside_a_failed_condition_that_stays_is_told_as_a_refusal(
    pauses: list[float],
) -> None:
    with (
        store_says(cancelled("TransactionConflict", FAILED, item=STORED)) as script,
        pytest.raises(ConditionFailed) as refused,
    ):
        together(two())
    assert len(script.sent) == ATTEMPTS
    assert refused.value.failed == (None, STORED)


def test_a_failed_condition_alone_is_not_sent_again(pauses: list[float]) -> None:
    with store_says(cancelled("None", FAILED)) as script, pytest.raises(ConditionFailed) as refused:
        together(two())
    assert len(script.sent) == 1
    assert refused.value.failed == (None, {})
    assert pauses == []


def test_a_broken_store_means_unavailable_and_a_wrong_request_is_our_fault(
    pauses: list[float],
) -> None:
    with store_says(refusal("InternalServerError", 500)), pytest.raises(UnavailableError):
        apply(more("b"))
    with store_says(refusal("ValidationException")), pytest.raises(ClientError):
        apply(more("b"))
    with store_says(cancelled("ValidationError", "None")), pytest.raises(ClientError):
        together(two())
    assert pauses == []


def test_an_answer_that_never_came_means_unavailable(pauses: list[float]) -> None:
    silence = mock.Mock(side_effect=ReadTimeoutError(endpoint_url="https://dynamodb.invalid"))
    client = Entity._get_connection().connection.client
    with mock.patch.object(client, "_make_api_call", silence), pytest.raises(UnavailableError):
        apply(more("b"))
    assert silence.call_count == 1
