"""Closing an order of which WeChat says something else than unpaid, closed or paid."""

import json
from collections.abc import Iterator
from unittest import mock

import pytest

from tests.integration.flows.mishaps import anomalies, assert_exact_at_rest, pays, stands
from tests.proving.crash import Story, crash_everywhere
from tests.proving.faults import KILLS, Kind
from tests.proving.holdings import Totals
from tests.proving.interleave import Encounter, Outcomes, every_schedule
from tests.proving.invariants import tables_of, totals
from tests.proving.shop import Answer, Buyer, Shop

SEED = 20261208
PRICE = 12_800
OVERDUE = 910
HOUR = 3_600
SALE = "f1"


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(PRICE, 10, 5), (990, 5, None)])
        shop.put_sale(SALE, "p1-2", 3, seconds=7_200)
        yield shop


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    return shop.buyer("wang")


@pytest.fixture
def initial(shop: Shop) -> Totals:
    return totals(shop)


def placed(shop: Shop, buyer: Buyer) -> Answer:
    return shop.place(buyer, shop.quote_token(buyer, {"p1-1": 2}))


def given_back_by_hand(shop: Shop, order: Answer, fen: int) -> None:
    """The buyer paid, nobody told us, and somebody refunded it in WeChat Pay's console."""
    from scripts.emulators.wechatpay.ledger import REFUND, Refund

    assert order.payment
    payer = shop.buyer("wang")
    assert shop.pay_now(payer, order.payment, notify=False) == 200
    books = shop.pay._ledger
    theirs = books.orders[order.order_no]
    theirs.state = REFUND
    at = float(shop.now)
    books.add_refund(
        Refund(
            "5030000000000000000001", "by-hand", order.order_no, {}, fen, "SUCCESS",
            at, at, at, "SUCCESS", at,
        )
    )  # fmt: skip


def resend(shop: Shop, order_no: str) -> None:
    """The lost notice of the payment comes after all."""
    asked = json.dumps({"subject": order_no}).encode()
    shop.pay.handle("POST", "/_control/notices/send", {}, asked)


def test_an_order_refunded_by_hand_is_closed_once_and_a_person_told(
    shop: Shop, buyer: Buyer
) -> None:
    order = placed(shop, buyer)
    given_back_by_hand(shop, order, 2 * PRICE)
    shop.world.clock.advance(OVERDUE)
    shop.sweep()
    shop.pump()
    assert stands(shop, order.order_no) == "CLOSED"
    assert shop.stock("p1-1") == (10, 0, 10)
    assert anomalies(shop) == ["refunded_outside"]
    shown = shop.show(shop.buyer("wang"), order.order_no).body
    assert (shown["close_reason"], shown["paid_at"] is None) == ("refunded", False)

    # Its money is known: a notice that comes late neither revives the order nor refunds it again.
    resend(shop, order.order_no)
    shop.pump()
    shop.sweep()
    assert stands(shop, order.order_no) == "CLOSED"
    assert tables_of(shop).refunds == []
    (entry,) = tables_of(shop).entries
    assert (entry["kind"], entry["am"]) == ("P", 2 * PRICE)


def test_a_cancelled_order_refunded_by_hand_is_closed_at_once(shop: Shop, buyer: Buyer) -> None:
    order = placed(shop, buyer)
    given_back_by_hand(shop, order, PRICE)
    assert shop.cancel(buyer, order.order_no).body["status"] == "CLOSED"
    assert anomalies(shop) == ["refunded_outside"]


def test_a_flash_order_refunded_by_hand_returns_its_unit(shop: Shop, buyer: Buyer) -> None:
    from tests.integration.flows.mishaps import buy_now, free_units

    order = buy_now(shop, buyer, SALE)
    given_back_by_hand(shop, order, 990)
    shop.world.clock.advance(OVERDUE)
    shop.sweep()
    shop.pump()
    assert stands(shop, order.order_no) == "CLOSED"
    assert sum(free_units(shop, SALE).values()) == 3
    assert anomalies(shop) == ["refunded_outside"]


def test_a_mismatch_that_a_person_refunds_by_hand_comes_to_its_end(
    shop: Shop, buyer: Buyer
) -> None:
    """The road out of CLOSING for money that does not fit the order."""
    order = placed(shop, buyer)
    given_back_by_hand(shop, order, 1)
    books = shop.pay._ledger.orders[order.order_no]
    books.state = "SUCCESS"
    books.asked["amount"]["total"] = 1
    shop.world.clock.advance(OVERDUE)
    shop.sweep()
    assert stands(shop, order.order_no) == "CLOSING"
    assert anomalies(shop) == ["amount_or_payer_mismatch"]
    books.state = "REFUND"
    shop.world.clock.advance(HOUR)
    shop.sweep()
    shop.pump()
    assert stands(shop, order.order_no) == "CLOSED"
    assert sorted(anomalies(shop)) == ["amount_or_payer_mismatch", "refunded_outside"]
    assert tables_of(shop).entries == []


