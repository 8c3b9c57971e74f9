"""What comes late meets what has moved on: resumed functions, repeated and belated notices."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from unittest import mock

from tests.proving.cases.flash_pairs import DUE, at_home, buying, money_comes, using
from tests.proving.cases.flash_pairs import closed_then_paid as flash_closed_then_paid
from tests.proving.cases.pairs import closed_then_paid
from tests.proving.cases.stage import (
    LAST,
    SALE_SECONDS,
    SMALL_SALE,
    SPREAD_SALE,
    Direct,
    Scene,
    ends,
    flash_ordered,
    notice,
    ordered,
    status_of,
    swept,
    turn,
)
from tests.proving.faults import Killed
from tests.proving.invariants import tables_of
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import Answer, Shop

_FLASH_ROWS = ("F#", "C#")
CALL_OVER = 10
"""Seconds after which a count without units may yield to its customer's next ticket."""


def _writes(shop: Shop, work: Callable[[], object]) -> list[Call]:
    """The writes to shards and orders that a piece of work makes; then all is as before."""
    made: list[Call] = []

    def watch(call: Call, forward: Forward) -> Reply:
        key = call.request.get("Key") or call.request.get("Item") or {}
        if call.name in {"PutItem", "UpdateItem"} and key["PK"]["S"].startswith(_FLASH_ROWS):
            made.append(call)
        return forward(call)

    shop.pump()
    before = shop.moment()
    with shop.world.seam.layer(watch):
        work()
    shop.back_to(before, fresh=False)
    return made


def stalled_and_again(shop: Shop) -> Scene:
    """A function stalls once it has counted a ticket, and goes on while the phone tries again.

    A unit has come home meanwhile, so that each of the two finds one in another shard.
    """
    other, wang = at_home(shop, 0, 1), at_home(shop, 0)
    theirs = flash_ordered(shop, other, SPREAD_SALE).order_no
    buy = using(shop, wang, SPREAD_SALE, shop.ticket(wang, SPREAD_SALE))
    count, take, put, *_ = _writes(shop, buy)
    shop.world.seam(count)
    shop.cancel(other, theirs)

    def again() -> Answer:
        placed = buy()
        if placed.payment and shop.pay_now(wang, placed.payment) == 200:
            notice(shop, placed.order_no)
        return placed

    def goes_on() -> Answer:
        taken = shop.world.seam(take)
        return Answer(shop.world.seam(put).status if taken.status == 200 else 409, None)

    return Scene([again, goes_on], flash=True)


def expiry_and_belated(shop: Shop) -> Scene:
    """A flash order is closed, and revived by its payment before what it held is returned."""
    wang = shop.buyer("wang")
    number = flash_ordered(shop, wang, SMALL_SALE).order_no

    def pay() -> Answer:
        theirs = shop.pay._ledger.orders[number]
        turn()
        theirs.state = "NOTPAY"
        shop.pay._buyer.settle(theirs)
        return notice(shop, number)

    return Scene([swept(shop, DUE), pay], finish=ends(number, "TO_SHIP", "CLOSED"), flash=True)


def notice_and_return(shop: Shop) -> Scene:
    """No piece is left when the notice comes; one returns, and WeChat tells it again."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    number = closed_then_paid(shop, wang, LAST)
    theirs = ordered(shop, li, LAST).order_no

    def returns() -> Answer:
        shop.cancel(li, theirs)
        return notice(shop, number)

    return Scene([lambda: notice(shop, number), returns], finish=ends(number, "TO_SHIP", "CLOSED"))


def older_resumed_and_newer(shop: Shop) -> Scene:
    """A call died once it had counted its ticket; it is tried again beside a newer ticket."""
    other, wang = at_home(shop, 0, 1), at_home(shop, 0)
    theirs = flash_ordered(shop, other, SPREAD_SALE).order_no
    older = using(shop, wang, SPREAD_SALE, shop.ticket(wang, SPREAD_SALE))
    with mock.patch("shop.usecases.flash_take._reserve", side_effect=Killed), suppress(Killed):
        older()
    assert tables_of(shop).attempts, "the ticket should have been counted"
    shop.cancel(other, theirs)
    shop.world.clock.advance(CALL_OVER)
    return Scene([older, buying(shop, wang, SPREAD_SALE)], at_most_one, flash=True)


def older_stalled_and_newer(shop: Shop) -> Scene:
    """A call stalls anywhere, so long that a newer ticket of its customer overtakes it.

    A unit has come home meanwhile, so that each of the two finds one.
    """
    other, wang = at_home(shop, 0, 1), at_home(shop, 0)
    theirs = flash_ordered(shop, other, SPREAD_SALE).order_no
    older = buying(shop, wang, SPREAD_SALE)
    shop.world.clock.advance(1)
    newer = buying(shop, wang, SPREAD_SALE)

    def later() -> Answer:
        shop.cancel(other, theirs)
        shop.world.clock.advance(CALL_OVER)
        return newer()

    return Scene([older, later], at_most_one, flash=True)


def at_most_one(answers: list[Answer]) -> Sequence[str]:
    """Two tickets of one customer make one order, or none; the loser may try again."""
    placed = [one.status for one in answers].count(201)
    others = [one for one in answers if one.status not in {201, 409}]
    return [f"{placed} orders, {others}"] if placed > 1 or others else ()


def late_notice_and_order(shop: Shop) -> Scene:
    """A closed order's payment and a new buyer want the same unit."""
    wang = shop.buyer("wang")
    number = flash_closed_then_paid(shop, wang)
    return Scene(
        [lambda: notice(shop, number), buying(shop, shop.buyer("li"), SMALL_SALE)],
        finish=ends(number, "TO_SHIP", "CLOSED"),
        flash=True,
    )


