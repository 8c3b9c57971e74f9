"""An order: what it holds, the states it can be in, and the only moves between them.

Two tables decide: `MOVES` says what may follow what and what is written together, `actions` what
the buyer is offered. Every move is one conditional write that carries actor, time and cause.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import compress

from shop.domain.address import Address
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.parcel_book import NOTHING_SHIPPED, ParcelBook
from shop.domain.quote_line import QuoteLine
from shop.domain.refund_book import (
    MOST_ASKED,
    NOTHING_ASKED,
    REFUNDABLE_SECONDS,
    Bought,
    RefundBook,
)


class OrderStatus(StrEnum):
    """Where an order stands (`api-contract`: status)."""

    TO_PAY = "TO_PAY"
    CLOSING = "CLOSING"
    TO_SHIP = "TO_SHIP"
    TO_RECEIVE = "TO_RECEIVE"
    DONE = "DONE"
    CLOSED = "CLOSED"


class OrderEvent(StrEnum):
    """What can happen to an order."""

    PAID = "paid"
    CLOSE_ASKED = "close_asked"
    CLOSED_UNPAID = "closed_unpaid"
    PAID_LATE = "paid_late"
    REFUND_ASKED = "refund_asked"
    REFUND_ACCEPTED = "refund_accepted"
    REFUNDED_OUTSIDE = "refunded_outside"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    RECEIVED = "received"


class CloseReason(StrEnum):
    """Why an order is closed (`api-contract`: close_reason)."""

    BUYER = "buyer"
    EXPIRED = "expired"
    STAFF = "staff"
    REFUNDED = "refunded"


class Actor(StrEnum):
    """Who moved an order; staff are recorded by name behind this word."""

    BUYER = "buyer"
    STAFF = "staff"
    WECHATPAY = "wechatpay"
    WECHAT = "wechat"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the state table.

    Attributes:
        sources: States the move may start from.
        event: What happens.
        guard: What else must hold in the same write, in words.
        target: The state after it.
        together: What the same write changes besides the order.
        action: What the buyer is offered in order to ask for it, "" where nothing is.
    """

    sources: tuple[OrderStatus, ...]
    event: OrderEvent
    guard: str
    target: OrderStatus
    together: str
    action: str = ""


