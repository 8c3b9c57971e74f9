"""WeChat's pushes reach the shop: only what WeChat itself confirms ends an order."""

from collections.abc import Iterator

import pytest

from scripts.emulators.wechat.pushes import KINDS
from shop.domain.ids import CustomerId
from shop.usecases import fulfil
from tests.proving.cases.stage import status_of
from tests.proving.shop import Buyer, Shop

SEED = 20270121
SPOILED = sorted(set(KINDS.split("|")) - {"drop", "duplicate"})


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        yield shop


def shipped(shop: Shop, buyer: Buyer) -> str:
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    shop.pump()
    fulfil.ship(
        CustomerId(buyer.customer_id), placed.order_no, "zhongtong", "7312345678901", actor="li",
        now=shop.now,
    )  # fmt: skip
    shop.pump()
    return placed.order_no


def fault(shop: Shop, route: str, kind: str) -> None:
    shop.wechat_control("faults", route=route, kind=kind)


def asked(shop: Shop) -> int:
    return len(shop.wechat.received.listed("get_order"))


def test_a_confirmed_receipt_ends_the_order_once_wechat_says_so_itself(shop: Shop) -> None:
    number = shipped(shop, shop.buyer("wang"))
    assert shop.settles(number, confirmed=False) == [200]
    assert status_of(shop, number) == "TO_RECEIVE"
    assert shop.settles(number, truly=False) == [200]
    shop.follow_up()
    assert status_of(shop, number) == "TO_RECEIVE"
    shop.world.clock.advance(1)
    assert shop.settles(number) == [200]
    assert status_of(shop, number) == "TO_RECEIVE"
    shop.follow_up()
    assert status_of(shop, number) == "DONE"


def test_what_wechat_does_not_confirm_is_asked_about_again_for_six_days(shop: Shop) -> None:
    number = shipped(shop, shop.buyer("wang"))
    for _ in range(20):  # until the report of its shipping is settled
        shop.world.clock.advance(60)
        shop.follow_up()
    assert shop.settles(number, truly=False) == [200]
    shop.follow_up()
    times = [asked(shop)]
    for seconds in (660, 660, 6 * 86_400, 660, 660):
        shop.world.clock.advance(seconds)
        shop.follow_up()
        times.append(asked(shop))
    first = times[0]
    assert times == [first, first + 1, first + 2, first + 3, first + 3, first + 3]
    assert status_of(shop, number) == "TO_RECEIVE"


def test_a_push_that_comes_twice_asks_once(shop: Shop) -> None:
    number = shipped(shop, shop.buyer("wang"))
    before = asked(shop)
    fault(shop, "push", "duplicate")
    assert shop.settles(number) == [200, 200]
    shop.follow_up()
    assert (status_of(shop, number), asked(shop)) == ("DONE", before + 1)


def test_while_wechat_is_away_the_push_is_kept_and_followed_up(shop: Shop) -> None:
    number = shipped(shop, shop.buyer("wang"))
    fault(shop, "get_order", "http_502")
    assert shop.settles(number) == [200]
    shop.follow_up()
    assert status_of(shop, number) == "TO_RECEIVE"
    shop.world.clock.advance(660)
    shop.follow_up()
    assert status_of(shop, number) == "DONE"


@pytest.mark.parametrize("kind", SPOILED)
def test_a_forged_push_changes_nothing_and_costs_no_call(shop: Shop, kind: str) -> None:
    number = shipped(shop, shop.buyer("wang"))
    before, requests = asked(shop), shop.world.ledger.requests
    fault(shop, "push", kind)
    assert shop.settles(number) == [401]
    assert (shop.world.ledger.requests, asked(shop)) == (requests, before)
    # What WeChat really sent comes again.
    shop.world.clock.advance(6)
    shop.deliver_due()
    shop.follow_up()
    assert status_of(shop, number) == "DONE"


def test_a_settlement_of_somebody_elses_order_changes_nothing(shop: Shop) -> None:
    number = shipped(shop, shop.buyer("wang"))
    for event in ({"merchant_trade_no": "1" * 25}, {"transaction_id": "42"}):
        shop.world.clock.advance(1)
        assert shop.settles(number, event=event) == [200]
        shop.follow_up()
        assert status_of(shop, number) == "TO_RECEIVE"


def test_other_events_are_let_go_without_a_store_call(shop: Shop) -> None:
    number = shipped(shop, shop.buyer("wang"))
    requests = shop.world.ledger.requests
    assert shop.settles(number, event={"Event": "wxa_trade_controlled"}) == [200]
    assert shop.world.ledger.requests == requests


def test_an_oversized_push_is_refused(shop: Shop) -> None:
    answer = shop.call("wechat_notify", "POST /v1/notify/wechat", raw=b"x" * 70_000)
    assert answer.status == 413
