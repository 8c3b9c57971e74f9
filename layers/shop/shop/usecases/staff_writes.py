"""What staff change, each keyed by `Idempotency-Key` and audited with its reason."""

from shop.domain.ids import CustomerId
from shop.errors import ConflictError, NotFoundError
from shop.store import days, reads, staff, stock
from shop.store.staff import StaffWrite
from shop.store.stock import SkuRow
from shop.store.table import sku_key
from shop.store.writes import ConditionFailed, together
from shop.usecases import fulfil


def begin(write: StaffWrite) -> None:
    """Key and audit a change that repeats harmlessly, before it is made.

    A repeat with the same key goes on: whatever was cut off is finished by doing it again.

    Raises:
        ValidationError: `idempotency_key_reused`.
        UnavailableError: Nothing is durable.
    """
    try:
        together(staff.guard(write))
    except ConditionFailed as refused:
        staff.replayed(write, refused.failed[0])


def adjust_stock(write: StaffWrite, sku_id: str, delta: int) -> SkuRow:
    """Add pieces to a SKU, or remove some that no order holds; once per key.

    Returns:
        The SKU as it is now.

    Raises:
        NotFoundError: There is no such SKU.
        ConflictError: `insufficient_stock`: fewer are free than shall be removed.
        ValidationError: `idempotency_key_reused`.
    """
    writes = [
        *staff.guard(write),
        stock.record_adjustment(
            sku_id, f"{write.actor}#{write.key}", delta, write.reason, write.actor, write.at
        ),
        stock.change_total(sku_id, delta),
    ]
    try:
        together(writes)
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            if refused.failed[-1]:
                raise ConflictError("insufficient_stock", "可用库存不足") from refused
            raise NotFoundError from refused
    return sku(sku_id)


def sku(sku_id: str) -> SkuRow:
    """A SKU as it is now.

    Raises:
        NotFoundError: There is no such SKU.
    """
    row = reads.get(SkuRow, sku_key(sku_id), consistent=True)
    if row is None:
        raise NotFoundError
    return row


def owner_of(order_no: str) -> CustomerId:
    """Whose order this is.

    Raises:
        NotFoundError: There is no such order, or it is so new that staff cannot see it yet.
    """
    customer_id = days.customer_of_order(order_no)
    if customer_id is None:
        raise NotFoundError
    return customer_id


def ship(write: StaffWrite, order_no: str, company: str, tracking_no: str) -> CustomerId:
    """Ship a whole order in one parcel; once per key.

    Raises:
        NotFoundError, ConflictError, ValidationError: As `fulfil.ship`, and
            `idempotency_key_reused`.
    """
    customer_id = owner_of(order_no)
    try:
        fulfil.ship(
            customer_id,
            order_no,
            company,
            tracking_no,
            actor=f"staff:{write.actor}",
            now=write.at,
            also=staff.guard(write),
        )
    except ConditionFailed as refused:
        staff.replayed(write, refused.failed[0])
    return customer_id
