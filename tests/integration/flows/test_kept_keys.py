"""A key or an approval takes effect once, also when what was kept of it has expired."""

import os
from collections.abc import Iterator

import pytest

from shop.config import settings
from shop.store import approvals, staff
from tests.proving.cases.approvals import DELTA, DONE, PIECES, SKU, UNTOUCHED, Office
from tests.proving.shop import TABLE, Answer, Shop

SEED = 20261210
DAY = 86_400
ADJUST = "POST /v1/admin/stock/{sku_id}/adjustments"


@pytest.fixture
def office() -> Iterator[Office]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        yield Office(shop)


def days_pass(office: Office, days: int, *, removed: bool = True) -> None:
    """Time passes, and the table forgets what has expired, if its time to live came to it."""
    shop = office.shop
    shop.world.clock.advance(days * DAY)
    for item in shop.world.engine.items(TABLE) if removed else ():
        if "ttl" in item and int(item["ttl"]["N"]) <= shop.now:
            key = {name: item[name] for name in ("PK", "SK")}
            shop.world.engine.ask("DeleteItem", {"TableName": TABLE, "Key": key})


def limit_is(pieces: int) -> None:
    """The shop is deployed with another limit."""
    os.environ["APPROVAL_STOCK_PIECES"] = str(pieces)
    settings.cache_clear()


def asks(office: Office, delta: int = DELTA, sku: str = SKU, key: str = "ask") -> Answer:
    body = {"delta": delta, "reason": "盘亏"}
    return office.send("asker", ADJUST, key, body, folder="merchandise", sku_id=sku)


def waiting() -> list[str]:
    return [str(one.SK) for one in approvals.every() if one.status == approvals.PENDING]


@pytest.mark.parametrize("days", [1, 8, 31, 100])
def test_what_was_approved_is_not_made_again_by_a_later_limit(office: Office, days: int) -> None:
    assert office.decide("one").status == 200
    days_pass(office, days)
    limit_is(10_000)
    again = asks(office)
    assert (again.status, again.body["approval_id"]) == (201, None)
    assert office.shop.stock(SKU) == DONE


@pytest.mark.parametrize("days", [1, 8, 31, 100])
def test_what_was_made_at_once_is_not_asked_for_by_a_later_limit(office: Office, days: int) -> None:
    limit_is(10_000)
    assert asks(office, key="direct").body["approval_id"] is None
    days_pass(office, days)
    limit_is(1_000)
    again = asks(office, key="direct")
    assert (again.status, again.body["approval_id"]) == (201, None)
    assert office.shop.stock(SKU) == DONE


@pytest.mark.parametrize("days", [31, 100, 400])
def test_an_approval_that_is_forgotten_is_not_asked_for_anew(office: Office, days: int) -> None:
    assert office.decide("one").status == 200
    days_pass(office, days)
    assert asks(office).status == 201
    assert waiting() == []
    assert office.decide("two").status in {404, 409}
    assert office.shop.stock(SKU) == DONE


@pytest.mark.parametrize("days", [1, 31, 400])
def test_a_key_never_stands_for_another_adjustment(office: Office, days: int) -> None:
    assert asks(office, -10, key="small").status == 201
    days_pass(office, days)
    other = asks(office, -20, key="small")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    large = asks(office, -2_000, key="small")
    assert (large.status, large.body["code"]) == (422, "idempotency_key_reused")
    assert office.shop.stock(SKU) == (PIECES - 10, 0, PIECES - 10)


def test_a_key_never_shows_another_s_approval(office: Office) -> None:
    office.shop.put_product("p2", [(500, PIECES, None)])
    assert office.decide("one").status == 200
    days_pass(office, 31)
    other = asks(office, sku="p2-1")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("removed", [True, False])
@pytest.mark.parametrize("days", [8, 29])
def test_a_request_that_expired_is_told_and_asked_anew_under_a_new_key(
    office: Office, days: int, removed: bool
) -> None:
    days_pass(office, days, removed=removed)
    late = asks(office)
    assert (late.status, late.body["code"]) == (409, "approval_decided")
    assert office.decide("one").status in {404, 409}
    assert office.shop.stock(SKU) == UNTOUCHED
    anew = asks(office, key="anew")
    office.approval_id = anew.body["approval_id"]
    assert office.decide("two").status == 200
    assert office.shop.stock(SKU) == DONE


def test_what_is_decided_leaves_its_trace(office: Office) -> None:
    assert office.decide("one").status == 200
    days_pass(office, 400)
    asks(office)
    routes = [one.route for one in staff.audits("20261111")]
    assert len(routes) == 2
