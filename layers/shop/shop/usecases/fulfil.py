"""From paid to received: ship, follow the parcel, confirm receipt."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal_text, unseal_text
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, Order, OrderStatus
from shop.domain.shipment import Tracking
from shop.errors import ConflictError, NotFoundError, ProviderError, ValidationError
from shop.store import order_moves, parcels, reports
from shop.store.order_row import OrderRow
from shop.store.parcels import ParcelRow
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.usecases import couriers
from shop.usecases.ports import ParcelTracker

ASK_EVERY_SECONDS = 1_800
"""Kuaidi100 locks a number that is asked about more than once in half an hour."""
PUSH_PATH = "/v1/notify/kuaidi100/"
_PURPOSE = "parcel"


@dataclass(frozen=True, slots=True)
class ParcelName:
    """Which parcel: its order, and its number within it."""

    customer_id: CustomerId
    order_no: OrderNo
    number: int


def ship(
    customer_id: CustomerId,
    order_no: str,
    company: str,
    tracking_no: str,
    *,
    actor: str,
    now: int,
    also: Sequence[Write] = (),
) -> None:
    """Ship a whole order in one parcel: TO_SHIP -> TO_RECEIVE, the parcel, and its report due.

    Args:
        customer_id: Whose order.
        order_no: Which order.
        company: Kuaidi100's code of a courier that the shop ships with.
        tracking_no: The courier's number.
        actor: Which member of staff.
        now: UTC seconds.
        also: Writes that must happen with it, such as the audit entry; they come first.

    Raises:
        ValidationError: The courier is unknown.
        NotFoundError: There is no such order.
        ConflictError: It is not to be shipped.
        ConditionFailed: One of `also` did not hold.
    """
    if not couriers.is_known(company, now):
        raise ValidationError(errors=[{"field": "$.company", "message": "unknown courier"}])
    number = OrderNo(order_no)
    writes = [
        *also,
        order_moves.shipped(customer_id, number, actor=actor, now=now),
        parcels.ship(customer_id, order_no, 1, company, tracking_no, now),
        reports.want(customer_id, order_no, now),
    ]
    try:
        together(writes)
    except ConditionFailed as refused:
        if any(old is not None for old in refused.failed[: len(also)]):
            raise
        order = refused.failed[len(also)]
        if order is not None and not order:
            raise NotFoundError from refused
        raise ConflictError("order_not_shippable", "订单当前状态不能发货") from refused


def confirm_receipt(customer_id: CustomerId, order_no: str, *, now: int) -> OrderRow:
    """The buyer has the goods: TO_RECEIVE -> DONE; done already is fine.

    Raises:
        NotFoundError: The customer has no such order.
        ConflictError: It has not been shipped.
    """
    number = OrderNo(order_no)
    try:
        return OrderRow.of(
            apply(order_moves.received(customer_id, number, actor=Actor.BUYER, now=now))
        )
    except ConditionFailed as refused:
        row = OrderRow.of(refused.old) if refused.old else None
        if row is None or row.is_tombstone:
            raise NotFoundError from refused
        if row.status != OrderStatus.DONE:
            raise ConflictError("order_not_receivable", "订单尚未发货") from refused
        return row


def follow(order: Order, tracker: Callable[[], ParcelTracker], *, now: int) -> list[ParcelRow]:
    """An order's parcels; the courier is asked about a quiet one, at most every 30 minutes.

    A courier that does not answer leaves the stored story, which says how old it is.
    """
    rows = []
    for row in parcels.of_order(order.customer_id, order.order_no):
        quiet = now - max(int(row.updated_at), int(row.asked_at)) >= ASK_EVERY_SECONDS
        if quiet and not row.finished:
            with suppress(ProviderError, ConditionFailed):
                _ask(order, row, tracker(), now)
        rows.append(parcels.read(order.customer_id, order.order_no, row.number) or row)
    return rows


def _ask(order: Order, row: ParcelRow, tracker: ParcelTracker, now: int) -> None:
    apply(parcels.may_ask(order.customer_id, order.order_no, row.number, now, ASK_EVERY_SECONDS))
    told = tracker.query(row.company, row.tracking_no, order.address.phone[-4:])
    hear(ParcelName(order.customer_id, order.order_no, row.number), told, now=now)


def subscribe(
    ring: KeyRing, order: Order, row: ParcelRow, tracker: ParcelTracker, base_url: str
) -> None:
    """Ask the courier for pushes about one parcel; repeating is harmless.

    Raises:
        ProviderError: It gave no usable answer.
    """
    name = ParcelName(order.customer_id, order.order_no, row.number)
    tracker.subscribe(
        row.company,
        row.tracking_no,
        order.address.phone[-4:],
        f"{base_url}{PUSH_PATH}{push_token(ring, name)}",
    )


def push_token(ring: KeyRing, name: ParcelName) -> str:
    """What the callback address of one parcel ends with; only we can make it."""
    plain = f"{name.customer_id}|{name.order_no}|{name.number}"
    return seal_text(ring, _PURPOSE, plain.encode())


def parcel_of(ring: KeyRing, token: str) -> ParcelName:
    """The parcel behind a callback address.

    Raises:
        NotFoundError: We did not make it.
    """
    try:
        customer_id, order_no, number = unseal_text(ring, _PURPOSE, token).decode().split("|")
    except (UnsealError, ValueError) as bad:
        raise NotFoundError from bad
    return ParcelName(CustomerId(customer_id), OrderNo(order_no), int(number))


def hear(name: ParcelName, told: Tracking, *, now: int) -> bool:
    """Replace a parcel's story with a newer one.

    Returns:
        False when the stored story is newer, or the parcel is not this one.
    """
    row = parcels.read(name.customer_id, name.order_no, name.number)
    if row is None or row.tracking_no != told.tracking_no:
        return False
    try:
        apply(parcels.tell(name.customer_id, name.order_no, name.number, told, now))
    except ConditionFailed:
        return False
    return True
