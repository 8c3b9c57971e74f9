"""Orders on the wire."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from shop.domain.order import Order, OrderStatus, actions
from shop.domain.payment import PayParams
from shop.web.pages import CursorText, Limit
from shop.web.schemas.texts import tidy, wrong
from shop.web.schemas.times import rfc3339, rfc3339_or_none

if TYPE_CHECKING:
    from shop.domain.refund import RefundOrder
    from shop.usecases.refund_request import Wish

TokenText = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class PlaceOrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/orders`."""

    quote_token: TokenText
    remark: Annotated[str, msgspec.Meta(max_length=200)] = ""


Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class RefundLineRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of one line."""

    line_id: Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]?$")]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)]


RefundLines = Annotated[list[RefundLineRequest], msgspec.Meta(min_length=1, max_length=20)]


class RefundRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/orders/{order_no}/refund-requests`."""

    lines: RefundLines
    reason: Reason
    description: Annotated[str, msgspec.Meta(max_length=200)] = ""

    def wish(self) -> "Wish":
        """What is asked back.

        Raises:
            ValidationError: A line named twice, or words that are not text.
        """
        # Checkout shows orders too, and must not load what refunds take.
        from shop.usecases.refund_request import Wish

        return Wish(
            pieces_of(self.lines),
            tidy("reason", self.reason),
            tidy("description", self.description) if self.description else "",
        )


def pieces_of(lines: Sequence[RefundLineRequest]) -> dict[int, int]:
    """Pieces by the line's position.

    Raises:
        ValidationError: A line is named twice.
    """
    pieces = {int(one.line_id): one.quantity for one in lines}
    if len(pieces) < len(lines):
        raise wrong("lines", "names a line twice")
    return pieces


class OrdersQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`GET /v1/orders`."""

    status: Literal["TO_PAY", "TO_SHIP", "TO_RECEIVE", "DONE", "CLOSED", ""] = ""
    limit: Limit = 20
    cursor: CursorText = ""


class LineView(msgspec.Struct, frozen=True):
    """One line of an order."""

    line_id: str
    sku_id: str
    title: str
    spec: str
    image_url: str
    quantity: int
    unit_price_fen: int
    discount_fen: int
    payable_fen: int


class AmountsView(msgspec.Struct, frozen=True):
    """What an order costs."""

    goods_total_fen: int
    discount_total_fen: int
    freight_fen: int
    payable_fen: int


class AddressView(msgspec.Struct, frozen=True):
    """Where it goes; shown to its owner only."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    detail: str


class RefundView(msgspec.Struct, frozen=True):
    """Money on its way back."""

    refund_no: str
    amount_fen: int
    status: str
    requested_at: str

    @classmethod
    def of(cls, refund: "RefundOrder") -> "RefundView":
        """The view of a refund."""
        return cls(
            refund.out_refund_no, refund.amount_fen, refund.status, rfc3339(refund.requested_at)
        )


def in_order(refunds: Sequence["RefundOrder"]) -> list["RefundOrder"]:
    """Refunds as they were asked for."""
    return sorted(refunds, key=lambda one: (one.requested_at, len(one.sequence), one.sequence))


class SummaryView(msgspec.Struct, frozen=True):
    """One order in a list."""

    order_no: str
    status: OrderStatus
    lines: Sequence[LineView]
    payable_fen: int
    actions: Sequence[str]
    created_at: str
    pay_before: str

    @classmethod
    def of(cls, order: Order, now: int) -> "SummaryView":
        """The summary of an order."""
        return cls(
            order_no=order.order_no,
            status=order.status,
            lines=lines_of(order),
            payable_fen=order.payable_fen,
            actions=actions(order, now),
            created_at=rfc3339(order.created_at),
            pay_before=rfc3339(order.pay_before),
        )


class OrderView(msgspec.Struct, frozen=True):
    """One order, to its owner."""

    order_no: str
    status: OrderStatus
    lines: Sequence[LineView]
    amounts: AmountsView
    address: AddressView
    remark: str
    actions: Sequence[str]
    created_at: str
    pay_before: str
    paid_at: str | None
    shipped_at: str | None
    closed_at: str | None
    close_reason: str | None
    refunds: Sequence[RefundView]

    @classmethod
    def of(cls, order: Order, now: int, refunds: Sequence["RefundOrder"] = ()) -> "OrderView":
        """The view of an order."""
        return cls(
            order_no=order.order_no,
            status=order.status,
            lines=lines_of(order),
            amounts=AmountsView(
                order.goods_total_fen,
                order.discount_total_fen,
                order.freight_fen,
                order.payable_fen,
            ),
            address=AddressView(
                order.address.name,
                order.address.phone,
                order.address.province,
                order.address.city,
                order.address.district,
                order.address.detail,
            ),
            remark=order.remark,
            actions=actions(order, now),
            created_at=rfc3339(order.created_at),
            pay_before=rfc3339(order.pay_before),
            paid_at=rfc3339_or_none(order.paid_at),
            shipped_at=rfc3339_or_none(order.shipped_at),
            closed_at=rfc3339_or_none(order.closed_at),
            close_reason=order.close_reason or None,
            refunds=[RefundView.of(one) for one in in_order(refunds)],
        )


class PaymentView(msgspec.Struct, frozen=True, rename="camel"):
    """What `wx.requestPayment` takes."""

    time_stamp: str
    nonce_str: str
    package: str
    sign_type: str
    pay_sign: str

    @classmethod
    def of(cls, params: PayParams | None) -> "PaymentView | None":
        """The view of payment parameters."""
        if params is None:
            return None
        return cls(
            params.time_stamp, params.nonce_str, params.package, params.sign_type, params.pay_sign
        )


class PlacedView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order and, while it can be paid, how."""

    order: OrderView
    payment: PaymentView | None = None


class CountsView(msgspec.Struct, frozen=True):
    """Orders per tab."""

    to_pay: int
    to_ship: int
    to_receive: int
    done: int
    closed: int


class EventView(msgspec.Struct, frozen=True):
    """One line of a parcel's story."""

    time: str
    text: str
    area: str


class ShipmentView(msgspec.Struct, frozen=True):
    """One parcel."""

    company: str
    company_name: str
    tracking_no: str
    state: str | None
    lines: Sequence[LineView]
    events: Sequence[EventView]
    updated_at: str
    stale: bool


def packed_lines(lines: Sequence[LineView], pieces: Mapping[int, int]) -> list[LineView]:
    """An order's lines as they are in one parcel.

    Args:
        lines: The order's.
        pieces: What is in the parcel, by the line's position.
    """
    return [
        msgspec.structs.replace(lines[at - 1], quantity=quantity) for at, quantity in pieces.items()
    ]


def lines_of(order: Order) -> list[LineView]:
    """An order's lines on the wire; a line's id is its position, from 1."""
    return [
        LineView(
            line_id=str(position),
            sku_id=line.sku_id,
            title=line.title,
            spec=line.spec,
            image_url=line.image_url,
            quantity=line.quantity,
            unit_price_fen=line.unit_price_fen,
            discount_fen=line.discount_fen,
            payable_fen=line.payable_fen,
        )
        for position, line in enumerate(order.lines, start=1)
    ]
