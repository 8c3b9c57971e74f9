"""SF Express as a whole: one service route, two layers of result, control routes."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any, ClassVar
from urllib.parse import quote_plus

from scripts.emulators.base import Call, Emulator, Route
from scripts.emulators.faults import Fault
from scripts.emulators.wire import Deliver, Reply, Request, json_reply

BEIJING = timezone(timedelta(hours=8))
ROUTES = "EXP_RECE_SEARCH_ROUTES"
CLOCK_SECONDS = 300
LAST_DIGITS = 4
MESSAGES = {
    "A1001": "必传参数不可为空",
    "A1002": "请求时效已过期",
    "A1004": "无对应服务权限",
    "A1005": "流量受控",
    "A1006": "数字签名无效",
    "A1099": "系统异常",
}
_NEEDED = ("partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData")


class SfError(Exception):
    """A refusal of the request itself, by ``apiResultCode``."""


@dataclass
class Parcel:
    """One parcel.

    Attributes:
        number: ``mailNo``.
        phone: Of receiver or sender; routes are told to who knows its last 4 digits.
        routes: ``acceptTime, acceptAddress, remark, opCode``, oldest first.
    """

    number: str
    phone: str = ""
    routes: list[dict[str, str]] = field(default_factory=list)


class SfExpress(Emulator):
    """The emulator; see ``Emulator`` for the clocks and ``docs/emulators.md`` for its routes.

    Args:
        config: ``partner_id`` and ``check_word``.
    """

    name = "sf_express"
    special_kinds: ClassVar[dict[str, str]] = {"*": r"(code:A\d{4}|error:[A-Z]?\d{4,5})"}

    def __init__(
        self,
        config: dict[str, Any],
        *,
        now: Callable[[], float] = time.time,
        wire_now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rng: Random | None = None,
    ) -> None:
        super().__init__(now=now, wire_now=wire_now, sleep=sleep, rng=rng)
        self._partner_id = str(config["partner_id"])
        self._check_word = str(config["check_word"])
        self._parcels: dict[str, Parcel] = {}

    def routes(self) -> list[Route]:
        """The API's one route."""
        return [Route("service", "POST", "/std/service", self._service)]

    def control_routes(self) -> list[Route]:
        """Control routes of this emulator."""
        return [
            Route("parcels", "POST", "/_control/parcels", self._control_parcel),
            Route("parcels", "GET", "/_control/parcels", self._control_parcels),
        ]

    def not_found(self, request: Request) -> Reply:
        """SF's answer to a route it does not have."""
        return json_reply({"error": f"no route {request.path}"}, 404)

    def answer(self, route: Route, call: Call) -> Reply:
        """Answers; refusals are HTTP 200, too."""
        with self.lock:
            try:
                return route.handler(call)
            except SfError as error:
                return self._outer(str(error))

    def special_failure(self, fault: Fault) -> Reply | None:
        """``code:<A....>`` refuses the request, ``error:<n>`` what it asks."""
        kind, _, code = fault.kind.partition(":")
        if kind == "code":
            return self._outer(code)
        return self._outer("A1000", {"success": False, "errorCode": code, "errorMsg": code})

    def dump(self) -> dict[str, Any]:
        """The parcels."""
        with self.lock:
            parcels = [asdict(one) for one in self._parcels.values()]
            return {"parcels": parcels, "shift": self._shift}

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""
        with self.lock:
            self._shift = state["shift"]
            self._parcels = {plain["number"]: Parcel(**plain) for plain in state["parcels"]}

    def _service(self, call: Call) -> Reply:
        form = call.request.form()
        if any(not form.get(name) for name in _NEEDED):
            raise SfError("A1001")
        if form["partnerID"] != self._partner_id or form["serviceCode"] != ROUTES:
            raise SfError("A1004")
        self._check_digest(form)
        asked = json.loads(form["msgData"])
        tail = str(asked.get("checkPhoneNo", ""))[-LAST_DIGITS:]
        told = [self._route_resp(str(number), tail) for number in asked["trackingNumber"]]
        inner = {"success": True, "errorCode": "S0000", "msgData": {"routeResps": told}}
        return self._outer("A1000", inner)

    def _check_digest(self, form: dict[str, str]) -> None:
        stamp = form["timestamp"]
        if not stamp.isdecimal() or abs(self.wire_now() - int(stamp) / 1_000) > CLOCK_SECONDS:
            raise SfError("A1002")
        text = quote_plus(form["msgData"] + stamp + self._check_word, safe="*")
        made = hashlib.md5(text.replace("~", "%7E").encode(), usedforsecurity=False).digest()
        due = base64.b64encode(made).decode()
        if not hmac.compare_digest(due.encode(), form["msgDigest"].encode()):
            raise SfError("A1006")

    def _route_resp(self, number: str, tail: str) -> dict[str, Any]:
        parcel = self._parcels.get(number)
        knows = parcel is not None and (not parcel.phone or parcel.phone[-LAST_DIGITS:] == tail)
        return {"mailNo": number, "routes": parcel.routes if parcel and knows else []}

    def _outer(self, code: str, inner: dict[str, Any] | None = None) -> Reply:
        body = {
            "apiErrorMsg": MESSAGES.get(code, ""),
            "apiResponseID": self.hex_id(32).upper(),
            "apiResultCode": code,
            "apiResultData": json.dumps(inner, ensure_ascii=False) if inner else None,
        }
        return json_reply(body)

    def _control_parcel(self, call: Call) -> Reply:
        asked = call.request.json_object()
        number = str(asked["num"])
        with self.lock:
            parcel = self._parcels.setdefault(number, Parcel(number))
            parcel.phone = str(asked.get("phone", parcel.phone))
            when = datetime.fromtimestamp(int(self.wire_now()), BEIJING)
            for route in asked.get("routes", []):
                parcel.routes.append(
                    {
                        "acceptTime": str(route.get("time", f"{when:%Y-%m-%d %H:%M:%S}")),
                        "acceptAddress": str(route.get("address", "")),
                        "remark": str(route["remark"]),
                        "opCode": str(route.get("code", "30")),
                    }
                )
        return json_reply({"ok": True}, 201)

    def _control_parcels(self, _call: Call) -> Reply:
        with self.lock:
            return json_reply({"parcels": [asdict(one) for one in self._parcels.values()]})


def connect(
    config: dict[str, Any],
    *,
    now: Callable[[], float],
    wire_now: Callable[[], float],
    deliver: Deliver,
    base_url: str,
) -> SfExpress:
    """Builds the emulator for a live process; it sends nothing by itself."""
    del deliver, base_url
    return SfExpress(config, now=now, wire_now=wire_now)
