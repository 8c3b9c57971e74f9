"""From paid to received: ship, whole or in parts, and confirm receipt.

Where parcels are is `tracking`. What may go into a parcel is told from the order as it was read and
written only if it is still so, so that no piece is in two parcels, nor in a parcel and a refund.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from shop.domain.couriers import is_of_another
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, OrderStatus
from shop.domain.parcel_book import pack
from shop.errors import ConflictError, NotFoundError, UnavailableError, ValidationError
from shop.store import order_moves, orders, parcels, reports, shipping_moves
from shop.store.order_row import OrderRow
from shop.store.parcels import Parcel, ParcelRow
from shop.store.table import customer_of, order_no_of
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.usecases import couriers

ROUNDS = 8


def ship(
    customer_id: CustomerId,
    order_no: str,
    company: str,
    tracking_no: str,
    *,
    actor: str,
    now: int,
    pieces: Mapping[int, int] | None = None,
    also: Callable[[OrderStatus], Sequence[Write]] = lambda _: (),
) -> int:
    """Ship one parcel: the order's move, the parcel, and its report due, together.

    The order is TO_RECEIVE once nothing is left to ship, and stays TO_SHIP until then.

    Args:
        customer_id: Whose order.
        order_no: Which order.
        company: Kuaidi100's code of a courier that the shop ships with.
        tracking_no: The courier's number.
        actor: Which member of staff.
        now: UTC seconds.
        pieces: What is in it, by the line's position, each at least 1; None for all that is left.
        also: Writes that must happen with it, such as the audit entry, from what the order is then;
            they come first.

    Returns:
        The parcel's number within the order, from 1.

    Raises:
        ValidationError: The courier is unknown, the number another's, or a line not the order's.
        NotFoundError: There is no such order.
        ConflictError: `order_not_shippable`, `shipment_exceeds_rest`, `too_many_parcels`,
            `tracking_no_used`.
        ConditionFailed: One of `also` did not hold.
        UnavailableError: The order kept changing, or the store did not answer.
    """
    check_number(company, tracking_no, now)
    for _ in range(ROUNDS):
        row = orders.read(customer_id, order_no)
        if row is None:
            raise NotFoundError
        number, whole, writes = _parcel(row, Parcel(company, tracking_no, pieces or {}), actor, now)
        others = also(OrderStatus.TO_RECEIVE if whole else OrderStatus.TO_SHIP)
        try:
            together([*others, *writes])
        except ConditionFailed as refused:
            if any(old is not None for old in refused.failed[: len(others)]):
                raise
            # A refund or another parcel came between: look again and decide.
            continue
        return number
    raise UnavailableError


def check_number(company: str, tracking_no: str, now: int) -> None:
    """Check that the shop ships with a courier, and that a number may be that courier's.

    Raises:
        ValidationError: It is not so.
    """
    if not couriers.is_known(company, now):
        raise ValidationError(errors=[{"field": "$.company", "message": "unknown courier"}])
    if is_of_another(tracking_no, company):
        message = "is a number of another courier"
        raise ValidationError(errors=[{"field": "$.tracking_no", "message": message}])


def _parcel(row: OrderRow, told: Parcel, actor: str, now: int) -> tuple[int, bool, list[Write]]:
    """The next parcel's number, whether nothing is left then, and the writes that ship it."""
    customer_id, order_no = CustomerId(customer_of(str(row.PK))), order_no_of(str(row.SK))
    if any(at > len(row.lines) for at in told.pieces):
        raise ValidationError(errors=[{"field": "$.lines", "message": "unknown line_id"}])
    if row.status != OrderStatus.TO_SHIP:
        raise ConflictError("order_not_shippable", "订单当前状态不能发货")
    left = row.to_ship()
    parcel = replace(told, pieces=told.pieces or left)
    book = pack(row.shipped, len(row.lines), left, parcel.pieces)
    if row.shipped.parcels:
        check_unused(parcels.of_order(customer_id, order_no, consistent=True), told)
    whole = parcel.pieces == left
    return (
        book.parcels,
        whole,
        [
            shipping_moves.shipped(row, book, whole=whole, actor=actor, now=now),
            parcels.ship(customer_id, order_no, book.parcels, parcel, now),
            reports.want(customer_id, order_no, now),
        ],
    )


def check_unused(others: Iterable[ParcelRow], told: Parcel) -> None:
    """Check that no other parcel of an order bears a number.

    Raises:
        ConflictError: `tracking_no_used`.
    """
    name = (told.company, told.tracking_no.casefold())
    if any((one.company, one.tracking_no.casefold()) == name for one in others):
        raise ConflictError("tracking_no_used", "该运单号已用于本订单的其他包裹")


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
