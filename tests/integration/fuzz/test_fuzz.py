"""Hostile events and the published document, against the deployed handlers."""

from collections.abc import Iterator

import pytest

from tests.proving import contract
from tests.proving.fuzz import Findings, Fuzz
from tests.proving.shop import Shop

SEED = 20261122
EVENTS = 1_500
EXAMPLES = 2


@pytest.fixture
def fuzz() -> Iterator[Fuzz]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        yield Fuzz(shop)


def test_hostile_events_are_refused_and_change_nothing(fuzz: Fuzz) -> None:
    findings = Findings()
    fuzz.run(EVENTS, SEED, findings)
    assert not findings.wrong
    assert {400, 401, 404, 413, 415, 422} <= set(findings.statuses)


def test_every_operation_answers_as_the_document_says(fuzz: Fuzz) -> None:
    findings = Findings()
    sent = contract.run(fuzz, EXAMPLES, SEED, findings)
    assert not findings.wrong
    assert sent > 100
