"""Domestic refunds: accepted at once, settled later, told by notice."""

from typing import Any

from scripts.emulators.base import ControlError
from scripts.emulators.wechatpay import fields
from scripts.emulators.wechatpay.clock import rfc3339
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.errors import PayError, param_error
from scripts.emulators.wechatpay.ledger import (
    ABNORMAL,
    CLOSED,
    PROCESSING,
    REFUND,
    SUCCESS,
    Ledger,
    Order,
    Refund,
)

LIFE_SECONDS = 365 * 86400
MOST_PARTS = 50
ACCOUNT = "支付用户零钱"
ENDS = {SUCCESS, ABNORMAL, CLOSED}
ABNORMAL_TYPES = {"USER_BANK_CARD", "MERCHANT_BANK_CARD"}


class Refunds:
    """The refund half of the API."""

    def __init__(self, config: PayConfig, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger

    def create(
        self, body: dict[str, Any], refund_id: str, outcome: str, *, now: float, wire_now: float
    ) -> dict[str, Any]:
        """Accepts a refund; the same number with the same content gives the same refund.

        Args:
            body: The request.
            refund_id: A fresh id, used if the refund is new.
            outcome: ``SUCCESS``, ``ABNORMAL`` or ``CLOSED``: what it will become.
            now: Plan clock, UTC seconds.
            wire_now: Wire clock, UTC seconds.

        Raises:
            PayError: A field breaks its rule, or the order cannot be refunded so.
        """
        number = fields.text(body, "out_refund_no", 64, pattern=fields.REFUND_NO) or ""
        known = self._ledger.refunds.get(number)
        if known is not None:
            if known.asked != body:
                raise PayError(400, "INVALID_REQUEST", "请求参数与原退款单不一致")
            return self.view(known)
        order = self._order(body)
        amount = self._check(body, order)
        self._check_limits(order, amount, now)
        refund = Refund(
            refund_id=refund_id,
            out_refund_no=number,
            out_trade_no=order.out_trade_no,
            asked=body,
            amount=amount,
            outcome=outcome,
            due_at=now + self._config.refund_seconds,
            requested_at=now,
            created_at=wire_now,
            order_key=order.key if order.is_second else "",
        )
        self._ledger.add_refund(refund)
        order.state = REFUND
        return self.view(refund)

    def by_number(self, out_refund_no: str) -> dict[str, Any]:
        """The refund object of a merchant refund number."""
        refund = self._ledger.refunds.get(out_refund_no)
        if refund is None:
            raise PayError(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return self.view(refund)

    def apply_abnormal(self, refund_id: str, body: dict[str, Any], now: float) -> dict[str, Any]:
        """Sends an abnormal refund on its way again, to another card."""
        refund = self._ledger.refunds.get(str(body.get("out_refund_no")))
        if refund is None or refund.refund_id != refund_id:
            raise PayError(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        if body.get("type") not in ABNORMAL_TYPES:
            raise param_error("type", "取值有误", body.get("type"))
        if refund.status != ABNORMAL:
            raise PayError(400, "INVALID_REQUEST", "退款单状态不是退款异常")
        refund.outcome, refund.due_at = SUCCESS, now + self._config.refund_seconds
        self._ledger.move_refund(refund, PROCESSING, None)
        return self.view(refund)

    def end(self, out_refund_no: str, status: str, wire_now: float) -> Refund:
        """Ends a refund now, whatever it was.

        Raises:
            ControlError: There is no such refund, or no such end.
        """
        refund = self._ledger.refunds.get(out_refund_no)
        if refund is None or status not in ENDS:
            raise ControlError(f"no refund {out_refund_no}, or {status} is none of {sorted(ENDS)}")
        self._ledger.move_refund(refund, status, wire_now)
        return refund

    def settle_due(self, now: float, wire_now: float) -> list[Refund]:
        """Settles what is due by now; returns it."""
        due = [refund for refund in self._ledger.processing() if refund.due_at <= now]
        for refund in due:
            self._ledger.move_refund(refund, refund.outcome, wire_now)
        return due

    def next_due(self) -> float | None:
        """When the next refund settles, plan clock."""
        return min((refund.due_at for refund in self._ledger.processing()), default=None)

    def view(self, refund: Refund) -> dict[str, Any]:
        """The refund object, as answers show it."""
        order = self._ledger.order_of(refund)
        shown: dict[str, Any] = {
            "refund_id": refund.refund_id,
            "out_refund_no": refund.out_refund_no,
            "transaction_id": order.transaction_id,
            "out_trade_no": order.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": ACCOUNT,
            "create_time": rfc3339(refund.created_at),
            "status": refund.status,
            "funds_account": "AVAILABLE",
            "amount": {
                "total": order.total,
                "refund": refund.amount,
                "payer_total": order.total - order.coupon_fen,
                "payer_refund": self._payer_refund(order, refund),
                "settlement_refund": refund.amount,
                "settlement_total": order.total,
                "discount_refund": refund.amount - self._payer_refund(order, refund),
                "currency": "CNY",
            },
        }
        if refund.status == SUCCESS and refund.settled_at is not None:
            shown["success_time"] = rfc3339(refund.settled_at)
        return shown

    def notice_content(self, refund: Refund) -> dict[str, Any]:
        """The refund as notices tell it: no appid, no trade_state."""
        order = self._ledger.order_of(refund)
        content: dict[str, Any] = {
            "mchid": self._config.mchid,
            "transaction_id": order.transaction_id,
            "out_trade_no": order.out_trade_no,
            "refund_id": refund.refund_id,
            "out_refund_no": refund.out_refund_no,
            "refund_status": refund.status,
            "user_received_account": ACCOUNT,
            "amount": {
                "total": order.total,
                "refund": refund.amount,
                "payer_total": order.total - order.coupon_fen,
                "payer_refund": self._payer_refund(order, refund),
            },
        }
        if refund.status == SUCCESS and refund.settled_at is not None:
            content["success_time"] = rfc3339(refund.settled_at)
        return content

    @staticmethod
    def _payer_refund(order: Order, refund: Refund) -> int:
        return refund.amount * (order.total - order.coupon_fen) // order.total

    def _order(self, body: dict[str, Any]) -> Order:
        names = [name for name in ("transaction_id", "out_trade_no") if body.get(name)]
        if not names:
            raise param_error("transaction_id", "与out_trade_no二选一必填")
        found = (
            self._ledger.of_transaction(str(body["transaction_id"]))
            if "transaction_id" in names
            else self._ledger.orders.get(str(body["out_trade_no"]))
        )
        if found is None:
            raise PayError(404, "RESOURCE_NOT_EXISTS", "订单不存在")
        if not found.paid:
            raise PayError(400, "INVALID_REQUEST", "订单未支付，不能退款")
        return found

    def _check(self, body: dict[str, Any], order: Order) -> int:
        fields.text(body, "reason", fields.LONGEST_REASON, required=False)
        url = fields.text(body, "notify_url", fields.LONGEST_REFUND_NOTIFY_URL, required=False)
        if url is not None:
            fields.notify_url(url, allow_http=self._config.allow_http_notify)
        if body.get("funds_account", "AVAILABLE") != "AVAILABLE":
            raise param_error("funds_account", "取值有误", body["funds_account"])
        amount = fields.section(body, "amount") or {}
        fields.currency(amount, required=True)
        if fields.fen(amount, "amount.total") != order.total:
            raise param_error("amount.total", "与原订单金额不一致", amount["total"])
        return fields.fen(amount, "amount.refund")

    def _check_limits(self, order: Order, amount: int, now: float) -> None:
        if order.paid_at is not None and now - order.paid_at > LIFE_SECONDS:
            raise PayError(400, "INVALID_REQUEST", "订单超过可退款期限")
        earlier = self._ledger.refunds_of(order)
        if len(earlier) >= MOST_PARTS:
            raise PayError(403, "RULE_LIMIT", "部分退款次数超过50次")
        if amount > order.total - self._ledger.refunded_fen(order):
            raise PayError(403, "RULE_LIMIT", "申请退款金额大于可退金额")
        if earlier and now - earlier[-1].requested_at < self._config.refund_gap_seconds:
            raise PayError(429, "FREQUENCY_LIMITED", "部分退款间隔须大于1分钟")


OUTCOMES = {"abnormal": ABNORMAL, "refund_closed": CLOSED}
