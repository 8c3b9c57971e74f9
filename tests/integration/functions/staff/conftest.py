"""An empty shop whose clock stands still, and its owner."""

import pytest

from tests.integration.functions.staff.people import Clock, account


@pytest.fixture(autouse=True)
def clock(table: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("shop.clock.now", lambda: clock.now)
    return clock


@pytest.fixture
def owner() -> str:
    return account("owner", "owner")
