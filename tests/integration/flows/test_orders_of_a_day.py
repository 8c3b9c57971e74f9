"""Staff's list of a day's orders comes in pages, whatever the day has sold."""

from collections.abc import Iterator

import pytest

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.store import staff
from tests.proving.shop import Answer, Shop

SEED = 20261231
SKU = "p1-1"


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 100, None)])
        staff.create("owner", "owner", "no password opens this", b"", shop.now)
        yield shop


def listed(shop: Shop, **query: str) -> Answer:
    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    token = issue_staff(ring, "owner", "s", now=shop.now, jti="j")
    headers = {"authorization": f"Bearer {token}"}
    return shop.call("fulfilment", "GET /v1/admin/orders", query=query, headers=headers)


def numbers(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [one["order_no"] for one in answer.body["items"]]


def test_every_order_of_the_day_comes_once_in_order_of_time(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    placed = []
    for _ in range(23):
        placed.append(shop.place(buyer, shop.quote_token(buyer, {SKU: 1})).order_no)
        shop.world.clock.advance(1)
    shop.pump()
    assert len(numbers(listed(shop))) == 20
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = listed(shop, limit="4", **({"cursor": cursor} if cursor else {}))
        assert len(numbers(answer)) <= 4
        found += numbers(answer)
        cursor = answer.body["next_cursor"]
    assert found == placed


def test_a_state_is_a_list_of_its_own(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    orders = [shop.place(buyer, shop.quote_token(buyer, {SKU: 1})).order_no for _ in range(6)]
    for order_no in orders[::2]:
        assert shop.cancel(buyer, order_no).status == 200
    shop.pump()
    closed = listed(shop, status="CLOSED", limit="2")
    rest = listed(shop, status="CLOSED", limit="2", cursor=closed.body["next_cursor"])
    assert sorted(numbers(closed) + numbers(rest)) == sorted(orders[::2])
    assert rest.body["next_cursor"] is None
    foreign = listed(shop, limit="2", cursor=closed.body["next_cursor"])
    assert (foreign.status, foreign.body["code"]) == (400, "invalid_cursor")
