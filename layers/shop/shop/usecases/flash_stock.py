"""What this process has seen of a sale's shards, so that a refusal after sell-out costs nothing.

What was seen is believed for one second, so a refusal never outlives a returned unit by more than
that and one read (`design.md` 3.6 allows two seconds). Believing wrongly costs one failed write,
never a unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shop.domain.flash import Attempt, FlashSale
from shop.errors import NotFoundError
from shop.recent import Recent
from shop.store import flash
from shop.store.flash import ShardRow

BELIEVED_SECONDS = 1
KEPT_SECONDS = 5
"""How long a sale's terms are kept; a new sale shows after at most this long."""


@dataclass(slots=True)
class _Seen:
    at: int = -BELIEVED_SECONDS - 1
    rows: dict[int, ShardRow] = field(default_factory=dict)


@dataclass(slots=True)
class ShardsSeen:
    """The shards of each sale as this process last saw them."""

    _sales: dict[str, _Seen] = field(default_factory=dict)

    def worth_trying(
        self,
        sale_id: str,
        count: int,
        home: int,
        quantity: int,
        now: int,
        *,
        fresh: bool = False,
    ) -> list[int]:
        """Shards that seem to have enough units, home first; none when the sale seems sold out.

        Home alone if it seems to have enough, and nothing fresher is asked for. Reads all shards
        (one request per 100) when nothing was seen yet, or when everything seemed empty and that
        was a second ago; with `fresh`, whenever it was a second ago.
        """
        seen = self._sales.setdefault(sale_id, _Seen())
        at_home = None if fresh else seen.rows.get(home)
        if at_home is not None and int(at_home.free) >= quantity:
            return [home]
        worth = self.with_units(sale_id, count, home, quantity)
        if (fresh or not worth) and not 0 <= now - seen.at < BELIEVED_SECONDS:
            self.look(sale_id, count, now)
            worth = self.with_units(sale_id, count, home, quantity)
        return worth

    def with_units(self, sale_id: str, count: int, home: int, quantity: int) -> list[int]:
        """Shards seen with enough units: home, then the fullest, which stays true the longest."""
        rows = self._sales.setdefault(sale_id, _Seen()).rows
        enough = [
            (number, free) for number, row in rows.items() if (free := int(row.free)) >= quantity
        ]
        enough.sort(key=lambda one: (one[0] != home, -one[1], (one[0] - home) % count))
        return [number for number, _ in enough]

    def look(self, sale_id: str, count: int, now: int) -> Mapping[int, ShardRow]:
        """Read all shards."""
        seen = self._sales.setdefault(sale_id, _Seen())
        seen.rows = flash.shards(sale_id, count)
        seen.at = now
        return seen.rows

    def saw(self, sale_id: str, row: ShardRow) -> None:
        """Keep what a write has shown of one shard."""
        self._sales.setdefault(sale_id, _Seen()).rows[row.number] = row

    def holder(self, sale_id: str, customer_id: str, attempt: Attempt) -> int | None:
        """The shard that was seen holding this attempt's units."""
        for number, row in self._sales.setdefault(sale_id, _Seen()).rows.items():
            stored = row.entry(customer_id).find(attempt)
            if stored and stored.here:
                return number
        return None

    def knows(self, sale_id: str, home: int, customer_id: str) -> bool:
        """Whether the home shard was seen with an entry of this customer, live or ended."""
        row = self._sales.setdefault(sale_id, _Seen()).rows.get(home)
        return row is not None and row.packed(customer_id) is not None

    def sold_out(self, sale_id: str, count: int, now: int) -> bool:
        """Whether no unit seems free, by what was seen within the last second."""
        seen = self._sales.setdefault(sale_id, _Seen())
        if not 0 <= now - seen.at < BELIEVED_SECONDS:
            self.look(sale_id, count, now)
        return not self.with_units(sale_id, count, 0, 1)


@dataclass(slots=True)
class SalesSeen:
    """The sales' terms as this process last read them; those of a sale that is over are final."""

    _at: int = -KEPT_SECONDS - 1
    _sales: dict[str, FlashSale] = field(default_factory=dict)
    _each: Recent[str, FlashSale] = field(default_factory=lambda: Recent(KEPT_SECONDS))

    def all(self, now: int) -> list[FlashSale]:
        """Every sale in the order of `place`."""
        if not 0 <= now - self._at < KEPT_SECONDS:
            final = {sale.id: sale for sale in self._sales.values() if sale.ends_at <= self._at}
            read = flash.all_sales(lambda sale_id, _: sale_id not in final)
            self._sales = final | {sale.id: sale for sale in read}
            self._at = now
        return sorted(self._sales.values(), key=lambda sale: place(sale, now))

    def one(self, sale_id: str, now: int) -> FlashSale:
        """One sale.

        Raises:
            NotFoundError: There is no such sale.
        """
        return self._each.get_or_load(sale_id, now, lambda: _terms(sale_id))


def _terms(sale_id: str) -> FlashSale:
    sale = flash.sale(sale_id)
    if sale is None:
        raise NotFoundError
    return sale


def place(sale: FlashSale, now: int) -> tuple[int, int, str]:
    """Where a sale stands: those not over by their start, then those over, the latest first."""
    if now < sale.ends_at:
        return 0, sale.starts_at, sale.id
    return 1, -sale.ends_at, sale.id
