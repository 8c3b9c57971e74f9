"""WeChat Pay v3 as a whole: gate, routes, signed answers, notices and control routes."""

import time
from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any, ClassVar

from scripts.emulators.base import Call, Emulator, Route
from scripts.emulators.faults import Fault
from scripts.emulators.outbox import Message, Outbox
from scripts.emulators.wechatpay import certificates, notices
from scripts.emulators.wechatpay.authorization import Gate, MerchantKey
from scripts.emulators.wechatpay.bills import Bills
from scripts.emulators.wechatpay.buyer import Buyer, PaymentRefusedError
from scripts.emulators.wechatpay.clock import beijing_text
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.errors import PayError
from scripts.emulators.wechatpay.fields import body_of
from scripts.emulators.wechatpay.ledger import NOTPAY, SUCCESS, Ledger, Refund
from scripts.emulators.wechatpay.notice_control import NOTICE, NoticeControl
from scripts.emulators.wechatpay.refunds import OUTCOMES, Refunds
from scripts.emulators.wechatpay.signing import as_probe
from scripts.emulators.wechatpay.transactions import Transactions
from scripts.emulators.wire import Deliver, Reply, Request, json_reply

UNSIGNED_ROUTES = {"billdownload"}
ORDER = "/v3/pay/transactions/out-trade-no/{out_trade_no}"
REFUND_PATH = "/v3/refund/domestic/refunds"
PUBLIC_BASE_URL = "https://api.mch.weixin.qq.com"


