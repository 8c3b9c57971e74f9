"""Pairs of requests that meet on one order, one piece, one coupon or one cart."""

from collections.abc import Sequence
from functools import partial

from tests.proving.cases.stage import (
    COUPON,
    LAST,
    LAST_COUPON,
    LIMITED,
    PLENTY,
    Direct,
    Scene,
    cut_short,
    ends,
    notice,
    ordered,
    paid,
    paying,
    statuses,
    swept,
)
from tests.proving.events import stream_event
from tests.proving.shop import TABLE, Answer, Buyer, Shop
from tests.proving.template import load_handler

CLAIM = "POST /v1/coupons/{coupon_id}/claims"
DUE = 906
"""Seconds after an ordinary order was placed when it is due."""


def one_order(answers: list[Answer]) -> Sequence[str]:
    """One made the order, the other found it; both name the same order and amounts."""
    lines = [*statuses([200, 201])(answers)]
    told = {(a.order_no, a.body["order"]["amounts"]["payable_fen"]) for a in answers}
    return lines if len(told) == 1 else [*lines, f"different orders {told}"]


def last_piece(shop: Shop) -> Scene:
    wang, li = shop.buyer("wang"), shop.buyer("li")
    one, two = (shop.quote_token(who, {LAST: 1}) for who in (wang, li))
    return Scene([lambda: shop.place(wang, one), lambda: shop.place(li, two)], statuses([201, 409]))


def several_lines(shop: Shop) -> Scene:
    wang, li = shop.buyer("wang"), shop.buyer("li")
    one = shop.quote_token(wang, {LAST: 1, PLENTY: 2})
    two = shop.quote_token(li, {PLENTY: 3, LAST: 1})
    return Scene([lambda: shop.place(wang, one), lambda: shop.place(li, two)], statuses([201, 409]))


def same_sku(shop: Shop) -> Scene:
    """There is enough for both: both get what they want, and both are counted."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    one, two = shop.quote_token(wang, {PLENTY: 2}), shop.quote_token(li, {PLENTY: 3})
    return Scene([lambda: shop.place(wang, one), lambda: shop.place(li, two)], statuses([201, 201]))


def same_token(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    token = shop.quote_token(wang, {PLENTY: 2})
    return Scene([lambda: shop.place(wang, token)] * 2, one_order)


def _without_prepay(shop: Shop, wang: Buyer) -> tuple[str, str]:
    """An order whose process died before WeChat was asked: its token and number."""
    token = shop.quote_token(wang, {PLENTY: 2})
    shop.place(wang, shop.quote_token(wang, {PLENTY: 1}))
    cut_short(shop, lambda: shop.place(wang, token), "http")
    number = max(str(one["order_no"]) for one in _listed(shop, wang) if one["payable_fen"] > 20_000)
    return token, number


def _listed(shop: Shop, buyer: Buyer) -> list[dict[str, int]]:
    items: list[dict[str, int]] = shop.call("orders", "GET /v1/orders", buyer).body["items"]
    return items


def resumed_twice(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    token, _ = _without_prepay(shop, wang)
    return Scene([lambda: shop.place(wang, token)] * 2, statuses([200, 200]))


def resume_and_cancel(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    token, number = _without_prepay(shop, wang)
    return Scene(
        [lambda: shop.place(wang, token), lambda: shop.cancel(wang, number)],
        finish=ends(number, "CLOSED"),
    )


def ask_and_cancel(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    _, number = _without_prepay(shop, wang)
    return Scene(
        [lambda: shop.ask_payment(wang, number), lambda: shop.cancel(wang, number)],
        finish=ends(number, "CLOSED"),
    )


def ask_and_ask(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    return Scene([lambda: shop.ask_payment(wang, number)] * 2, finish=ends(number, "TO_SHIP"))


def ask_and_notice(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    return Scene(
        [lambda: shop.ask_payment(wang, number), lambda: notice(shop, number)],
        statuses([200, 204]),
        finish=ends(number, "TO_SHIP"),
    )


def ask_and_expiry(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    _, number = _without_prepay(shop, wang)
    shop.world.clock.advance(DUE)
    late = shop.buyer("wang")
    return Scene(
        [lambda: shop.ask_payment(late, number), swept(shop)], finish=ends(number, "CLOSED")
    )


def notice_and_expiry(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    shop.world.clock.advance(DUE)
    return Scene(
        [lambda: notice(shop, number), swept(shop)],
        statuses([204]),
        finish=ends(number, "TO_SHIP"),
    )


def notice_and_cancel(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    return Scene(
        [lambda: notice(shop, number), lambda: shop.cancel(wang, number)],
        statuses([200, 204]),
        finish=ends(number, "CLOSED"),
    )


def notice_and_notice(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    return Scene(
        [lambda: notice(shop, number)] * 2, statuses([204, 204]), finish=ends(number, "TO_SHIP")
    )


def late_notice_and_notice(shop: Shop) -> Scene:
    """Paid at the last moment, and closed here for want of an answer: then the notice comes."""
    wang = shop.buyer("wang")
    number = closed_then_paid(shop, wang)
    return Scene([lambda: notice(shop, number)] * 2, statuses([204, 204]))


def late_notice_and_last_piece(shop: Shop) -> Scene:
    """A closed order's payment and a new buyer want the same last piece."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    number = closed_then_paid(shop, wang, LAST)
    token = shop.quote_token(li, {LAST: 1})
    return Scene(
        [lambda: notice(shop, number), lambda: shop.place(li, token)],
        finish=ends(number, "TO_SHIP", "CLOSED"),
    )


