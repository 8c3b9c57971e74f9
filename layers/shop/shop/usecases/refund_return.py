"""What WeChat's acceptance of a refund gives back: its stopped pieces, and at last the order's end.

The pieces, the refund's mark and the order's book change in one transaction, so that they return
exactly once, whoever hears of the acceptance and how often.
"""

from dataclasses import replace

from shop.domain.ids import CustomerId
from shop.domain.order import Order, OrderStatus
from shop.domain.refund import RefundOrder
from shop.domain.refund_book import bring_back
from shop.errors import UnavailableError
from shop.store import coupons, order_moves, orders, refunds, stock
from shop.store.order_row import OrderRow
from shop.store.writes import ConditionFailed, Write, together
from shop.usecases import flash_release
from shop.usecases.close_order import attempt_of, release_flash
from shop.usecases.deps import Deps

ROUNDS = 8


def give_back(refund: RefundOrder, deps: Deps, now: int) -> None:
    """Return a refund's stopped pieces to where they came from, once.

    An order whose last piece returns becomes CLOSED.

    Raises:
        UnavailableError: The order kept changing, or the store did not answer.
    """
    if not refund.is_stopping:
        return
    is_back = refund.returned
    for _ in range(ROUNDS):
        row = orders.read(CustomerId(refund.customer_id), refund.order_no)
        if row is None:
            return
        order = row.to_domain(deps.ring())
        if is_back:
            _release_units(order)
            return
        is_back = _bring_back(row, order, refund, now)
        if is_back and not order.in_shard:
            return
    raise UnavailableError


def _bring_back(row: OrderRow, order: Order, refund: RefundOrder, now: int) -> bool:
    """Whether the pieces are back or another refund's; False to look at the order again."""
    book = bring_back(order.refunds, refund)
    is_over = order.status is OrderStatus.CLOSING and order.bought.is_back(book)
    writes = [
        refunds.mark_returned(refund, now),
        order_moves.refund_accepted(row, book, now=now)
        if is_over
        else order_moves.keep_book(row, book, now),
        *_pieces(order, refund),
        *(_coupons(order) if is_over else ()),
    ]
    try:
        together(writes)
    except ConditionFailed as refused:
        if refused.failed[0] is None and refused.failed[1] is None:
            # The order could change, but what it holds is not there: never pass over that.
            raise
        return refused.failed[0] is not None
    return True


def _pieces(order: Order, refund: RefundOrder) -> list[Write]:
    """Units of a flash sale return to their shard afterwards, by `_release_units`."""
    if order.in_shard:
        return []
    writes = []
    for one in refund.lines:
        line = order.lines[one.position - 1]
        if not one.stopped:
            continue
        writes.append(stock.give_back(line.sku_id, one.stopped))
        if line.limit is not None:
            writes.append(stock.uncount_limit(order.customer_id, line.sku_id, one.stopped))
    return writes


def _coupons(order: Order) -> list[Write]:
    """Coupons whose terms give them back with an order that is refunded whole before shipping."""
    customer, number = order.customer_id, order.order_no
    claims = coupons.claims_named(customer, order.claim_ids)
    return [
        coupons.return_used(customer, claim.claim_id, number)
        for claim in claims
        if claim.template.returns_on_full_refund
    ]


def _release_units(order: Order) -> None:
    """Bring a flash order's hold to what is left of it; repeating is harmless."""
    if not order.in_shard:
        return
    if order.status is OrderStatus.CLOSED:
        release_flash(order, paid=True)
        return
    kept = order.lines[0].quantity - order.refunds.line(1).back
    flash_release.shrink(
        order.sale_id,
        order.customer_id,
        replace(attempt_of(order), quantity=kept),
        order.sale_shard,
    )
