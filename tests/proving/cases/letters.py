"""Changes that the outbox could not follow, kept as letters and done again."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.domain.staff_roles import Role
from shop.store import days, dead_letters, history, staff
from shop.store.writes import Write
from tests.proving.cases.pairs import CLAIM
from tests.proving.cases.stage import COUPON, PLENTY, Direct, Scene, paid
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.events import stream_event
from tests.proving.shop import TABLE, Answer, Buyer, Shop
from tests.proving.template import load_handler

REDRIVE = "POST /v1/admin/dead-letters/redrive"
LEFT_IN_CART = [3]


def _out_of_order() -> AbstractContextManager[object]:
    """A defect of ours, in force until it is mended."""

    def show(order_no: str, *_: Any) -> Write:
        raise KeyError(order_no)

    return mock.patch.object(days, "show", show)


def _redrive(shop: Shop, key: str) -> Answer:
    staff.create("keeper", Role.OPERATOR, "no password opens this", b"", shop.now)
    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    token = issue_staff(ring, "keeper", "s", now=shop.now, jti=key)
    return shop.call(
        "operations",
        REDRIVE,
        Buyer("", "", token),
        body={"reason": "修复后重做"},
        headers={"idempotency-key": key},
    )


def _in_cart(shop: Shop) -> str:
    """Five pieces lie in the cart; the token to order two of them."""
    wang = shop.buyer("wang")
    path = {"sku_id": PLENTY}
    shop.call("cart", "PUT /v1/cart/items/{sku_id}", wang, path=path, body={"quantity": 5})
    shop.pump()
    return shop.quote_token(wang, {PLENTY: 2}, from_cart=True)


def _kept(shop: Shop) -> str:
    """An order whose followers failed."""
    number = shop.place(shop.buyer("wang"), _in_cart(shop)).order_no
    with _out_of_order():
        shop.pump()
    return number


def _kept_of_payment(shop: Shop) -> str:
    """A paid order with a coupon; neither of its two moves could be followed."""
    wang = shop.buyer("wang")
    claimed = shop.call(
        "coupons", CLAIM, wang, path={"coupon_id": COUPON}, headers={"idempotency-key": "once"}
    )
    claims = (str(claimed.body["claim_id"]),)
    token = shop.quote_token(wang, {PLENTY: 2}, claims)
    number = paid(shop, wang, shop.place(wang, token), told=True)
    with _out_of_order():
        shop.pump()
    return number


def _left(shop: Shop) -> Sequence[str]:
    return [f"letter {letter.id} is left" for letter in dead_letters.waiting()]


def left_the_cart_once(shop: Shop) -> Sequence[str]:
    """What is wrong with the cart that an order came out of."""
    items = shop.call("cart", "GET /v1/cart", shop.buyer("wang")).body["items"]
    left = [item["quantity"] for item in items]
    return [*_left(shop), *([] if left == LEFT_IN_CART else [f"cart holds {left}"])]


def redriven(shop: Shop) -> Step:
    _kept(shop)
    return Step(lambda: _redrive(shop, "k"), lambda: _redrive(shop, "k"), left_the_cart_once)


def redriven_payment(shop: Shop) -> Step:
    number = _kept_of_payment(shop)

    def finish(shop: Shop) -> Sequence[str]:
        wang = shop.buyer("wang")
        moves = [move.status for move in history.of_order(wang.customer_id, number)]
        lines = [] if moves == ["TO_PAY", "TO_SHIP"] else [f"history {moves}"]
        used = shop.call("coupons", "GET /v1/me/coupons", wang, query={"status": "USED"})
        if len(used.body["items"]) != 1:
            lines.append(f"coupons used: {used.body}")
        return [*_left(shop), *lines]

    return Step(lambda: _redrive(shop, "k"), lambda: _redrive(shop, "k"), finish)


def kept(shop: Shop) -> Step:
    """The outbox dies while it keeps what it cannot do."""
    token = _in_cart(shop)

    def fail() -> None:
        shop.place(shop.buyer("wang"), token)
        with _out_of_order():
            shop.pump()

    def again() -> Answer:
        shop.place(shop.buyer("wang"), token)
        shop.pump()
        return _redrive(shop, "k")

    return Step(fail, again, left_the_cart_once)


def redrive_and_redrive(shop: Shop) -> Scene:
    _kept(shop)
    return Scene(
        [lambda: _redrive(shop, "one"), lambda: _redrive(shop, "two")],
        finish=left_the_cart_once,
    )


def redrive_and_stream(shop: Shop) -> Scene:
    """The stream delivers the change while it is done again."""
    placed = shop.place(shop.buyer("wang"), _in_cart(shop))
    event = stream_event(
        [
            one
            for one in shop.world.engine.take_stream(TABLE)
            if one["dynamodb"]["Keys"]["SK"]["S"] == f"O#{placed.order_no}"
        ][:1]
    )
    with _out_of_order():
        shop.world.invoke(load_handler("outbox"), event, name="outbox")
    return Scene(
        [
            lambda: _redrive(shop, "one"),
            lambda: shop.world.invoke(load_handler("outbox"), event, name="outbox"),
        ],
        finish=left_the_cart_once,
    )


LETTER_STEPS: dict[str, DirectStep] = {
    "dead letter kept": kept,
    "dead letter redriven": redriven,
    "dead letters redriven, paid": redriven_payment,
}
LETTER_PAIRS: dict[str, Direct] = {
    "redrive x redrive": redrive_and_redrive,
    "redrive x stream": redrive_and_stream,
}
