"""An order that is paid twice: the second payment goes back, and nothing of the first."""

import json
from collections.abc import Iterator

import pytest

from tests.integration.flows.mishaps import anomalies, assert_exact_at_rest, pays, stands
from tests.proving.crash import Story, crash_everywhere
from tests.proving.faults import KILLS, Kind
from tests.proving.holdings import Totals
from tests.proving.invariants import tables_of, totals
from tests.proving.shop import Buyer, Shop

SEED = 20261207
PRICE = 12_800


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(PRICE, 10, None)])
        yield shop


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    return shop.buyer("wang")


@pytest.fixture
def initial(shop: Shop) -> Totals:
    return totals(shop)


def paid(shop: Shop, buyer: Buyer) -> tuple[str, str]:
    """A paid order, and its payment."""
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 2}))
    pays(shop, buyer, placed)
    shop.deliver_due()
    shop.pump()
    (payment,) = shop.pay.ledger()["payments"]
    return placed.order_no, payment["transaction_id"]


def paid_again(shop: Shop, order_no: str) -> str:
    """WeChat takes the money once more."""
    asked = json.dumps({"out_trade_no": order_no}).encode()
    reply = shop.pay.handle("POST", "/_control/pay_again", {}, asked)
    return str(json.loads(reply.body)["transaction_id"])


def refunded(shop: Shop) -> dict[str, tuple[str, int]]:
    """What went back, by our number: of which payment, and how much."""
    return {
        one["out_refund_no"]: (one["transaction_id"], one["amount"])
        for one in shop.pay.ledger()["refunds"]
    }


def later(shop: Shop) -> None:
    shop.pump()
    shop.world.clock.advance(70)
    shop.sweep()
    shop.deliver_due()
    shop.pump()


def test_the_second_payment_goes_back_from_itself(
    shop: Shop, buyer: Buyer, initial: Totals
) -> None:
    order_no, first = paid(shop, buyer)
    second = paid_again(shop, order_no)
    shop.deliver_due()
    later(shop)
    assert refunded(shop) == {f"{order_no}-T{second}": (second, 2 * PRICE)}
    assert stands(shop, order_no) == "TO_SHIP"
    (row,) = tables_of(shop).refunds
    assert (row["st"], row["r"]) == ("SUCCESS", "重复支付，款项原路退回")

    # All of the first payment is still there to go back when the buyer cancels.
    assert shop.cancel(buyer, order_no).body["status"] == "CLOSED"
    later(shop)
    assert refunded(shop)[f"{order_no}-1"] == (first, 2 * PRICE)
    assert anomalies(shop) == []
    assert_exact_at_rest(shop, initial)


def test_the_buyer_s_refund_takes_from_the_first_payment_while_both_are_there(
    shop: Shop, buyer: Buyer, initial: Totals
) -> None:
    order_no, first = paid(shop, buyer)
    second = paid_again(shop, order_no)
    shop.cancel(buyer, order_no)
    shop.deliver_due()
    later(shop)
    assert refunded(shop) == {
        f"{order_no}-1": (first, 2 * PRICE),
        f"{order_no}-T{second}": (second, 2 * PRICE),
    }
    assert_exact_at_rest(shop, initial)


def test_a_third_payment_is_a_refund_of_its_own_and_a_repeat_is_none(
    shop: Shop, buyer: Buyer
) -> None:
    order_no, _ = paid(shop, buyer)
    seconds = {paid_again(shop, order_no), paid_again(shop, order_no)}
    shop.deliver_due()
    for _ in range(2):
        asked = json.dumps({"subject": order_no}).encode()
        shop.pay.handle("POST", "/_control/notices/send", {}, asked)
        later(shop)
    assert refunded(shop) == {f"{order_no}-T{one}": (one, 2 * PRICE) for one in seconds}


def test_a_crash_anywhere_between_notice_and_refund_heals(shop: Shop, buyer: Buyer) -> None:
    order_no, _ = paid(shop, buyer)
    second = paid_again(shop, order_no)
    moment = shop.moment()

    def check() -> list[str]:
        later(shop)
        later(shop)
        wanted = {f"{order_no}-T{second}": (second, 2 * PRICE)}
        return [] if refunded(shop) == wanted else [f"{refunded(shop)}"]

    def paid_twice() -> None:
        shop.deliver_due()
        shop.pump()

    story = Story("double payment", lambda: shop.back_to(moment), paid_twice, paid_twice, check)
    report = crash_everywhere(shop.world, story, kinds=(*KILLS, Kind.LOST))
    assert report.failures == []
    assert report.runs > 4
