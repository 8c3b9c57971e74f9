"""Find flash reservations that are due, close their orders, return their units (`design.md` 3).

A due reservation without an order first gets a closed tombstone, so that a buyer who stalled
between the two writes can no longer place it; then the unit returns. After a sale's end free units
go back to the SKU.
"""

from collections.abc import Callable

from shop.crypto import order_no as order_numbers
from shop.domain.flash import Attempt, Entry, FlashSale, order_nonce
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, CloseReason, OrderStatus
from shop.errors import NotFoundError
from shop.store import flash, orders, stock
from shop.store.flash import ShardRow
from shop.store.order_row import OrderRow
from shop.store.table import shard_of
from shop.store.writes import ConditionFailed, apply, together
from shop.telemetry import about, logger, of_order, told
from shop.usecases import close_order, flash_release
from shop.usecases.deps import Deps

RESTS_AFTER_SECONDS = 7 * 86_400
"""How long after its end a sale is looked at every minute. Later only a refund gives units back."""
_MINUTES = 60

Ended = set[tuple[OrderNo, int]]
"""Reservations, by order and shard, that ended in this run with the order that it closed."""


def sweep(deps: Deps, time_left: Callable[[], bool], clock: Callable[[], int]) -> int:
    """Do what is due in every sale; in one that was over long ago, once an hour.

    Returns:
        How many reservations were looked at.
    """
    looked_at, now = 0, clock()
    ended: Ended = set()
    for sale in flash.all_sales(lambda sale_id, ends_at: _has_turn(sale_id, ends_at, now)):
        for row in flash.shards(sale.id, sale.shards).values():
            for customer_id, attempt in _due(row, now):
                if not time_left():
                    return looked_at
                looked_at += 1
                _one(sale, row.number, customer_id, attempt, deps, clock(), ended)
            if now >= sale.ends_at and int(row.free) > 0:
                _return_to_sku(sale, row)
    return looked_at


def _has_turn(sale_id: str, ends_at: int, now: int) -> bool:
    """Whether a sale is looked at in this minute."""
    minute = now // 60 % _MINUTES
    return now < ends_at + RESTS_AFTER_SECONDS or minute == shard_of(sale_id, _MINUTES)


def _due(row: ShardRow, now: int) -> list[tuple[CustomerId, Attempt]]:
    return [
        (CustomerId(customer_id), attempt)
        for customer_id in row.customers()
        for attempt in row.entry(customer_id).live
        if attempt.due is not None and attempt.due <= now
    ]


def _one(
    sale: FlashSale,
    shard: int,
    customer_id: CustomerId,
    attempt: Attempt,
    deps: Deps,
    now: int,
    ended: Ended,
) -> None:
    with of_order():
        try:
            _conclude(sale, shard, customer_id, attempt, deps, now, ended)
        except Exception as failure:  # noqa: BLE001 - one poisoned row must not hold up the rest
            logger.warning("flash reservation put off", sale_id=sale.id, cause=told(failure))


def _conclude(
    sale: FlashSale,
    shard: int,
    customer_id: CustomerId,
    attempt: Attempt,
    deps: Deps,
    now: int,
    ended: Ended,
) -> None:
    """Bring one due reservation to its end: settled if its order lives, else returned."""
    order_no = order_of(sale, customer_id, attempt, deps)
    about(order_no)
    if (order_no, shard) in ended:
        return
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
            return
    if row.status == OrderStatus.CLOSING:
        close_order.finish(row, deps, now)
        row = orders.read(customer_id, order_no) or row
        if row.status == OrderStatus.CLOSED and row.sale_shard is not None:
            home = shard_of(customer_id, sale.shards)
            ended |= {(order_no, int(row.sale_shard)), (order_no, home)}
    _follow_order(sale, shard, customer_id, attempt, row)


def _follow_order(
    sale: FlashSale, shard: int, customer_id: CustomerId, attempt: Attempt, row: OrderRow
) -> None:
    """Bring a due reservation to where its order is: ended, returned as a double, or settled."""
    if row.status in {OrderStatus.TO_PAY, OrderStatus.CLOSING}:
        # Its window is longer than the reservation's (placed by a repeat), or WeChat was silent.
        return
    if row.status == OrderStatus.CLOSED:
        over = Entry.forgetting if row.is_tombstone and not attempt.here else Entry.ending
        flash_release.rewrite(sale.id, shard, customer_id, attempt, over)
    elif attempt.here and _elsewhere(row, shard):
        home = shard_of(customer_id, sale.shards)
        flash_release.drop_double(sale.id, customer_id, attempt, shard, home)
    else:
        flash_release.rewrite(sale.id, shard, customer_id, attempt, Entry.settling)


def _elsewhere(row: OrderRow, shard: int) -> bool:
    """Whether the order's units are not of this shard, so that those here are a double take."""
    return row.sale_shard is None or int(row.sale_shard) != shard


def order_of(sale: FlashSale, customer_id: CustomerId, attempt: Attempt, deps: Deps) -> OrderNo:
    """The number of the order that a reservation is for."""
    nonce = order_nonce(sale.id, customer_id, attempt.salt)
    return order_numbers.derive(deps.ring(), nonce, attempt.issued_at, sale.key_version)


def _return_to_sku(sale: FlashSale, row: ShardRow) -> None:
    """Move an ended sale's free units back to the SKU, in one transaction per shard."""
    units = int(row.free)
    try:
        together([flash.drain(sale.id, row.number, units), stock.change_total(sale.sku_id, units)])
    except ConditionFailed:
        logger.info("shard changed meanwhile", sale_id=sale.id, shard=row.number)