def closed_then_paid(shop: Shop, wang: Buyer, sku: str = PLENTY) -> str:
    """WeChat took the money although it had said that the order was closed."""
    placed = ordered(shop, wang, sku)
    shop.cancel(wang, placed.order_no)
    order = shop.pay._ledger.orders[placed.order_no]
    order.state = "NOTPAY"
    shop.pay._buyer.settle(order)
    return placed.order_no


def expiry_and_expiry(shop: Shop) -> Scene:
    ordered(shop, shop.buyer("wang"))
    shop.world.clock.advance(DUE)
    return Scene([swept(shop), swept(shop)])


def expiry_and_expiry_paid(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    shop.world.clock.advance(DUE)
    return Scene([swept(shop), swept(shop)], finish=ends(number, "TO_SHIP"))


def cancel_and_cancel(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = ordered(shop, wang).order_no
    return Scene([lambda: shop.cancel(wang, number)] * 2, statuses([200, 200]))


def cancel_and_cancel_paid(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)
    return Scene(
        [lambda: shop.cancel(wang, number)] * 2,
        statuses([200, 200]),
        finish=ends(number, "CLOSED"),
    )


def cancel_and_expiry(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = ordered(shop, wang).order_no
    shop.world.clock.advance(DUE)
    late = shop.buyer("wang")
    return Scene([lambda: shop.cancel(late, number), swept(shop)], finish=ends(number, "CLOSED"))


def pay_and_cancel(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    placed = ordered(shop, wang)
    number = placed.order_no
    return Scene(
        [paying(shop, wang, placed), lambda: shop.cancel(wang, number)],
        finish=ends(number, "CLOSED"),
    )


def pay_and_expiry(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    placed = ordered(shop, wang)
    shop.world.clock.advance(899)
    return Scene(
        [paying(shop, wang, placed), swept(shop, DUE - 899)],
        finish=ends(placed.order_no, "TO_SHIP", "CLOSED"),
    )


def ship_and_cancel(shop: Shop) -> Scene:
    from shop.domain.ids import CustomerId
    from shop.errors import ConflictError
    from shop.usecases import fulfil

    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)

    def ship() -> Answer:
        try:
            fulfil.ship(
                CustomerId(wang.customer_id), number, "shunfeng", "SF1000000001", actor="li",
                now=shop.now,
            )  # fmt: skip
        except ConflictError:
            return Answer(409, None)
        return Answer(200, None)

    return Scene(
        [ship, lambda: shop.cancel(wang, number)],
        statuses([200, 409]),
        finish=ends(number, "TO_RECEIVE", "CLOSED"),
    )


def one_coupon(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    claim = _claimed(shop, wang)
    tokens = [shop.quote_token(wang, {PLENTY: n}, (claim,)) for n in (1, 2)]
    return Scene([partial(shop.place, wang, token) for token in tokens], statuses([201, 409]))


def _claimed(shop: Shop, buyer: Buyer) -> str:
    answer = claim(shop, buyer, COUPON, "once")
    return str(answer.body["claim_id"])


def claim(shop: Shop, buyer: Buyer, coupon: str, key: str) -> Answer:
    """POST /v1/coupons/{coupon_id}/claims."""
    return shop.call(
        "coupons", CLAIM, buyer, path={"coupon_id": coupon}, headers={"idempotency-key": key}
    )


def coupon_back_and_used(shop: Shop) -> Scene:
    """One order gives its coupon back while another wants it."""
    wang = shop.buyer("wang")
    mine = _claimed(shop, wang)
    second = shop.quote_token(wang, {PLENTY: 2}, (mine,))
    first = shop.place(wang, shop.quote_token(wang, {PLENTY: 1}, (mine,)))
    return Scene(
        [lambda: shop.cancel(wang, first.order_no), lambda: shop.place(wang, second)],
        finish=ends(first.order_no, "CLOSED"),
    )


def last_claim(shop: Shop) -> Scene:
    wang, li = shop.buyer("wang"), shop.buyer("li")
    return Scene(
        [lambda: claim(shop, wang, LAST_COUPON, "a"), lambda: claim(shop, li, LAST_COUPON, "b")],
        statuses([201, 409]),
    )


def same_claim(shop: Shop) -> Scene:
    wang = shop.buyer("wang")

    def expect(answers: list[Answer]) -> Sequence[str]:
        same = len({answer.body.get("claim_id") for answer in answers}) == 1
        return () if same else ["one key claimed twice"]

    return Scene([lambda: claim(shop, wang, LAST_COUPON, "a")] * 2, expect)


def two_claims_of_one(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    return Scene(
        [lambda: claim(shop, wang, COUPON, "a"), lambda: claim(shop, wang, COUPON, "b")],
        statuses([201, 409]),
    )


def one_limit(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    tokens = [shop.quote_token(wang, {LIMITED: n}) for n in (1, 2)]
    return Scene([partial(shop.place, wang, token) for token in tokens], statuses([201, 409]))


def cart_and_order(shop: Shop) -> Scene:
    """The cart is changed while an order's pieces leave it: as if one came after the other."""
    wang = shop.buyer("wang")

    def put(quantity: int) -> Answer:
        return shop.call(
            "cart",
            "PUT /v1/cart/items/{sku_id}",
            wang,
            path={"sku_id": PLENTY},
            body={"quantity": quantity},
        )

    put(5)
    shop.pump()
    token = shop.quote_token(wang, {PLENTY: 2}, from_cart=True)
    assert shop.place(wang, token).status == 201
    records = shop.world.engine.take_stream(TABLE)

    def leave() -> object:
        return shop.world.invoke(load_handler("outbox"), stream_event(records), name="outbox")

    def finish(shop: Shop) -> Sequence[str]:
        items = shop.call("cart", "GET /v1/cart", shop.buyer("wang")).body["items"]
        left = [item["quantity"] for item in items]
        return () if left in ([7], [9]) else [f"cart holds {left}"]

    return Scene([lambda: put(9), leave], finish=finish)


def price_and_checkout(shop: Shop) -> Scene:
    """The price changes while somebody buys: the old price or a new quote, never a mixture."""
    wang = shop.buyer("wang")
    token = shop.quote_token(wang, {PLENTY: 1})
    skus: list[tuple[int, int, int | None]] = [
        (9_900, 200, None), (5_000, 1, None), (3_000, 50, 2), (2_000, 80, None),
    ]  # fmt: skip

    def expect(answers: list[Answer]) -> Sequence[str]:
        (answer,) = answers
        if answer.status == 201:
            amount = answer.body["order"]["amounts"]["payable_fen"]
            return () if amount == 12_800 else [f"{amount} fen to pay"]
        return () if answer.body["code"] == "quote_changed" else [str(answer)]

    return Scene([lambda: shop.place(wang, token), lambda: shop.put_product("p1", skus)], expect)


PAIRS: dict[str, Direct] = {
    "checkout x checkout, last piece": last_piece,
    "checkout x checkout, enough for both": same_sku,
    "checkout x checkout, several lines": several_lines,
    "checkout x checkout, same token": same_token,
    "checkout x checkout, one coupon": one_coupon,
    "checkout x checkout, one limit": one_limit,
    "resume x resume": resumed_twice,
    "resume x cancel": resume_and_cancel,
    "payment x cancel": ask_and_cancel,
    "payment x payment": ask_and_ask,
    "payment x notice": ask_and_notice,
    "payment x expiry": ask_and_expiry,
    "notice x expiry": notice_and_expiry,
    "notice x cancel": notice_and_cancel,
    "notice x notice": notice_and_notice,
    "late notice x late notice": late_notice_and_notice,
    "late notice x checkout, last piece": late_notice_and_last_piece,
    "expiry x expiry": expiry_and_expiry,
    "expiry x expiry, paid": expiry_and_expiry_paid,
    "cancel x cancel": cancel_and_cancel,
    "cancel x cancel, paid": cancel_and_cancel_paid,
    "cancel x expiry": cancel_and_expiry,
    "paying x cancel": pay_and_cancel,
    "paying x expiry": pay_and_expiry,
    "ship x cancel": ship_and_cancel,
    "cancel x checkout, one coupon": coupon_back_and_used,
    "claim x claim, last coupon": last_claim,
    "claim x claim, same key": same_claim,
    "claim x claim, one each": two_claims_of_one,
    "cart x order leaving it": cart_and_order,
    "price change x checkout": price_and_checkout,
}
