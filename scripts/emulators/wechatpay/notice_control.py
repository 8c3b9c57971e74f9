"""Control routes over notices: show them, send one again, forge one."""

import dataclasses
from collections.abc import Callable

from scripts.emulators.base import Call, ControlError, Route
from scripts.emulators.faults import Fault
from scripts.emulators.outbox import Outbox
from scripts.emulators.wechatpay import notices
from scripts.emulators.wechatpay.buyer import Buyer
from scripts.emulators.wechatpay.ledger import SUCCESS, Ledger
from scripts.emulators.wire import Reply, json_reply

NOTICE = "notice"
FORGERIES = (*notices.SIGNATURE_FAULTS, *notices.WRONG_CONTENT)


class NoticeControl:
    """The routes and what they need."""

    def __init__(
        self,
        outbox: Outbox,
        buyer: Buyer,
        ledger: Ledger,
        *,
        wire_now: Callable[[], float],
        new_number: Callable[[], str],
    ) -> None:
        self._outbox = outbox
        self._buyer = buyer
        self._ledger = ledger
        self._wire_now = wire_now
        self._new_number = new_number

    def routes(self) -> list[Route]:
        """The control routes."""
        return [
            Route("notices", "GET", "/_control/notices", self._list),
            Route("send", "POST", "/_control/notices/send", self._send),
            Route("forge", "POST", "/_control/notices/forge", self._forge),
        ]

    def _list(self, call: Call) -> Reply:
        subject = call.request.query.get("subject")
        listed = self._outbox.listed()
        return json_reply({"notices": [m for m in listed if subject in {None, m["subject"]}]})

    def _send(self, call: Call) -> Reply:
        subject = str(call.request.json_object()["subject"])
        messages = self._outbox.about(subject)
        if not messages:
            raise ControlError(f"no notice about {subject}")
        return json_reply({"attempts": [self._outbox.send_now(each) for each in messages]})

    def _forge(self, call: Call) -> Reply:
        asked = call.request.json_object()
        kind = str(asked["kind"])
        if kind not in FORGERIES:
            raise ControlError(f"{kind!r} is no forgery; known: {FORGERIES}")
        order = self._ledger.orders[str(asked["out_trade_no"])]
        if not order.paid:
            order = dataclasses.replace(
                order,
                state=SUCCESS,
                transaction_id=self._new_number(),
                paid_at=self._wire_now(),
            )
        message = self._buyer.success_notice(order)
        return json_reply({"answers": self._outbox.send_unplanned(message, Fault(NOTICE, kind))})
