"""Orders and shipments, as staff send and see them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec

from shop.domain.couriers import Courier
from shop.domain.order import Order
from shop.domain.quote_line import QuoteLine
from shop.errors import ValidationError
from shop.store.history import HistoryRow
from shop.store.order_row import OrderRow
from shop.store.parcels import ParcelRow
from shop.store.table import order_no_of
from shop.usecases.work import Wanted
from shop.web.pages import PageQuery
from shop.web.schemas.fields import Id, Text
from shop.web.schemas.orders import AddressView, AmountsView, LineView, RefundView, lines_of
from shop.web.schemas.texts import tidy
from shop.web.schemas.times import rfc3339, rfc3339_or_none

TrackingNo = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{6,32}$")]


class PackRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of one line that go into a parcel."""

    line_id: Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,2}$")]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class ShipRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ship one parcel; without lines, with all that is left of the order."""

    company: Id
    tracking_no: TrackingNo
    lines: Annotated[Sequence[PackRequest], msgspec.Meta(min_length=1, max_length=100)] = ()
    reason: Text = "发货"

    def pieces(self) -> dict[int, int] | None:
        """Pieces by the line's position; None for all that is left.

        Raises:
            ValidationError: A line is named twice.
        """
        pieces = {int(one.line_id): one.quantity for one in self.lines}
        if len(pieces) < len(self.lines):
            raise ValidationError(errors=[{"field": "$.lines", "message": "names a line twice"}])
        return pieces or None


class CorrectionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number that a parcel really bears."""

    company: Id
    tracking_no: TrackingNo
    reason: Text = "更正运单号"


class CourierView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One courier: Kuaidi100's code, WeChat's delivery id, the name shoppers read."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{1,32}$")]
    wechat_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,32}$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]

    @classmethod
    def of(cls, courier: Courier) -> "CourierView":
        """From the domain's."""
        return cls(courier.code, courier.wechat_id, courier.name)


class CouriersRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All couriers."""

    items: Annotated[Sequence[CourierView], msgspec.Meta(min_length=1, max_length=100)]
    reason: Text = "快递公司"

    def to_domain(self) -> tuple[Courier, ...]:
        """As the domain has them."""
        return tuple(Courier(one.code, one.wechat_id, tidy("name", one.name)) for one in self.items)


class OrdersOfDayQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`GET /v1/admin/orders`; today (Shanghai) unless told."""

    status: Literal["TO_PAY", "CLOSING", "TO_SHIP", "TO_RECEIVE", "DONE", "CLOSED", ""] = ""
    day: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8})?$")] = ""


class WorkQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`GET /v1/admin/work`: the day of payment, a courier, a SKU, whether a part was shipped."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 50
    day: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8})?$")] = ""
    company: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{0,32}$")] = ""
    sku_id: Annotated[str, msgspec.Meta(max_length=64)] = ""
    status: Literal["partial", "untouched", ""] = ""

    def to_domain(self) -> Wanted:
        """As the use case has it."""
        partial = None if not self.status else self.status == "partial"
        return Wanted(self.day, self.company, self.sku_id, partial)


class WorkLineView(msgspec.Struct, frozen=True):
    """Pieces of one line that are still to be shipped."""

    line_id: str
    sku_id: str
    title: str
    spec: str
    quantity: int


class WorkView(msgspec.Struct, frozen=True):
    """One order that is to be shipped."""

    order_no: str
    paid_at: str
    parcels: int
    lines: Sequence[WorkLineView]

    @classmethod
    def of(cls, row: OrderRow) -> "WorkView":
        """From the store's."""
        number, paid_at = order_no_of(str(row.SK)), rfc3339(int(row.paid_at or 0))
        return cls(number, paid_at, row.shipped.parcels, _left(row.lines, row.to_ship()))


