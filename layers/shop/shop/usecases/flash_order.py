"""A flash-sale order: take the unit, then place the order (`design.md` 2 and 3).

One plain conditional write on the customer's home shard takes the unit, counts it against the
allowance, is idempotent and can be found when due. When home is empty the allowance is counted
there first, under the same ticket, and the unit then comes from another shard. Then the order is
put if absent. Whatever is lost in between, the sweep finds the reservation and ends it.
"""

from dataclasses import dataclass, replace

from shop.crypto import order_no as order_numbers
from shop.crypto.flash_tickets import FlashTicket, open_ticket
from shop.crypto.sessions import CustomerSession
from shop.domain.flash import Admission, Attempt, Entry, admit, order_nonce
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, Order, OrderStatus
from shop.errors import ConflictError, NotFoundError, UnavailableError
from shop.store import flash, orders
from shop.store.flash import ShardRow
from shop.store.order_row import OrderRow
from shop.store.orders import GRACE_SECONDS
from shop.store.table import shard_of
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import logger, metrics
from shop.usecases import flash_release
from shop.usecases.checkout import Placed
from shop.usecases.deps import Deps
from shop.usecases.flash_stock import ShardsSeen
from shop.usecases.pay import Checkout, params_for

ROUNDS = 6


class SoldOut(ConflictError):  # noqa: N818 - the contract's word
    """No unit is free anywhere."""

    code = "sold_out"
    detail = "已抢光"


class _Over(Exception):  # noqa: N818 - an answer, not an error
    """This ticket has made its order already, and the order holds no units any more."""


@dataclass(frozen=True, slots=True)
class _Buy:
    """One ticket being turned into an order."""

    ticket: FlashTicket
    customer_id: CustomerId
    order_no: OrderNo
    home: int
    attempt: Attempt
    now: int


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
    logger.thread_safe_append_keys(order_no=buy.order_no)
    order, created = _order(buy, deps, seen)
    checkout = Checkout(deps.gateway(), deps.entropy(16).hex(), now)
    return Placed(order, params_for(order, ticket.openid, checkout), created)


def _buy(ticket: FlashTicket, deps: Deps, now: int) -> _Buy:
    customer_id = CustomerId(ticket.customer_id)
    nonce = order_nonce(ticket.sale_id, customer_id, ticket.salt)
    due = now + deps.flash_pay_window_seconds + GRACE_SECONDS
    return _Buy(
        ticket=ticket,
        customer_id=customer_id,
        order_no=order_numbers.derive(deps.ring(), nonce, ticket.issued_at, ticket.key_version),
        home=shard_of(customer_id, ticket.shards),
        attempt=Attempt(
            ticket.issued_at, ticket.salt, ticket.line.quantity, True, due - ticket.issued_at
        ),
        now=now,
    )


def _order(buy: _Buy, deps: Deps, seen: ShardsSeen) -> tuple[Order, bool]:
    """The ticket's order, and whether this call made it."""
    ticket, now = buy.ticket, buy.now
    if now >= ticket.expires_at or not ticket.starts_at <= now < ticket.ends_at:
        return _existing(buy, deps), False
    try:
        shard = _take(buy, seen)
    except _Over:
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


def _existing(buy: _Buy, deps: Deps) -> Order:
    """The order an old ticket made; or why it can make none any more."""
    row = orders.read(buy.customer_id, buy.order_no)
    if row is not None:
        return row.to_domain(deps.ring())
    if not buy.ticket.starts_at <= buy.now < buy.ticket.ends_at:
        raise ConflictError("sale_not_running", "活动未开始或已结束")
    raise ConflictError("ticket_expired", "抢购凭证已过期，请重新获取")


def _found(buy: _Buy, shard: int, row: OrderRow, deps: Deps) -> Order:
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


def _new_order(buy: _Buy, shard: int, deps: Deps) -> Order:
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


def _take(buy: _Buy, seen: ShardsSeen) -> int:
    """Hold the units; the number of the shard that they are in.

    Raises:
        SoldOut: No shard has enough.
        ConflictError: `limit_reached`.
        UnavailableError: The customer's entry kept changing.
    """
    ticket, quantity = buy.ticket, buy.attempt.quantity
    worth = seen.worth_trying(ticket.sale_id, ticket.shards, buy.home, quantity, buy.now)
    if not worth:
        # Sold out, but perhaps to this very ticket, whose answer was lost.
        held = seen.holder(ticket.sale_id, buy.customer_id, buy.attempt)
        if held is None:
            raise SoldOut
        return held
    taken = _at_home(buy, worth, seen)
    if taken is not None:
        return taken
    # Before a refusal what was seen must be fresh: a unit may have come back, at home or elsewhere.
    worth = seen.worth_trying(
        ticket.sale_id, ticket.shards, buy.home, quantity, buy.now, fresh=True
    )
    taken = _at_home(buy, worth, seen)
    return _elsewhere(buy, worth, seen) if taken is None else taken


