"""Business steps that are cut short at each of their calls, and how life goes on afterwards."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from unittest import mock

from tests.proving.aftermath import rest
from tests.proving.cases.flash_pairs import DUE as FLASH_DUE
from tests.proving.cases.flash_pairs import at_home, name_at_home
from tests.proving.cases.flash_pairs import closed_then_paid as flash_closed_then_paid
from tests.proving.cases.pairs import CLAIM, DUE, claim, closed_then_paid
from tests.proving.cases.stage import (
    COUPON,
    ENDING,
    LAST,
    LIMITED,
    PLENTY,
    SALE,
    SALE_SECONDS,
    SMALL_SALE,
    SPREAD_SALE,
    cut_short,
    ends,
    flash_ordered,
    notice,
    ordered,
    paid,
)
from tests.proving.crash import Story
from tests.proving.invariants import broken, tables_of, totals
from tests.proving.shop import Answer, Buyer, Moment, Shop, forget_process

TRIES = 4


@dataclass
class Step:
    """A step, what the client does when it heard nothing, and what must have come of it."""

    step: Callable[[], object]
    again: Callable[[], object] = lambda: None
    finish: Callable[[Shop], Sequence[str]] = field(default=lambda _: ())


DirectStep = Callable[[Shop], Step]


def story(shop: Shop, base: Moment, name: str, direct: DirectStep) -> Story:
    """A step as a story for the crash driver: cold processes, then everything comes to rest."""
    shop.back_to(base)
    initial = totals(shop)
    step = direct(shop)
    shop.pump()
    moment = shop.moment()

    def recover() -> None:
        forget_process()
        for _ in range(TRIES):
            answer = step.again()
            if not isinstance(answer, Answer) or answer.status < 500:
                break
            shop.world.clock.advance(5)
        rest(shop)

    def check() -> list[str]:
        return [*broken(shop, initial, at_rest=True), *step.finish(shop)]

    return Story(name, lambda: shop.back_to(moment), step.step, recover, check)


def _one_order(shop: Shop, number: int, *states: str) -> Sequence[str]:
    found = [order.status for order in tables_of(shop).orders if order.blob]
    good = len(found) == number and set(found) <= set(states)
    return () if good else [f"orders {found}, not {number} {states}"]


def _places(shop: Shop, name: str, lines: dict[str, int], *, coupon: bool = False) -> Step:
    wang = shop.buyer(name)
    claims = (str(claim(shop, wang, COUPON, "once").body["claim_id"]),) if coupon else ()
    token = shop.quote_token(wang, lines, claims)

    def place() -> Answer:
        return shop.place(shop.buyer(name), token)

    return Step(place, place, lambda shop: _one_order(shop, 1, "CLOSED"))


def checkout(shop: Shop) -> Step:
    return _places(shop, "wang", {PLENTY: 2})


def checkout_rich(shop: Shop) -> Step:
    """Several lines, a limit and a coupon."""
    return _places(shop, "wang", {PLENTY: 2, LAST: 1, LIMITED: 2}, coupon=True)


def checkout_then_paid(shop: Shop) -> Step:
    """The buyer tries until there is something to pay, and pays."""
    wang = shop.buyer("wang")
    token = shop.quote_token(wang, {PLENTY: 1})

    def pay() -> Answer:
        who = shop.buyer("wang")
        placed = shop.place(who, token)
        if placed.status < 300 and placed.payment:
            shop.pay_now(who, placed.payment)
        return placed

    return Step(lambda: shop.place(wang, token), pay, lambda shop: _one_order(shop, 1, "TO_SHIP"))


def _flash(shop: Shop, name: str, sale: str, others: int = 0) -> Step:
    ticket = shop.ticket(shop.buyer(name), sale)

    def place() -> Answer:
        return shop.place_flash(shop.buyer(name), sale, ticket)

    return Step(place, place, lambda shop: _one_order(shop, 1 + others, "CLOSED"))


def flash_order(shop: Shop) -> Step:
    return _flash(shop, "wang", SALE)


def flash_order_away(shop: Shop) -> Step:
    """The home shard is empty."""
    flash_ordered(shop, at_home(shop, 0, 1), SPREAD_SALE)
    return _flash(shop, name_at_home(shop, 0), SPREAD_SALE, 1)


def flash_abandoned(shop: Shop) -> Step:
    """Nobody tries again: only the sweep knows."""
    wang = shop.buyer("wang")
    ticket = shop.ticket(wang, SMALL_SALE)
    return Step(lambda: shop.place_flash(wang, SMALL_SALE, ticket))


def _about(shop: Shop, number: str, what: Callable[[Buyer, str], Answer], *states: str) -> Step:
    def act() -> Answer:
        return what(shop.buyer("wang"), number)

    return Step(act, act, ends(number, *states))


def cancel_unpaid(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    mine = str(claim(shop, wang, COUPON, "once").body["claim_id"])
    placed = shop.place(wang, shop.quote_token(wang, {PLENTY: 2, LIMITED: 1}, (mine,)))
    return _about(shop, placed.order_no, shop.cancel, "CLOSED")


def cancel_paid(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang, PLENTY, 2), told=True)
    return _about(shop, number, shop.cancel, "CLOSED")


def cancel_paid_untold(shop: Shop) -> Step:
    """Paid, but the notice has not come yet."""
    wang = shop.buyer("wang")
    placed = ordered(shop, wang)
    assert placed.payment
    shop.pay_now(wang, placed.payment, notify=False)
    return _about(shop, placed.order_no, shop.cancel, "CLOSED")


def cancel_flash(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    return _about(shop, flash_ordered(shop, wang).order_no, shop.cancel, "CLOSED")


def cancel_flash_paid(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    number = paid(shop, wang, flash_ordered(shop, wang), told=True)
    return _about(shop, number, shop.cancel, "CLOSED")


def payment_asked(shop: Shop) -> Step:
    """ "I have paid", and the notice was lost."""
    wang = shop.buyer("wang")
    placed = ordered(shop, wang)
    assert placed.payment
    shop.pay_now(wang, placed.payment, notify=False)
    return _about(shop, placed.order_no, shop.ask_payment, "TO_SHIP")


def payment_again(shop: Shop) -> Step:
    """Parameters are asked for again after the process died before WeChat was asked."""
    wang = shop.buyer("wang")
    token = shop.quote_token(wang, {PLENTY: 1})
    cut_short(shop, lambda: shop.place(wang, token), "http")
    number = tables_of(shop).orders[0].number
    return _about(shop, number, shop.ask_payment, "CLOSED")


def notice_of_payment(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    return Step(shop.deliver_due, lambda: _next_notice(shop), ends(number, "TO_SHIP"))


def notice_of_flash_payment(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    number = paid(shop, wang, flash_ordered(shop, wang))
    return Step(shop.deliver_due, lambda: _next_notice(shop), ends(number, "TO_SHIP"))


def _next_notice(shop: Shop) -> None:
    shop.world.clock.advance(16)
    shop.deliver_due()


def notice_after_close(shop: Shop) -> Step:
    """Everything can be taken again: the order is revived."""
    wang = shop.buyer("wang")
    number = closed_then_paid(shop, wang, LAST)
    return Step(shop.deliver_due, partial(notice, shop, number), ends(number, "TO_SHIP"))


def notice_after_close_gone(shop: Shop) -> Step:
    """Another has the last piece by now: the money goes back."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    number = closed_then_paid(shop, wang, LAST)
    paid(shop, li, ordered(shop, li, LAST))
    return Step(shop.deliver_due, partial(notice, shop, number), ends(number, "CLOSED"))


