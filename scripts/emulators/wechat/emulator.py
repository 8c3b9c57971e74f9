"""The WeChat server API as a whole: routes, errors at HTTP 200, control routes."""

import time
from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from scripts.emulators.base import Call, Emulator, Route
from scripts.emulators.faults import Fault
from scripts.emulators.openids import belongs_to
from scripts.emulators.wechat.errors import WeChatError
from scripts.emulators.wechat.login import Login
from scripts.emulators.wechat.messages import Messages
from scripts.emulators.wechat.shipping import Shipping
from scripts.emulators.wechat.tokens import TOKEN_DIGITS, Tokens
from scripts.emulators.wire import Deliver, Reply, json_reply

RID_DIGITS = 24
COUNTRY_CODE = "86"
TOKENLESS = {"code2session", "token", "stable_token"}


class WeChat(Emulator):
    """The emulator; see ``Emulator`` for the clocks and ``docs/emulators.md`` for its routes.

    Args:
        config: ``appid``, ``secret``; ``templates`` (keys by template id) and
            ``index_lag_seconds`` are optional.
    """

    name = "wechat"
    special_kinds: ClassVar[dict[str, str]] = {"*": r"errcode:-?\d+"}

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
        self._appid = str(config["appid"])
        self._secret = str(config["secret"])
        self._lag = float(config.get("index_lag_seconds", 0))
        self._login = Login(self._appid, self.now, self.hex_id)
        self._tokens = Tokens(lambda: self.hex_id(TOKEN_DIGITS))
        self._messages = Messages(config.get("templates", {}))
        self._shipping = Shipping(self.now)

    def routes(self) -> list[Route]:
        """The API's routes."""
        order = "/wxa/sec/order/"
        return [
            Route("code2session", "GET", "/sns/jscode2session", self._code2session),
            Route("token", "GET", "/cgi-bin/token", self._old_token),
            Route("stable_token", "POST", "/cgi-bin/stable_token", self._stable_token),
            Route("checksession", "GET", "/wxa/checksession", self._checksession),
            Route("resetsession", "GET", "/wxa/resetusersessionkey", self._resetsession),
            Route("phone", "POST", "/wxa/business/getuserphonenumber", self._phone),
            Route("subscribe_send", "POST", "/cgi-bin/message/subscribe/send", self._send),
            Route("upload_shipping", "POST", order + "upload_shipping_info", self._upload),
            Route("get_order", "POST", order + "get_order", self._get_order),
        ]

    def control_routes(self) -> list[Route]:
        """Control routes of this emulator."""
        return [
            Route("codes", "POST", "/_control/codes", self._control_code),
            Route("phone_codes", "POST", "/_control/phone_codes", self._control_phone_code),
            Route("block", "POST", "/_control/users/block", self._control_block),
            Route("allow", "POST", "/_control/subscriptions", self._control_allow),
            Route("messages", "GET", "/_control/messages", self._control_messages),
            Route("pay_orders", "POST", "/_control/pay_orders", self._control_pay_order),
            Route("pay_orders", "GET", "/_control/pay_orders", self._control_pay_orders),
            Route("order_state", "POST", "/_control/order_state", self._control_order_state),
        ]

    def answer(self, route: Route, call: Call) -> Reply:
        """Checks the token where one is due and answers; refusals are HTTP 200, too."""
        with self.lock:
            try:
                if route.name not in TOKENLESS:
                    self._tokens.check(call.request.query.get("access_token"), self.now())
                return route.handler(call)
            except WeChatError as error:
                return json_reply(error.body(self.hex_id(RID_DIGITS)))

    def special_failure(self, fault: Fault) -> Reply | None:
        """``errcode:<n>`` refuses without acting."""
        errcode = int(fault.kind.removeprefix("errcode:"))
        return json_reply(WeChatError(errcode).body(self.hex_id(RID_DIGITS)))

    def dump(self) -> dict[str, Any]:
        """Users, codes, tokens, messages and shipping."""
        with self.lock:
            return {
                "login": self._login.dump(),
                "tokens": self._tokens.dump(),
                "messages": self._messages.dump(),
                "shipping": self._shipping.listed(),
                "shift": self._shift,
            }

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""
        with self.lock:
            self._shift = state["shift"]
            self._login.load(state["login"])
            self._tokens.load(state["tokens"])
            self._messages.load(state["messages"])
            self._shipping.load(state["shipping"])

    def _check_app(self, sent: dict[str, Any]) -> None:
        if not sent.get("appid"):
            raise WeChatError(41002)
        if not sent.get("secret"):
            raise WeChatError(41004)
        if sent["appid"] != self._appid:
            raise WeChatError(40013)
        if sent["secret"] != self._secret:
            raise WeChatError(40125)

    def _code2session(self, call: Call) -> Reply:
        query = call.request.query
        self._check_app(query)
        if not query.get("js_code"):
            raise WeChatError(41008)
        if query.get("grant_type") != "authorization_code":
            raise WeChatError(40002, "invalid grant_type")
        user = self._login.exchange(query["js_code"])
        # The real answer calls itself plain text; a client must not insist on a JSON type.
        return json_reply(
            {"session_key": user.session_key, "openid": user.openid}, content_type="text/plain"
        )

    def _old_token(self, call: Call) -> Reply:
        self._check_app(call.request.query)
        if call.request.query.get("grant_type") != "client_credential":
            raise WeChatError(40002, "invalid grant_type")
        token, life = self._tokens.old(self.now())
        return json_reply({"access_token": token, "expires_in": life})

    def _stable_token(self, call: Call) -> Reply:
        body = _json(call)
        self._check_app(body)
        if body.get("grant_type") != "client_credential":
            raise WeChatError(40002, "invalid grant_type")
        force = body.get("force_refresh", False)
        if not isinstance(force, bool):
            raise WeChatError(47001, "force_refresh")
        token, life = self._tokens.stable(self.now(), force=force)
        return json_reply({"access_token": token, "expires_in": life})

    def _checksession(self, call: Call) -> Reply:
        self._login.check_session(call.request.query)
        return _ok()

    def _resetsession(self, call: Call) -> Reply:
        user = self._login.check_session(call.request.query)
        self._login.renew_session(user)
        return _ok(openid=user.openid, session_key=user.session_key)

    def _phone(self, call: Call) -> Reply:
        phone = self._login.phone_of(str(_json(call).get("code", "")))
        watermark = {"timestamp": int(self.wire_now()), "appid": self._appid}
        return _ok(
            phone_info={
                "phoneNumber": phone,
                "purePhoneNumber": phone,
                "countryCode": COUNTRY_CODE,
                "watermark": watermark,
            }
        )

    def _send(self, call: Call) -> Reply:
        body = _json(call)
        known = belongs_to(self._appid, str(body.get("touser")))
        self._messages.send(body, known_user=known)
        return _ok()

    def _upload(self, call: Call) -> Reply:
        self._shipping.upload(_json(call))
        return _ok()

    def _get_order(self, call: Call) -> Reply:
        return _ok(order=self._shipping.view(_json(call)))

    def _control_code(self, call: Call) -> Reply:
        asked = call.request.json_object()
        with self.lock:
            code = self._login.issue(str(asked["user"]), appid=asked.get("appid"))
            openid = self._login.user(str(asked["user"])).openid
        return json_reply({"code": code, "openid": openid})

    def _control_phone_code(self, call: Call) -> Reply:
        asked = call.request.json_object()
        with self.lock:
            code = self._login.issue(str(asked["user"]), phone=str(asked["phone"]))
        return json_reply({"code": code})

    def _control_block(self, call: Call) -> Reply:
        asked = call.request.json_object()
        with self.lock:
            self._login.user(str(asked["user"])).blocked = bool(asked.get("blocked", True))
        return json_reply({"ok": True})

    def _control_allow(self, call: Call) -> Reply:
        asked = call.request.json_object()
        with self.lock:
            openid = self._login.user(str(asked["user"])).openid
            count = int(asked.get("count", 1))
            left = self._messages.allow(openid, str(asked["template_id"]), count)
        return json_reply({"openid": openid, "permissions": left})

    def _control_messages(self, _call: Call) -> Reply:
        return json_reply({"messages": self._messages.sent()})

    def _control_pay_order(self, call: Call) -> Reply:
        asked = call.request.json_object()
        with self.lock:
            self._shipping.add(asked, float(asked.get("lag_seconds", self._lag)))
        return json_reply({"ok": True}, 201)

    def _control_pay_orders(self, _call: Call) -> Reply:
        return json_reply({"pay_orders": self._shipping.listed()})

    def _control_order_state(self, call: Call) -> Reply:
        asked = call.request.json_object()
        with self.lock:
            self._shipping.set_state(str(asked["transaction_id"]), int(asked["order_state"]))
        return json_reply({"ok": True})


def _json(call: Call) -> dict[str, Any]:
    try:
        return call.request.json_object()
    except (ValueError, RecursionError) as error:
        raise WeChatError(47001) from error


def _ok(**more: object) -> Reply:
    return json_reply({"errcode": 0, "errmsg": "ok", **more})


def connect(
    config: dict[str, Any],
    *,
    now: Callable[[], float],
    wire_now: Callable[[], float],
    deliver: Deliver,
    base_url: str,
) -> WeChat:
    """Builds the emulator for a live process; it sends nothing by itself."""
    del deliver, base_url
    return WeChat(config, now=now, wire_now=wire_now)
