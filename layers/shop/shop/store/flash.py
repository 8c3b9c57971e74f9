"""Flash-sale stock: units and reservations together in one small item per shard.

One plain conditional write takes the unit, counts it against the allowance, is idempotent and can
be found when due (`design.md` section 3). `free + units of live attempts here = total`, always.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.flash import Entry, FlashSale
from shop.domain.ids import product_of
from shop.store import reads
from shop.store.table import Entity, Key, sale_key, sale_list_key, shard_key
from shop.store.writes import ConditionFailed, Write, absent, apply, present, put, update


class SaleRow(Entity):
    """A sale's terms; they do not change once it is set up."""

    title = UnicodeAttribute(attr_name="t")
    sku_id = UnicodeAttribute(attr_name="k")
    sku_title = UnicodeAttribute(attr_name="kt")
    spec = UnicodeAttribute(attr_name="sp")
    image_url = UnicodeAttribute(attr_name="im")
    price_fen = NumberAttribute(attr_name="p")
    units = NumberAttribute(attr_name="u")
    shards = NumberAttribute(attr_name="n")
    per_customer = NumberAttribute(attr_name="pc")
    starts_at = NumberAttribute(attr_name="s")
    ends_at = NumberAttribute(attr_name="e")
    key_version = UnicodeAttribute(attr_name="kv")
    is_open = BooleanAttribute(attr_name="o")
    weight_g = NumberAttribute(attr_name="w", default=0)
    volume_cm3 = NumberAttribute(attr_name="vo", null=True)
    freight = UnicodeAttribute(attr_name="fr", null=True)

    @classmethod
    def of(cls, sale: FlashSale) -> "SaleRow":
        """The row of a sale."""
        return cls(
            *sale_key(sale.id),
            title=sale.title,
            sku_id=sale.sku_id,
            sku_title=sale.sku_title,
            spec=sale.spec,
            image_url=sale.image_url,
            price_fen=sale.price_fen,
            units=sale.units,
            shards=sale.shards,
            per_customer=sale.per_customer,
            starts_at=sale.starts_at,
            ends_at=sale.ends_at,
            key_version=sale.key_version,
            is_open=sale.open,
            weight_g=sale.weight_g,
            volume_cm3=sale.volume_cm3 or None,
            freight=sale.freight or None,
        )

    def to_domain(self) -> FlashSale:
        """The sale."""
        return FlashSale(
            id=str(self.PK).removeprefix("F#"),
            title=self.title,
            sku_id=self.sku_id,
            product_id=product_of(self.sku_id),
            sku_title=self.sku_title,
            spec=self.spec,
            image_url=self.image_url,
            price_fen=int(self.price_fen),
            units=int(self.units),
            shards=int(self.shards),
            per_customer=int(self.per_customer),
            starts_at=int(self.starts_at),
            ends_at=int(self.ends_at),
            key_version=self.key_version,
            open=bool(self.is_open),
            weight_g=int(self.weight_g),
            volume_cm3=int(self.volume_cm3 or 0),
            freight=str(self.freight or ""),
        )


class SaleListRow(Entity):
    """The ids of all sales, so that a list or a sweep finds them by one read."""

    sales: MapAttribute = MapAttribute(attr_name="m", default=dict)  # type: ignore[type-arg]


class ShardRow(Entity):
    """One shard."""

    free = NumberAttribute(attr_name="f")
    total = NumberAttribute(attr_name="n")
    entries: MapAttribute = MapAttribute(attr_name="e", default=dict)  # type: ignore[type-arg]

    @property
    def number(self) -> int:
        """Which shard of its sale."""
        return int(str(self.PK).rpartition("#")[2])

    @property
    def sale_id(self) -> str:
        """Whose shard it is."""
        return str(self.PK).removeprefix("F#").rpartition("#")[0]

    def entry(self, customer_id: str) -> Entry:
        """One customer's entry."""
        return Entry.read(self.packed(customer_id))

    def packed(self, customer_id: str) -> bytes | None:
        """One customer's entry as stored."""
        value: bytes | None = self.entries.attribute_values.get(customer_id)
        return value

    def customers(self) -> Sequence[str]:
        """Everybody with an entry here."""
        return list(self.entries.attribute_values)


def _entry_path(customer_id: str) -> BinaryAttribute:
    path = BinaryAttribute(attr_name="e", legacy_encoding=False)
    path.attr_path = ["e", customer_id]
    return path