_S = OrderStatus
MOVES: dict[OrderEvent, Move] = {
    move.event: move
    for move in (
        Move(
            (_S.TO_PAY, _S.CLOSING),
            OrderEvent.PAID,
            "no payment yet; amount and payer are the order's",
            _S.TO_SHIP,
            "leaves what is due, joins what is to be shipped",
            "pay",
        ),
        Move(
            (_S.TO_PAY,),
            OrderEvent.CLOSE_ASKED,
            "none",
            _S.CLOSING,
            "nothing: stock stays held while WeChat could still take the money",
            "cancel",
        ),
        Move(
            (_S.CLOSING,),
            OrderEvent.CLOSED_UNPAID,
            "no payment; closed at WeChat before",
            _S.CLOSED,
            "stock, coupons and limits go back; leaves the due index",
        ),
        Move(
            (_S.CLOSED,),
            OrderEvent.PAID_LATE,
            "no payment yet; stock, coupons and limits can all be taken again",
            _S.TO_SHIP,
            "stock, coupons and limits are taken again; joins what is to be shipped",
        ),
        Move(
            (_S.TO_SHIP,),
            OrderEvent.REFUND_ASKED,
            "nothing shipped; with it every piece is stopped",
            _S.CLOSING,
            "the refund row, the book; requests that waited are refused",
            "cancel",
        ),
        Move(
            (_S.CLOSING,),
            OrderEvent.REFUND_ACCEPTED,
            "paid; WeChat has accepted the last refund of its pieces",
            _S.CLOSED,
            "the last stock goes back, the book, the refund row",
        ),
        Move(
            (_S.CLOSING,),
            OrderEvent.REFUNDED_OUTSIDE,
            "no payment yet; WeChat had the money, and somebody gave it back there",
            _S.CLOSED,
            "the anomaly, before it; what CLOSED_UNPAID gives back; the payment's number",
        ),
        Move(
            (_S.TO_SHIP,),
            OrderEvent.PART_SHIPPED,
            "the parcel's pieces are left; others are left after it",
            _S.TO_SHIP,
            "the parcel row, its report due",
        ),
        Move(
            (_S.TO_SHIP,),
            OrderEvent.SHIPPED,
            "with it every piece is shipped or stopped, one at least shipped",
            _S.TO_RECEIVE,
            "the parcel row, or the refund that stops the rest; its report and its receipt due",
        ),
        Move(
            (_S.TO_RECEIVE,),
            OrderEvent.RECEIVED,
            "by the schedule only: every parcel is signed for",
            _S.DONE,
            "leaves what is due",
            "confirm_receipt",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. Amounts in fen, times in UTC seconds, 0 for "not yet".

    Attributes:
        version: Counts moves from 1.
        lines: What was bought; a line's id is its position, from 1.
        prepay_id: WeChat's handle for paying, "" until WeChat answered.
        transaction_id: WeChat's number of the payment, "" until paid.
        sale_id: The flash sale it came from, "" for an ordinary order.
        sale_shard: Where its flash units were taken, -1 for an ordinary order.
        sale_salt: With the issue time in the order number, names its attempt in the shard.
        refunds: What was asked back of it, and what of that is not shipped any more.
        shipped: What of it left the house, in how many parcels.
        claim_savings: What each of the coupon claims took off, in their order.
    """

    order_no: OrderNo
    customer_id: CustomerId
    status: OrderStatus
    version: int
    lines: tuple[QuoteLine, ...]
    goods_total_fen: int
    discount_total_fen: int
    freight_fen: int
    payable_fen: int
    claim_ids: tuple[str, ...]
    address: Address
    remark: str
    from_cart: bool
    created_at: int
    pay_before: int
    prepay_id: str = ""
    transaction_id: str = ""
    paid_at: int = 0
    shipped_at: int = 0
    closed_at: int = 0
    close_reason: str = ""
    sale_id: str = ""
    sale_shard: int = -1
    sale_salt: int = 0
    refunds: RefundBook = NOTHING_ASKED
    shipped: ParcelBook = NOTHING_SHIPPED
    claim_savings: tuple[int, ...] = ()

    @property
    def bought(self) -> Bought:
        """What it sold, as refunds see it."""
        return Bought(self.lines, self.freight_fen)

    @property
    def to_ship(self) -> dict[int, int]:
        """Pieces that are to be shipped, by position."""
        return self.bought.to_ship(self.refunds, self.shipped)

    @property
    def payable_now(self) -> bool:
        """Whether the buyer may still be handed payment parameters."""
        return self.status is OrderStatus.TO_PAY

    @property
    def in_shard(self) -> bool:
        """Whether its pieces are units of a flash sale's shard."""
        return bool(self.sale_id)


OVER = (OrderStatus.DONE, OrderStatus.CLOSED)
"""States in which nobody waits for anything any more."""
_SHIPPED = (OrderStatus.TO_RECEIVE, OrderStatus.DONE)
_ACTIONS = ("pay", "cancel", "view_shipments", "confirm_receipt", "buy_again", "request_refund")
ASKED = {
    status: frozenset(move.action for move in MOVES.values() if status in move.sources)
    for status in OrderStatus
}
"""What a buyer may ask for from each state, by the table."""
REFUNDABLE = (OrderStatus.TO_SHIP, OrderStatus.TO_RECEIVE, OrderStatus.DONE)
"""States in which something bought may be asked back."""


def may_ask_refund(order: Order, now: int) -> bool:
    """Whether the buyer may ask something back, if only it is still there to ask for."""
    return (
        order.status in REFUNDABLE
        and now < order.paid_at + REFUNDABLE_SECONDS
        and order.refunds.made < MOST_ASKED
        and bool(order.bought.left(order.refunds))
    )


def actions(order: Order, now: int) -> tuple[str, ...]:
    """What the buyer is offered; the client draws no rules of its own.

    Each is a move that the table allows from here, or something that moves nothing.
    """
    status, asks, parcels = order.status, ASKED[order.status], order.shipped.parcels
    offered = (
        "pay" in asks and status is OrderStatus.TO_PAY and now < order.pay_before,
        "cancel" in asks and not parcels,
        bool(parcels) or status in _SHIPPED,
        "confirm_receipt" in asks,
        status in OVER,
        may_ask_refund(order, now),
    )
    return tuple(compress(_ACTIONS, offered))


def description(order_lines: tuple[QuoteLine, ...]) -> str:
    """What WeChat shows the payer, the same on every repeat; at most 127 characters."""
    first = order_lines[0].title
    text = first if len(order_lines) == 1 else f"{first} 等{len(order_lines)}种商品"
    return text[:127]
