"""WeChat Pay's own books: orders and refunds, in fen."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

NOTPAY, SUCCESS, CLOSED, REFUND = "NOTPAY", "SUCCESS", "CLOSED", "REFUND"
PROCESSING, ABNORMAL = "PROCESSING", "ABNORMAL"


@dataclass
class Order:
    """One merchant order.

    Attributes:
        out_trade_no: The merchant's number.
        asked: The prepay request as sent first; a re-post must equal it.
        created_at: Plan clock, UTC seconds.
        expires_at: When it can no longer be paid, UTC seconds.
        state: ``NOTPAY``, ``SUCCESS``, ``CLOSED`` or ``REFUND``.
        prepay_ids: Issue time of each prepay id, plan clock.
        transaction_id: WeChat Pay's number, once paid.
        paid_at: When paid, wire clock, UTC seconds.
        coupon_fen: Part of the amount that a WeChat coupon paid.
        is_second: Whether it is a second payment under a number that was paid already.
    """

    out_trade_no: str
    asked: dict[str, Any]
    created_at: float
    expires_at: float
    state: str = NOTPAY
    prepay_ids: dict[str, float] = field(default_factory=dict)
    transaction_id: str | None = None
    paid_at: float | None = None
    coupon_fen: int = 0
    is_second: bool = False

    @property
    def key(self) -> str:
        """What the books know it by: its number, which only a second payment shares."""
        return f"{self.out_trade_no}#{self.transaction_id}" if self.is_second else self.out_trade_no

    @property
    def total(self) -> int:
        """The order's amount in fen."""
        return int(self.asked["amount"]["total"])

    @property
    def openid(self) -> str:
        """The only one who may pay."""
        return str(self.asked["payer"]["openid"])

    @property
    def paid(self) -> bool:
        """Whether money came in, refunded later or not."""
        return self.transaction_id is not None


@dataclass
class Refund:
    """One refund.

    Attributes:
        refund_id: WeChat Pay's number.
        out_refund_no: The merchant's number, the idempotency key.
        out_trade_no: The order it belongs to.
        asked: The request as sent first; a repeat must equal it.
        amount: Fen.
        status: ``PROCESSING``, ``SUCCESS``, ``CLOSED`` or ``ABNORMAL``.
        outcome: What it becomes when it is due.
        due_at: Plan clock.
        requested_at: Plan clock.
        created_at: Wire clock.
        settled_at: Wire clock.
        order_key: What the books know its payment by; "" for the first under its number.
    """

    refund_id: str
    out_refund_no: str
    out_trade_no: str
    asked: dict[str, Any]
    amount: int
    outcome: str
    due_at: float
    requested_at: float
    created_at: float
    status: str = PROCESSING
    settled_at: float | None = None
    order_key: str = ""


