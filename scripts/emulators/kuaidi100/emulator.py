"""Kuaidi100 as a whole: routes, refusals at HTTP 200, pushes and control routes."""

import time
from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from scripts.emulators.base import Call, ControlError, Route
from scripts.emulators.faults import Fault
from scripts.emulators.kuaidi100 import pushes
from scripts.emulators.kuaidi100.errors import Kuaidi100Error
from scripts.emulators.kuaidi100.labels import Labels
from scripts.emulators.kuaidi100.parcels import COMPANIES, Parcels, recognised
from scripts.emulators.kuaidi100.query import query
from scripts.emulators.kuaidi100.subscriptions import Subscription, Subscriptions
from scripts.emulators.outbox import Outbox
from scripts.emulators.pushing import PushingEmulator
from scripts.emulators.wire import Deliver, Reply, Request, json_reply

PUSH = "push"
LABEL = "label"
SENDERS = 4


class Kuaidi100(PushingEmulator):
    """The emulator; see ``Emulator`` for the clocks and ``docs/emulators.md`` for its routes.

    Args:
        config: ``customer`` and ``key``; ``secret`` and ``partners`` for waybills.
        deliver: Sends a push to the shop.
        senders: Threads that send pushes; with 0 ``run_due`` sends one after the other.
    """

    name = "kuaidi100"
    special_kinds: ClassVar[dict[str, str]] = {"*": r"return:\d{3,5}", PUSH: pushes.KINDS}

    def __init__(
        self,
        config: dict[str, Any],
        *,
        deliver: Deliver,
        now: Callable[[], float] = time.time,
        wire_now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rng: Random | None = None,
        senders: int = 0,
    ) -> None:
        super().__init__(now=now, wire_now=wire_now, sleep=sleep, rng=rng)
        self._customer, self._key = str(config["customer"]), str(config["key"])
        self._parcels = Parcels()
        self._subscriptions = Subscriptions(self._key, self._parcels)
        self._labels = Labels(
            self._key, str(config.get("secret", "")), dict(config.get("partners", {}))
        )
        self._outbox = Outbox(
            gaps=pushes.REPUSH_GAPS_SECONDS,
            compose=pushes.compose,
            accepted=pushes.accepted,
            deliver=deliver,
            now=self.now,
            take_fault=lambda: self.faults.take(PUSH),
            workers=senders,
        )

    def routes(self) -> list[Route]:
        """The API's routes."""
        return [
            Route("query", "POST", "/poll/query.do", self._query),
            Route("subscribe", "POST", "/poll", self._subscribe),
            Route(LABEL, "POST", "/label/order", self._label),
            Route("autonumber", "GET", "/autonumber/auto", self._autonumber),
            Route("autonumber", "POST", "/autonumber/auto", self._autonumber),
        ]

    def control_routes(self) -> list[Route]:
        """Control routes of this emulator."""
        return [
            Route("parcels", "POST", "/_control/parcels", self._control_parcel),
            Route("parcels", "GET", "/_control/parcels", self._control_parcels),
            Route("push", "POST", "/_control/push", self._control_push),
            Route("repush", "POST", "/_control/repush", self._control_repush),
            Route("pushes", "GET", "/_control/pushes", self._control_pushes),
            Route("labels", "GET", "/_control/labels", self._control_labels),
        ]

    def not_found(self, request: Request) -> Reply:
        """Kuaidi100's refusal of a route it does not have."""
        return json_reply(Kuaidi100Error("400", f"无此接口{request.path}").body())

    def answer(self, route: Route, call: Call) -> Reply:
        """Answers; refusals are HTTP 200, too."""
        with self.lock:
            try:
                return route.handler(call)
            except Kuaidi100Error as error:
                return json_reply(error.label_body() if route.name == LABEL else error.body())

    def special_failure(self, fault: Fault) -> Reply | None:
        """``return:<code>`` refuses without acting."""
        error = Kuaidi100Error(fault.kind.removeprefix("return:"))
        return json_reply(error.label_body() if fault.route == LABEL else error.body())

    def dump(self) -> dict[str, Any]:
        """Parcels, subscriptions and pushes."""
        with self.lock:
            return {
                "parcels": self._parcels.listed(),
                "subscriptions": self._subscriptions.listed(),
                "pushes": self._outbox.listed(),
                "labels": self._labels.listed(),
                "shift": self._shift,
            }

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""
        with self.lock:
            self._shift = state["shift"]
            self._parcels.load(state["parcels"])
            self._subscriptions.load(state["subscriptions"])
            self._outbox.load(state["pushes"])
            self._labels.load(state.get("labels", []))

    def _query(self, call: Call) -> Reply:
        return json_reply(
            query(
                call.request.form(),
                customer=self._customer,
                key=self._key,
                parcels=self._parcels,
                now=self.now(),
            )
        )

    def _subscribe(self, call: Call) -> Reply:
        return json_reply(self._subscriptions.subscribe(call.request.form(), self.now()))

    def _label(self, call: Call) -> Reply:
        return json_reply(self._labels.order(call.request.form(), self.wire_now()))

    def _control_labels(self, _call: Call) -> Reply:
        with self.lock:
            return json_reply({"labels": self._labels.listed()})

    def _autonumber(self, call: Call) -> Reply:
        asked = call.request.query | call.request.form()
        if asked.get("key") != self._key:
            raise Kuaidi100Error("601")
        com = recognised(asked.get("num", ""))
        return json_reply([{"lengthPre": len(asked["num"]), "comCode": com}] if com else [])

    def _control_parcel(self, call: Call) -> Reply:
        asked = call.request.json_object()
        com = str(asked["com"])
        if com not in COMPANIES:
            raise ControlError(f"unknown com; known: {sorted(COMPANIES)}")
        with self.lock:
            parcel = self._parcels.ensure(str(asked["num"]), com)
            parcel.com = com
            parcel.phone = str(asked.get("phone", parcel.phone))
            parcel.add(asked.get("events", []), asked.get("state"), self.wire_now())
        return json_reply({"ok": True}, 201)

    def _control_parcels(self, _call: Call) -> Reply:
        with self.lock:
            return json_reply(
                {"parcels": self._parcels.listed(), "subscriptions": self._subscriptions.listed()}
            )

    def _control_push(self, call: Call) -> Reply:
        asked = call.request.json_object()
        status = str(asked.get("status", "polling"))
        if status not in pushes.STATUSES:
            raise ControlError(f"status must be one of {sorted(pushes.STATUSES)}")
        with self.lock:
            subscription = self._subscription(asked)
            parcel = self._parcels.ensure(subscription.num, subscription.com)
            parcel.com = str(asked.get("com_new", parcel.com))
            parcel.add(asked.get("events", []), asked.get("state"), self.wire_now())
            content = pushes.param(
                parcel,
                status=status,
                message=str(asked.get("message", "")),
                com_old=subscription.com,
                upto=asked.get("upto"),
            )
            if status in pushes.ENDING:
                subscription.ended_at = self.now()
            message = pushes.push_message(self.hex_id(32), subscription, content)
            self._outbox.put(message)
        return json_reply({"push_id": message.id, "attempt": self._outbox.send_now(message)})

    def _control_repush(self, call: Call) -> Reply:
        asked = call.request.json_object()
        sent = self._outbox.about(str(asked["num"]))
        if not sent:
            raise ControlError("no push about this number")
        message = sent[int(asked.get("index", -1))]
        return json_reply({"push_id": message.id, "attempt": self._outbox.send_now(message)})

    def _control_pushes(self, _call: Call) -> Reply:
        return json_reply({"pushes": self._outbox.listed()})

    def _subscription(self, asked: dict[str, Any]) -> Subscription:
        num = str(asked["num"])
        known = self._subscriptions.of(num)
        if known is not None:
            return known
        if "callbackurl" not in asked or "com" not in asked:
            raise ControlError("not subscribed: give com and callbackurl (and salt) to push anyway")
        salt = str(asked.get("salt", ""))
        return Subscription(num, str(asked["com"]), str(asked["callbackurl"]), salt)


def connect(
    config: dict[str, Any],
    *,
    now: Callable[[], float],
    wire_now: Callable[[], float],
    deliver: Deliver,
    base_url: str,
) -> Kuaidi100:
    """Builds the emulator for a live process."""
    del base_url
    return Kuaidi100(config, deliver=deliver, now=now, wire_now=wire_now, senders=SENDERS)
