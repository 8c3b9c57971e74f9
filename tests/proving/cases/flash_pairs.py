"""Pairs that meet on a flash sale: its units, its allowances, its reservations."""

from collections.abc import Callable, Sequence
from itertools import islice

from tests.proving.cases.pairs import one_order
from tests.proving.cases.stage import (
    SALE,
    SALE_SECONDS,
    SMALL_SALE,
    SPREAD_SALE,
    Direct,
    Scene,
    cut_short,
    ends,
    flash_ordered,
    notice,
    paid,
    paying,
    statuses,
    swept,
)
from tests.proving.events import stream_event
from tests.proving.invariants import tables_of
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import TABLE, Answer, Buyer, Shop
from tests.proving.template import load_handler

DUE = 306
"""Seconds after a flash order was placed when it is due."""


def at_home(shop: Shop, shard: int, number: int = 0) -> Buyer:
    """The n-th buyer whose home is this shard of the spread sale."""
    return shop.buyer(name_at_home(shop, shard, number))


def name_at_home(shop: Shop, shard: int, number: int = 0) -> str:
    """The name of that buyer."""
    from shop.store.table import shard_of

    names = (f"home{i}" for i in range(200))
    fitting = (name for name in names if shard_of(shop.buyer(name).customer_id, 2) == shard)
    return next(islice(fitting, number, None))


def buying(shop: Shop, buyer: Buyer, sale: str) -> Callable[[], Answer]:
    """An order with a ticket of its own, from a process that has seen nothing of the sale."""
    return using(shop, buyer, sale, shop.ticket(buyer, sale))


def using(shop: Shop, buyer: Buyer, sale: str, ticket: str) -> Callable[[], Answer]:
    """An order with this ticket, from a process that has seen nothing of the sale."""

    def buy() -> Answer:
        from functions.flash_sale import app
        from shop.usecases.flash_stock import ShardsSeen

        app.shards_seen = ShardsSeen()
        return shop.place_flash(buyer, sale, ticket)

    return buy


def refused(code: str) -> Callable[[list[Answer]], Sequence[str]]:
    """One is placed, the other refused for this reason."""

    def expect(answers: list[Answer]) -> Sequence[str]:
        lines = list(statuses([201, 409])(answers))
        codes = [one.body["code"] for one in answers if one.status == 409]
        return lines if codes == [code] else [*lines, f"refused for {codes}"]

    return expect


def last_unit(shop: Shop) -> Scene:
    buyers = [shop.buyer(name) for name in ("wang", "li")]
    requests = [buying(shop, one, SMALL_SALE) for one in buyers]
    return Scene(requests, refused("sold_out"), flash=True)