def flash_notice_after_end(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    number = flash_closed_then_paid(shop, wang)
    shop.world.clock.advance(SALE_SECONDS)
    shop.sweep()
    shop.sweep()
    return Step(shop.deliver_due, partial(notice, shop, number), ends(number, "TO_SHIP"))


def expiry(shop: Shop) -> Step:
    number = ordered(shop, shop.buyer("wang"), LIMITED, 2).order_no
    shop.world.clock.advance(DUE)
    return Step(shop.sweep, finish=ends(number, "CLOSED"))


def expiry_of_paid(shop: Shop) -> Step:
    """The notice never came; the sweep sees the money."""
    wang = shop.buyer("wang")
    placed = ordered(shop, wang)
    assert placed.payment
    shop.pay_now(wang, placed.payment, notify=False)
    shop.world.clock.advance(DUE)
    return Step(shop.sweep, finish=ends(placed.order_no, "TO_SHIP"))


def asked_unpaid(shop: Shop) -> Step:
    """The notice never came; the minute's question finds the money."""
    wang = shop.buyer("wang")
    placed = ordered(shop, wang)
    assert placed.payment
    shop.pay_now(wang, placed.payment, notify=False)
    shop.world.clock.advance(2 * 60 - shop.now % 60)
    return Step(shop.ask_unpaid, finish=ends(placed.order_no, "TO_SHIP"))


def reconciled(shop: Shop) -> Step:
    """The morning after a sale and a cancelled one: bills are compared, fees are entered."""
    from shop.domain.calendar import begins_at, business_day

    # The days before are done, so that only this one is compared.
    shop.reconcile()
    wang, li = shop.buyer("wang"), shop.buyer("li")
    paid(shop, wang, ordered(shop, wang), told=True)
    shop.cancel(li, paid(shop, li, ordered(shop, li), told=True))
    rest(shop)
    day = business_day(shop.now)
    shop.world.clock.move_to(begins_at(day) + 35 * 3_600)

    def finish(shop: Shop) -> Sequence[str]:
        told = shop.reconcile()
        wrong = [str(one["kind"]) for one in tables_of(shop).anomalies]
        fees = [row for row in tables_of(shop).entries if row["kind"] == "F"]
        return wrong if len(fees) == 3 else [*wrong, f"{len(fees)} fees; {told}"]

    return Step(shop.reconcile, shop.reconcile, finish)


def flash_expiry(shop: Shop) -> Step:
    number = flash_ordered(shop, shop.buyer("wang"), SMALL_SALE).order_no
    shop.world.clock.advance(FLASH_DUE)
    return Step(shop.sweep, finish=ends(number, "CLOSED"))


def flash_expiry_never_placed(shop: Shop) -> Step:
    wang = shop.buyer("wang")
    ticket = shop.ticket(wang, SMALL_SALE)
    flash_ordered(shop, shop.buyer("li"))
    cut_short(shop, lambda: shop.place_flash(wang, SMALL_SALE, ticket), "PutItem")
    shop.world.clock.advance(FLASH_DUE)
    return Step(shop.sweep)


def flash_end(shop: Shop) -> Step:
    """What is free goes back to the SKU when the sales are over."""
    shop.world.clock.advance(SALE_SECONDS)
    return Step(shop.sweep)


def flash_set_up(shop: Shop) -> Step:
    """Staff set a sale up in several transactions, and again with the same terms."""

    def set_up() -> None:
        with (
            mock.patch("shop.usecases.flash_setup.shard_count", return_value=8),
            mock.patch("shop.usecases.flash_setup.SHARDS_AT_ONCE", 2),
        ):
            shop.put_sale("f-new", ENDING, 30)

    starts = shop.world.clock.now

    def again() -> None:
        now = shop.world.clock.now
        shop.world.clock.move_to(starts)
        set_up()
        shop.world.clock.move_to(now)

    return Step(set_up, again)


def coupon_claim(shop: Shop) -> Step:
    def take() -> Answer:
        return shop.call(
            "coupons",
            CLAIM,
            shop.buyer("wang"),
            path={"coupon_id": COUPON},
            headers={"idempotency-key": "k"},
        )

    def finish(shop: Shop) -> Sequence[str]:
        count = len(tables_of(shop).claims)
        return () if count == 1 else [f"{count} claims"]

    return Step(take, take, finish)


def stream_of_order(shop: Shop) -> Step:
    """What follows from an order out of the cart."""
    wang = shop.buyer("wang")
    path = {"sku_id": PLENTY}
    put = "PUT /v1/cart/items/{sku_id}"
    shop.call("cart", put, wang, path=path, body={"quantity": 5})
    shop.pump()
    token = shop.quote_token(wang, {PLENTY: 2}, from_cart=True)

    def place_and_pump() -> None:
        shop.place(shop.buyer("wang"), token)
        shop.pump()

    def finish(shop: Shop) -> Sequence[str]:
        items = shop.call("cart", "GET /v1/cart", shop.buyer("wang")).body["items"]
        left = [item["quantity"] for item in items]
        return () if left == [3] else [f"cart holds {left}"]

    return Step(place_and_pump, partial(shop.place, wang, token), finish)


def stream_of_payment(shop: Shop) -> Step:
    """What follows from a payment: coupons are used up, the flash hold is settled."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    mine = str(claim(shop, wang, COUPON, "once").body["claim_id"])
    placed = shop.place(wang, shop.quote_token(wang, {PLENTY: 1}, (mine,)))
    flash = flash_ordered(shop, li)
    shop.pump()
    number = paid(shop, wang, placed)
    paid(shop, li, flash)

    def tell_and_pump() -> None:
        shop.deliver_due()
        shop.pump()

    return Step(tell_and_pump, lambda: _next_notice(shop), ends(number, "TO_SHIP"))


def stream_of_refund(shop: Shop) -> Step:
    """A late payment goes back by way of the stream."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    number = closed_then_paid(shop, wang, LAST)
    paid(shop, li, ordered(shop, li, LAST))
    shop.pump()

    def tell_and_pump() -> None:
        shop.deliver_due()
        shop.pump()

    return Step(tell_and_pump, partial(notice, shop, number), ends(number, "CLOSED"))


def refund_chase(shop: Shop) -> Step:
    """WeChat has accepted a refund, and the schedule asks what became of it."""
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)
    shop.cancel(wang, number)
    shop.pump()
    shop.world.clock.advance(61)
    return Step(shop.sweep, finish=ends(number, "CLOSED"))


