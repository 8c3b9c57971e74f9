"""A SKU's price and stock, and every way they change.

`in_total = available + taken` always: the three change together or not at all. What orders hold or
have sold is `taken`; what staff add, remove or move into a flash sale changes `in_total`.
"""

from collections.abc import Callable, Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Value

from shop.store import reads
from shop.store.table import SKU_PREFIX, Entity, adjustment_key, limit_key, sku_key
from shop.store.writes import Raw, Write, absent, present, put, update


class SkuRow(Entity):
    """One SKU: what the checkout's condition looks at, and what a quote shows. Below 1 KB."""

    available = NumberAttribute(attr_name="av")
    taken = NumberAttribute(attr_name="tk")
    in_total = NumberAttribute(attr_name="it")
    sale_first = NumberAttribute(attr_name="sf")
    sale_last = NumberAttribute(attr_name="sl")
    price_fen = NumberAttribute(attr_name="p")
    list_price_fen = NumberAttribute(attr_name="lp")
    price_version = NumberAttribute(attr_name="pv")
    limit = NumberAttribute(attr_name="lm", null=True)
    title = UnicodeAttribute(attr_name="t")
    spec = UnicodeAttribute(attr_name="sp")
    image_url = UnicodeAttribute(attr_name="im")
    categories = UnicodeAttribute(attr_name="ca")
    weight_g = NumberAttribute(attr_name="w", default=0)
    volume_cm3 = NumberAttribute(attr_name="vo", null=True)
    freight = UnicodeAttribute(attr_name="fr", null=True)

    @property
    def sku_id(self) -> str:
        """The SKU's id, from its key."""
        return str(self.SK).removeprefix(SKU_PREFIX)

    def on_sale_at(self, now: int) -> bool:
        """Whether it can be bought at that second, stock aside."""
        return bool(self.sale_first <= now <= self.sale_last)

    @property
    def category_ids(self) -> tuple[str, ...]:
        """Its product's categories with their parents."""
        return tuple(str(self.categories).split(",")) if self.categories else ()


class AdjustmentRow(Entity):
    """One keyed change of a SKU's stock, kept for good."""

    delta = NumberAttribute(attr_name="d")
    reason = UnicodeAttribute(attr_name="r")
    actor = UnicodeAttribute(attr_name="by")
    at = NumberAttribute(attr_name="at")


class LimitRow(Entity):
    """Pieces of a limited SKU that one customer's live orders hold or have bought."""

    pieces = NumberAttribute(attr_name="n")


def sellable(quantity: int, price_version: int, now: int) -> Condition:
    """The condition under which a line of an ordinary order can be taken."""
    conditions: Condition = (
        (SkuRow.available >= quantity)
        & Value(now).between(SkuRow.sale_first, SkuRow.sale_last)
        & (SkuRow.price_version == price_version)
    )
    return conditions


def take(sku_id: str, quantity: int, price_version: int, now: int) -> Write:
    """Take pieces for an order, if enough are there at that price and on sale at that second."""
    return _move(sku_id, quantity, sellable(quantity, price_version, now))


def retake(sku_id: str, quantity: int) -> Write:
    """Take pieces again for an order that was paid late; its price is settled already."""
    return _move(sku_id, quantity, SkuRow.available >= quantity)


def give_back(sku_id: str, quantity: int) -> Write:
    """Return what one order took. The order's own condition makes it happen once."""
    return _move(sku_id, -quantity, SkuRow.taken >= quantity)


def _move(sku_id: str, quantity: int, condition: Condition) -> Write:
    return update(
        SkuRow(*sku_key(sku_id)),
        [
            SkuRow.available.set(SkuRow.available - quantity),
            SkuRow.taken.set(SkuRow.taken + quantity),
        ],
        condition,
    )


def change_total(sku_id: str, delta: int, was: int | None = None) -> Write:
    """Add pieces, or remove some that nobody holds. Pair it with the row that keys it.

    Args:
        sku_id: The SKU.
        delta: Pieces.
        was: The total that it must still have.
    """
    condition: Condition = present() if delta >= 0 else SkuRow.available >= -delta
    if was is not None:
        condition &= SkuRow.in_total == was
    return update(
        SkuRow(*sku_key(sku_id)),
        [
            SkuRow.available.set(SkuRow.available + delta),
            SkuRow.in_total.set(SkuRow.in_total + delta),
        ],
        condition,
    )


def record_adjustment(sku_id: str, key: str, delta: int, reason: str, actor: str, at: int) -> Write:
    """The row that makes one adjustment happen once."""
    row = AdjustmentRow(
        *adjustment_key(sku_id, key), delta=delta, reason=reason, actor=actor, at=at
    )
    return put(row, absent())


def adjusted(sku_id: str, key: str) -> int | None:
    """By how many pieces an adjustment has changed a SKU, ever; None when it was not made."""
    row = reads.get(AdjustmentRow, adjustment_key(sku_id, key), consistent=True)
    return int(row.delta) if row else None


def adjusted_by(raw: Raw) -> int:
    """By how many pieces the adjustment did that refused another of its key."""
    return int(AdjustmentRow.from_raw_data(dict(raw)).delta)


def count_limit(customer_id: str, sku_id: str, quantity: int, limit: int) -> Write:
    """Count pieces against a customer's limit, if they stay within it."""
    row = LimitRow(*limit_key(customer_id, sku_id))
    return update(
        row,
        [LimitRow.pieces.add(quantity)],
        absent() | (LimitRow.pieces <= limit - quantity),
    )


def every(*, may_go_on: Callable[[], bool] = lambda: True) -> list[SkuRow]:
    """All SKUs, as their rows are now (consistent); billed as the whole table.

    Raises:
        UnavailableError: The store did not answer, or there is no time to go on.
    """
    condition: Condition = SkuRow.SK.startswith(SKU_PREFIX) & SkuRow.in_total.exists()
    return list(reads.scan(SkuRow, condition, consistent=True, may_go_on=may_go_on))


def some(sku_ids: Sequence[str]) -> list[SkuRow]:
    """These SKUs as they are now (consistent); missing ones are left out."""
    return list(reads.batch(SkuRow, [sku_key(one) for one in sku_ids], consistent=True).values())


def bought(customer_id: str, sku_ids: Sequence[str]) -> dict[str, int]:
    """Pieces of limited SKUs counted against a customer so far; one request per 100."""
    keys = {limit_key(customer_id, sku_id): sku_id for sku_id in sku_ids}
    rows = reads.batch(LimitRow, list(keys))
    return {keys[key]: int(row.pieces) for key, row in rows.items()}


def uncount_limit(customer_id: str, sku_id: str, quantity: int) -> Write:
    """Give pieces of a closed order back to a customer's limit."""
    row = LimitRow(*limit_key(customer_id, sku_id))
    return update(row, [LimitRow.pieces.add(-quantity)], LimitRow.pieces >= quantity)
