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


def release(sale_id: str, customer_id: CustomerId, attempt: Attempt, shard: int) -> None:
    """End an attempt whose order is closed: its units in `shard`, and its count at home.

    Raises:
        UnavailableError: The customer's entry kept changing, or the store did not answer.
    """
    _everywhere(sale_id, customer_id, attempt, shard, Entry.ending)


def settle(sale_id: str, customer_id: CustomerId, attempt: Attempt, shard: int) -> None:
    """Mark a paid attempt, so that no sweep looks at it again.

    Raises:
        UnavailableError: The customer's entry kept changing, or the store did not answer.
    """
    _everywhere(sale_id, customer_id, attempt, shard, Entry.settling)


def _everywhere(
    sale_id: str, customer_id: CustomerId, attempt: Attempt, shard: int, change: Change
) -> None:
    rewrite(sale_id, shard, customer_id, attempt, change)
    sale = flash.sale(sale_id)
    home = shard_of(customer_id, sale.shards) if sale else shard
    if home != shard:
        rewrite(sale_id, home, customer_id, attempt, change)


def rewrite(
    sale_id: str, number: int, customer_id: CustomerId, attempt: Attempt, change: Change
) -> bool:
    """Apply a change to the stored attempt of this ticket, if it is still there.

    Units return exactly when an attempt that holds units here leaves the entry.

    Returns:
        Whether anything was there to change.

    Raises:
        UnavailableError: The entry kept changing.
    """
    row = flash.shard(sale_id, number)
    for _ in range(ROUNDS):
        stored = row.entry(customer_id).find(attempt) if row else None
        if row is None or stored is None:
            return False
        old = row.packed(customer_id)
        new = change(row.entry(customer_id), attempt)
        leaves = new.find(attempt) is None and stored.here
        units = -stored.quantity if leaves else 0
        if new.packed() == old:
            return False
        try:
            apply(flash.change(sale_id, number, customer_id, old, new, units=units))
        except ConditionFailed as refused:
            row = ShardRow.from_raw_data(dict(refused.old)) if refused.old else None
            continue
        return True
    raise UnavailableError