class LabelView(msgspec.Struct, frozen=True):
    """The same with what is written on the label."""

    order_no: str
    paid_at: str
    parcels: int
    lines: Sequence[WorkLineView]
    address: AddressView
    remark: str

    @classmethod
    def of(cls, order: Order) -> "LabelView":
        """From the domain's."""
        to = order.address
        return cls(
            order.order_no,
            rfc3339(order.paid_at),
            order.shipped.parcels,
            _left(order.lines, order.to_ship),
            AddressView(to.name, to.phone, to.province, to.city, to.district, to.detail),
            order.remark,
        )


def _left(lines: Sequence[QuoteLine], left: Mapping[int, int]) -> list[WorkLineView]:
    return [
        WorkLineView(
            str(at), lines[at - 1].sku_id, lines[at - 1].title, lines[at - 1].spec, quantity
        )
        for at, quantity in left.items()
    ]


class OrderEntryView(msgspec.Struct, frozen=True):
    """One order of a day."""

    order_no: str
    status: str
    payable_fen: int


class MoveView(msgspec.Struct, frozen=True):
    """One move of an order."""

    status: str
    actor: str
    cause: str
    at: str


class PackedView(msgspec.Struct, frozen=True):
    """Pieces of one line in a parcel."""

    line_id: str
    quantity: int


class ParcelView(msgspec.Struct, frozen=True):
    """One parcel, by its number within the order; `corrected_from` is what it bore before."""

    number: int
    company: str
    tracking_no: str
    state: str | None
    lines: Sequence[PackedView]
    corrected_from: str | None

    @classmethod
    def of(cls, row: ParcelRow) -> "ParcelView":
        """From the store's."""
        return cls(
            row.number,
            row.company,
            row.tracking_no,
            row.state,
            packed(row.pieces),
            row.corrected_from,
        )


def packed(pieces: Mapping[int, int]) -> list[PackedView]:
    """Pieces by the line's position, on the wire."""
    return [PackedView(str(at), quantity) for at, quantity in pieces.items()]


class StaffOrderView(msgspec.Struct, frozen=True):
    """An order to staff; the person behind it is masked.

    `packed` is what belongs into the next parcel: bought, not refunded before, not shipped.
    """

    order_no: str
    status: str
    lines: Sequence[LineView]
    packed: Sequence[PackedView]
    amounts: AmountsView
    address: AddressView
    remark: str
    created_at: str
    paid_at: str | None
    shipped_at: str | None
    closed_at: str | None
    close_reason: str | None
    transaction_id: str | None
    history: Sequence[MoveView]
    parcels: Sequence[ParcelView]
    refunds: Sequence[RefundView]

    @classmethod
    def of(
        cls,
        order: Order,
        history: Sequence[HistoryRow],
        parcels: Sequence[ParcelRow],
        refunds: Sequence[RefundView],
    ) -> "StaffOrderView":
        """The view of an order."""
        masked = order.address.masked()
        return cls(
            order_no=order.order_no,
            status=order.status,
            lines=lines_of(order),
            packed=packed(order.to_ship),
            amounts=AmountsView(
                order.goods_total_fen,
                order.discount_total_fen,
                order.freight_fen,
                order.payable_fen,
            ),
            address=AddressView(
                masked.name,
                masked.phone,
                masked.province,
                masked.city,
                masked.district,
                masked.detail,
            ),
            remark=order.remark,
            created_at=rfc3339(order.created_at),
            paid_at=rfc3339_or_none(order.paid_at),
            shipped_at=rfc3339_or_none(order.shipped_at),
            closed_at=rfc3339_or_none(order.closed_at),
            close_reason=order.close_reason or None,
            transaction_id=order.transaction_id or None,
            history=[MoveView(m.status, m.actor, m.cause, rfc3339(int(m.at))) for m in history],
            parcels=[ParcelView.of(one) for one in parcels],
            refunds=refunds,
        )


class ShippedView(msgspec.Struct, frozen=True):
    """What became of an order."""

    order_no: str
    status: str
