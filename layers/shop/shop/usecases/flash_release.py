"""Return a flash attempt's units to its shard and its allowance to the home shard, once each."""

from collections.abc import Callable

from shop.domain.flash import Attempt, Entry
from shop.domain.ids import CustomerId
from shop.errors import UnavailableError
from shop.store import flash
from shop.store.flash import ShardRow
from shop.store.table import shard_of
from shop.store.writes import ConditionFailed, apply

ROUNDS = 8

Change = Callable[[Entry, Attempt], Entry]


def release(
    sale_id: str, customer_id: CustomerId, attempt: Attempt, shard: int, *, paid: bool = False
) -> None:
    """End an attempt whose order is closed: its units in `shard`, and its count at home.

    Args:
        sale_id: The sale.
        customer_id: Whose attempt.
        attempt: Which ticket's.
        shard: Where its units are.
        paid: The order had been paid and its refund is accepted. A release on behalf of an unpaid
            order leaves a settled attempt alone: a late payment has revived the order meanwhile.

    Raises:
        UnavailableError: The customer's entry kept changing, or the store did not answer.
    """
    for number in {shard, _home(sale_id, customer_id, shard)}:
        rewrite(sale_id, number, customer_id, attempt, Entry.ending, settled_too=paid)


def shrink(sale_id: str, customer_id: CustomerId, attempt: Attempt, shard: int) -> None:
    """Return units of a paid attempt that were refunded; `attempt` says how many it keeps.

    Raises:
        UnavailableError: The customer's entry kept changing, or the store did not answer.
    """
    for number in {shard, _home(sale_id, customer_id, shard)}:
        rewrite(sale_id, number, customer_id, attempt, Entry.shrinking, settled_too=True)


def settle(sale_id: str, customer_id: CustomerId, attempt: Attempt, shard: int) -> None:
    """Mark a paid attempt, so that no sweep looks at it again.

    Units that home holds besides, of a second take by the same ticket, go back.

    Raises:
        UnavailableError: The customer's entry kept changing, or the store did not answer.
    """
    rewrite(sale_id, shard, customer_id, attempt, Entry.settling)
    home = _home(sale_id, customer_id, shard)
    if home != shard:
        rewrite(sale_id, home, customer_id, attempt, _counting_only)


def _counting_only(entry: Entry, attempt: Attempt) -> Entry:
    return entry.demoting(attempt).settling(attempt)


def _home(sale_id: str, customer_id: CustomerId, shard: int) -> int:
    sale = flash.sale(sale_id)
    return shard_of(customer_id, sale.shards) if sale else shard


def drop_double(
    sale_id: str, customer_id: CustomerId, attempt: Attempt, shard: int, home: int
) -> None:
    """Return units that a live order holds a second time; its count at home stays.

    Raises:
        UnavailableError: The customer's entry kept changing, or the store did not answer.
    """
    change = Entry.demoting if shard == home else Entry.ending
    rewrite(sale_id, shard, customer_id, attempt, change)


def rewrite(
    sale_id: str,
    number: int,
    customer_id: CustomerId,
    attempt: Attempt,
    change: Change,
    *,
    settled_too: bool = False,
) -> bool:
    """Apply a change to the stored attempt of this ticket, if it is still there.

    Units return exactly when an attempt that holds units here holds fewer or none. A settled
    attempt is left alone unless `settled_too`.

    Returns:
        Whether anything was there to change.

    Raises:
        UnavailableError: The entry kept changing.
    """
    row = flash.shard(sale_id, number)
    for _ in range(ROUNDS):
        stored = row.entry(customer_id).find(attempt) if row else None
        if row is None or stored is None or (stored.due_after is None and not settled_too):
            return False
        old = row.packed(customer_id)
        new = change(row.entry(customer_id), attempt)
        after = new.find(attempt)
        left = after.quantity if after and after.here else 0
        units = left - stored.quantity if stored.here else 0
        if new.packed() == old:
            return False
        try:
            apply(flash.change(sale_id, number, customer_id, old, new, units=units))
        except ConditionFailed as refused:
            row = ShardRow.from_raw_data(dict(refused.old)) if refused.old else None
            continue
        return True
    raise UnavailableError
