"""Closing and refunding when WeChat lags, loses answers, or refuses."""

from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import pytest

from tests.integration.flows.mishaps import (
    anomalies,
    asks_refund,
    assert_exact_at_rest,
    pays,
    stands,
    wechat_shows_no_payment,
)
from tests.proving.faults import Kind
from tests.proving.invariants import tables_of, totals
from tests.proving.shop import Answer, Buyer, Shop

SEED = 20261126
PIECES = 10


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, PIECES, None)])
        yield shop


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    return shop.buyer("wang")


def three_pieces(shop: Shop, buyer: Buyer) -> Answer:
    return shop.place(buyer, shop.quote_token(buyer, {"p1-1": 3}))


def paid(shop: Shop, buyer: Buyer) -> str:
    """The number of a paid order of three pieces."""
    placed = three_pieces(shop, buyer)
    pays(shop, buyer, placed)
    shop.deliver_due()
    shop.pump()
    return placed.order_no


def send_to_another_card(shop: Shop, refund: Mapping[str, Any]) -> None:
    """Staff have WeChat try an abnormal refund again."""
    from shop import wiring
    from shop.providers.wechatpay import WechatPay

    wechat = wiring.deps(lambda: 10.0).gateway()
    assert isinstance(wechat, WechatPay)
    wechat.settle_abnormal_refund(refund["refund_id"], refund["out_refund_no"])


def refund_states(shop: Shop) -> list[str]:
    return [str(row["st"]) for row in tables_of(shop).refunds]


def test_nothing_is_released_while_wechat_says_paid_and_cannot_show_the_payment(
    shop: Shop, buyer: Buyer
) -> None:
    initial = totals(shop)
    placed = three_pieces(shop, buyer)
    pays(shop, buyer, placed)
    with wechat_shows_no_payment("USERPAYING"):
        cancelled = shop.cancel(buyer, placed.order_no)
    assert cancelled.body["status"] == "CLOSING"
    assert shop.stock("p1-1") == (7, 3, 10)

    shop.world.clock.advance(910)
    shop.sweep()
    assert stands(shop, placed.order_no) == "TO_SHIP"
    assert_exact_at_rest(shop, initial)


def test_an_order_whose_refund_the_bank_refused_is_closed_and_a_person_told(
    shop: Shop, buyer: Buyer
) -> None:
    order_no = paid(shop, buyer)
    shop.pay.faults.add({"route": "refund", "kind": "abnormal"})
    shop.world.faults.when(lambda _, call: Kind.LOST if asks_refund(call) else None)
    assert shop.cancel(buyer, order_no).body["status"] == "CLOSING"
    shop.pump()
    shop.world.faults.none()
    assert shop.stock("p1-1") == (7, 3, 10)
    assert refund_states(shop) == ["PENDING"]

    # WeChat took it, the bank did not: the repeat is the first word we hear of either.
    shop.world.clock.advance(3_600)
    shop.pay.run_due()
    shop.world.clock.advance(61)
    shop.sweep()
    assert stands(shop, order_no) == "CLOSED"
    assert refund_states(shop) == ["ABNORMAL"]
    assert shop.stock("p1-1") == (10, 0, 10)
    assert anomalies(shop) == ["refund_failed"]


def test_a_refund_that_was_abnormal_is_a_success_once_it_is_paid_out(
    shop: Shop, buyer: Buyer
) -> None:
    order_no = paid(shop, buyer)
    initial = totals(shop)
    shop.pay.faults.add({"route": "refund", "kind": "abnormal"})
    shop.cancel(buyer, order_no)
    shop.world.clock.advance(3_600)
    shop.deliver_due()
    assert refund_states(shop) == ["ABNORMAL"]

    (refund,) = shop.pay.ledger()["refunds"]
    send_to_another_card(shop, refund)
    shop.world.clock.advance(60)
    shop.deliver_due()
    assert refund_states(shop) == ["SUCCESS"]
    assert_exact_at_rest(shop, initial)


def test_a_refund_refused_for_good_is_told_once_and_not_asked_every_minute(
    shop: Shop, buyer: Buyer
) -> None:
    from shop.errors import ProviderError
    from shop.providers.wechatpay import WechatPay

    order_no = paid(shop, buyer)
    refusal = mock.Mock(side_effect=ProviderError("wechatpay", "TRADE_STATE_ERROR"))
    with mock.patch.object(WechatPay, "refund", refusal):
        shop.cancel(buyer, order_no)
        shop.world.clock.advance(61)
        shop.sweep()
        asked = refusal.call_count
        for _ in range(5):
            shop.world.clock.advance(61)
            shop.sweep()
    assert refusal.call_count == asked
    assert anomalies(shop) == ["refund_refused"]
    assert stands(shop, order_no) == "CLOSING"

    shop.world.clock.advance(3_600)
    shop.sweep()
    assert stands(shop, order_no) == "CLOSED"
    assert shop.stock("p1-1") == (10, 0, 10)


@pytest.mark.parametrize("was_paid", [False, True])
def test_an_ended_sign_in_cancels_and_refunds_nothing(
    shop: Shop, buyer: Buyer, was_paid: bool
) -> None:
    order_no = paid(shop, buyer) if was_paid else three_pieces(shop, buyer).order_no
    before = stands(shop, order_no)
    gone = shop.call("login", "POST /v1/logout", buyer, body={"everywhere": True})
    assert gone.status == 204
    assert shop.cancel(buyer, order_no).status == 401
    assert stands(shop, order_no) == before
    assert shop.pay.ledger()["refunds"] == []


@pytest.mark.parametrize("was_paid", [False, True])
def test_an_order_that_can_no_longer_be_paid_says_so(
    shop: Shop, buyer: Buyer, was_paid: bool
) -> None:
    order_no = paid(shop, buyer) if was_paid else three_pieces(shop, buyer).order_no
    assert shop.cancel(buyer, order_no).body["status"] == "CLOSED"
    shop.world.clock.advance(4)
    assert shop.ask_payment(buyer, order_no).status == 409
