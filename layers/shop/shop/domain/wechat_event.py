"""What WeChat pushes to the shop (`providers` 1.7, 1.8)."""

from dataclasses import dataclass

SETTLEMENT = "trade_manage_order_settlement"
"""Sent when an order was reported as shipped, and again when its receipt is confirmed."""


@dataclass(frozen=True, slots=True)
class WechatEvent:
    """One event.

    Attributes:
        key: The same for every sending of the event, and for no other.
        name: WeChat's word for its kind.
        created_at: UTC seconds.
        order_no: Our number of the order it is about, "" for none; not to be trusted as one.
        transaction_id: WeChat Pay's number of the payment, "" for none.
        receipt_confirmed: Whether it says that the buyer has the goods.
    """

    key: str
    name: str
    created_at: int
    order_no: str
    transaction_id: str
    receipt_confirmed: bool
