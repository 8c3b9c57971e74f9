"""What staff change, each keyed by `Idempotency-Key` and audited with its reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec

from shop.domain.changes import changes
from shop.domain.coupon import CouponTemplate
from shop.domain.flash import FlashSale
from shop.domain.ids import CustomerId
from shop.domain.order import OrderStatus
from shop.errors import ConflictError, NotFoundError, ValidationError
from shop.store import coupons, days, staff, stock
from shop.store.staff import StaffWrite
from shop.store.stock import SkuRow
from shop.store.writes import ConditionFailed, Write, together
from shop.usecases import approvals, flash_setup, fulfil, stock_adjustment
from shop.usecases.correct_parcel import correct
from shop.usecases.flash_setup import SaleTerms
from shop.usecases.notes import Note, Outcome


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


def carry_out(write: StaffWrite, change: Callable[[Note], Outcome]) -> Outcome:
    """Make a change in one transaction with its key and its audit entry; once per key.

    Args:
        write: Who, what and why.
        change: Makes it, together with the writes that the note gives for what differs and for
            its answer; raises ConditionFailed when one of those does not hold.

    Returns:
        What the change answered, to a repeat too.

    Raises:
        ValidationError: `idempotency_key_reused`.
        UnavailableError: It may or may not have been made.
    """
    try:
        return change(_note(write))
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            raise
        return Outcome(staff.answer_of(refused.failed[0]))


def _note(write: StaffWrite) -> Note:
    def note(before: object, after: object, answer: Outcome) -> list[Write]:
        was, now = changes(msgspec.to_builtins(before), msgspec.to_builtins(after))
        return staff.guard(replace(write, before=was, after=now, answer=answer))

    return note


def create_coupon(write: StaffWrite, template: CouponTemplate) -> Outcome:
    """Keep a coupon template; once per key.

    Returns:
        `created`, or `unchanged` where the same terms were there.

    Raises:
        ConflictError: `coupon_exists`: the id is taken by other terms.
        ValidationError: `idempotency_key_reused`.
    """

    def create(note: Note) -> Outcome:
        if coupons.create_template(template, note(None, template, Outcome.CREATED)):
            return Outcome.CREATED
        together(note({}, {}, Outcome.UNCHANGED))
        return Outcome.UNCHANGED

    return carry_out(write, create)


def create_flash_sale(
    write: StaffWrite, terms: SaleTerms, key_version: str
) -> tuple[FlashSale, Outcome]:
    """Set a flash sale up, or finish doing so; once per key.

    Returns:
        The open sale, and `created`, or `unchanged` where the same terms were there.

    Raises:
        ValidationError, NotFoundError, ConflictError, UnavailableError: As `flash_setup.set_up`,
            and `idempotency_key_reused`.
    """

    def create(note: Note) -> Outcome:
        is_new = flash_setup.begin(terms, key_version, note(None, terms, Outcome.CREATED))
        if not is_new:
            together(note({}, {}, Outcome.UNCHANGED))
        return Outcome.CREATED if is_new else Outcome.UNCHANGED

    answered = carry_out(write, create)
    # What a request before this one left half-way is finished by this one.
    return flash_setup.set_up(terms, key_version), answered


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
        stock_adjustment.carry_out(write, sku_id, delta, key=approvals.request_id(write))
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
        NotFoundError, ConflictError, ValidationError: As `adjust_stock` and `approvals.ask`.
    """
    if abs(delta) <= most:
        return StockChange(adjust_stock(write, sku_id, delta))
    row = stock_adjustment.sku(sku_id)
    made = stock.adjusted(sku_id, approvals.request_id(write))
    if made is not None:
        if made != delta:
            raise staff.key_reused()
        return StockChange(row)
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


def ship(
    write: StaffWrite,
    order_no: str,
    company: str,
    tracking_no: str,
    pieces: Mapping[int, int] | None = None,
) -> CustomerId:
    """Ship one parcel, with all that is left unless told; once per key.

    Raises:
        NotFoundError, ConflictError, ValidationError: As `fulfil.ship`, and
            `idempotency_key_reused`.
    """
    customer_id = owner_of(order_no)

    def noted(status: OrderStatus) -> list[Write]:
        # Without its number: who knows that can ask the courier for the person.
        parcel = {"company": company} | ({"lines": pieces} if pieces else {})
        was, then = changes({"status": OrderStatus.TO_SHIP}, {"status": status, **parcel})
        return staff.guard(replace(write, before=was, after=then))

    try:
        fulfil.ship(
            customer_id,
            order_no,
            company,
            tracking_no,
            actor=f"staff:{write.actor}",
            now=write.at,
            pieces=pieces,
            also=noted,
        )
    except ConditionFailed as refused:
        staff.replayed(write, refused.failed[0])
    except ConflictError:
        # A repeat of what has been done is refused by what it did itself.
        if not staff.carried_out(write):
            raise
    return customer_id


def correct_parcel(
    write: StaffWrite, order_no: str, number: str, company: str, tracking_no: str
) -> CustomerId:
    """Give a parcel another number; once per key.

    Raises:
        NotFoundError, ConflictError, ValidationError: As `correct_parcel.correct`, and
            `idempotency_key_reused`.
    """
    customer_id = owner_of(order_no)
    corrected = {"company": company, "parcel": number}
    try:
        correct(
            customer_id,
            order_no,
            number,
            company,
            tracking_no,
            now=write.at,
            also=staff.guard(replace(write, before={}, after=corrected)),
        )
    except ConditionFailed as refused:
        staff.replayed(write, refused.failed[0])
    except (ConflictError, ValidationError):
        if not staff.carried_out(write):
            raise
    return customer_id