def _at_home(buy: _Buy, worth: list[int], seen: ShardsSeen) -> int | None:
    """Take the units at home, if home is worth trying; None when it has too few."""
    return _reserve(buy, buy.home, seen) if worth and worth[0] == buy.home else None


def _elsewhere(buy: _Buy, worth: list[int], seen: ShardsSeen) -> int:
    """Take the units from another shard, once the allowance is counted at home.

    A count whose units are found nowhere stays: only the sweep can take it back, when no order can
    come any more. The same ticket may still turn it into units.

    Raises:
        SoldOut: No shard has enough.
    """
    others = [number for number in worth if number != buy.home]
    if not others:
        raise SoldOut
    counted = _count(buy, seen)
    if counted is not None:
        return counted
    for number in others:
        taken = _reserve(buy, number, seen)
        if taken is not None:
            return taken
    raise SoldOut


def _reserve(buy: _Buy, number: int, seen: ShardsSeen) -> int | None:
    """Take the units from one shard, with the customer's entry beside them.

    Returns:
        Where this ticket's units are; None when this shard has too few.
    """
    sale_id, quantity = buy.ticket.sale_id, buy.attempt.quantity
    old, entry = None, Entry()
    for _ in range(ROUNDS):
        taking = flash.change(
            sale_id, number, buy.customer_id, old, entry.adding(buy.attempt), units=quantity
        )
        try:
            seen.saw(sale_id, ShardRow.from_raw_data(dict(apply(taking))))
        except ConditionFailed as refused:
            row = _shard_behind(refused, seen, sale_id)
            old, entry = row.packed(buy.customer_id), row.entry(buy.customer_id)
            mine = entry.find(buy.attempt)
            if mine and mine.here:
                return number
            if mine:
                elsewhere = _units_elsewhere(buy, seen)
                if elsewhere is not None:
                    return elsewhere
                # Counted by a call that found no units: the count becomes one with units.
                entry = entry.forgetting(buy.attempt)
            elif number == buy.home:
                _admit(entry, buy)
            if int(row.free) < quantity:
                return None
            continue
        return number
    raise UnavailableError


def _count(buy: _Buy, seen: ShardsSeen) -> int | None:
    """Count the attempt at home without units there.

    Returns:
        Where its units are, if an earlier call has taken them; else None.
    """
    sale_id = buy.ticket.sale_id
    away = replace(buy.attempt, here=False)
    old, entry = None, Entry()
    for _ in range(ROUNDS):
        counting = flash.change(
            sale_id, buy.home, buy.customer_id, old, entry.adding(away), units=0
        )
        try:
            apply(counting)
        except ConditionFailed as refused:
            row = _shard_behind(refused, seen, sale_id)
            old, entry = row.packed(buy.customer_id), row.entry(buy.customer_id)
            mine = entry.find(buy.attempt)
            if mine:
                return buy.home if mine.here else _units_elsewhere(buy, seen)
            _admit(entry, buy)
            continue
        return None
    raise UnavailableError


def _admit(home: Entry, buy: _Buy) -> None:
    # A repeat of a ticket whose order is closed must not count as one more attempt.
    if home.ended and orders.read(buy.customer_id, buy.order_no) is not None:
        raise _Over
    if admit(home, buy.attempt, buy.ticket.per_customer) is Admission.LIMIT_REACHED:
        raise ConflictError("limit_reached", "已达到限购数量")


def _units_elsewhere(buy: _Buy, seen: ShardsSeen) -> int | None:
    """Where an earlier call took this counted ticket's units, if it did.

    A read that misses them leads to a second take; the order's own write then decides which one
    stays, and the other returns.
    """
    seen.look(buy.ticket.sale_id, buy.ticket.shards, buy.now)
    return seen.holder(buy.ticket.sale_id, buy.customer_id, buy.attempt)


def _shard_behind(refused: ConditionFailed, seen: ShardsSeen, sale_id: str) -> ShardRow:
    """The shard that refused.

    Raises:
        ConflictError: The sale has no such shard.
    """
    if not refused.old:
        raise ConflictError("sale_not_running", "活动未开始或已结束")
    row = ShardRow.from_raw_data(dict(refused.old))
    seen.saw(sale_id, row)
    return row