def refund_never_sent(shop: Shop) -> Step:
    """The canceller died before WeChat was asked, and the stream gave its record up."""
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)
    cut_short(shop, lambda: shop.cancel(wang, number), "http")
    shop.pump(lambda record: not record["dynamodb"]["Keys"]["SK"]["S"].startswith("R#"))
    return Step(shop.sweep, finish=ends(number, "CLOSED"))


def shipping(shop: Shop) -> Step:
    """Staff ship, the courier is asked for pushes, the buyer confirms."""
    from shop.domain.ids import CustomerId
    from shop.errors import ConflictError
    from shop.usecases import fulfil

    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)

    def ship() -> None:
        with suppress(ConflictError):
            fulfil.ship(
                CustomerId(wang.customer_id), number, "shunfeng", "SF1000000001", actor="li",
                now=shop.now,
            )  # fmt: skip
        shop.pump()
        shop.order("POST /v1/orders/{order_no}/receipt", shop.buyer("wang"), number)

    return Step(ship, ship, ends(number, "DONE"))


STEPS: dict[str, DirectStep] = {
    "checkout": checkout,
    "checkout, 3 lines, limit, coupon": checkout_rich,
    "checkout, then paid": checkout_then_paid,
    "flash order": flash_order,
    "flash order, home empty": flash_order_away,
    "flash order, abandoned": flash_abandoned,
    "cancel": cancel_unpaid,
    "cancel, paid": cancel_paid,
    "cancel, paid untold": cancel_paid_untold,
    "cancel flash": cancel_flash,
    "cancel flash, paid": cancel_flash_paid,
    "payment, notice lost": payment_asked,
    "payment, prepay lost": payment_again,
    "notice": notice_of_payment,
    "notice, flash": notice_of_flash_payment,
    "notice after close, revived": notice_after_close,
    "notice after close, sold": notice_after_close_gone,
    "notice after sale's end": flash_notice_after_end,
    "expiry": expiry,
    "expiry, paid untold": expiry_of_paid,
    "asked, paid untold": asked_unpaid,
    "reconciliation": reconciled,
    "flash expiry": flash_expiry,
    "flash expiry, never placed": flash_expiry_never_placed,
    "flash sale's end": flash_end,
    "flash set-up": flash_set_up,
    "claim": coupon_claim,
    "stream, order from cart": stream_of_order,
    "stream, payments": stream_of_payment,
    "stream, refund": stream_of_refund,
    "refund chase": refund_chase,
    "refund never sent": refund_never_sent,
    "ship and receive": shipping,
}


def outages(shop: Shop) -> dict[str, Callable[[], int]]:
    """Requests whose status must say that nothing could be stored."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    token, ticket = shop.quote_token(wang, {PLENTY: 1}), shop.ticket(wang, SALE)
    waiting = ordered(shop, wang).order_no
    told = paid(shop, li, ordered(shop, li))
    return {
        "checkout": lambda: shop.place(wang, token).status,
        "flash order": lambda: shop.place_flash(wang, SALE, ticket).status,
        "cancel": lambda: shop.cancel(wang, waiting).status,
        "payment": lambda: shop.ask_payment(wang, waiting).status,
        "claim": lambda: claim(shop, wang, COUPON, "k").status,
        "notice": lambda: notice(shop, told).status,
    }


MONEY = (
    "checkout, then paid",
    "flash order",
    "cancel, paid",
    "notice",
    "notice after close, sold",
    "expiry",
    "expiry, paid untold",
    "flash expiry",
    "refund never sent",
)
"""Steps whose faults come in pairs too."""
