"""What a stock audit finds: counters beside what orders and reservations say (`design.md` 2)."""

from dataclasses import dataclass

from shop.domain.order import OrderStatus

HELD = frozenset({OrderStatus.TO_PAY, OrderStatus.CLOSING})
"""States in which pieces are held: WeChat could still take the money, or is giving it back."""
SOLD = frozenset({OrderStatus.TO_SHIP, OrderStatus.TO_RECEIVE, OrderStatus.DONE})


@dataclass(frozen=True, slots=True)
class SkuAudit:
    """One SKU. Everything counts pieces.

    Attributes:
        available, taken, in_total: As its row says.
        held, sold: What orders hold of it, by their state.
        recent_orders: Its orders that changed in the last two minutes, looked at again.
        steady: Each look found the same; traffic differs each time in another way.
    """

    sku_id: str
    available: int
    taken: int
    in_total: int
    held: int
    sold: int
    recent_orders: int = 0
    steady: bool = True

    @property
    def difference(self) -> int:
        """What `taken` has more than orders hold; 0 when all is well."""
        return self.taken - self.held - self.sold

    @property
    def adds_up(self) -> bool:
        """Whether the counters agree with each other and with the orders."""
        return (
            self.difference == 0
            and self.in_total == self.available + self.taken
            and min(self.available, self.taken) >= 0
        )

    @property
    def is_wrong(self) -> bool:
        """Whether a person must look."""
        return not self.adds_up and (self.steady or self.in_total != self.available + self.taken)

    def same_as(self, before: "SkuAudit") -> bool:
        """Whether an earlier look found the same difference."""
        return before.steady and self.difference == before.difference


@dataclass(frozen=True, slots=True)
class SaleAudit:
    """One flash sale. Everything counts units.

    Attributes:
        units: What was moved out of the SKU for it.
        free, held, sold: Over all shards; sold are settled reservations.
        in_shards: The sum of the shards' totals.
        wrong_shards: Shards in which `free + held + sold` is not the total, or that are missing.
        is_over: Whether units may have gone back already.
        is_open: Whether it was set up to the end.
    """

    sale_id: str
    sku_id: str
    units: int
    free: int
    held: int
    sold: int
    in_shards: int
    wrong_shards: tuple[int, ...]
    is_over: bool
    is_open: bool

    @property
    def returned(self) -> int:
        """What the SKU has back."""
        return self.units - self.in_shards

    @property
    def is_wrong(self) -> bool:
        """Whether a shard does not add up, or a unit has gone anywhere but back after the end."""
        if not self.is_open:
            return False
        gone = self.returned < 0 if self.is_over else self.returned != 0
        return bool(self.wrong_shards) or gone
