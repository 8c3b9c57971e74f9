"""Pools of coupons: one plain conditional write gives one out, counts it and remembers its key.

A pool comes into being with its first claim: its share follows from the coupon's quota, so that
setting up costs nothing. Each customer's entry is an attribute of its own.
"""

from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute
from pynamodb.expressions.condition import Condition

from shop.domain.coupon_pool import Entry
from shop.store import reads
from shop.store.table import Entity, pool_key, pool_of
from shop.store.writes import Raw, Write, update

_ENTRY_PREFIX = "+"


class PoolRow(Entity):
    """One pool; the customers' entries stand beside its own attributes."""

    given = NumberAttribute(attr_name="n", default=0)
    packed: dict[str, bytes]

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> "PoolRow":
        """The row with its entries, which no schema names."""
        row = super().from_raw_data(data)
        row.packed = entries_of(data)
        return row

    @property
    def number(self) -> int:
        """Which pool of its coupon."""
        return pool_of(str(self.PK))[1]

    def entry(self, customer_id: str) -> Entry:
        """One customer's entry."""
        return Entry.read(self.packed.get(customer_id))


def entries_of(raw: Raw) -> dict[str, bytes]:
    """The packed entries in a stored pool, by customer; none in none."""
    return {
        name.removeprefix(_ENTRY_PREFIX): value["B"]
        for name, value in raw.items()
        if name.startswith(_ENTRY_PREFIX)
    }


def coupon_of(row: PoolRow) -> str:
    """Whose pool it is."""
    return pool_of(str(row.PK))[0]


def of_raw(raw: Raw) -> PoolRow:
    """A pool from what a write or a stream handed over."""
    return PoolRow.from_raw_data(dict(raw))


def give(
    coupon_id: str, number: int, customer_id: str, old: bytes | None, new: Entry, *, share: int
) -> Write:
    """Give one out under the customer's new entry, if one is left and the entry is still `old`."""
    path = _path(customer_id)
    some_left: Condition = PoolRow.given < share
    if share:
        some_left |= PoolRow.given.does_not_exist()
    return update(
        PoolRow(*pool_key(coupon_id, number)),
        [path.set(new.packed()), PoolRow.given.add(1)],
        some_left & _still(path, old),
    )


def note(coupon_id: str, number: int, customer_id: str, old: bytes | None, new: Entry) -> Write:
    """Change a customer's entry without giving anything out, if it is still `old`."""
    path = _path(customer_id)
    return update(
        PoolRow(*pool_key(coupon_id, number)), [path.set(new.packed())], _still(path, old)
    )


def pool(coupon_id: str, number: int) -> PoolRow | None:
    """One pool as it is now (consistent); None while nobody has asked it."""
    return reads.get(PoolRow, pool_key(coupon_id, number), consistent=True)


def pools(coupon_id: str, numbers: Sequence[int]) -> dict[int, PoolRow]:
    """Those of these pools that somebody has asked; one request per 100, half a unit each."""
    keys = [pool_key(coupon_id, number) for number in numbers]
    return {row.number: row for row in reads.batch(PoolRow, keys).values()}


def _path(customer_id: str) -> BinaryAttribute:
    name = f"{_ENTRY_PREFIX}{customer_id}"
    path = BinaryAttribute(attr_name=name, legacy_encoding=False)
    path.attr_path = [name]
    return path


def _still(path: BinaryAttribute, old: bytes | None) -> Condition:
    return path.does_not_exist() if old is None else path == old
