"""Take the units of a closed flash order again, because it was paid after all (`docs/adr/0005`).

The units may be wherever one is free; the allowance is counted at home, as ever.
"""

from collections.abc import Mapping
from dataclasses import replace

from shop.crypto import order_no as order_numbers
from shop.domain.flash import Attempt, FlashSale
from shop.domain.order import Order
from shop.domain.payment import Payment
from shop.store import flash, order_moves, reads, stock
from shop.store.flash import ShardRow
from shop.store.stock import SkuRow
from shop.store.table import shard_of, sku_key
from shop.store.writes import Write


def revival(order: Order, payment: Payment, now: int) -> list[Write] | None:
    """The order's move to TO_SHIP, first, and all that it takes; None when it may have none.

    Units come from the first of: those the order still holds, because whoever closed it has not
    come to release them, or died before; its own shard; home; any other shard; and, after the
    sale's end, the SKU, by way of home, so that a refund finds them like any other.

    Every condition but the order's own restates what was read here: where one does not hold,
    something has changed since, and a second look decides.

    Raises:
        UnavailableError: The store did not answer.
    """
    sale = flash.sale(order.sale_id)
    if sale is None:
        return None
    home = shard_of(order.customer_id, sale.shards)
    rows = _shards(sale, order.sale_shard, home)
    attempt = Attempt(
        order_numbers.issued_at(order.order_no),
        order.sale_salt,
        order.lines[0].quantity,
        here=True,
        due_after=None,
    )
    if home not in rows or not _may_have(rows[home], order, attempt, sale):
        return None
    source = _holding(rows, order, attempt) or _with_units(rows, sale, attempt.quantity)
    brought = 0
    if source is None:
        if now < sale.ends_at or not _in_sku(sale, attempt.quantity):
            return None
        source, brought = rows[home], attempt.quantity
    writes = [
        order_moves.revived(order.customer_id, payment, sale_shard=source.number, now=now),
        _change(sale, source, order, attempt, brought),
    ]
    if source.number != home:
        # Home counts what another shard holds.
        writes.append(_change(sale, rows[home], order, replace(attempt, here=False)))
    if brought:
        writes.append(stock.change_total(sale.sku_id, -brought))
    return writes


def _shards(sale: FlashSale, *numbers: int) -> dict[int, ShardRow]:
    found = {number: flash.shard(sale.id, number) for number in dict.fromkeys(numbers)}
    return {number: row for number, row in found.items() if row is not None}


def _may_have(home: ShardRow, order: Order, attempt: Attempt, sale: FlashSale) -> bool:
    """Whether the allowance is enough for this attempt beside the customer's others."""
    others = home.entry(order.customer_id).forgetting(attempt)
    return sum(one.quantity for one in others.live) + attempt.quantity <= sale.per_customer


def _holding(rows: Mapping[int, ShardRow], order: Order, attempt: Attempt) -> ShardRow | None:
    """The shard that still holds the order's own units."""
    for row in rows.values():
        stored = row.entry(order.customer_id).find(attempt)
        if stored and stored.here:
            return row
    return None


def _with_units(rows: Mapping[int, ShardRow], sale: FlashSale, quantity: int) -> ShardRow | None:
    """The first of these shards with so many units free, or of all."""
    for row in rows.values():
        if int(row.free) >= quantity:
            return row
    everywhere = flash.shards(sale.id, sale.shards, consistent=True).values()
    return next((row for row in everywhere if int(row.free) >= quantity), None)


def _in_sku(sale: FlashSale, quantity: int) -> bool:
    sku = reads.get(SkuRow, sku_key(sale.sku_id), consistent=True)
    return sku is not None and int(sku.available) >= quantity


def _change(
    sale: FlashSale, row: ShardRow, order: Order, attempt: Attempt, brought: int = 0
) -> Write:
    """Put the attempt, paid, into one shard's entry, and move as many units as that takes."""
    entry = row.entry(order.customer_id)
    stored = entry.find(attempt)
    holds = stored.quantity if stored and stored.here else 0
    return flash.change(
        sale.id,
        row.number,
        order.customer_id,
        row.packed(order.customer_id),
        entry.forgetting(attempt).adding(attempt),
        units=(attempt.quantity if attempt.here else 0) - holds,
        brought=brought,
    )
