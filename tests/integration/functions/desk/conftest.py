"""A shop with one product, and its owner signed in."""

import pytest

from shop.crypto.sessions import issue_staff
from shop.store import staff
from shop.usecases.publish import replace_categories, upsert_product
from tests.integration import shopfile
from tests.integration.functions.desk.people import RING, Clock


@pytest.fixture(autouse=True)
def clock(table: None, now: int, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now)
    monkeypatch.setattr("shop.clock.now", lambda: clock.now)
    replace_categories(shopfile.categories(), now)
    upsert_product(shopfile.products()[0], now)
    return clock


@pytest.fixture
def token(clock: Clock) -> str:
    """The owner's, without the price of a real sign-in."""
    staff.create("owner", "owner", "no password opens this", b"", clock.now)
    return issue_staff(RING, "owner", "s", now=clock.now, jti="j")
