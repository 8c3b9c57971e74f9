"""JSAPI transactions: prepay, query and close."""

from typing import Any

from scripts.emulators.openids import belongs_to
from scripts.emulators.wechatpay import fields
from scripts.emulators.wechatpay.clock import rfc3339
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.errors import PayError, param_error
from scripts.emulators.wechatpay.ledger import CLOSED, NOTPAY, REFUND, SUCCESS, Ledger, Order

DEFAULT_LIFE_SECONDS = 7 * 86400
LEAST_LIFE_SECONDS = 60
LONGEST_LIFE_SECONDS = 90 * 86400
LONGEST_OPENID = 128

DESCRIPTIONS = {
    NOTPAY: "订单未支付",
    SUCCESS: "支付成功",
    CLOSED: "订单已关闭",
    REFUND: "订单发生过退款",
}


def order_paid() -> PayError:
    """The refusal of what only an unpaid order allows."""
    return PayError(400, "ORDERPAID", "该订单已支付")


class Transactions:
    """The payment half of the API."""

    def __init__(self, config: PayConfig, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger

    def prepay(self, body: dict[str, Any], prepay_id: str, now: float) -> Order:
        """Creates an order, or re-posts an unpaid one, and books ``prepay_id`` for it.

        Args:
            body: The request.
            prepay_id: A fresh id.
            now: Plan clock, UTC seconds.

        Raises:
            PayError: A field breaks its rule, or the number is used up.
        """
        self._check(body)
        number = str(body["out_trade_no"])
        order = self._ledger.orders.get(number)
        if order is None:
            order = Order(number, body, now, self._expires_at(body, now))
            self._ledger.orders[number] = order
        else:
            self._check_repost(order, body, now)
        self._ledger.add_prepay(order, prepay_id, now)
        return order

    def by_number(self, out_trade_no: str, mchid: str | None) -> dict[str, Any]:
        """The transaction object of a merchant order number."""
        self._check_mchid(mchid)
        return self.view(self._existing(out_trade_no))

    def by_transaction(self, transaction_id: str, mchid: str | None) -> dict[str, Any]:
        """The transaction object of a transaction id."""
        self._check_mchid(mchid)
        order = self._ledger.of_transaction(transaction_id)
        if order is None:
            raise PayError(404, "ORDER_NOT_EXIST", "订单不存在")
        return self.view(order)

    def close(self, out_trade_no: str, body: dict[str, Any]) -> None:
        """Closes an unpaid order; closing a closed one again is accepted."""
        if body.get("mchid") != self._config.mchid:
            raise param_error("mchid", "商户号有误", body.get("mchid"))
        order = self._existing(out_trade_no)
        if order.paid:
            raise order_paid()
        order.state = CLOSED

    def view(self, order: Order) -> dict[str, Any]:
        """The transaction object, as queries and notices show it."""
        shown: dict[str, Any] = {
            "appid": order.asked["appid"],
            "mchid": order.asked["mchid"],
            "out_trade_no": order.out_trade_no,
            "trade_state": order.state,
            "trade_state_desc": DESCRIPTIONS[order.state],
            "payer": {"openid": order.openid},
            "amount": {"total": order.total, "currency": "CNY"},
        }
        if order.asked.get("attach") is not None:
            shown["attach"] = order.asked["attach"]
        if order.paid_at is not None:
            shown |= {
                "transaction_id": order.transaction_id,
                "trade_type": "JSAPI",
                "bank_type": "OTHERS",
                "success_time": rfc3339(order.paid_at),
            }
            shown["amount"] |= {
                "payer_total": order.total - order.coupon_fen,
                "payer_currency": "CNY",
            }
        if order.coupon_fen:
            shown["promotion_detail"] = [_promotion(order.coupon_fen)]
        return shown

    def _existing(self, out_trade_no: str) -> Order:
        order = self._ledger.orders.get(out_trade_no)
        if order is None:
            raise PayError(404, "ORDER_NOT_EXIST", "订单不存在")
        return order

    def _check_mchid(self, mchid: str | None) -> None:
        if mchid != self._config.mchid:
            raise param_error("mchid", "商户号有误", mchid)

    def _check(self, body: dict[str, Any]) -> None:
        fields.text(body, "appid", fields.LONGEST_ID)
        self._check_mchid(fields.text(body, "mchid", fields.LONGEST_ID))
        if body["appid"] != self._config.appid:
            raise PayError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
        fields.text(body, "description", fields.LONGEST_DESCRIPTION)
        fields.text(body, "out_trade_no", fields.LONGEST_ID, pattern=fields.TRADE_NO)
        url = fields.text(body, "notify_url", fields.LONGEST_NOTIFY_URL)
        fields.notify_url(url or "", allow_http=self._config.allow_http_notify)
        amount = fields.section(body, "amount") or {}
        fields.fen(amount, "amount.total")
        fields.currency(amount, required=False)
        payer = fields.section(body, "payer") or {}
        openid = fields.text(payer, "payer.openid", LONGEST_OPENID) or ""
        if not belongs_to(self._config.appid, openid):
            raise PayError(500, "OPENID_MISMATCH", "openid和appid不匹配")
        fields.check_prepay_extras(body)

    def _check_repost(self, order: Order, body: dict[str, Any], now: float) -> None:
        if order.paid:
            raise order_paid()
        if order.state == CLOSED:
            raise PayError(400, "ORDER_CLOSED", "订单已关闭")
        if order.asked != body:
            raise PayError(403, "OUT_TRADE_NO_USED", "商户订单号重复")
        if now >= order.expires_at:
            raise PayError(400, "INVALID_REQUEST", "订单已过有效期")

    @staticmethod
    def _expires_at(body: dict[str, Any], now: float) -> float:
        asked = fields.expiry(body)
        if asked is None:
            return now + DEFAULT_LIFE_SECONDS
        if asked > now + LONGEST_LIFE_SECONDS:
            raise param_error("time_expire", "超过90天", body["time_expire"])
        return max(asked, now + LEAST_LIFE_SECONDS)


def _promotion(coupon_fen: int) -> dict[str, Any]:
    return {
        "coupon_id": "EMULATED109519",
        "name": "微信支付立减",
        "scope": "GLOBAL",
        "type": "CASH",
        "amount": coupon_fen,
        "stock_id": "931386",
        "wechatpay_contribute": coupon_fen,
        "merchant_contribute": 0,
        "other_contribute": 0,
        "currency": "CNY",
    }