class Ledger:
    """All orders and refunds of one merchant."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.orders: dict[str, Order] = {}
        self.refunds: dict[str, Refund] = {}
        self._by_transaction: dict[str, str] = {}
        self._by_prepay: dict[str, str] = {}
        self._refunds_by_order: dict[str, list[Refund]] = {}
        self._processing: dict[str, Refund] = {}

    def add_prepay(self, order: Order, prepay_id: str, at: float) -> None:
        """Books a prepay id of an order."""
        order.prepay_ids[prepay_id] = at
        self._by_prepay[prepay_id] = order.out_trade_no

    def pay(self, order: Order, transaction_id: str, at: float, coupon_fen: int) -> None:
        """Books the payment of an order."""
        order.state, order.transaction_id, order.paid_at = SUCCESS, transaction_id, at
        order.coupon_fen = coupon_fen
        self._by_transaction[transaction_id] = order.key

    def pay_again(self, order: Order, transaction_id: str, at: float) -> Order:
        """Books a second payment of a paid order, beside the first."""
        second = replace(
            order,
            state=SUCCESS,
            prepay_ids={},
            transaction_id=transaction_id,
            paid_at=at,
            coupon_fen=0,
            is_second=True,
        )
        self.orders[second.key] = second
        self._by_transaction[transaction_id] = second.key
        return second

    def add_refund(self, refund: Refund) -> None:
        """Books a refund."""
        self.refunds[refund.out_refund_no] = refund
        self._refunds_by_order.setdefault(self.order_of(refund).key, []).append(refund)
        if refund.status == PROCESSING:
            self._processing[refund.out_refund_no] = refund

    def move_refund(self, refund: Refund, status: str, settled_at: float | None) -> None:
        """Books a refund's new status."""
        refund.status, refund.settled_at = status, settled_at
        if status == PROCESSING:
            self._processing[refund.out_refund_no] = refund
        else:
            self._processing.pop(refund.out_refund_no, None)

    def processing(self) -> list[Refund]:
        """The refunds that are not settled yet."""
        return list(self._processing.values())

    def of_prepay(self, prepay_id: str) -> Order | None:
        """The order of a prepay id."""
        return self.orders.get(self._by_prepay.get(prepay_id, ""))

    def of_transaction(self, transaction_id: str) -> Order | None:
        """The order of a transaction id."""
        return self.orders.get(self._by_transaction.get(transaction_id, ""))

    def order_of(self, refund: Refund) -> Order:
        """The payment that a refund takes from."""
        return self.orders[refund.order_key or refund.out_trade_no]

    def refunds_of(self, order: Order) -> list[Refund]:
        """The refunds of an order, oldest first."""
        return list(self._refunds_by_order.get(order.key, []))

    def refunded_fen(self, order: Order) -> int:
        """What went or is on its way back; closed and abnormal refunds keep the money here."""
        return sum(r.amount for r in self.refunds_of(order) if r.status in {PROCESSING, SUCCESS})

    def report(self) -> dict[str, Any]:
        """Orders, payments, refunds and totals, in fen, as plain data."""
        paid = [order for order in self.orders.values() if order.paid]
        done = [refund for refund in self.refunds.values() if refund.status == SUCCESS]
        return {
            "orders": [
                {
                    "out_trade_no": order.out_trade_no,
                    "openid": order.openid,
                    "total": order.total,
                    "trade_state": order.state,
                    "attach": order.asked.get("attach"),
                    "transaction_id": order.transaction_id,
                    "prepay_ids": len(order.prepay_ids),
                    "expires_at": order.expires_at,
                }
                for order in self.orders.values()
            ],
            "payments": [
                {
                    "transaction_id": order.transaction_id,
                    "out_trade_no": order.out_trade_no,
                    "total": order.total,
                    "payer_total": order.total - order.coupon_fen,
                    "paid_at": order.paid_at,
                }
                for order in paid
            ],
            "refunds": [
                {
                    "refund_id": refund.refund_id,
                    "out_refund_no": refund.out_refund_no,
                    "out_trade_no": refund.out_trade_no,
                    "transaction_id": self.order_of(refund).transaction_id,
                    "amount": refund.amount,
                    "status": refund.status,
                }
                for refund in self.refunds.values()
            ],
            "totals": {
                "orders": len(self.orders),
                "paid": len(paid),
                "paid_fen": sum(order.total for order in paid),
                "refunded_fen": sum(refund.amount for refund in done),
            },
        }

    def dump(self) -> dict[str, Any]:
        """The books as plain data."""
        return {
            "orders": [asdict(order) for order in self.orders.values()],
            "refunds": [asdict(refund) for refund in self.refunds.values()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave, and nothing else."""
        self._clear()
        for plain in state["orders"]:
            order = Order(**plain)
            self.orders[order.key] = order
            self._by_prepay |= dict.fromkeys(order.prepay_ids, order.out_trade_no)
            if order.transaction_id:
                self._by_transaction[order.transaction_id] = order.key
        for plain in state["refunds"]:
            self.add_refund(Refund(**plain))
