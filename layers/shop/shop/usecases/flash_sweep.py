"""Find flash reservations that are due, close their orders, return their units (`design.md` 3).

A due reservation without an order first gets a closed tombstone, so that a buyer who stalled
between the two writes can no longer place it; then the unit returns. After a sale's end free units
go back to the SKU. Each minute reads every shard of the sales that run or ended within the week;
what fails stays due, is counted, and ends nothing but itself. An order that WeChat hinders, or that
waits for a person, is found by the due index from then on, as ordinary orders are.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from shop.crypto import order_no as order_numbers
from shop.domain.flash import Attempt, Entry, FlashSale, order_nonce
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, CloseReason, OrderStatus
from shop.errors import NotFoundError
from shop.store import flash, orders, stock
from shop.store.flash import ShardRow
from shop.store.order_row import OrderRow
from shop.store.table import Key, shard_key, shard_of
from shop.store.writes import ConditionFailed, apply, together
from shop.telemetry import about, logger, of_order
from shop.usecases import close_order, flash_release
from shop.usecases.deps import Deps
from shop.usecases.due import (
    ASK_STAFF_SECONDS,
    HANDFUL,
    PAGE,
    PUT_OFF_SECONDS,
    HandOut,
    Progress,
    Shift,
    Swept,
    apart,
    give_away,
    put_off,
)

RESTS_AFTER_SECONDS = 7 * 86_400
"""How long after its end a sale is looked at every minute. Later only a refund gives units back."""
_MINUTES = 60
HELPERS = 20
"""Per run; they ask WeChat Pay some 120 times a second."""
_SALE_PUT_OFF = "flash sale put off"

Ended = set[tuple[OrderNo, int]]
"""Reservations, by order and shard, that ended in this run with the order that it closed."""


class Hold(NamedTuple):
    """A reservation that is due."""

    sale: FlashSale
    shard: int
    customer_id: CustomerId
    attempt: Attempt
    due: int


class Spare(NamedTuple):
    """Free units of an ended sale's shard."""

    sale: FlashSale
    shard: int
    units: int


def sweep(deps: Deps, swept: Swept, shift: Shift, hand_out: HandOut | None = None) -> None:
    """Do what is due in every sale; in one that was over long ago, once an hour.

    Args:
        deps: Keys, gateway.
        swept: Counts along: failures, the age of what was due, whether all was reached.
        shift: How long there is.
        hand_out: Starts a helper with the shards of a backlog; without it this run does it itself.
    """
    holds: list[Hold] = []
    spare: list[Spare] = []
    for sale, rows in _shards(swept, shift):
        now = shift.clock()
        holds += (hold for row in rows for hold in _due(sale, row, now))
        if now >= sale.ends_at:
            spare += (Spare(sale, row.number, int(row.free)) for row in rows if int(row.free) > 0)
    if len(holds) >= PAGE and hand_out and give_away(_handfuls(holds), swept, hand_out):
        swept.met(min(hold.due for hold in holds), shift.clock())
        holds = []
    _return_to_sku(spare, swept, shift)
    _work_off(holds, deps, swept, shift)


def help_out(keys: Sequence[Key], deps: Deps, swept: Swept, shift: Shift) -> None:
    """What a helper does: bring what is due in these shards to its end, while there is time.

    Raises:
        UnavailableError: The store did not answer.
    """
    rows, now = flash.shard_rows(keys), shift.clock()
    sales = {sale.id: sale for sale in flash.sales({row.sale_id for row in rows})}
    holds = [hold for row in rows for hold in _due(sales[row.sale_id], row, now)]
    _work_off(holds, deps, swept, shift)


def _handfuls(holds: Iterable[Hold]) -> Iterator[tuple[list[Key], int]]:
    """The keys of these reservations' shards and how many are due in them, for each helper."""
    keys: list[Key] = []
    size = helpers = 0
    for key, due in groupby(holds, key=lambda hold: shard_key(hold.sale.id, hold.shard)):
        more = len(list(due))
        if size + more > HANDFUL and keys:
            yield keys, size
            keys, size, helpers = [], 0, helpers + 1
            if helpers == HELPERS:
                return
        keys.append(key)
        size += more
    yield keys, size


def _shards(progress: Progress, shift: Shift) -> Iterator[tuple[FlashSale, list[ShardRow]]]:
    """The shards of each sale whose turn it is and that has begun: before, nothing is taken."""
    now = shift.clock()
    sales: list[FlashSale] = []
    with apart(progress, _SALE_PUT_OFF, sale_id="all"):
        sales = flash.all_sales(lambda sale_id, ends_at: _has_turn(sale_id, ends_at, now))
    for sale in sales:
        if now < sale.starts_at:
            continue
        if shift.is_over:
            progress.finished = False
            return
        rows: list[ShardRow] = []
        with apart(progress, _SALE_PUT_OFF, sale_id=sale.id):
            rows = list(flash.shards(sale.id, sale.shards).values())
        yield sale, rows


def _has_turn(sale_id: str, ends_at: int, now: int) -> bool:
    """Whether a sale is looked at in this minute."""
    minute = now // 60 % _MINUTES
    return now < ends_at + RESTS_AFTER_SECONDS or minute == shard_of(sale_id, _MINUTES)


