"""Exchange codes and the pages in which staff are told them. A code itself is nowhere kept."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from shop.domain.coupon_code import CodeUse
from shop.store import reads
from shop.store.table import Entity, code_key, code_page_key, exchange_key
from shop.store.writes import ConditionFailed, Write, absent, apply, present, put, update

KEY_KEPT_SECONDS = 8 * 86_400
"""A day longer than the contract asks for."""


class CodePageRow(Entity):
    """One page of a batch: told once, to whoever asked under this key."""

    told_to = UnicodeAttribute(attr_name="by")
    codes = NumberAttribute(attr_name="n")
    use = UnicodeAttribute(attr_name="u")
    key_version = UnicodeAttribute(attr_name="kv")
    told_at = NumberAttribute(attr_name="at")


class CodeRow(Entity):
    """One code."""

    coupon_id = UnicodeAttribute(attr_name="c")
    batch = UnicodeAttribute(attr_name="b")
    use = UnicodeAttribute(attr_name="u")
    used_by = UnicodeAttribute(attr_name="by", null=True)

    @property
    def is_shared(self) -> bool:
        """Whether everybody may use it."""
        return bool(self.use == CodeUse.SHARED)


class ExchangeKeyRow(Entity):
    """The hash of the code that an `Idempotency-Key` was sent with."""

    code = UnicodeAttribute(attr_name="h")
    expires_at = NumberAttribute(attr_name="ttl")


def tell_page(coupon_id: str, batch: str, page: int, row: CodePageRow) -> Write:
    """Note who is told a page, if nobody was."""
    row.PK, row.SK = code_page_key(coupon_id, batch, page)
    return put(row, absent())


def page_of(coupon_id: str, batch: str, page: int) -> CodePageRow | None:
    """Who was told a page, as it is now."""
    return reads.get(CodePageRow, code_page_key(coupon_id, batch, page), consistent=True)


def keep(code_hash: str, coupon_id: str, batch: str, use: str) -> None:
    """Make a code usable, if it is not yet; one unit."""
    row = CodeRow(*code_key(code_hash), coupon_id=coupon_id, batch=batch, use=use)
    try:
        apply(put(row, absent()))
    except ConditionFailed:
        return


def find(code_hash: str) -> CodeRow | None:
    """A code; half a unit."""
    return reads.get(CodeRow, code_key(code_hash))


def use_up(code_hash: str, customer_id: str) -> bool:
    """Make a single-use code this customer's for good; False if it is another's."""
    nobodys: Condition = CodeRow.used_by.does_not_exist() | (CodeRow.used_by == customer_id)
    row = CodeRow(*code_key(code_hash))
    try:
        apply(update(row, [CodeRow.used_by.set(customer_id)], present() & nobodys))
    except ConditionFailed:
        return False
    return True


def bind_key(customer_id: str, key: str, code_hash: str, now: int) -> bool:
    """Make a customer's key this code's; False if it is another's. One unit."""
    row = ExchangeKeyRow(
        *exchange_key(customer_id, key), code=code_hash, expires_at=now + KEY_KEPT_SECONDS
    )
    same: Condition = ExchangeKeyRow.code == code_hash
    try:
        apply(put(row, absent() | same))
    except ConditionFailed:
        return False
    return True
