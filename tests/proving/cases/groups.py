"""Three to five requests at once, run in schedules drawn from a seed."""

from collections.abc import Sequence
from functools import partial

from tests.proving.cases.flash_pairs import at_home, buying, closed_then_paid, using
from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import (
    COUPON,
    LAST,
    LAST_COUPON,
    LIMITED,
    PLENTY,
    SMALL_SALE,
    SPREAD_SALE,
    Direct,
    Expect,
    Scene,
    ends,
    flash_ordered,
    notice,
    ordered,
    paid,
    paying,
    swept,
)
from tests.proving.shop import Answer, Shop


def sold(count: int) -> Expect:
    """So many orders were made; nobody else got one."""

    def expect(answers: list[Answer]) -> Sequence[str]:
        made = sum(answer.status == 201 for answer in answers)
        return () if made == count else [f"{made} orders, not {count}: {answers}"]

    return expect


def five_want_one(shop: Shop) -> Scene:
    buyers = [shop.buyer(f"b{number}") for number in range(5)]
    tokens = [(one, shop.quote_token(one, {LAST: 1})) for one in buyers]
    return Scene([partial(shop.place, *each) for each in tokens], sold(1))


def crossed_lines(shop: Shop) -> Scene:
    """Four want the last piece and others besides, in every order of lines."""
    wishes: list[dict[str, int]] = [
        {LAST: 1, PLENTY: 1},
        {PLENTY: 2, LAST: 1},
        {LIMITED: 1, LAST: 1},
        {LAST: 1, LIMITED: 2},
    ]
    buyers = [shop.buyer(f"b{number}") for number in range(4)]
    tokens = [(who, shop.quote_token(who, wish)) for who, wish in zip(buyers, wishes, strict=True)]
    return Scene([partial(shop.place, *each) for each in tokens], sold(1))


def everything_on_one_order(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    shop.world.clock.advance(300)
    late = shop.buyer("wang")
    return Scene(
        [
            lambda: notice(shop, number),
            lambda: notice(shop, number),
            lambda: shop.ask_payment(late, number),
            lambda: shop.cancel(late, number),
            swept(shop, 610),
        ],
        finish=ends(number, "CLOSED", "TO_SHIP"),
        stalls=True,
    )


def paying_while_all_close(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    placed = ordered(shop, wang)
    number = placed.order_no
    shop.world.clock.advance(895)
    late = shop.buyer("wang")
    return Scene(
        [
            paying(shop, wang, placed),
            lambda: shop.cancel(late, number),
            swept(shop, 11),
            swept(shop),
        ],
        finish=ends(number, "CLOSED", "TO_SHIP"),
        stalls=True,
    )


def one_coupon_for_all(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    mine = str(claim(shop, wang, COUPON, "once").body["claim_id"])
    tokens = [shop.quote_token(wang, {PLENTY: n}, (mine,)) for n in (1, 2, 3, 4)]
    return Scene([partial(shop.place, wang, token) for token in tokens], sold(1))


def one_claim_for_all(shop: Shop) -> Scene:
    buyers = [shop.buyer(f"b{number}") for number in range(5)]
    return Scene([partial(claim, shop, one, LAST_COUPON, "k") for one in buyers], sold(1))


def limit_for_all(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    tokens = [shop.quote_token(wang, {LIMITED: 1}) for _ in range(4)]
    return Scene([partial(shop.place, wang, token) for token in tokens], sold(2))


def flash_crowd(shop: Shop) -> Scene:
    buyers = [shop.buyer(f"b{number}") for number in range(5)]
    return Scene([buying(shop, one, SMALL_SALE) for one in buyers], sold(1), flash=True)


def flash_crowd_on_two_shards(shop: Shop) -> Scene:
    buyers = [at_home(shop, 0, number) for number in range(4)]
    return Scene([buying(shop, one, SPREAD_SALE) for one in buyers], sold(2), flash=True)


def two_devices_and_a_returning_unit(shop: Shop) -> Scene:
    """The allowance is counted at home wherever the unit comes from (`design.md` 3.3)."""
    other = at_home(shop, 0, 1)
    number = flash_ordered(shop, other, SPREAD_SALE).order_no
    wang = at_home(shop, 0)
    first = shop.ticket(wang, SPREAD_SALE)
    return Scene(
        [
            using(shop, wang, SPREAD_SALE, first),
            using(shop, wang, SPREAD_SALE, first),
            buying(shop, wang, SPREAD_SALE),
            lambda: shop.cancel(other, number),
        ],
        flash=True,
    )


def flash_order_and_sweeps(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    return Scene(
        [
            buying(shop, wang, SMALL_SALE),
            swept(shop, 306),
            swept(shop),
            buying(shop, shop.buyer("li"), SMALL_SALE),
        ],
        flash=True,
        stalls=True,
    )


def late_payment_and_rivals(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = closed_then_paid(shop, wang)
    return Scene(
        [
            lambda: notice(shop, number),
            buying(shop, shop.buyer("li"), SMALL_SALE),
            buying(shop, shop.buyer("zhao"), SMALL_SALE),
            lambda: shop.ask_payment(wang, number),
        ],
        finish=ends(number, "TO_SHIP", "CLOSED"),
        flash=True,
    )


GROUPS: dict[str, Direct] = {
    "5 checkouts, last piece": five_want_one,
    "4 checkouts, crossed lines": crossed_lines,
    "notices, payment, cancel, expiry": everything_on_one_order,
    "paying, cancel, 2 expiries": paying_while_all_close,
    "4 checkouts, one coupon": one_coupon_for_all,
    "5 claims, last coupon": one_claim_for_all,
    "4 checkouts, one limit": limit_for_all,
    "5 flash orders, last unit": flash_crowd,
    "4 flash orders, two shards": flash_crowd_on_two_shards,
    "3 flash orders of one, a unit returns": two_devices_and_a_returning_unit,
    "2 flash orders, 2 sweeps": flash_order_and_sweeps,
    "late notice, 2 flash orders, payment": late_payment_and_rivals,
}