def test_a_crash_anywhere_while_such_an_order_closes_heals(shop: Shop, buyer: Buyer) -> None:
    order = placed(shop, buyer)
    given_back_by_hand(shop, order, 2 * PRICE)
    shop.world.clock.advance(OVERDUE)
    moment = shop.moment()

    def again() -> None:
        shop.world.clock.advance(70)
        shop.sweep()
        shop.pump()

    def check() -> list[str]:
        found = (stands(shop, order.order_no), shop.stock("p1-1"), anomalies(shop))
        right = ("CLOSED", (10, 0, 10), ["refunded_outside"])
        return [] if found == right else [str(found)]

    story = Story("refunded by hand", lambda: shop.back_to(moment), shop.sweep, again, check)
    report = crash_everywhere(shop.world, story, kinds=(*KILLS, Kind.LOST))
    assert report.failures == []
    assert report.runs > 4


def test_no_schedule_of_its_closing_and_the_late_notice_breaks_it(shop: Shop, buyer: Buyer) -> None:
    order = placed(shop, buyer)
    given_back_by_hand(shop, order, 2 * PRICE)
    shop.world.clock.advance(OVERDUE)
    moment = shop.moment()
    allowed = {"CLOSED": (10, 0, 10), "TO_SHIP": (8, 2, 10)}

    def check(outcomes: Outcomes) -> list[str]:
        if any(isinstance(one, BaseException) for one in outcomes):
            return [str(outcomes)]
        shop.pump()
        state, kept = stands(shop, order.order_no), shop.stock("p1-1")
        wrong = (
            allowed[state] != kept or tables_of(shop).refunds or len(tables_of(shop).entries) != 1
        )
        return [f"{state} {kept} {tables_of(shop).refunds}"] if wrong else []

    meeting = Encounter(
        "closing x late notice",
        lambda: shop.back_to(moment, fresh=False),
        [shop.sweep, lambda: resend(shop, order.order_no)],
        check,
    )
    shop.sweep()
    found = every_schedule(shop.world, meeting)
    assert found.violations == []
    assert found.complete
    assert found.schedules > 1


@pytest.mark.parametrize("state", ["ACCEPT", "USERPAYING", "PAYERROR", "REVOKED"])
def test_a_state_without_money_is_closed_like_an_unpaid_order(
    shop: Shop, buyer: Buyer, initial: Totals, state: str
) -> None:
    order = placed(shop, buyer)
    shop.world.clock.advance(OVERDUE)
    with shown_as(shop, order, state):
        shop.sweep()
    assert stands(shop, order.order_no) == "CLOSED"
    assert anomalies(shop) == []
    assert_exact_at_rest(shop, initial)


def test_an_order_that_wechat_calls_paid_and_shows_in_no_such_state_is_told_to_staff(
    shop: Shop, buyer: Buyer, initial: Totals
) -> None:
    order = placed(shop, buyer)
    pays(shop, buyer, order)
    shop.world.clock.advance(OVERDUE)
    with shown_as(shop, order, "ACCEPT"):
        shop.sweep()
        assert anomalies(shop) == []
        shop.world.clock.advance(6 * HOUR)
        shop.sweep()
        assert anomalies(shop) == ["closing_stuck"]
        with shop.world.ledger.step("a minute later") as book:
            shop.world.clock.advance(61)
            shop.sweep()
        assert [one for one in book.entries if one.kind == "http"] == []
    assert shop.stock("p1-1") == (8, 2, 10)
    shop.world.clock.advance(HOUR)
    shop.sweep()
    assert stands(shop, order.order_no) == "TO_SHIP"
    assert_exact_at_rest(shop, initial)


def shown_as(shop: Shop, order: Answer, state: str) -> "mock._patch_dict":
    """WeChat shows the order in this state, whatever it does with it."""
    transactions = shop.pay._transactions
    real = transactions.view

    def view(theirs: object) -> dict[str, object]:
        return {**real(theirs), "trade_state": state}  # type: ignore[arg-type]

    return mock.patch.object(transactions, "view", view)  # type: ignore[return-value]
