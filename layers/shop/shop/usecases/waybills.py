"""Electronic waybills for one order or many: asked for once each, labels sealed in storage.

A courier that does not answer leaves the waybill UNKNOWN: it may exist. Staff ask again when they
have looked; the number is the same, so the courier can tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal, unseal
from shop.domain.order import Order, OrderStatus
from shop.domain.shipping_report import item_text
from shop.domain.waybill import Party, Waybill, WaybillRequest, WaybillStatus
from shop.errors import (
    ConflictError,
    MisconfiguredError,
    NotFoundError,
    ProviderError,
    UnavailableError,
    ValidationError,
)
from shop.store import orders, personal_reads, waybills
from shop.store.staff import StaffWrite
from shop.store.waybills import WaybillRow
from shop.telemetry import logger, of_order
from shop.usecases import couriers, staff_writes
from shop.usecases.ports import LabelStore, WaybillMaker

RESERVE_SECONDS = 8.0
"""Left at the end of a request: one courier's answer and what is written after it."""
NOT_ASKED = "NOT_ASKED"
NOT_SHIPPABLE = "order_not_shippable"
_PURPOSE = "label"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One waybill that staff want."""

    order_no: str
    parcel: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a wanted waybill stands. `label` is only read where it is shown."""

    order_no: str
    parcel: int
    status: str
    company: str = ""
    tracking_no: str = ""
    code: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """What making labels takes."""

    ring: Callable[[], KeyRing]
    maker: Callable[[], WaybillMaker]
    labels: Callable[[], LabelStore]
    remaining: Callable[[], float]


def make(
    write: StaffWrite, company: str, wanted: Sequence[Wanted], press: Press, request_id: str
) -> list[Outcome]:
    """Make the waybills that are not made yet; repeating goes on where it was cut off.

    Raises:
        ValidationError: The courier is unknown, or `idempotency_key_reused`.
        NotFoundError: One of the orders is not there; none was asked for.
        UnavailableError: The store did not answer.
    """
    if not couriers.is_known(company, write.at):
        raise ValidationError(errors=[{"field": "$.company", "message": "unknown courier"}])
    found = [(one, _order(one.order_no, press.ring())) for one in wanted]
    staff_writes.begin(write)
    outcomes = []
    for one, order in found:
        if order.status is not OrderStatus.TO_SHIP:
            outcomes.append(Outcome(one.order_no, one.parcel, "REFUSED", code=NOT_SHIPPABLE))
        elif press.remaining() <= RESERVE_SECONDS:
            outcomes.append(Outcome(one.order_no, one.parcel, NOT_ASKED))
        else:
            personal_reads.log(
                f"staff:{write.actor}",
                order.customer_id,
                one.order_no,
                f"{request_id}-{one.order_no}",
                write.at,
            )
            with of_order(one.order_no):
                outcomes.append(_one(one, order, company, press, write.at))
    return outcomes


def show(order_no: str, press: Press, actor: str, request_id: str, now: int) -> list[Outcome]:
    """An order's waybills with their labels; the reading is logged first.

    Raises:
        NotFoundError: There is no such order.
        UnavailableError: Store or object storage did not answer.
    """
    customer_id = staff_writes.owner_of(order_no)
    personal_reads.log(f"staff:{actor}", customer_id, order_no, request_id, now)
    return [
        _outcome(order_no, row, _label(customer_id, order_no, row, press))
        for row in waybills.of_order(customer_id, order_no)
    ]


def _one(one: Wanted, order: Order, company: str, press: Press, now: int) -> Outcome:
    row, is_mine = waybills.claim(order.customer_id, one.order_no, one.parcel, company, now)
    if not is_mine:
        return _outcome(one.order_no, row)
    try:
        made = press.maker().make(_request(one, order, company))
    except ConflictError as refused:
        code = str(refused.context.get("provider_code", refused.code))
        row = waybills.settle(row, WaybillStatus.REFUSED, code=code)
    except MisconfiguredError:
        row = waybills.settle(row, WaybillStatus.REFUSED, code="MISCONFIGURED")
    except ProviderError as failure:
        unknown = WaybillStatus.UNKNOWN if failure.outcome_unknown else WaybillStatus.REFUSED
        row = waybills.settle(row, unknown, code=failure.provider_code)
    else:
        row = _made(row, order, one, made, press)
    return _outcome(one.order_no, row)


def _made(row: WaybillRow, order: Order, one: Wanted, made: Waybill, press: Press) -> WaybillRow:
    # The number first: a parcel with a number and no label can be shipped, not the other way.
    row = waybills.settle(row, WaybillStatus.MADE, tracking_no=made.tracking_no)
    if not made.label:
        return row
    sealed = seal(press.ring(), _PURPOSE, made.label.encode(), order.customer_id.encode())
    try:
        press.labels().keep(_name(one.order_no, one.parcel), sealed)
    except UnavailableError:
        logger.warning("label not stored")
        return row
    return waybills.labelled(row)


def _label(customer_id: str, order_no: str, row: WaybillRow, press: Press) -> str:
    if not row.has_label:
        return ""
    sealed = press.labels().fetch(_name(order_no, row.parcel))
    try:
        return unseal(press.ring(), _PURPOSE, sealed, customer_id.encode()).decode()
    except UnsealError as bad:
        raise UnavailableError from bad


def _order(order_no: str, ring: KeyRing) -> Order:
    row = orders.read(staff_writes.owner_of(order_no), order_no)
    if row is None or row.is_erased:
        raise NotFoundError
    return row.to_domain(ring)


def _request(one: Wanted, order: Order, company: str) -> WaybillRequest:
    to = order.address
    place = f"{to.province}{to.city}{to.district}{to.detail}"
    return WaybillRequest(
        number=_name(one.order_no, one.parcel),
        company=company,
        receiver=Party(to.name, to.phone, place),
        cargo=item_text([(line.title, line.quantity) for line in order.lines]),
    )


def _outcome(order_no: str, row: WaybillRow, label: str = "") -> Outcome:
    return Outcome(
        order_no, row.parcel, row.status, row.company, row.tracking_no or "", row.code or "", label
    )


def _name(order_no: str, parcel: int) -> str:
    return f"{order_no}-{parcel}"
