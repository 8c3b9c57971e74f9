"""The buyer's side: what the WeChat client does with the parameters the shop hands out."""

from collections.abc import Callable
from typing import Any

from scripts.emulators.base import ControlError
from scripts.emulators.openids import openid_for
from scripts.emulators.outbox import HELD, Message, Outbox
from scripts.emulators.wechatpay.authorization import MerchantKey
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.ledger import CLOSED, Ledger, Order
from scripts.emulators.wechatpay.notices import NoticeWriter
from scripts.emulators.wechatpay.transactions import Transactions

PREPAY_LIFE_SECONDS = 2 * 3600
LONGEST_NONCE = 32
_SIGNED = ("appId", "timeStamp", "nonceStr", "package")


class PaymentRefusedError(Exception):
    """The client refuses to pay; the text is the reason."""


class Buyer:
    """Pays orders, and owes the merchant a notice for each."""

    def __init__(
        self,
        config: PayConfig,
        merchant_key: MerchantKey,
        ledger: Ledger,
        transactions: Transactions,
        notices: tuple[NoticeWriter, Outbox],
        *,
        now: Callable[[], float],
        wire_now: Callable[[], float],
        new_number: Callable[[], str],
    ) -> None:
        self._config = config
        self._key = merchant_key
        self._ledger = ledger
        self._transactions = transactions
        self._writer, self._outbox = notices
        self._now = now
        self._wire_now = wire_now
        self._new_number = new_number

    def pay(self, asked: dict[str, Any]) -> tuple[Order, Message]:
        """Checks the parameters as the client does and pays.

        Args:
            asked: ``appId, timeStamp, nonceStr, package, signType, paySign`` as the shop handed
                them out; ``openid`` or ``user``, who pays; ``notify`` false holds the notice
                back; ``coupon_fen`` is paid by a WeChat coupon.

        Raises:
            PaymentRefusedError: The client would refuse.
        """
        self._check_parameters(asked)
        order = self._order_of(str(asked["package"]).removeprefix("prepay_id="))
        if "openid" not in asked and "user" not in asked:
            raise ControlError("openid or user is missing")
        openid = asked.get("openid") or openid_for(self._config.appid, str(asked["user"]))
        if openid != order.openid:
            raise PaymentRefusedError("the order is another user's")
        return order, self.settle(
            order, coupon_fen=int(asked.get("coupon_fen", 0)), notify=asked.get("notify", True)
        )

    def settle(self, order: Order, *, coupon_fen: int = 0, notify: bool = True) -> Message:
        """Books the payment of an unpaid order and queues, or holds, its notice."""
        if not 0 <= coupon_fen < order.total:
            raise ControlError("coupon_fen must be less than the order's total")
        self._ledger.pay(order, self._new_number(), self._wire_now(), coupon_fen)
        message = self.success_notice(order)
        message.due_at = self._now() if notify else None
        if not notify:
            message.state = HELD
        return self._outbox.put(message)

    def pay_again(self, out_trade_no: str) -> Message:
        """Pays a paid order once more, and queues the notice of that.

        Raises:
            ControlError: There is no such order, or it was never paid.
        """
        order = self._ledger.orders.get(out_trade_no)
        if order is None or not order.paid:
            raise ControlError(f"{out_trade_no} was never paid")
        number, at = self._new_number(), self._wire_now()
        message = self.success_notice(self._ledger.pay_again(order, number, at))
        message.due_at = self._now()
        return self._outbox.put(message)

    def success_notice(self, order: Order) -> Message:
        """The notice of a paid order."""
        content = self._transactions.view(order)
        url = str(order.asked["notify_url"])
        return self._writer.message("TRANSACTION.SUCCESS", order.out_trade_no, url, content)

    def _check_parameters(self, asked: dict[str, Any]) -> None:
        for name in (*_SIGNED, "signType", "paySign"):
            if not isinstance(asked.get(name), str):
                raise PaymentRefusedError(f"{name} must be text")
        if asked["appId"] != self._config.appid:
            raise PaymentRefusedError("appId is not this mini-program's")
        if asked["signType"] != "RSA":
            raise PaymentRefusedError("signType must be RSA")
        if not asked["timeStamp"].isdigit() or not 0 < len(asked["nonceStr"]) <= LONGEST_NONCE:
            raise PaymentRefusedError("timeStamp or nonceStr breaks its rule")
        message = "".join(asked[name] + "\n" for name in _SIGNED).encode()
        if not self._key.verifies(asked["paySign"], message):
            raise PaymentRefusedError("paySign does not verify")

    def _order_of(self, prepay_id: str) -> Order:
        order = self._ledger.of_prepay(prepay_id)
        if order is None:
            raise PaymentRefusedError("unknown prepay_id")
        now = self._now()
        if now - order.prepay_ids[prepay_id] > PREPAY_LIFE_SECONDS:
            raise PaymentRefusedError("the prepay_id has expired")
        if order.paid:
            raise PaymentRefusedError("the order is already paid")
        if order.state == CLOSED:
            raise PaymentRefusedError("the order is closed")
        if now > order.expires_at:
            raise PaymentRefusedError("the order has expired")
        return order