def late_notices_after_end(shop: Shop) -> Scene:
    """The sale has ended, its units are back in the SKU; then a closed order turns out paid."""
    wang = shop.buyer("wang")
    number = flash_closed_then_paid(shop, wang)
    shop.world.clock.advance(SALE_SECONDS)
    shop.sweep()
    shop.sweep()
    return Scene([lambda: notice(shop, number)] * 2, finish=ends(number, "TO_SHIP"), flash=True)


def revived_and_cancel(shop: Shop) -> Scene:
    """An order revived after the sale's end is cancelled: its units go where they came from."""
    wang = shop.buyer("wang")
    number = flash_closed_then_paid(shop, wang)
    shop.world.clock.advance(SALE_SECONDS)
    shop.sweep()
    shop.sweep()
    notice(shop, number)
    late = shop.buyer("wang")
    return Scene(
        [lambda: shop.cancel(late, number), lambda: notice(shop, number)],
        finish=ends(number, "CLOSED"),
        flash=True,
    )


def late_notice_and_order_away(shop: Shop) -> Scene:
    """As `late_notice_and_order`; home is empty, and the unit went back to another shard."""
    flash_ordered(shop, at_home(shop, 0, 1), SPREAD_SALE)
    number = flash_closed_then_paid(shop, at_home(shop, 0), SPREAD_SALE)
    return Scene(
        [lambda: notice(shop, number), buying(shop, at_home(shop, 1), SPREAD_SALE)],
        finish=ends(number, "TO_SHIP", "CLOSED"),
        flash=True,
    )


def late_notice_and_release_away(shop: Shop) -> Scene:
    """Whoever closed the order died; its unit, in another shard, goes back as the money comes."""
    flash_ordered(shop, at_home(shop, 0, 1), SPREAD_SALE)
    wang = at_home(shop, 0)
    placed = flash_ordered(shop, wang, SPREAD_SALE)
    shop.world.clock.advance(DUE)
    with mock.patch("shop.usecases.flash_release.release"):
        shop.cancel(wang, placed.order_no)
    assert status_of(shop, placed.order_no) == "CLOSED"
    money_comes(shop, placed.order_no)
    return Scene(
        [lambda: notice(shop, placed.order_no), swept(shop)],
        finish=ends(placed.order_no, "TO_SHIP"),
        flash=True,
    )


def late_notice_and_end(shop: Shop) -> Scene:
    """The sale is over; the unit goes on to the SKU as a closed order turns out paid."""
    number = flash_closed_then_paid(shop, shop.buyer("wang"))
    shop.world.clock.advance(SALE_SECONDS)
    return Scene(
        [lambda: notice(shop, number), swept(shop)], finish=ends(number, "TO_SHIP"), flash=True
    )


LATE_PAIRS: dict[str, Direct] = {
    "flash older ticket resumed x newer ticket": older_resumed_and_newer,
    "flash older ticket stalled x newer ticket": older_stalled_and_newer,
    "flash late notice x order": late_notice_and_order,
    "flash late notice x order, unit elsewhere": late_notice_and_order_away,
    "flash late notice x release, unit elsewhere": late_notice_and_release_away,
    "flash late notice x sale's end": late_notice_and_end,
    "flash late notice x late notice, ended": late_notices_after_end,
    "flash revived x cancel": revived_and_cancel,
    "flash stalled x the same ticket, a unit returns": stalled_and_again,
    "flash expiry x belated payment": expiry_and_belated,
    "late notice x a piece returns, told again": notice_and_return,
}
