"""What comes late meets what has moved on: resumed functions, repeated and belated notices."""

from collections.abc import Callable

from tests.proving.cases.flash_pairs import DUE, at_home, using
from tests.proving.cases.pairs import closed_then_paid
from tests.proving.cases.stage import (
    LAST,
    SMALL_SALE,
    SPREAD_SALE,
    Direct,
    Scene,
    ends,
    flash_ordered,
    notice,
    ordered,
    swept,
    turn,
)
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import Answer, Shop

_FLASH_ROWS = ("F#", "C#")


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


LATE_PAIRS: dict[str, Direct] = {
    "flash stalled x the same ticket, a unit returns": stalled_and_again,
    "flash expiry x belated payment": expiry_and_belated,
    "late notice x a piece returns, told again": notice_and_return,
}
