"""The schedule goes on: one row that cannot be read or concluded holds up nothing behind it."""

import base64
import dataclasses
from collections.abc import Iterator
from unittest import mock

import pytest

from tests.integration.flows.mishaps import (
    anomalies,
    assert_exact_at_rest,
    buy_now,
    free_units,
    pays,
    stands,
)
from tests.proving.invariants import totals
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import TABLE, Answer, Buyer, Shop, forget_process

SEED = 20261127
PIECES = 20


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, PIECES, None), (5_000, PIECES, None)])
        yield shop


def one_piece(shop: Shop, buyer: Buyer) -> Answer:
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    assert placed.status == 201, placed.body
    return placed


def poison(shop: Shop, order_no: str) -> None:
    """Nobody can unseal the order's address any more."""
    (row,) = (one for one in shop.world.engine.items(TABLE) if one["SK"]["S"] == f"O#{order_no}")
    spoiled = {"B": base64.b64encode(b"spoiled").decode()}
    shop.world.engine.put(TABLE, {**row, "a": spoiled})


def sweep_for_minutes(shop: Shop, minutes: int) -> None:
    for _ in range(minutes):
        shop.sweep()
        shop.world.clock.advance(60)


def test_a_poisoned_order_holds_up_no_other_order_refund_or_sale(shop: Shop) -> None:
    shop.put_sale("f1", "p1-2", 5)
    poisoned = one_piece(shop, shop.buyer("wang")).order_no
    poisoned_flash = buy_now(shop, shop.buyer("wang"), "f1").order_no
    names = [f"b{number}" for number in range(12)]
    others = [one_piece(shop, shop.buyer(name)).order_no for name in names]
    others += [buy_now(shop, shop.buyer(name), "f1").order_no for name in names[:4]]
    poison(shop, poisoned)
    poison(shop, poisoned_flash)

    shop.world.clock.advance(910)
    assert shop.sweep()["failed"] == 2
    sweep_for_minutes(shop, 2)
    assert free_units(shop, "f1") == {0: 4}
    assert {stands(shop, number) for number in others} == {"CLOSED"}
    assert shop.stock("p1-1") == (PIECES - 1, 1, PIECES)


def test_orders_under_a_key_that_was_dropped_do_not_stop_the_schedule(shop: Shop) -> None:
    shop.put_sale("f1", "p1-2", 5, seconds=600)
    one_piece(shop, shop.buyer("wang"))
    buy_now(shop, shop.buyer("wang"), "f1")
    shop.world.secrets["yunpu/token-keys"] = {
        "current": "k2",
        "keys": {"k2": base64.b64encode(bytes(32)).decode()},
    }
    forget_process()
    placed = one_piece(shop, shop.buyer("li"))
    for _ in range(2):
        shop.world.clock.advance(910)
        shop.sweep()
    assert stands(shop, placed.order_no) == "CLOSED"
    assert shop.stock("p1-1") == (PIECES - 1, 1, PIECES)


def test_an_order_that_waits_for_a_person_is_not_first_in_the_index_every_minute(
    shop: Shop,
) -> None:
    from shop.domain.payment import Payment
    from shop.providers.wechatpay import WechatPay

    initial = totals(shop)
    wang = shop.buyer("wang")
    placed = one_piece(shop, wang)
    pays(shop, wang, placed)
    shop.world.clock.advance(910)
    real = WechatPay.query
    asked: list[str] = []

    def too_little(self: WechatPay, order_no: str) -> Payment:
        asked.append(order_no)
        return dataclasses.replace(real(self, order_no), total_fen=1)

    with mock.patch.object(WechatPay, "query", too_little):
        sweep_for_minutes(shop, 5)
        assert asked == [placed.order_no]
        assert stands(shop, placed.order_no) == "CLOSING"
        assert anomalies(shop) == ["amount_or_payer_mismatch"]
        shop.world.clock.advance(3_600)
        shop.sweep()
        assert len(asked) == 2
    shop.world.clock.advance(3_600)
    shop.sweep()
    assert stands(shop, placed.order_no) == "TO_SHIP"
    assert_exact_at_rest(shop, initial)


def test_a_run_says_how_long_the_oldest_had_been_due(shop: Shop) -> None:
    one_piece(shop, shop.buyer("wang"))
    shop.world.clock.advance(100)
    one_piece(shop, shop.buyer("li"))
    due = min(int(row["due"]["N"]) for row in shop.world.engine.items(TABLE) if "due" in row)
    shop.world.clock.move_to(due + 137)
    assert shop.sweep()["age"] == 137
    assert shop.sweep()["age"] == 0


def test_a_sale_that_was_over_long_ago_costs_nothing_but_gets_back_what_is_refunded(
    shop: Shop,
) -> None:
    def calls() -> int:
        names: list[str] = []

        def note(call: Call, forward: Forward) -> Reply:
            names.append(call.name)
            return forward(call)

        with shop.world.seam.layer(note):
            shop.sweep()
        return len(names)

    before = calls()
    wang = shop.buyer("wang")
    shop.put_sale("f0", "p1-2", 2, seconds=60)
    placed = buy_now(shop, wang, "f0")
    pays(shop, wang, placed)
    shop.deliver_due()
    for number in range(1, 15):
        shop.put_sale(f"f{number}", "p1-2", 1, seconds=60)
    shop.world.clock.advance(120)
    sweep_for_minutes(shop, 2)
    assert shop.stock("p1-2") == (PIECES - 1, 0, PIECES - 1)
    assert calls() > before + 14

    shop.world.clock.advance(8 * 86_400)
    in_turn = 15 * 2
    spent = 0
    for _ in range(60):
        shop.world.clock.advance(60)
        spent += calls() - before
    # One read of the list each minute, and each sale with its shards once an hour.
    assert spent <= 60 + in_turn
    cancelled = shop.cancel(shop.buyer("wang"), placed.order_no)
    assert cancelled.body["close_reason"] == "refunded"
    assert free_units(shop, "f0") == {0: 1}
    sweep_for_minutes(shop, 60)
    assert shop.stock("p1-2") == (PIECES, 0, PIECES)