def same_ticket(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    ticket = shop.ticket(wang, SALE)
    return Scene([using(shop, wang, SALE, ticket)] * 2, one_order, flash=True)


def same_ticket_away(shop: Shop) -> Scene:
    """The home shard is empty: the ticket's unit comes from the other one, once."""
    flash_ordered(shop, at_home(shop, 0, 1), SPREAD_SALE)
    wang = at_home(shop, 0)
    ticket = shop.ticket(wang, SPREAD_SALE)
    return Scene([using(shop, wang, SPREAD_SALE, ticket)] * 2, one_order, flash=True)


def two_tickets(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    requests = [buying(shop, wang, SALE), buying(shop, wang, SALE)]
    return Scene(requests, refused("limit_reached"), flash=True)


def two_tickets_away(shop: Shop) -> Scene:
    flash_ordered(shop, at_home(shop, 0, 1), SPREAD_SALE)
    wang = at_home(shop, 0)
    requests = [buying(shop, wang, SPREAD_SALE), buying(shop, wang, SPREAD_SALE)]
    return Scene(requests, statuses([201, 409]), flash=True)


def last_unit_away(shop: Shop) -> Scene:
    flash_ordered(shop, at_home(shop, 0, 1), SPREAD_SALE)
    requests = [buying(shop, at_home(shop, 0, n), SPREAD_SALE) for n in (0, 2)]
    return Scene(requests, refused("sold_out"), flash=True)


def unit_comes_home(shop: Shop) -> Scene:
    """A unit returns to the empty home shard while its customer buys elsewhere."""
    other = at_home(shop, 0, 1)
    number = flash_ordered(shop, other, SPREAD_SALE).order_no
    wang = at_home(shop, 0)
    return Scene(
        [buying(shop, wang, SPREAD_SALE), lambda: shop.cancel(other, number)],
        lambda answers: () if answers[0].status == 201 else [f"refused {answers[0]}"],
        flash=True,
    )


def stalled_and_sweep(shop: Shop) -> Scene:
    """The buyer's function stalls at any point; the sweep comes when the hold is due."""
    wang = shop.buyer("wang")
    return Scene([buying(shop, wang, SMALL_SALE), swept(shop, DUE)], flash=True, stalls=True)


def stalled_away_and_sweep(shop: Shop) -> Scene:
    flash_ordered(shop, at_home(shop, 0, 1), SPREAD_SALE)
    wang = at_home(shop, 0)
    return Scene([buying(shop, wang, SPREAD_SALE), swept(shop, DUE)], flash=True, stalls=True)


def resumed_and_sweep(shop: Shop) -> Scene:
    """A unit was taken and no order put; the phone tries again as the sweep comes."""
    wang = shop.buyer("wang")
    ticket = shop.ticket(wang, SMALL_SALE)
    buy = using(shop, wang, SMALL_SALE, ticket)
    cut_short(shop, buy, "PutItem")
    assert tables_of(shop).attempts, "the unit should have been taken"
    return Scene([buy, swept(shop, DUE)], flash=True, stalls=True)


def notice_and_sweep(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = paid(shop, wang, flash_ordered(shop, wang))
    shop.world.clock.advance(DUE)
    return Scene(
        [lambda: notice(shop, number), swept(shop)],
        statuses([204]),
        finish=ends(number, "TO_SHIP"),
        flash=True,
    )


def paying_and_sweep(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    placed = flash_ordered(shop, wang)
    shop.world.clock.advance(299)
    return Scene(
        [paying(shop, wang, placed), swept(shop, DUE - 299)],
        finish=ends(placed.order_no, "TO_SHIP", "CLOSED"),
        flash=True,
    )


def sweep_and_sweep(shop: Shop) -> Scene:
    flash_ordered(shop, shop.buyer("wang"), SMALL_SALE)
    shop.world.clock.advance(DUE)
    return Scene([swept(shop), swept(shop)], flash=True)


def cancel_and_sweep(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = flash_ordered(shop, wang, SMALL_SALE).order_no
    shop.world.clock.advance(DUE)
    return Scene(
        [lambda: shop.cancel(wang, number), swept(shop)], finish=ends(number, "CLOSED"), flash=True
    )


def cancel_and_cancel(shop: Shop) -> Scene:
    wang = shop.buyer("wang")
    number = flash_ordered(shop, wang, SMALL_SALE).order_no
    return Scene([lambda: shop.cancel(wang, number)] * 2, statuses([200, 200]), flash=True)


def paid_cancel_and_stream(shop: Shop) -> Scene:
    """The stream settles the hold of a paid order while the buyer cancels it."""
    wang = shop.buyer("wang")
    placed = flash_ordered(shop, wang, SMALL_SALE)
    shop.pump()
    number = paid(shop, wang, placed, told=True)
    records = shop.world.engine.take_stream(TABLE)
    event = stream_event(records)
    return Scene(
        [
            lambda: shop.world.invoke(load_handler("outbox"), event, name="outbox"),
            lambda: shop.cancel(wang, number),
        ],
        finish=ends(number, "CLOSED"),
        flash=True,
    )


def late_resend(shop: Shop) -> Scene:
    """The network delivers the take a second time, at any moment of what follows."""
    wang = shop.buyer("wang")
    ticket = shop.ticket(wang, SMALL_SALE)
    buy = using(shop, wang, SMALL_SALE, ticket)
    takes: list[Call] = []

    def watch(call: Call, forward: Forward) -> Reply:
        if call.name == "UpdateItem" and call.request["Key"]["PK"]["S"].startswith("F#"):
            takes.append(call)
        return forward(call)

    before = shop.moment()
    with shop.world.seam.layer(watch):
        buy()
    shop.back_to(before, fresh=False)
    take = takes[0]

    def buy_and_cancel() -> None:
        placed = buy()
        shop.cancel(wang, placed.order_no)

    return Scene([buy_and_cancel, lambda: shop.world.seam(take)], flash=True)


def order_and_end(shop: Shop) -> Scene:
    """Somebody buys in the sale's last second while what is free goes back to the SKU."""
    shop.world.clock.advance(SALE_SECONDS - 1)
    return Scene([buying(shop, shop.buyer("wang"), SMALL_SALE), swept(shop, 1)], flash=True)


def closed_then_paid(shop: Shop, buyer: Buyer, sale: str = SMALL_SALE) -> str:
    """WeChat took the money although it had said that the order was closed."""
    placed = flash_ordered(shop, buyer, sale)
    shop.cancel(buyer, placed.order_no)
    money_comes(shop, placed.order_no)
    return placed.order_no


def money_comes(shop: Shop, order_no: str) -> None:
    """WeChat takes the money for an order that it had closed."""
    order = shop.pay._ledger.orders[order_no]
    order.state = "NOTPAY"
    shop.pay._buyer.settle(order)


FLASH_PAIRS: dict[str, Direct] = {
    "flash x flash, last unit": last_unit,
    "flash x flash, same ticket": same_ticket,
    "flash x flash, same ticket, home empty": same_ticket_away,
    "flash x flash, two tickets of one": two_tickets,
    "flash x flash, two tickets, home empty": two_tickets_away,
    "flash x flash, last unit elsewhere": last_unit_away,
    "flash x cancel, unit comes home": unit_comes_home,
    "flash stalled x sweep": stalled_and_sweep,
    "flash stalled elsewhere x sweep": stalled_away_and_sweep,
    "flash resumed x sweep": resumed_and_sweep,
    "flash notice x sweep": notice_and_sweep,
    "flash paying x sweep": paying_and_sweep,
    "flash sweep x sweep": sweep_and_sweep,
    "flash cancel x sweep": cancel_and_sweep,
    "flash cancel x cancel": cancel_and_cancel,
    "flash cancel x stream, paid": paid_cancel_and_stream,
    "flash order and cancel x late resend": late_resend,
    "flash order x sale's end": order_and_end,
}
