"""Staff correct a tracking number: once per order, since WeChat takes one change of it.

The order's book, the parcel and the report that is due then change together; what the courier tells
of the old number is not heard any more.
"""

from collections.abc import Sequence
from dataclasses import replace

from shop.domain.ids import CustomerId
from shop.errors import ConflictError, NotFoundError, UnavailableError, ValidationError
from shop.store import orders, parcels, reports, shipping_moves
from shop.store.order_row import OrderRow
from shop.store.parcels import Parcel, ParcelRow
from shop.store.writes import ConditionFailed, Write, together
from shop.usecases import fulfil


def correct(
    customer_id: CustomerId,
    order_no: str,
    number: str,
    company: str,
    tracking_no: str,
    *,
    now: int,
    also: Sequence[Write] = (),
) -> None:
    """Give a parcel that is on its way another number.

    Args:
        customer_id: Whose order.
        order_no: Which order.
        number: Which parcel of it, from 1.
        company: Kuaidi100's code of a courier that the shop ships with.
        tracking_no: The courier's number.
        now: UTC seconds.
        also: Writes that must happen with it, such as the audit entry; they come first.

    Raises:
        ValidationError: The courier is unknown, the number another's, or nothing changes.
        NotFoundError: There is no such parcel.
        ConflictError: `parcel_not_correctable`, `parcel_corrected_before`, `tracking_no_used`.
        ConditionFailed: One of `also` did not hold.
        UnavailableError: The order kept changing, or the store did not answer.
    """
    fulfil.check_number(company, tracking_no, now)
    for _ in range(fulfil.ROUNDS):
        row = orders.read(customer_id, order_no)
        rows = list(parcels.of_order(customer_id, order_no, consistent=True))
        mine = next((one for one in rows if str(one.number) == number), None)
        if row is None or mine is None:
            raise NotFoundError
        _check(row, mine, [one for one in rows if one is not mine], company, tracking_no)
        writes = [
            *also,
            shipping_moves.corrected(row, replace(row.shipped, corrected=True)),
            parcels.correct(mine, company, tracking_no, now),
            reports.want(customer_id, order_no, now),
        ]
        try:
            together(writes)
        except ConditionFailed as refused:
            if any(old is not None for old in refused.failed[: len(also)]):
                raise
            # A push, a refund or another parcel came between: look again and decide.
            continue
        return
    raise UnavailableError


def _check(
    row: OrderRow, mine: ParcelRow, others: Sequence[ParcelRow], company: str, tracking_no: str
) -> None:
    if row.shipped.corrected:
        raise ConflictError("parcel_corrected_before", "该订单的运单号已更正过一次")
    if row.status not in shipping_moves.CORRECTABLE or mine.finished:
        raise ConflictError("parcel_not_correctable", "该包裹当前状态不能更正运单号")
    if (mine.company, mine.tracking_no) == (company, tracking_no):
        message = "is what the parcel bears already"
        raise ValidationError(errors=[{"field": "$.tracking_no", "message": message}])
    fulfil.check_unused(others, Parcel(company, tracking_no, {}))
