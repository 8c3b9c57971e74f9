"""From paid to received: ship, confirm receipt. Where parcels are is `tracking`."""

from collections.abc import Sequence

from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, OrderStatus
from shop.errors import ConflictError, NotFoundError, ValidationError
from shop.store import order_moves, parcels, reports
from shop.store.order_row import OrderRow
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.usecases import couriers


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
