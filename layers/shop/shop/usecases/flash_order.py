"""A flash-sale order: take the unit, then place the order (`design.md` 2 and 3).

`shop.usecases.flash_take` takes it in one write; then the order is put if absent. Whatever is lost
in between, the sweep finds the reservation and ends it.
"""

from shop.crypto import order_no as order_numbers
from shop.crypto.flash_tickets import FlashTicket, open_ticket
from shop.crypto.sessions import CustomerSession
from shop.domain.flash import Attempt, order_nonce
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, Order, OrderStatus
from shop.errors import ConflictError, NotFoundError
from shop.store import orders
from shop.store.order_row import OrderRow
from shop.store.orders import GRACE_SECONDS
from shop.store.table import shard_of
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import about, metrics
from shop.usecases import flash_release
from shop.usecases.checkout import Placed
from shop.usecases.deps import Deps
from shop.usecases.flash_stock import ShardsSeen
from shop.usecases.flash_take import Buy, Over, SoldOut, take
from shop.usecases.pay import Checkout, params_for

_NOT_RUNNING = ("sale_not_running", "活动未开始或已结束")


def place(
    sale_id: str,
    ticket_text: str,
    session: CustomerSession,
    deps: Deps,
    seen: ShardsSeen,
    *,
    now: int,
) -> Placed:
    """Turn a ticket into an order, or find the order it made.

    Raises:
        InvalidError: The ticket is not ours.
        NotFoundError: It is another customer's, or of another sale.
        ConflictError: `sold_out`, `sale_not_running`, `limit_reached`, `ticket_expired`; nothing
            is held.
        ProviderError: The order is durable, WeChat is not reachable; the same ticket resumes.
        UnavailableError: The store is busy; the same ticket resumes.
    """
    ring = deps.ring()
    ticket = open_ticket(ring, ticket_text)
    if ticket.customer_id != session.customer_id or ticket.sale_id != sale_id:
        raise NotFoundError
    buy = _buy(ticket, deps, now)
    about(buy.order_no)
    order, created = _order(buy, deps, seen)
    checkout = Checkout(deps.gateway(), deps.entropy(16).hex(), now)
    return Placed(order, params_for(order, ticket.openid, checkout), created)


def _buy(ticket: FlashTicket, deps: Deps, now: int) -> Buy:
    customer_id = CustomerId(ticket.customer_id)
    due = now + deps.flash_pay_window_seconds + GRACE_SECONDS

    def order_of(attempt: Attempt) -> OrderNo:
        nonce = order_nonce(ticket.sale_id, customer_id, attempt.salt)
        return order_numbers.derive(deps.ring(), nonce, attempt.issued_at, ticket.key_version)

    return Buy(
        ticket=ticket,
        customer_id=customer_id,
        order_of=order_of,
        home=shard_of(customer_id, ticket.shards),
        attempt=Attempt(
            ticket.issued_at, ticket.salt, ticket.line.quantity, True, due - ticket.issued_at
        ),
        now=now,
    )


def _order(buy: Buy, deps: Deps, seen: ShardsSeen) -> tuple[Order, bool]:
    """The ticket's order, and whether this call made it."""
    ticket, now = buy.ticket, buy.now
    if now < ticket.starts_at:
        raise ConflictError(*_NOT_RUNNING)
    if now >= min(ticket.expires_at, ticket.ends_at) or _is_of_the_future(buy):
        return _existing(buy, deps), False
    try:
        shard = take(buy, seen)
    except Over:
        return _existing(buy, deps), False
    except SoldOut:
        metrics.add_metric(name="FlashSoldOut", unit="Count", value=1)
        if not seen.knows(ticket.sale_id, buy.home, buy.customer_id):
            raise
        # The customer has tried before in this sale: perhaps with this ticket, and bought.
        row = orders.read(buy.customer_id, buy.order_no)
        if row is None:
            raise
        return row.to_domain(deps.ring()), False
    order = _new_order(buy, shard, deps)
    try:
        apply(orders.place(deps.ring(), order, ticket.openid, actor=Actor.BUYER, due_indexed=False))
    except ConditionFailed as refused:
        return _found(buy, shard, OrderRow.of(refused.old), deps), False
    metrics.add_metric(name="OrderPlaced", unit="Count", value=1)
    return order, True


def _is_of_the_future(buy: Buy) -> bool:
    """Whether the clock has gone back so far that a hold would end before the ticket's issue."""
    return buy.attempt.due_after is not None and buy.attempt.due_after < 0


def _existing(buy: Buy, deps: Deps) -> Order:
    """The order an old ticket made; or why it can make none any more."""
    row = orders.read(buy.customer_id, buy.order_no)
    if row is not None:
        return row.to_domain(deps.ring())
    if buy.now >= buy.ticket.ends_at:
        raise ConflictError(*_NOT_RUNNING)
    raise ConflictError("ticket_expired", "抢购凭证已过期，请重新获取")


def _found(buy: Buy, shard: int, row: OrderRow, deps: Deps) -> Order:
    """What to do when the number is taken: by this ticket's order, or by a tombstone."""
    if row.is_tombstone:
        flash_release.release(buy.ticket.sale_id, buy.customer_id, buy.attempt, shard)
        raise ConflictError("ticket_expired", "抢购凭证已过期，请重新获取")
    sale_id = buy.ticket.sale_id
    if row.status == OrderStatus.CLOSED:
        flash_release.release(sale_id, buy.customer_id, buy.attempt, shard)
    elif row.sale_shard is None or int(row.sale_shard) != shard:
        # An earlier call took its units elsewhere; this one must not keep a second lot.
        flash_release.drop_double(sale_id, buy.customer_id, buy.attempt, shard, buy.home)
    return row.to_domain(deps.ring())


def _new_order(buy: Buy, shard: int, deps: Deps) -> Order:
    ticket, line = buy.ticket, buy.ticket.line
    return Order(
        order_no=buy.order_no,
        customer_id=buy.customer_id,
        status=OrderStatus.TO_PAY,
        version=1,
        lines=(line,),
        goods_total_fen=line.unit_price_fen * line.quantity,
        discount_total_fen=0,
        freight_fen=ticket.freight_fen,
        payable_fen=ticket.payable_fen,
        claim_ids=(),
        address=ticket.address,
        remark="",
        from_cart=False,
        created_at=buy.now,
        pay_before=buy.now + deps.flash_pay_window_seconds,
        sale_id=ticket.sale_id,
        sale_shard=shard,
        sale_salt=ticket.salt,
    )
