"""Paid orders by the coupon they used and the day they were paid: what a coupon has brought.

One row an order, put if absent, so that telling of an order twice counts it once.
"""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute

from shop.store import reads
from shop.store.table import Entity, coupon_use_key, coupon_use_partition
from shop.store.writes import ConditionFailed, absent, apply, put


class CouponUseRow(Entity):
    """One paid order."""

    discount_fen = NumberAttribute(attr_name="d")
    paid_fen = NumberAttribute(attr_name="p")


def note(coupon_id: str, day: str, order_no: str, discount_fen: int, paid_fen: int) -> None:
    """Remember that a paid order used a coupon; one unit."""
    row = CouponUseRow(
        *coupon_use_key(coupon_id, day, order_no), discount_fen=discount_fen, paid_fen=paid_fen
    )
    try:
        apply(put(row, absent()))
    except ConditionFailed:
        return


def of_day(coupon_id: str, day: str) -> Iterator[CouponUseRow]:
    """A day's paid orders that used a coupon."""
    return reads.query(CouponUseRow, coupon_use_partition(coupon_id, day))
