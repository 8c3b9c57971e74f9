"""Gifts of a coupon to many customers: announced once, carried out page by page."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from shop.store import reads
from shop.store.table import Entity, gift_key, gift_page_key
from shop.store.writes import ConditionFailed, Write, absent, apply, present, put, update


class GiftRow(Entity):
    """One gift. `is_allowed` once nobody needs to be asked any more."""

    customers = NumberAttribute(attr_name="n")
    is_allowed = BooleanAttribute(attr_name="ok")
    announced_by = UnicodeAttribute(attr_name="by")
    reason = UnicodeAttribute(attr_name="r")
    announced_at = NumberAttribute(attr_name="at")


class GiftPageRow(Entity):
    """One page: a hash of whom it names, so that it never names others."""

    names = UnicodeAttribute(attr_name="h")


def announce(coupon_id: str, gift_id: str, row: GiftRow) -> Write:
    """A new gift."""
    row.PK, row.SK = gift_key(coupon_id, gift_id)
    return put(row, absent())


def allow(coupon_id: str, gift_id: str) -> Write:
    """A second person lets it happen."""
    row = GiftRow(*gift_key(coupon_id, gift_id))
    return update(row, [GiftRow.is_allowed.set(True)], present())


def find(coupon_id: str, gift_id: str) -> GiftRow | None:
    """A gift as it is now."""
    return reads.get(GiftRow, gift_key(coupon_id, gift_id), consistent=True)


def name_page(coupon_id: str, gift_id: str, page: int, names: str) -> bool:
    """Settle whom a page names; False if it names others."""
    row = GiftPageRow(*gift_page_key(coupon_id, gift_id, page), names=names)
    same: Condition = GiftPageRow.names == names
    try:
        apply(put(row, absent() | same))
    except ConditionFailed:
        return False
    return True
