"""Take a flash sale's units for one ticket (`design.md` 3, `docs/adr/0005`).

One plain conditional write on the customer's home shard takes them, counts them against the
allowance, is idempotent and can be found when due. When home is empty the allowance is counted
there first, under the same ticket, and the units then come from another shard.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import reduce

from shop.crypto.flash_tickets import FlashTicket
from shop.domain.flash import Attempt, Entry, admit
from shop.domain.ids import CustomerId, OrderNo
from shop.errors import ConflictError, UnavailableError
from shop.store import flash, orders
from shop.store.flash import ShardRow
from shop.store.order_row import OrderRow
from shop.store.writes import ConditionFailed, apply
from shop.usecases.flash_stock import ShardsSeen

ROUNDS = 6
CALL_SECONDS = 5
"""By then a call that has counted its ticket has put its order or ended. It decides only which of
a customer's own tickets yields: were a call slower, its order would be refused by a tombstone."""


class SoldOut(ConflictError):  # noqa: N818 - the contract's word
    """No unit is free anywhere."""

    code = "sold_out"
    detail = "已抢光"


class Over(Exception):  # noqa: N818 - an answer, not an error
    """This ticket has made its order already, and the order holds no units any more."""


@dataclass(frozen=True, slots=True)
class Buy:
    """One ticket being turned into an order.

    Attributes:
        order_of: The number of the order that an attempt of this customer in this sale makes.
    """

    ticket: FlashTicket
    customer_id: CustomerId
    home: int
    attempt: Attempt
    now: int
    order_of: Callable[[Attempt], OrderNo] = field(repr=False)

    @property
    def order_no(self) -> OrderNo:
        """The number of this ticket's order."""
        return self.order_of(self.attempt)


def take(buy: Buy, seen: ShardsSeen) -> int:
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


def _at_home(buy: Buy, worth: list[int], seen: ShardsSeen) -> int | None:
    """Take the units at home, if home is worth trying; None when it has too few."""
    return _reserve(buy, buy.home, seen) if worth and worth[0] == buy.home else None


def _elsewhere(buy: Buy, worth: list[int], seen: ShardsSeen) -> int:
    """Take the units from another shard, once the allowance is counted at home.

    A count whose units are found nowhere stays: the same ticket may still turn it into units. The
    sweep takes it back, or the customer's next ticket, once no order of it can come any more.

    Raises:
        SoldOut: No shard has enough.
        UnavailableError: Others were always faster; the same ticket resumes.
    """
    others = [number for number in worth if number != buy.home]
    if not others:
        raise SoldOut
    counted = _count(buy, seen)
    if counted is not None:
        return counted
    sale_id, shards = buy.ticket.sale_id, buy.ticket.shards
    for _ in range(shards):
        taken = _reserve(buy, others[0], seen)
        if taken is not None:
            return taken
        # Another buyer was here first, so what was seen of the rest is old too: one read tells, and
        # trying one by one would cost a refused write for each.
        seen.look(sale_id, shards, buy.now)
        others = seen.with_units(sale_id, shards, buy.home, buy.attempt.quantity)
        if not others:
            raise SoldOut
    raise UnavailableError


def _reserve(buy: Buy, number: int, seen: ShardsSeen) -> int | None:
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
                entry = _admitting(entry, buy)
            if int(row.free) < quantity:
                return None
            continue
        return number
    raise UnavailableError


def _count(buy: Buy, seen: ShardsSeen) -> int | None:
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
            entry = _admitting(entry, buy)
            continue
        return None
    raise UnavailableError


def _admitting(home: Entry, buy: Buy) -> Entry:
    """The home entry that this attempt may be added to.

    Counts that earlier tickets left there, for units that they never found, yield to this one: as
    many as it takes, each once a tombstone forbids its order. The write that adds this attempt
    drops them, if the entry is still as it was read.

    Raises:
        Over: This ticket's order is there and closed.
        ConflictError: `limit_reached`.
    """
    # A repeat of a ticket whose order is closed must not count as one more attempt.
    if home.ended and orders.read(buy.customer_id, buy.order_no) is not None:
        raise Over
    left = _left_behind(home, buy)
    if _admits(reduce(Entry.forgetting, left, home), buy):
        for one in left:
            if _admits(home, buy):
                break
            if _forbidden(one, buy):
                home = home.forgetting(one)
    if not _admits(home, buy):
        raise ConflictError("limit_reached", "已达到限购数量")
    return home


def _admits(home: Entry, buy: Buy) -> bool:
    return admit(home, buy.attempt, buy.ticket.per_customer)


def _left_behind(home: Entry, buy: Buy) -> list[Attempt]:
    """Counts without units of tickets older than this one, whose calls are over."""
    latest = (buy.attempt.due or 0) - CALL_SECONDS
    return [
        one
        for one in home.live
        if not one.here
        and one.due is not None
        and one.due <= latest
        and (one.issued_at, one.salt) < (buy.attempt.issued_at, buy.attempt.salt)
    ]


def _forbidden(attempt: Attempt, buy: Buy) -> bool:
    """Make sure that this attempt's order never comes; False if it is there."""
    order_no = buy.order_of(attempt)
    if orders.read(buy.customer_id, order_no) is not None:
        return False
    try:
        apply(orders.forbid(buy.customer_id, order_no, buy.now))
    except ConditionFailed as refused:
        return OrderRow.of(refused.old).is_tombstone
    return True


def _units_elsewhere(buy: Buy, seen: ShardsSeen) -> int | None:
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
