"""A staff adjustment of a SKU's stock, audited with what it was and what it is then."""

from collections.abc import Sequence
from dataclasses import replace

from shop.errors import ConflictError, NotFoundError, UnavailableError
from shop.store import reads, staff, stock
from shop.store.staff import StaffWrite
from shop.store.stock import SkuRow
from shop.store.table import sku_key
from shop.store.writes import ConditionFailed, Raw, Write, together

_ATTEMPTS = 6


def carry_out(
    write: StaffWrite, sku_id: str, delta: int, *, key: str, also: Sequence[Write] = ()
) -> None:
    """Change a SKU's total once.

    Orders leave the total alone, so that holding it as it was read costs buyers nothing.

    Args:
        write: Who does it, and under which key.
        sku_id: The SKU.
        delta: Pieces to add, or to remove from those that no order holds.
        key: What makes this adjustment one, for ever.
        also: Written with it or not at all.

    Raises:
        ConditionFailed: One of `also` does not hold, or it was made before.
        NotFoundError: There is no such SKU.
        ConflictError: `insufficient_stock`: fewer are free than shall be removed.
        ValidationError: `idempotency_key_reused`.
        UnavailableError: Others kept changing the same total.
    """
    for _ in range(_ATTEMPTS):
        total = int(sku(sku_id).in_total)
        noted = replace(write, before={"in_total": total}, after={"in_total": total + delta})
        writes = [
            *staff.guard(noted),
            *also,
            stock.record_adjustment(sku_id, key, delta, write.reason, write.actor, write.at),
            stock.change_total(sku_id, delta, was=total),
        ]
        try:
            together(writes)
        except ConditionFailed as refused:
            if staff.replayed(write, refused.failed[0]):
                return
            made = refused.failed[-2]
            if made is not None and stock.adjusted_by(made) != delta:
                raise staff.key_reused() from refused
            if any(one is not None for one in refused.failed[:-1]):
                raise
            if _total_of(refused.failed[-1]) == total:
                raise ConflictError("insufficient_stock", "可用库存不足") from refused
            continue
        return
    raise UnavailableError


def sku(sku_id: str) -> SkuRow:
    """A SKU as it is now.

    Raises:
        NotFoundError: There is no such SKU.
    """
    row = reads.get(SkuRow, sku_key(sku_id), consistent=True)
    if row is None:
        raise NotFoundError
    return row


def _total_of(old: Raw | None) -> int | None:
    return int(SkuRow.from_raw_data(dict(old)).in_total) if old else None