def change(
    sale_id: str,
    number: int,
    customer_id: str,
    old: bytes | None,
    new: Entry | None,
    *,
    units: int,
    brought: int = 0,
) -> Write:
    """Replace one customer's entry and take or return units, if the entry is still `old`.

    Args:
        sale_id: The sale.
        number: The shard.
        customer_id: Whose entry.
        old: Its exact bytes; None when there is none.
        new: What replaces it; None removes it.
        units: Taken when positive (refused if fewer are free), returned when negative, or 0.
        brought: Units added to the shard with this; goes with their removal from the SKU.
    """
    path = _entry_path(customer_id)
    actions: list[Action] = [path.remove() if new is None else path.set(new.packed())]
    # The shard itself must exist: an update would otherwise make one out of nothing.
    condition: Condition = present() & (path.does_not_exist() if old is None else path == old)
    if brought:
        actions.append(ShardRow.total.set(ShardRow.total + brought))
    from_free = units - brought
    if from_free:
        actions.append(ShardRow.free.set(ShardRow.free - from_free))
    if from_free > 0:
        condition &= ShardRow.free >= from_free
    return update(ShardRow(*shard_key(sale_id, number)), actions, condition)


def fill(sale_id: str, number: int, units: int) -> Write:
    """Put a new shard with its units."""
    return put(ShardRow(*shard_key(sale_id, number), free=units, total=units), absent())


def drain(sale_id: str, number: int, units: int) -> Write:
    """Take free units out of an ended sale's shard; goes with their return to the SKU."""
    return update(
        ShardRow(*shard_key(sale_id, number)),
        [ShardRow.free.set(ShardRow.free - units), ShardRow.total.set(ShardRow.total - units)],
        ShardRow.free >= units,
    )


def create(sale: FlashSale) -> Write:
    """Put a sale that is not open yet."""
    return put(SaleRow.of(sale), absent())


def open_sale(sale_id: str) -> Write:
    """Mark a sale open; every shard is filled."""
    return update(SaleRow(*sale_key(sale_id)), [SaleRow.is_open.set(True)], present())


def enlist(sale_id: str, ends_at: int) -> None:
    """Add a sale to the list of all sales."""
    path = NumberAttribute(attr_name="m")
    path.attr_path = ["m", sale_id]
    row = SaleListRow(*sale_list_key())
    with suppress(ConditionFailed):
        apply(put(row, absent()))
    apply(update(row, [path.set(ends_at)], present()))


def sale(sale_id: str) -> FlashSale | None:
    """A sale's terms."""
    row = reads.get(SaleRow, sale_key(sale_id))
    return row.to_domain() if row else None


def is_created(sale_id: str) -> bool:
    """Whether a sale has this id, open or not, as of now (consistent)."""
    return reads.get(SaleRow, sale_key(sale_id), consistent=True) is not None


def all_sales(wanted: Callable[[str, int], bool] = lambda *_: True) -> list[FlashSale]:
    """Every sale's terms, or those of the sales whose id and end are wanted."""
    listed = reads.get(SaleListRow, sale_list_key())
    if listed is None:
        return []
    ends = listed.sales.attribute_values
    return sales(sale_id for sale_id in ends if wanted(sale_id, int(ends[sale_id])))


def sales(sale_ids: Iterable[str]) -> list[FlashSale]:
    """The terms of these sales."""
    keys = [sale_key(sale_id) for sale_id in sale_ids]
    return [row.to_domain() for row in reads.batch(SaleRow, keys).values()]


def is_shard(key: Key) -> bool:
    """Whether a key is a shard's, and no order's."""
    return key[0].startswith("F#")


def shard_rows(keys: Sequence[Key]) -> list[ShardRow]:
    """The shards with these keys, of whatever sales; one request per 100."""
    return list(reads.batch(ShardRow, keys).values())


def shards(sale_id: str, count: int, *, consistent: bool = False) -> dict[int, ShardRow]:
    """All shards of a sale, by number; one request per 100."""
    keys = [shard_key(sale_id, number) for number in range(count)]
    found = reads.batch(ShardRow, keys, consistent=consistent)
    return {row.number: row for row in found.values()}


def shards_at_once(sale_id: str, count: int) -> dict[int, ShardRow]:
    """All shards of a sale, each hundred of them as they were at one moment."""
    found: dict[int, ShardRow] = {}
    for begin in range(0, count, reads.BATCH_KEYS):
        numbers = range(begin, min(begin + reads.BATCH_KEYS, count))
        rows = reads.at_once(ShardRow, [shard_key(sale_id, number) for number in numbers])
        found |= {row.number: row for row in rows.values()}
    return found


def shard(sale_id: str, number: int) -> ShardRow | None:
    """One shard as it is now (consistent)."""
    return reads.get(ShardRow, shard_key(sale_id, number), consistent=True)
