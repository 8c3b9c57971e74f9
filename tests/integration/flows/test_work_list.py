"""What staff have to ship: found by what is open, filtered, paged; addresses are read on record."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from shop.crypto.sessions import issue_staff
from shop.domain.calendar import business_day
from shop.store import personal_reads, staff
from shop.usecases import work
from tests.integration.flows.test_part_shipping import FIRST, SEED, Stage
from tests.proving.shop import Answer, Shop


class Desk(Stage):
    """The same stage, with somebody who looks at the work list."""

    def look(self, labels: bool = False, role: str = "owner", **query: str) -> Answer:
        staff.create(f"{role}-1", role, "no password opens this", b"", self.shop.now)
        token = issue_staff(self.counter.ring, f"{role}-1", "s", now=self.shop.now, jti=role)
        route = f"GET /v1/admin/work{'/labels' if labels else ''}"
        headers = {"authorization": f"Bearer {token}"}
        return self.shop.call("fulfilment", route, query=query, headers=headers)

    def listed(self, **query: str) -> list[str]:
        """Numbers on all pages."""
        numbers, cursor = [], ""
        while True:
            asked: dict[str, Any] = {**query, **({"cursor": cursor} if cursor else {})}
            page = self.look(**asked)
            assert page.status == 200, page
            numbers += [one["order_no"] for one in page.body["items"]]
            cursor = page.body["next_cursor"]
            if not cursor:
                return numbers


@pytest.fixture
def desk() -> Iterator[Desk]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        yield Desk(shop)


def several(desk: Desk, count: int) -> list[str]:
    """Paid orders, some of them in one second."""
    numbers = []
    for at in range(count):
        numbers.append(desk.paid(p1_1=2))
        desk.shop.world.clock.advance(at % 2)
    return numbers


@pytest.mark.parametrize("limit", ["1", "2", "3", "50"])
def test_pages_hold_every_open_order_once_the_longest_paid_first(desk: Desk, limit: str) -> None:
    numbers = several(desk, 7)
    shown = desk.listed(limit=limit)
    assert sorted(shown) == sorted(numbers)
    rows = {one["order_no"]: one["paid_at"] for one in desk.look().body["items"]}
    assert [rows[number] for number in shown] == sorted(rows.values())


def test_what_is_shipped_cancelled_or_unpaid_is_not_on_it(desk: Desk) -> None:
    shipped, cancelled, part = desk.paid(), desk.paid(), desk.paid()
    desk.placed()
    desk.shop.pump()
    desk.counter.ship(shipped, FIRST)
    desk.shop.cancel(desk.buyer, cancelled)
    desk.counter.ship(part, "7312345678905", {1: 1})
    assert desk.listed() == [part]
    (item,) = desk.look().body["items"]
    assert [(one["line_id"], one["quantity"]) for one in item["lines"]] == [("1", 2), ("2", 2)]
    assert item["parcels"] == 1


def test_filters(desk: Desk) -> None:
    first = desk.paid(p1_1=2)
    desk.shop.world.clock.advance(86_400)
    second = desk.paid(p1_1=1, p1_2=1)
    desk.counter.ship(second, FIRST, {1: 1})
    assert desk.listed(sku_id="p1-1") == [first]
    assert desk.listed(sku_id="p1-2") == [second]
    assert desk.listed(status="partial") == [second]
    assert desk.listed(status="untouched") == [first]
    assert desk.listed(company="zhongtong") == [second]
    assert desk.listed(company="yunda") == []
    assert desk.listed(day=business_day(desk.shop.now)) == [second]
    assert desk.listed(day=business_day(desk.shop.now - 86_400)) == [first]
    assert desk.look(day="20261399").status == 422
    assert desk.look(cursor="x").status == 400


def test_a_page_that_examined_much_is_short_and_leads_on(desk: Desk) -> None:
    numbers = several(desk, 5)
    desk.counter.ship(numbers[4], FIRST, {1: 1})
    with mock.patch.object(work, "MOST_EXAMINED", 1):
        page = desk.look(status="partial", limit="1").body
        assert (page["items"], bool(page["next_cursor"])) == ([], True)
        assert desk.listed(status="partial", limit="1") == [numbers[4]]


def test_addresses_are_shown_to_few_and_every_reading_is_kept(desk: Desk) -> None:
    numbers = several(desk, 3)
    for role in ("support", "auditor"):
        assert desk.look(labels=True, role=role).status == 403
    assert list(personal_reads.listed(business_day(desk.shop.now))) == []
    page: list[Any] = desk.look(labels=True, role="operator").body["items"]
    assert {one["address"]["name"] for one in page} == {"王小明"}
    assert all(one["address"]["phone"].isdigit() for one in page)
    for whose in (business_day(desk.shop.now), desk.buyer.customer_id):
        read = [(one.actor, one.what) for one in personal_reads.listed(whose)]
        assert sorted(read) == sorted(("staff:operator-1", number) for number in numbers)


def test_addresses_are_not_shown_when_the_reading_cannot_be_kept(desk: Desk) -> None:
    from shop.errors import UnavailableError

    several(desk, 1)
    with mock.patch.object(personal_reads, "together", side_effect=UnavailableError):
        answer = desk.look(labels=True)
    assert answer.status == 503
    assert "address" not in str(answer.body)
