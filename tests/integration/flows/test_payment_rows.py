"""Rows P7, P12 and P16 of the reliability notes: what a person must see, and what heals itself."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from shop.errors import MisconfiguredError, ProviderError, ShopError
from tests.integration.flows.mishaps import (
    anomalies,
    assert_exact_at_rest,
    buy_now,
    free_units,
    pays,
    stands,
)
from tests.proving.cases.notices import ROUTE, Forger, Notice
from tests.proving.holdings import Totals
from tests.proving.invariants import tables_of, totals
from tests.proving.shop import Answer, Shop

SEED = 20261211
PRICE = 12_800


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(PRICE, 10, None)])
        yield shop


def paid(shop: Shop) -> str:
    buyer = shop.buyer("wang")
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 3}))
    pays(shop, buyer, placed)
    shop.deliver_due()
    shop.pump()
    return placed.order_no


def sent(shop: Shop, notice: Notice) -> tuple[Answer, list[str]]:
    """The answer to a notice, and the metrics that it raised."""
    with mock.patch("shop.usecases.notice.metrics") as metrics:
        answer = shop.call("pay_notify", ROUTE, raw=notice.body, headers=notice.headers)
    return answer, [str(call.kwargs["name"]) for call in metrics.add_metric.call_args_list]


def altered(shop: Shop, order_no: str, **changes: object) -> Notice:
    """A notice that WeChat Pay signed, with other fields."""
    forger = Forger(shop, order_no)
    told: dict[str, Any] = json.loads(forger.genuine().body)
    return forger._resigned("altered", told | changes)


def test_p7_a_genuine_notice_of_an_unknown_kind_is_kept_and_counted(shop: Shop) -> None:
    order_no = paid(shop)
    for _ in range(2):
        notice = altered(shop, order_no, event_type="TRANSACTION.REVERSED")
        answer, told = sent(shop, notice)
        assert (answer.status, told) == (204, ["NoticeUnknown"])
    (kept,) = tables_of(shop).anomalies
    assert str(kept["kind"]).partition("#")[0] == "unknown_notice"
    assert stands(shop, order_no) == "TO_SHIP"


def test_p7_an_unknown_kind_that_cannot_be_kept_comes_again(shop: Shop) -> None:
    from shop.errors import UnavailableError

    notice = altered(shop, paid(shop), event_type="TRANSACTION.REVERSED")
    with mock.patch("shop.usecases.notice.anomalies.report", side_effect=UnavailableError):
        assert sent(shop, notice)[0].status == 503


def test_p12_a_notice_sealed_with_a_key_that_we_lack_raises_the_alarm(shop: Shop) -> None:
    forged = Forger(shop, paid(shop)).forged()
    (other,) = (one for one in forged if one.name == "sealed with another key")
    answer, told = sent(shop, other)
    assert answer.status == 401
    assert told == ["NoticeRefused_decrypt", "Misconfigured"]


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (ProviderError("wechatpay", "NOT_ENOUGH", retryable=True), "NOT_ENOUGH"),
        (MisconfiguredError(provider_code="INVALID_REQUEST"), "INVALID_REQUEST"),
    ],
)
def test_p16_a_refund_that_only_a_person_can_help_is_told_and_asked_every_hour(
    shop: Shop, refusal: ShopError, code: str
) -> None:
    from shop.providers.wechatpay import WechatPay

    initial = totals(shop)
    order_no = paid(shop)
    refused = mock.Mock(side_effect=refusal)
    with mock.patch.object(WechatPay, "refund", refused):
        answer = shop.cancel(shop.buyer("wang"), order_no)
        assert (answer.status, answer.body["status"]) == (200, "CLOSING")
        shop.world.clock.advance(61)
        shop.sweep()
        asked = refused.call_count
        for _ in range(5):
            shop.world.clock.advance(61)
            shop.sweep()
    assert refused.call_count == asked
    (told,) = tables_of(shop).anomalies
    assert anomalies(shop) == ["refund_refused"]
    assert told["code"] == code

    shop.world.clock.advance(3_600)
    shop.sweep()
    assert stands(shop, order_no) == "CLOSED"
    assert_exact_at_rest(shop, initial)


def test_p16_a_refund_that_wechat_took_and_no_longer_knows_is_asked_for_again(shop: Shop) -> None:
    initial = totals(shop)
    order_no = paid(shop)
    shop.cancel(shop.buyer("wang"), order_no)
    books = shop.pay._ledger
    (refund,) = books.refunds.values()
    del books.refunds[refund.out_refund_no]
    books._processing.clear()
    books._refunds_by_order.clear()
    for _ in range(2):
        shop.world.clock.advance(70)
        shop.sweep()
        shop.deliver_due()
    assert [one["status"] for one in shop.pay.ledger()["refunds"]] == ["SUCCESS"]
    assert [row["st"] for row in tables_of(shop).refunds] == ["SUCCESS"]
    assert_exact_at_rest(shop, initial)


def test_a_cancel_stands_while_wechat_refuses_our_account(shop: Shop) -> None:
    from shop.providers.wechatpay import WechatPay

    initial = totals(shop)
    buyer = shop.buyer("wang")
    order_no = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 3})).order_no
    refused = mock.Mock(side_effect=MisconfiguredError(provider_code="SIGN_ERROR"))
    with mock.patch.object(WechatPay, "query", refused):
        answer = shop.cancel(buyer, order_no)
    assert (answer.status, answer.body["status"]) == (200, "CLOSING")
    assert_closed_by_the_next_sweep(shop, order_no, initial)


def test_a_cancelled_flash_order_waits_for_wechat_and_not_for_its_window(shop: Shop) -> None:
    initial = totals(shop)
    shop.put_sale("f1", "p1-1", 1)
    buyer = shop.buyer("wang")
    order_no = buy_now(shop, buyer, "f1").order_no
    with wechat_is_away():
        assert shop.cancel(buyer, order_no).body["status"] == "CLOSING"
    assert_closed_by_the_next_sweep(shop, order_no)
    assert free_units(shop, "f1") == {0: 1}
    assert_exact_at_rest(shop, initial)


def test_a_cancel_whose_store_failed_goes_on_with_the_next_sweep(shop: Shop) -> None:
    from shop.errors import UnavailableError

    initial = totals(shop)
    buyer = shop.buyer("wang")
    order_no = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 3})).order_no
    with mock.patch("shop.usecases.close_order.together", side_effect=UnavailableError):
        assert shop.cancel(buyer, order_no).status == 503
    assert_closed_by_the_next_sweep(shop, order_no, initial)


def test_after_an_outage_of_hours_an_order_closes_with_the_next_sweeps(shop: Shop) -> None:
    initial = totals(shop)
    buyer = shop.buyer("wang")
    order_no = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 3})).order_no
    shop.world.clock.advance(910)
    with wechat_is_away():
        for seconds in (0, 6 * 3_600 + 1, 61):
            shop.world.clock.advance(seconds)
            shop.sweep()
    assert anomalies(shop) == ["closing_stuck"]
    assert_closed_by_the_next_sweep(shop, order_no, initial)


def wechat_is_away() -> "mock._patch[mock.Mock]":
    from shop.providers.wechatpay import WechatPay

    away = mock.Mock(side_effect=ProviderError("wechatpay", "503", retryable=True))
    return mock.patch.object(WechatPay, "query", away)


def assert_closed_by_the_next_sweep(
    shop: Shop, order_no: str, initial: Totals | None = None
) -> None:
    shop.world.clock.advance(61)
    shop.sweep()
    assert stands(shop, order_no) == "CLOSED"
    if initial is not None:
        assert_exact_at_rest(shop, initial)