def _due(sale: FlashSale, row: ShardRow, now: int) -> Iterator[Hold]:
    for customer_id in row.customers():
        for attempt in row.entry(customer_id).live:
            if attempt.due is not None and attempt.due <= now:
                yield Hold(sale, row.number, CustomerId(customer_id), attempt, attempt.due)


def _work_off(holds: Sequence[Hold], deps: Deps, swept: Swept, shift: Shift) -> None:
    """Bring these to their ends while there is time.

    Those with units come first: the count that such a one has in another shard ends with it.
    """
    ended: Ended = set()
    in_turn = sorted(holds, key=lambda hold: not hold.attempt.here)
    for number, hold in enumerate(in_turn):
        if shift.is_over:
            swept.finished = False
            swept.met(min(one.due for one in in_turn[number:]), shift.clock())
            return
        now, is_ours = shift.clock(), True
        with of_order(), apart(swept, "put off", sale_id=hold.sale.id):
            is_ours = _conclude(hold, deps, now, ended)
        if is_ours:
            swept.met(hold.due, now)
        swept.flash += 1


def _conclude(hold: Hold, deps: Deps, now: int, ended: Ended) -> bool:
    """Bring one due reservation to its end: settled if its order lives, else returned.

    Returns:
        Whether it is over; else its order is not yet, and brings it up again.
    """
    sale, shard, customer_id, attempt, _ = hold
    order_no = order_of(sale, customer_id, attempt, deps)
    about(order_no)
    if (order_no, shard) in ended:
        return True
    try:
        row = close_order.start(customer_id, order_no, CloseReason.EXPIRED, Actor.SCHEDULE, now)
    except NotFoundError:
        # Nobody placed it; forbid it, then look again at what won.
        try:
            apply(orders.forbid(customer_id, order_no, now))
        except ConditionFailed:
            row = close_order.start(customer_id, order_no, CloseReason.EXPIRED, Actor.SCHEDULE, now)
        else:
            # A count without units, whose order can never come, was no attempt of the buyer's.
            over = Entry.ending if attempt.here else Entry.forgetting
            flash_release.rewrite(sale.id, shard, customer_id, attempt, over)
            return True
    if row.status == OrderStatus.CLOSING:
        if row.due_work:
            return False
        _finish(row, customer_id, order_no, deps, now)
        row = orders.read(customer_id, order_no) or row
        if row.status == OrderStatus.CLOSED and row.sale_shard is not None:
            home = shard_of(customer_id, sale.shards)
            ended |= {(order_no, int(row.sale_shard)), (order_no, home)}
    return _follow_order(hold, row)


def _finish(
    row: OrderRow, customer_id: CustomerId, order_no: OrderNo, deps: Deps, now: int
) -> None:
    """Close the order; what hinders that, or a person has to see, is due by the index from now."""
    wait = PUT_OFF_SECONDS
    try:
        wait = 0 if close_order.finish(row, deps, now) else ASK_STAFF_SECONDS
    finally:
        if wait:
            put_off(orders.postpone(customer_id, order_no, now + wait))


def _follow_order(hold: Hold, row: OrderRow) -> bool:
    """Bring a due reservation to where its order is: ended, returned as a double, or settled.

    Returns:
        False while the order can still be paid: its window is longer than the reservation's
        (placed by a repeat), or WeChat has not told yet what became of it and the due index has it.
    """
    sale, shard, customer_id, attempt, _ = hold
    if row.status in {OrderStatus.TO_PAY, OrderStatus.CLOSING}:
        return False
    if row.status == OrderStatus.CLOSED:
        over = Entry.forgetting if row.is_tombstone and not attempt.here else Entry.ending
        flash_release.rewrite(sale.id, shard, customer_id, attempt, over)
    elif attempt.here and _elsewhere(row, shard):
        home = shard_of(customer_id, sale.shards)
        flash_release.drop_double(sale.id, customer_id, attempt, shard, home)
    else:
        flash_release.rewrite(sale.id, shard, customer_id, attempt, Entry.settling)
    return True


def _elsewhere(row: OrderRow, shard: int) -> bool:
    """Whether the order's units are not of this shard, so that those here are a double take."""
    return row.sale_shard is None or int(row.sale_shard) != shard


def order_of(sale: FlashSale, customer_id: CustomerId, attempt: Attempt, deps: Deps) -> OrderNo:
    """The number of the order that a reservation is for."""
    nonce = order_nonce(sale.id, customer_id, attempt.salt)
    return order_numbers.derive(deps.ring(), nonce, attempt.issued_at, sale.key_version)


def _return_to_sku(spare: Iterable[Spare], progress: Progress, shift: Shift) -> None:
    """Move ended sales' free units back to their SKUs, in one transaction per shard.

    A sale whose SKU refuses them is left for the next minute at its first failure.
    """
    for sale_id, shards in groupby(spare, key=lambda one: one.sale.id):
        with apart(progress, _SALE_PUT_OFF, sale_id=sale_id):
            for one in shards:
                if shift.is_over:
                    progress.finished = False
                    return
                _return(one)


def _return(spare: Spare) -> None:
    sale, number, units = spare
    try:
        together([flash.drain(sale.id, number, units), stock.change_total(sale.sku_id, units)])
    except ConditionFailed as refused:
        if refused.failed[0] is None:
            # The shard could give them, but there is no such SKU: never pass over that.
            raise
        logger.info("shard changed meanwhile", sale_id=sale.id, shard=number)
