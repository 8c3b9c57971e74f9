"""Waybills of an order's parcels: claimed before the courier is asked, gone after 30 days."""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.waybill import WaybillStatus
from shop.store import reads
from shop.store.table import Entity, customer_partition, waybill_key, waybill_prefix
from shop.store.writes import ConditionFailed, Raw, absent, apply, update

KEPT_SECONDS = 30 * 86_400
STALE_SECONDS = 120
"""After which a claim belongs to a process that died."""


class WaybillRow(Entity):
    """One waybill; the label itself lies in object storage, sealed."""

    status = UnicodeAttribute(attr_name="st")
    company = UnicodeAttribute(attr_name="co")
    tracking_no = UnicodeAttribute(attr_name="tn", null=True)
    code = UnicodeAttribute(attr_name="cd", null=True)
    has_label = NumberAttribute(attr_name="lb", default=0)
    at = NumberAttribute(attr_name="at")
    expires_at = NumberAttribute(attr_name="ttl")

    @property
    def parcel(self) -> int:
        """Which parcel of its order."""
        return int(str(self.SK).rpartition("#")[2])


def claim(
    customer_id: str, order_no: str, parcel: int, company: str, now: int
) -> tuple[WaybillRow, bool]:
    """Take a waybill that is not made and that nobody is making.

    Returns:
        The waybill, and whether it was taken; if not, as it stands.
    """
    settled: Condition = WaybillRow.status.is_in(WaybillStatus.REFUSED, WaybillStatus.UNKNOWN)
    stale: Condition = (WaybillRow.status == WaybillStatus.MAKING) & (
        WaybillRow.at <= now - STALE_SECONDS
    )
    taken = update(
        WaybillRow(*waybill_key(customer_id, order_no, parcel)),
        [
            WaybillRow.status.set(WaybillStatus.MAKING),
            WaybillRow.company.set(company),
            WaybillRow.at.set(now),
            WaybillRow.expires_at.set(now + KEPT_SECONDS),
        ],
        absent() | settled | stale,
    )
    try:
        return _row(apply(taken)), True
    except ConditionFailed as refused:
        return _row(refused.old), False


def settle(
    row: WaybillRow, status: WaybillStatus, *, tracking_no: str = "", code: str = ""
) -> WaybillRow:
    """Note what the courier said; what is made stays made.

    Returns:
        The waybill as it is then.
    """
    actions: list[Action] = [WaybillRow.status.set(status), WaybillRow.code.set(code)]
    if tracking_no:
        actions.append(WaybillRow.tracking_no.set(tracking_no))
    open_still: Condition = WaybillRow.status != WaybillStatus.MADE
    try:
        return _row(apply(update(WaybillRow(str(row.PK), str(row.SK)), actions, open_still)))
    except ConditionFailed as refused:
        return _row(refused.old)


def labelled(row: WaybillRow) -> WaybillRow:
    """Its label is stored."""
    made: Condition = WaybillRow.status == WaybillStatus.MADE
    write = update(WaybillRow(str(row.PK), str(row.SK)), [WaybillRow.has_label.set(1)], made)
    return _row(apply(write))


def of_order(customer_id: str, order_no: str) -> Iterator[WaybillRow]:
    """An order's waybills."""
    condition: Condition = WaybillRow.SK.startswith(waybill_prefix(order_no))
    yield from reads.query(WaybillRow, customer_partition(customer_id), condition, consistent=True)


def _row(raw: Raw) -> WaybillRow:
    row: WaybillRow = WaybillRow.from_raw_data(dict(raw))
    return row
