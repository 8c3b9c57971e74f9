"""What staff change, each keyed by `Idempotency-Key` and audited with its reason."""

from dataclasses import dataclass

from shop.domain.ids import CustomerId
from shop.errors import NotFoundError
from shop.store import days, staff
from shop.store.staff import StaffWrite
from shop.store.stock import SkuRow
from shop.store.writes import ConditionFailed, together
from shop.usecases import approvals, fulfil, stock_adjustment


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
    try:
        stock_adjustment.carry_out(write, sku_id, delta, key=f"{write.actor}#{write.key}")
    except ConditionFailed:
        # Made long ago: its row outlives the key's.
        return stock_adjustment.sku(sku_id)
    return stock_adjustment.sku(sku_id)


@dataclass(frozen=True, slots=True)
class StockChange:
    """A SKU as it is now, and the request that waits where the change was not made yet."""

    row: SkuRow
    approval_id: str | None = None


def change_stock(write: StaffWrite, sku_id: str, delta: int, *, most: int) -> StockChange:
    """Adjust a SKU's stock, or ask for a second person if it is by more than `most` pieces.

    Raises:
        NotFoundError, ConflictError, ValidationError: As `adjust_stock`.
    """
    if abs(delta) <= most:
        return StockChange(adjust_stock(write, sku_id, delta))
    row = stock_adjustment.sku(sku_id)
    asked = approvals.ask(write, approvals.Kind.STOCK_ADJUSTMENT, {"delta": delta})
    return StockChange(row, str(asked.SK))


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
