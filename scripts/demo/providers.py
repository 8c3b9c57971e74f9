"""The control routes of the provider emulators: what people and couriers do outside the shop."""

from collections.abc import Mapping
from typing import Any

from scripts.demo.wire import Line, Traffic, UnexpectedAnswerError

# What the API calls a parcel's state, with Kuaidi100's code, the push's status and a trace.
TRACES = {
    "in_transit": ("0", "polling", "快件离开【杭州转运中心】，发往【兰州转运中心】"),
    "signed": ("3", "shutdown", "快件已签收，签收人：本人"),
}


class Control:
    """One emulator's control routes."""

    def __init__(self, base_url: str) -> None:
        self._line = Line(base_url, Traffic())

    def get(self, path: str, **query: str) -> Any:
        """Reads a control route."""
        answer = self._line.send("GET", f"/_control/{path}", query=query)
        if not answer.ok:
            raise UnexpectedAnswerError(answer)
        return answer.json

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Writes to a control route."""
        answer = self._line.send("POST", f"/_control/{path}", body=dict(body), repeat=False)
        if not answer.ok:
            raise UnexpectedAnswerError(answer)
        return answer.json

    def received(self, about: str) -> list[dict[str, Any]]:
        """The provider's calls whose target names ``about``, oldest first."""
        calls = self.get("received")["received"]
        return [call for call in calls if about in call["target"]]


class WeChat(Control):
    """The WeChat client's sign-in."""

    def login_code(self, user: str) -> str:
        """What ``wx.login`` gives this user: a code for one sign-in."""
        return str(self.post("codes", {"user": user})["code"])


class WeChatPay(Control):
    """The payment sheet, WeChat Pay's books and its notices."""

    def pay(
        self, user: str, appid: str, payment: Mapping[str, Any], *, notify: bool = True
    ) -> dict[str, Any]:
        """Pays as ``wx.requestPayment`` does.

        Args:
            user: Who holds the phone.
            appid: The mini-program that asks.
            payment: The parameters the shop handed out.
            notify: Whether the shop is told; without, the notice is held back.

        Returns:
            ``errMsg`` with, when paid, ``out_trade_no`` and ``transaction_id``.
        """
        body = {**payment, "appId": appid, "user": user, "notify": notify}
        return dict(self.post("pay", body))

    def refuses(self, user: str, appid: str, payment: Mapping[str, Any]) -> str:
        """Tries to pay what cannot be paid; returns the reason, "" when it was paid after all."""
        try:
            self.pay(user, appid, payment)
        except UnexpectedAnswerError as refusal:
            body = refusal.answer.json
            if not isinstance(body, dict) or "reason" not in body:
                raise
            return str(body["reason"])
        return ""

    def books(self, out_trade_no: str) -> dict[str, Any]:
        """The order as WeChat Pay has it, with its ``payments`` and ``refunds``."""
        ledger = self.get("ledger")
        order = next(each for each in ledger["orders"] if each["out_trade_no"] == out_trade_no)
        kept = {
            kind: [each for each in ledger[kind] if each["out_trade_no"] == out_trade_no]
            for kind in ("payments", "refunds")
        }
        return {**order, **kept}

    def notices(self, out_trade_no: str) -> list[dict[str, Any]]:
        """The notices about an order with all attempts to deliver them."""
        return list(self.get("notices", subject=out_trade_no)["notices"])

    def send_notice(self, out_trade_no: str) -> list[int]:
        """Sends the order's notice once more, now; returns what the shop answered."""
        sent = self.post("notices/send", {"subject": out_trade_no})
        return [each["status"] for one in sent["attempts"] for each in one["answers"]]

    def forge_notice(self, out_trade_no: str, kind: str) -> list[int]:
        """Sends a forged notice that says the order is paid; returns what the shop answered."""
        sent = self.post("notices/forge", {"out_trade_no": out_trade_no, "kind": kind})
        return [each["status"] for each in sent["answers"]]


class Courier(Control):
    """The parcel on its way, as Kuaidi100 tells it."""

    def subscribed(self, tracking_no: str) -> bool:
        """Whether the shop asked for news of the parcel."""
        subscriptions = self.get("parcels")["subscriptions"]
        return any(each["num"] == tracking_no for each in subscriptions)

    def report(self, tracking_no: str, state: str) -> list[int]:
        """Adds a trace and pushes the whole list; returns what the shop answered.

        Args:
            tracking_no: The parcel, subscribed.
            state: A key of ``TRACES``.
        """
        code, status, text = TRACES[state]
        body = {
            "num": tracking_no,
            "status": status,
            "state": code,
            "events": [{"context": text}],
        }
        return [each["status"] for each in self.post("push", body)["attempt"]["answers"]]
