"""An order's life through the deployed handlers, against strict providers."""

from collections.abc import Iterator

import pytest

from tests.proving.shop import Shop

SEED = 20261122


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 10, None), (5_000, 3, 2)])
        yield shop


def test_a_paid_order_is_to_be_shipped_and_takes_its_stock_once(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    token = shop.quote_token(buyer, {"p1-1": 2, "p1-2": 1})
    placed = shop.place(buyer, token)
    assert placed.status == 201, placed.body
    assert placed.payment
    assert shop.place(buyer, token).status == 200
    assert shop.stock("p1-1") == (8, 2, 10)

    assert shop.pay_now(buyer, placed.payment) == 200
    shop.deliver_due()
    assert shop.delivered == [("POST /v1/notify/wechatpay", 204)]
    shown = shop.show(buyer, placed.order_no)
    assert shown.body["status"] == "TO_SHIP"
    assert shown.body["paid_at"]
    shop.pump()
    assert shop.stock("p1-1") == (8, 2, 10)


def test_an_unpaid_order_is_closed_at_wechat_first_and_gives_everything_back(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 2, "p1-2": 2}))
    assert placed.status == 201, placed.body
    shop.world.clock.advance(910)
    swept = shop.sweep()
    assert swept["failed"] == 0
    shown = shop.show(shop.buyer("wang"), placed.order_no)
    assert (shown.body["status"], shown.body["close_reason"]) == ("CLOSED", "expired")
    assert shop.stock("p1-1") == (10, 0, 10)
    assert shop.stock("p1-2") == (3, 0, 3)
    ledger = shop.pay.ledger()
    assert [one["trade_state"] for one in ledger["orders"]] == ["CLOSED"]


def test_a_payment_whose_notice_is_lost_is_found_by_asking(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-2": 2}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment, notify=False)
    shown = shop.ask_payment(buyer, placed.order_no)
    assert shown.body["order"]["status"] == "TO_SHIP"
    assert "payment" not in shown.body


def test_a_cancelled_paid_order_is_refunded_and_returns_its_stock(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 3}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    cancelled = shop.cancel(buyer, placed.order_no)
    assert cancelled.body["status"] == "CLOSED", cancelled.body
    assert cancelled.body["close_reason"] == "refunded"
    assert shop.stock("p1-1") == (10, 0, 10)
    assert shop.cancel(buyer, placed.order_no).body["status"] == "CLOSED"


def test_a_flash_sale_sells_each_unit_once_and_gives_unpaid_ones_back(shop: Shop) -> None:
    shop.put_sale("f1", "p1-1", 5)
    assert shop.stock("p1-1") == (5, 0, 5)
    buyers = [shop.buyer(f"b{number}") for number in range(9)]
    answers = [shop.place_flash(one, "f1", shop.ticket(one, "f1")) for one in buyers]
    assert sorted(answer.status for answer in answers) == [201] * 5 + [409] * 4, answers
    paid = next(one for one in answers if one.status == 201)
    assert paid.payment
    shop.pay_now(buyers[answers.index(paid)], paid.payment)
    shop.deliver_due()
    shop.pump()
    shop.world.clock.advance(310)
    shop.sweep()
    late = shop.buyer("late")
    again = shop.place_flash(late, "f1", shop.ticket(late, "f1"))
    assert again.status == 201, again.body
    shop.world.clock.advance(3_600)
    # The first run frees the late buyer's unit, the second takes what is free back to the SKU.
    shop.sweep()
    shop.sweep()
    assert shop.stock("p1-1") == (9, 0, 9)
