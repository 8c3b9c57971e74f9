"""Requests that come again: late, many at once, altered, or from somebody else."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.proving.cases.counter import Counter
from tests.proving.cases.flash_pairs import using
from tests.proving.cases.pairs import claim, closed_then_paid
from tests.proving.cases.stage import (
    COUPON,
    LAST,
    LIMITED,
    PLENTY,
    SALE,
    Scene,
    flash_ordered,
    notice,
    ordered,
    paid,
)
from tests.proving.invariants import tables_of
from tests.proving.shop import Answer, Buyer, Shop

WEEK = 7 * 86_400
LATER = (0, 1, 4, 299, 301, 1_200, 86_400, WEEK - 60)
"""Seconds after the first answer when the request comes again."""
CROWD = 64
GOODS: list[tuple[int, int, int | None]] = [(1_000, 5, None)]
Send = Callable[[Buyer], Answer]


@dataclass(frozen=True)
class Repeat:
    """A request that was answered, how its buyer sends it again, and what the answer must name."""

    name: str
    buyer: str
    again: Callable[[Buyer], Answer]
    same: Callable[[Answer], object]
    first: object

    @property
    def asks(self) -> bool:
        """Whether it asks WeChat about the order."""
        return self.name == "payment"


def _order(answer: Answer) -> object:
    order = answer.body["order"]
    return order["order_no"], order["amounts"], order["lines"]


def _shown(answer: Answer) -> object:
    return answer.body["order_no"], answer.body["amounts"], answer.body["status"]


def repeats(shop: Shop) -> list[Repeat]:
    """One of each kind, with the orders in every state that a repeat can meet."""
    found: list[tuple[str, str, Send, Callable[[Answer], object]]] = []
    for state in ("waiting", "paid", "cancelled"):
        name = f"buyer-{state}"
        buyer = shop.buyer(name)
        token, ticket = shop.quote_token(buyer, {PLENTY: 2}), shop.ticket(buyer, SALE)
        placed, flash = shop.place(buyer, token), shop.place_flash(buyer, SALE, ticket)
        for one in (placed, flash):
            assert one.status == 201, one
            if state == "paid":
                paid(shop, buyer, one, told=True)
            elif state == "cancelled":
                shop.cancel(buyer, one.order_no)
        number = placed.order_no
        found.append((f"order, {state}", name, _sends(shop.place, token), _order))
        found.append((f"ticket, {state}", name, _sends(shop.place_flash, SALE, ticket), _order))
        if state == "paid":
            tell: Send = partial(_tell, shop, number)
            found.append(("notice", name, tell, _status))
            found.append(("payment", name, _sends(shop.ask_payment, number), _order))
            found.append(("refund request", name, partial(_ask_back, shop, number), _refund))
        if state == "cancelled":
            found.append(("cancel", name, _sends(shop.cancel, number), _shown))
    found.append(("claim", "li", lambda buyer: claim(shop, buyer, COUPON, "key-1"), _claim))
    return [
        Repeat(name, who, again, same, same(again(shop.buyer(who))))
        for name, who, again, same in found
    ]


def _tell(shop: Shop, number: str, _: Buyer) -> Answer:
    return notice(shop, number)


def _ask_back(shop: Shop, number: str, buyer: Buyer) -> Answer:
    return Counter(shop).ask(buyer, number, {1: 1})


def _refund(answer: Answer) -> object:
    return answer.body["refund_no"], answer.body["amount_fen"]


def _sends(act: Callable[..., Answer], *values: str) -> Send:
    return lambda buyer: act(buyer, *values)


def _status(answer: Answer) -> object:
    return answer.status


def _claim(answer: Answer) -> object:
    return answer.body["claim_id"], answer.body["valid_until"]


def crowds(shop: Shop) -> Iterator[tuple[str, Callable[[Shop], Scene]]]:
    """The same request 64 times at once."""
    yield "order", _crowd_of_orders
    yield "ticket", _crowd_of_tickets
    yield "claim", _crowd_of_claims
    yield "notice", _crowd_of_notices
    yield "late notice", _crowd_of_late_notices
    yield "cancel, paid", _crowd_of_cancels
    yield "refund request", _crowd_of_refund_requests


def _one_made(answers: list[Answer]) -> Sequence[str]:
    made = [answer.status for answer in answers]
    named = {str(_order(answer)) for answer in answers if answer.status < 300}
    good = made.count(201) == 1 and made.count(200) == len(made) - 1 and len(named) == 1
    return () if good else [f"answers {sorted(made)}, {len(named)} different orders"]


def _all(status: int) -> Callable[[list[Answer]], Sequence[str]]:
    def expect(answers: list[Answer]) -> Sequence[str]:
        found = {answer.status for answer in answers}
        return () if found == {status} else [f"answers {found}"]

    return expect


def _crowd_of_orders(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    return Scene(
        [partial(shop.place, wang, shop.quote_token(wang, {PLENTY: 1}))] * CROWD, _one_made
    )


def _crowd_of_tickets(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    buy = using(shop, wang, SALE, shop.ticket(wang, SALE))
    return Scene([buy] * CROWD, _one_made, flash=True)


def _crowd_of_claims(shop: Shop) -> Scene:
    wang = shop.buyer("wang")

    def finish(shop: Shop) -> Sequence[str]:
        count = len(tables_of(shop).claims)
        return () if count == 1 else [f"{count} claims"]

    return Scene([partial(claim, shop, wang, COUPON, "k")] * CROWD, _all(201), finish)


def _crowd_of_notices(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    return Scene([partial(notice, shop, number)] * CROWD, _all(204))


def _crowd_of_late_notices(shop: Shop) -> Scene:
    number = closed_then_paid(shop, shop.buyer("wang"))
    return Scene([partial(notice, shop, number)] * CROWD, _all(204))


def _crowd_of_cancels(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)
    return Scene([partial(shop.cancel, wang, number)] * CROWD, _all(200))


def _crowd_of_refund_requests(shop: Shop) -> Scene:
    wang, counter = shop.buyer("wang"), Counter(shop)
    number = paid(shop, wang, ordered(shop, wang, PLENTY, 2), told=True)

    def finish(shop: Shop) -> Sequence[str]:
        count = len(tables_of(shop).refunds)
        return () if count == 1 else [f"{count} refunds"]

    ask = partial(counter.ask, wang, number, {1: 1})
    return Scene([ask] * CROWD, _all(201), finish)


@dataclass(frozen=True)
class Refused:
    """A request that must be refused and change nothing."""

    name: str
    send: Callable[[], Answer]
    status: int
    code: str


def foreign(shop: Shop) -> list[Refused]:
    """What belongs to another customer looks like what does not exist."""
    li, wang = shop.buyer("li"), shop.buyer("wang")
    fresh_token, fresh_ticket = shop.quote_token(wang, {PLENTY: 1}), shop.ticket(wang, SALE)
    used_token = shop.quote_token(wang, {PLENTY: 2})
    number = shop.place(wang, used_token).order_no
    flash_number = flash_ordered(shop, wang).order_no
    found = [
        Refused("quote", lambda: shop.place(li, fresh_token), 404, "not_found"),
        Refused("used quote", lambda: shop.place(li, used_token), 404, "not_found"),
        Refused("ticket", lambda: shop.place_flash(li, SALE, fresh_ticket), 404, "not_found"),
    ]
    for one in (number, flash_number, "nonexistent"):
        for act in (shop.show, shop.cancel, shop.ask_payment):
            name = f"{act.__name__} {one}"
            found.append(Refused(name, partial(act, li, one), 404, "not_found"))
    return found


def altered(shop: Shop, dice: random.Random, count: int) -> Iterator[Refused]:
    """Tokens and tickets with a character changed, cut, swapped, or meant for something else."""
    wang = shop.buyer("wang")
    token, ticket = shop.quote_token(wang, {PLENTY: 1}), shop.ticket(wang, SALE)
    yield Refused("ticket as quote", lambda: shop.place(wang, ticket), 400, "invalid_request")
    yield Refused(
        "quote as ticket", lambda: shop.place_flash(wang, SALE, token), 400, "invalid_request"
    )
    for _ in range(count):
        at = dice.randrange(len(token))
        bad = token[:at] + dice.choice("AZaz09-_".replace(token[at], "")) + token[at + 1 :]
        yield Refused(f"quote, {at}", partial(shop.place, wang, bad), 400, "invalid_request")
        at = dice.randrange(len(ticket))
        bad = ticket[:at] + dice.choice("AZaz09-_".replace(ticket[at], "")) + ticket[at + 1 :]
        send = partial(shop.place_flash, wang, SALE, bad)
        yield Refused(f"ticket, {at}", send, 400, "invalid_request")


def meddled(shop: Shop) -> list[Refused]:
    """A body that says more than it may."""
    wang = shop.buyer("wang")
    token, ticket = shop.quote_token(wang, {PLENTY: 1}), shop.ticket(wang, SALE)
    extras = ({"payable_fen": 1}, {"quantity": 99}, {"openid": "o-somebody"}, {"price_fen": 1})
    found = []
    for extra in extras:
        found.append(
            _more(shop, wang, "checkout", "POST /v1/orders", {"quote_token": token, **extra})
        )
        route = "POST /v1/flash-sales/{sale_id}/orders"
        found.append(_more(shop, wang, "flash_sale", route, {"ticket": ticket, **extra}))
    return found


def _more(shop: Shop, who: Buyer, folder: str, route: str, body: dict[str, object]) -> Refused:
    path = {"sale_id": SALE} if "{sale_id}" in route else None
    send = partial(shop.call, folder, route, who, path=path, body=body)
    return Refused(f"{route} {sorted(body)}", send, 422, "validation_failed")


def exhausted(shop: Shop) -> list[Refused]:
    """Three flash orders were made and cancelled: there is no fourth (`design.md` 3.4)."""
    wang = shop.buyer("patient")
    for _ in range(3):
        shop.cancel(wang, flash_ordered(shop, wang).order_no)
    fourth = shop.ticket(wang, SALE)
    return [Refused("fourth", lambda: shop.place_flash(wang, SALE, fourth), 409, "limit_reached")]


def overtaken(shop: Shop) -> list[Refused]:
    """Quotes whose price or sale has changed since. Changes the shop and moves the clock."""
    wang = shop.buyer("wang")
    (soon,) = shop.put_product("p-soon", GOODS)
    (over,) = shop.put_product("p-over", GOODS, sale_until=shop.now + 60)
    quoted = ({PLENTY: 1}, {LIMITED: 1, LAST: 1}, {soon: 1}, {over: 1})
    dear, gone, early, late = (shop.quote_token(wang, lines) for lines in quoted)
    # The described product has only its first SKU left, at another price.
    shop.put_product("p1", [(9_900, 200, None)])
    shop.put_product("p-soon", GOODS, sale_from=shop.now + 3_600)
    shop.world.clock.advance(60)
    return [
        Refused("old price", lambda: shop.place(wang, dear), 409, "quote_changed"),
        Refused("off sale", lambda: shop.place(wang, gone), 409, "quote_changed"),
        Refused("put off", lambda: shop.place(wang, early), 409, "quote_changed"),
        Refused("sale over", lambda: shop.place(wang, late), 409, "quote_changed"),
    ]


def outlived(shop: Shop) -> list[Refused]:
    """Tokens past their life that made no order. Moves the clock."""
    wang = shop.buyer("wang")
    token, ticket = shop.quote_token(wang, {PLENTY: 1}), shop.ticket(wang, SALE)
    shop.world.clock.advance(301)
    late = shop.buyer("wang")
    return [
        Refused("old quote", lambda: shop.place(late, token), 409, "quote_expired"),
        Refused("old ticket", lambda: shop.place_flash(late, SALE, ticket), 409, "ticket_expired"),
    ]