class WeChatPay(Emulator):
    """The emulator; see ``Emulator`` for the clocks and ``docs/emulators.md`` for its routes.

    Args:
        config: The merchant account.
        deliver: Sends a notice to the shop.
        base_url: Where bill links point to.
        on_paid: Told of every payment (transaction_id, out_trade_no, mchid, openid).
        senders: Threads that send notices; with 0 ``run_due`` sends one after the other.
    """

    name = "wechatpay"
    special_kinds: ClassVar[dict[str, str]] = {
        "*": r"signtest|code:[A-Z_]+(:\d{3})?",
        "jsapi": "before_prepay_answer",
        "close": "paid_during_close",
        "refund": "|".join(OUTCOMES),
        NOTICE: notices.KINDS,
    }

    def __init__(
        self,
        config: PayConfig,
        *,
        deliver: Deliver,
        now: Callable[[], float] = time.time,
        wire_now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rng: Random | None = None,
        base_url: str = PUBLIC_BASE_URL,
        on_paid: Callable[[dict[str, Any]], None] | None = None,
        senders: int = 0,
    ) -> None:
        super().__init__(now=now, wire_now=wire_now, sleep=sleep, rng=rng)
        self._on_paid = on_paid
        self._config = config
        self._ledger = Ledger()
        self._transactions = Transactions(config, self._ledger)
        self._refunds = Refunds(config, self._ledger)
        self._bills = Bills(config, self._ledger, base_url)
        merchant_key = MerchantKey(config.merchant_public_key_pem)
        self._gate = Gate(config, merchant_key)
        self._writer = notices.NoticeWriter(
            config, wire_now=self.wire_now, sleep=sleep, rng=self.rng
        )
        self._outbox = Outbox(
            gaps=notices.PLAN_GAPS_SECONDS,
            compose=self._writer.compose,
            accepted=notices.accepted,
            deliver=deliver,
            now=self.now,
            take_fault=lambda: self.faults.take(NOTICE),
            workers=senders,
        )
        self._buyer = Buyer(
            config,
            merchant_key,
            self._ledger,
            self._transactions,
            (self._writer, self._outbox),
            now=self.now,
            wire_now=self.wire_now,
            new_number=lambda: self._number("42"),
        )
        self._notice_control = NoticeControl(
            self._outbox,
            self._buyer,
            self._ledger,
            wire_now=self.wire_now,
            new_number=lambda: self._number("42"),
        )

    def routes(self) -> list[Route]:
        """The API's routes."""
        return [
            Route("jsapi", "POST", "/v3/pay/transactions/jsapi", self._prepay),
            Route("query", "GET", ORDER, self._query),
            Route("query_id", "GET", "/v3/pay/transactions/id/{id}", self._query_id),
            Route("close", "POST", ORDER + "/close", self._close),
            Route("refund", "POST", REFUND_PATH, self._refund),
            Route("refund_query", "GET", REFUND_PATH + "/{out_refund_no}", self._refund_query),
            Route(
                "refund_abnormal",
                "POST",
                REFUND_PATH + "/{refund_id}/apply-abnormal-refund",
                self._refund_abnormal,
            ),
            Route("certificates", "GET", certificates.PATH, self._certificates),
            Route("tradebill", "GET", "/v3/bill/tradebill", self._tradebill),
            Route("fundflowbill", "GET", "/v3/bill/fundflowbill", self._fundflowbill),
            Route("billdownload", "GET", "/v3/billdownload/file", self._billdownload),
        ]

    def control_routes(self) -> list[Route]:
        """Control routes of this emulator."""
        return [
            Route("pay", "POST", "/_control/pay", self._control_pay),
            Route("pay_again", "POST", "/_control/pay_again", self._control_pay_again),
            Route("end_refund", "POST", "/_control/refunds/end", self._control_end_refund),
            Route("ledger", "GET", "/_control/ledger", lambda _: json_reply(self.ledger())),
            *self._notice_control.routes(),
        ]

    def not_found(self, request: Request) -> Reply:
        """WeChat Pay's 404."""
        return PayError(404, "RESOURCE_NOT_EXISTS", f"无此接口 {request.path}").reply()

    def answer(self, route: Route, call: Call) -> Reply:
        """Checks the request, answers it and signs the answer."""
        with self.lock:
            try:
                self._gate.check(call.request, self.wire_now())
                self._settle_refunds()
                reply = route.handler(call)
            except PayError as error:
                reply = error.reply()
        if call.struck_by("before_prepay_answer") and reply.status == HTTPStatus.OK:
            for message in self._outbox.about(str(body_of(call.request)["out_trade_no"])):
                self._outbox.send_now(message)
        if route.name in UNSIGNED_ROUTES:
            return reply
        key = self._writer.key_for(call.request.headers.get("wechatpay-serial"))
        signed = key.headers(int(self.wire_now()), self.hex_id(32), reply.body)
        if call.struck_by("signtest"):
            signed = as_probe(signed)
        headers = reply.headers | signed | {"Request-ID": self.hex_id(32).upper()}
        return Reply(reply.status, headers, reply.body)

    def special_failure(self, fault: Fault) -> Reply | None:
        """``code:<CODE>[:<status>]`` refuses without acting; default status 400."""
        name, _, rest = fault.kind.partition(":")
        if name != "code":
            return None
        code, _, status = rest.partition(":")
        return PayError(int(status or 400), code, f"故障注入 {code}").reply()

    def run_due(self) -> int:
        """Settles due refunds and sends due notices."""
        with self.lock:
            self._settle_refunds()
        return self._outbox.run_due()

    def next_due(self) -> float | None:
        """When a refund settles or a notice is due, plan clock."""
        times = [self._refunds.next_due(), self._outbox.next_due()]
        return min((each for each in times if each is not None), default=None)

    def ledger(self) -> dict[str, Any]:
        """WeChat Pay's books as plain data, in fen."""
        with self.lock:
            self._settle_refunds()
            return self._ledger.report()

    def dump(self) -> dict[str, Any]:
        """Books and notices."""
        with self.lock:
            return self._ledger.dump() | {
                "notices": self._outbox.listed(),
                "shift": self._shift,
            }

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""
        with self.lock:
            self._shift = state["shift"]
            self._ledger.load(state)
            self._outbox.load(state["notices"])

    def _number(self, prefix: str) -> str:
        day = beijing_text(self.wire_now())[:10].replace("-", "")
        return f"{prefix}000000{day}{self.rng.randrange(10**12):012d}"

    def _prepay(self, call: Call) -> Reply:
        prepay_id = "wx" + self.hex_id(34)
        order = self._transactions.prepay(body_of(call.request), prepay_id, self.now())
        if call.struck_by("before_prepay_answer"):
            self._settle_payment(self._buyer.settle(order, notify=False))
        return json_reply({"prepay_id": prepay_id})

    def _query(self, call: Call) -> Reply:
        mchid = call.request.query.get("mchid")
        return json_reply(self._transactions.by_number(call.params["out_trade_no"], mchid))

    def _query_id(self, call: Call) -> Reply:
        mchid = call.request.query.get("mchid")
        return json_reply(self._transactions.by_transaction(call.params["id"], mchid))

    def _close(self, call: Call) -> Reply:
        number = call.params["out_trade_no"]
        order = self._ledger.orders.get(number)
        if call.struck_by("paid_during_close") and order is not None and order.state == NOTPAY:
            self._settle_payment(self._buyer.settle(order))
        self._transactions.close(number, body_of(call.request))
        return Reply(204, {}, b"")

    def _refund(self, call: Call) -> Reply:
        kind = call.fault.kind if call.fault else ""
        return json_reply(
            self._refunds.create(
                body_of(call.request),
                self._number("50"),
                OUTCOMES.get(kind, SUCCESS),
                now=self.now(),
                wire_now=self.wire_now(),
            )
        )

    def _refund_query(self, call: Call) -> Reply:
        return json_reply(self._refunds.by_number(call.params["out_refund_no"]))

    def _refund_abnormal(self, call: Call) -> Reply:
        body = body_of(call.request)
        return json_reply(self._refunds.apply_abnormal(call.params["refund_id"], body, self.now()))

    def _certificates(self, _call: Call) -> Reply:
        offered = certificates.offered(self._config, self.hex_id, self.wire_now())
        return json_reply({"data": offered})

    def _tradebill(self, call: Call) -> Reply:
        return json_reply(self._bills.link(call.request.query, self.hex_id(32), self.now()))

    def _fundflowbill(self, call: Call) -> Reply:
        token = self.hex_id(32)
        return json_reply(self._bills.fund_flow_link(call.request.query, token, self.now()))

    def _billdownload(self, call: Call) -> Reply:
        return self._bills.download(call.request.query.get("token", ""), self.now())

    def _settle_refunds(self) -> None:
        for refund in self._refunds.settle_due(self.now(), self.wire_now()):
            self._queue_refund_notice(refund)

    def _queue_refund_notice(self, refund: Refund) -> None:
        url = refund.asked.get("notify_url")
        if url is None:
            return
        message = self._writer.message(
            f"REFUND.{refund.status}",
            refund.out_refund_no,
            url,
            self._refunds.notice_content(refund),
        )
        message.due_at = self.now()
        self._outbox.put(message)

    def _settle_payment(self, message: Message) -> None:
        if self._on_paid is not None:
            content = message.payload["content"]
            self._on_paid(
                {
                    "transaction_id": content["transaction_id"],
                    "out_trade_no": content["out_trade_no"],
                    "mchid": content["mchid"],
                    "openid": content["payer"]["openid"],
                }
            )

    def _control_pay_again(self, call: Call) -> Reply:
        with self.lock:
            message = self._buyer.pay_again(str(call.request.json_object()["out_trade_no"]))
            content = message.payload["content"]
            return json_reply({"transaction_id": content["transaction_id"]})

    def _control_end_refund(self, call: Call) -> Reply:
        asked = call.request.json_object()
        with self.lock:
            refund = self._refunds.end(
                str(asked["out_refund_no"]), str(asked["status"]), self.wire_now()
            )
            self._queue_refund_notice(refund)
            return json_reply({"refund": self._refunds.view(refund)})

    def _control_pay(self, call: Call) -> Reply:
        with self.lock:
            try:
                order, message = self._buyer.pay(call.request.json_object())
            except PaymentRefusedError as refusal:
                return json_reply({"errMsg": "requestPayment:fail", "reason": str(refusal)}, 409)
        self._settle_payment(message)
        return json_reply(
            {
                "errMsg": "requestPayment:ok",
                "out_trade_no": order.out_trade_no,
                "transaction_id": order.transaction_id,
                "notice_id": message.id,
            }
        )
