"""Set a flash sale up: its units leave the SKU, a hundred shards at a time, then it opens.

Shards are filled in one transaction with the SKU (each shard's absence is its key), so a set-up
that was cut off anywhere is simply run again with the same terms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from shop.domain.flash import FlashSale, shard_count, spread
from shop.errors import ConflictError, NotFoundError, ValidationError
from shop.store import flash, reads, stock
from shop.store.stock import SkuRow
from shop.store.table import sku_key
from shop.store.writes import ConditionFailed, Write, apply, together

SHARDS_AT_ONCE = 99
"""Shards in one transaction: it takes a hundred writes, and the SKU's is one of them."""
_TOO_FEW = ("insufficient_stock", "库存不足")


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """What staff decide. Price in fen, times in UTC seconds."""

    id: str
    title: str
    sku_id: str
    price_fen: int
    units: int
    per_customer: int
    starts_at: int
    ends_at: int


def set_up(terms: SaleTerms, key_version: str) -> FlashSale:
    """Create a sale and move its units into it, or finish doing so.

    Args:
        terms: What staff decided; repeating the same terms is harmless.
        key_version: The key that the sale's order numbers will be derived under.

    Returns:
        The open sale.

    Raises:
        ValidationError: It ends before it starts.
        NotFoundError: There is no such SKU.
        ConflictError: `sale_exists` with other terms; `insufficient_stock`: nothing was written,
            unless buyers took the units meanwhile. Then the same terms go on once there are
            enough, and the sweep gives back after the sale's end what was moved.
        UnavailableError: Cut off; run it again.
    """
    sale, _ = _agreed(terms, key_version, ())
    # Listed before a unit moves, so that the sweep finds what a set-up that fails leaves behind.
    flash.enlist(sale.id, sale.ends_at)
    _fill(sale)
    apply(flash.open_sale(sale.id))
    return flash.sale(sale.id) or sale


def begin(terms: SaleTerms, key_version: str, also: Sequence[Write]) -> bool:
    """Put a sale that is not open yet, with the writes that must happen with it.

    Returns:
        False if it was there with the same terms; then nothing is written.

    Raises:
        ValidationError, NotFoundError, ConflictError: As `set_up`.
        ConditionFailed: One of `also` did not hold; they come first.
    """
    return _agreed(terms, key_version, also)[1]


def _agreed(terms: SaleTerms, key_version: str, also: Sequence[Write]) -> tuple[FlashSale, bool]:
    """The stored sale, made now or before with the same terms, and whether it was made now."""
    if terms.ends_at <= terms.starts_at:
        raise ValidationError(errors=[{"field": "$.ends_at", "message": "must be after starts_at"}])
    sku = reads.get(SkuRow, sku_key(terms.sku_id), consistent=True)
    if sku is None:
        raise NotFoundError(detail="没有这个 SKU")
    if int(sku.available) < terms.units and not flash.is_created(terms.id):
        # Before any unit moves: those of a sale that cannot open could not be bought by anybody.
        raise ConflictError(*_TOO_FEW)
    sale = FlashSale(
        id=terms.id,
        title=terms.title,
        sku_id=terms.sku_id,
        product_id=terms.sku_id.rpartition("-")[0],
        sku_title=sku.title,
        spec=sku.spec,
        image_url=sku.image_url,
        price_fen=terms.price_fen,
        units=terms.units,
        shards=shard_count(terms.units),
        per_customer=terms.per_customer,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        key_version=key_version,
        open=False,
        weight_g=int(sku.weight_g),
        volume_cm3=int(sku.volume_cm3 or 0),
        freight=str(sku.freight or ""),
    )
    try:
        together([*also, flash.create(sale)])
    except ConditionFailed as refused:
        if any(old is not None for old in refused.failed[:-1]):
            raise
        stored = flash.SaleRow.from_raw_data(dict(refused.old)).to_domain()
        same = (
            (stored.sku_id, stored.price_fen, stored.units, stored.per_customer)
            == (terms.sku_id, terms.price_fen, terms.units, terms.per_customer)
            and (stored.starts_at, stored.ends_at) == (terms.starts_at, terms.ends_at)
        )  # fmt: skip
        if not same:
            raise ConflictError("sale_exists", "活动编号已被使用") from refused
        return stored, False
    return sale, True


def _fill(sale: FlashSale) -> None:
    """Move the units from the SKU into every shard, once; shards that are there stay as they are.

    Raises:
        ConflictError: `insufficient_stock`; what was moved stays there.
    """
    left = dict(enumerate(spread(sale.units, sale.shards)))
    while left:
        some = dict(islice(left.items(), SHARDS_AT_ONCE))
        filled = [flash.fill(sale.id, number, units) for number, units in some.items()]
        try:
            together([*filled, stock.change_total(sale.sku_id, -sum(some.values()))])
        except ConditionFailed as refused:
            if all(old is None for old in refused.failed[:-1]):
                raise ConflictError(*_TOO_FEW) from refused
            # A run that was cut off was here, or another goes on beside this one.
            some = dict.fromkeys(flash.shards(sale.id, sale.shards, consistent=True), 0)
        left = {number: units for number, units in left.items() if number not in some}
