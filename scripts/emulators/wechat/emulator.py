"""The WeChat server API as a whole: routes, errors at HTTP 200, control routes."""

import time
from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from scripts.emulators.base import Call, ControlError, Route
from scripts.emulators.faults import Fault
from scripts.emulators.openids import belongs_to
from scripts.emulators.outbox import Outbox
from scripts.emulators.pushing import PushingEmulator
from scripts.emulators.wechat import pushes
from scripts.emulators.wechat.errors import WeChatError
from scripts.emulators.wechat.login import Login
from scripts.emulators.wechat.messages import Messages
from scripts.emulators.wechat.shipping import Shipping
from scripts.emulators.wechat.tokens import TOKEN_DIGITS, Tokens
from scripts.emulators.wire import Deliver, DeliveryError, Reply, json_reply

RID_DIGITS = 24
COUNTRY_CODE = "86"
PUSH = "push"
SENDERS = 2
RECEIVED = 3
TOKENLESS = {"code2session", "token", "stable_token"}


class WeChat(PushingEmulator):
    """The emulator; see ``Emulator`` for the clocks and ``docs/emulators.md`` for its routes.

    Args:
        config: ``appid``, ``secret``; ``templates`` (keys by template id),
            ``index_lag_seconds``, and ``push_token`` with ``encoding_aes_key`` are optional.
        deliver: Sends a push to the shop.
        senders: Threads that send pushes; with 0 ``run_due`` sends one after the other.
    """

    name = "wechat"
    special_kinds: ClassVar[dict[str, str]] = {"*": r"errcode:-?\d+", PUSH: pushes.KINDS}

    def __init__(
        self,
        config: dict[str, Any],
        *,
        deliver: Deliver | None = None,
        now: Callable[[], float] = time.time,
        wire_now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rng: Random | None = None,
        senders: int = 0,
    ) -> None:
        super().__init__(now=now, wire_now=wire_now, sleep=sleep, rng=rng)
        self._appid = str(config["appid"])
        self._secret = str(config["secret"])
        self._lag = float(config.get("index_lag_seconds", 0))
        self._login = Login(self._appid, self.now, self.hex_id)
        self._tokens = Tokens(lambda: self.hex_id(TOKEN_DIGITS))
        self._messages = Messages(config.get("templates", {}))
        self._shipping = Shipping(self.now)
        self._composer = pushes.Composer(
            self._appid,
            str(config.get("push_token", "")),
            str(config.get("encoding_aes_key", "A" * 43)),
            self.wire_now,
        )
        self._outbox = Outbox(
            gaps=pushes.RESEND_GAPS_SECONDS,
            compose=self._composer.compose,
            accepted=pushes.accepted,
            deliver=deliver or _nobody,
            now=self.now,
            take_fault=lambda: self.faults.take(PUSH),
            workers=senders,
        )

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
            Route("index_lag", "POST", "/_control/index_lag", self._control_index_lag),
            Route("settle", "POST", "/_control/settlements", self._control_settle),
            Route("repush", "POST", "/_control/repush", self._control_repush),
            Route("pushes", "GET", "/_control/pushes", self._control_pushes),
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
                "pushes": self._outbox.listed(),
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
            self._outbox.load(state.get("pushes", []))

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

    def _control_index_lag(self, call: Call) -> Reply:
        with self.lock:
            self._lag = float(call.request.json_object()["seconds"])
        return json_reply({"ok": True})

    def _control_settle(self, call: Call) -> Reply:
        asked = call.request.json_object()
        number, confirmed = str(asked["transaction_id"]), bool(asked.get("confirmed", True))
        with self.lock:
            if confirmed and asked.get("truly", True):
                self._shipping.set_state(number, int(asked.get("order_state", RECEIVED)))
            event = pushes.settlement(self._shipping.one(number), confirmed, self.wire_now())
            event |= dict(asked.get("event", {}))
            message = self._outbox.put(
                pushes.message(
                    self.hex_id(32), str(asked["url"]), event, self._appid, self.wire_now()
                )
            )
        return json_reply({"push_id": message.id, "attempt": self._outbox.send_now(message)})

    def _control_repush(self, call: Call) -> Reply:
        asked = call.request.json_object()
        sent = self._outbox.about(str(asked["transaction_id"]))
        if not sent:
            raise ControlError("no push about this payment")
        message = sent[int(asked.get("index", -1))]
        return json_reply({"push_id": message.id, "attempt": self._outbox.send_now(message)})

    def _control_pushes(self, _call: Call) -> Reply:
        return json_reply({"pushes": self._outbox.listed()})


def _nobody(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    del headers, body
    raise DeliveryError(f"nobody is there to hear {url}")


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
    """Builds the emulator for a live process."""
    del base_url
    return WeChat(config, deliver=deliver, now=now, wire_now=wire_now, senders=SENDERS)
