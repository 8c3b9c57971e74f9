"""R13: no secret and no person in any log line, metric or refusal; one event is one line.

A shop lives through its main flows, then every route of the template is called while its store,
secrets and providers fail one call after another with errors that quote the whole request, and
with requests that try to write log lines of their own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyotp
import requests
from botocore.exceptions import BotoCoreError

from shop.domain.staff_roles import Role
from shop.web.api import Auth
from tests.proving.overheard import Overheard
from tests.proving.people import BODY, People, Target, body_of, path_of, populate, targets
from tests.proving.scorecard import PROOFS, Result
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import ADDRESS, Answer, Buyer, Shop

promise, target = PROOFS["R13"]

DEEPEST, QUICK_DEEPEST = 9, 4
"""How many calls of a request fail, one run for each."""
PERSON = (ADDRESS[0], ADDRESS[1], ADDRESS[5])
PARCEL = {"company": "shunfeng", "tracking_no": "SF1234567890"}
PLAIN = {"appid", "mchid", "serial_no", "username", "current", "customer", "public_keys"}
"""Fields of secrets that are sent in the open."""
INJECTIONS = (
    'x"}\n{"forged":true,"level":"INFO"}',
    'x\r\n\r\n{"forged":true}',
    'x\u2028{"forged":true}\u0085\x0b\x0c\x1b[31m',
)


class QuotingError(BotoCoreError):
    """An error of the SDK's family that quotes all it was given."""

    fmt = "{said}"


def _unexpected(call: Call) -> Reply:
    raise ValueError(_quoted(call))


def _of_the_library(call: Call) -> Reply:
    if call.kind == "http":
        raise requests.ConnectionError(_quoted(call))
    raise QuotingError(said=_quoted(call))


def _of_the_service(call: Call) -> Reply:
    said = {"__type": "ValidationException", "message": _quoted(call), "code": _quoted(call)}
    return Reply(400, json.dumps(said).encode())


FAILURES = (_unexpected, _of_the_library, _of_the_service)
"""How a call fails, each time with words that quote the whole request."""


def _quoted(call: Call) -> str:
    return f"{call.url} {dict(call.headers)} {call.body!r} {call.request}"


@dataclass
class Failing:
    """A layer that fails one call, and how many calls there were."""

    at: int
    how: Callable[[Call], Reply]
    seen: int = 0

    def __call__(self, call: Call, forward: Forward) -> Reply:
        self.seen += 1
        return self.how(call) if self.seen == self.at else forward(call)


class Life:
    """One shop and what is overheard of it."""

    def __init__(self, shop: Shop, heard: Overheard) -> None:
        self.shop = shop
        self.heard = heard
        self._forbid_secrets()

    # ------------------------------------------------------------------ the main flows

    def story(self) -> None:
        """Sign-in, order, payment, notice, parcel, refund, coupon, sale, staff, failures."""
        shop = self.shop
        shop.put_product("p1", [(12_800, 500, None), (5_000, 500, None)])
        shop.put_coupon("k1")
        shop.put_sale("f1", "p1-1", 20)
        wang, li = self._sign_in("wang"), self._sign_in("li")
        address = self._send("account", "POST /v1/me/addresses", wang, body=BODY, key="a1").body[
            "id"
        ]
        self._send("account", "GET /v1/me/addresses", wang)
        self._send("account", "GET /v1/me", wang)
        self._send("account", "PATCH /v1/me", wang, body={"nickname": ADDRESS[0]})
        self._send(
            "coupons", "POST /v1/coupons/{coupon_id}/claims", wang, path={"coupon_id": "k1"},
            key="c1",
        )  # fmt: skip
        order_no = self._buy(wang, address)
        self._staff(order_no)
        shop.pump()
        shop.deliver_due()
        self._send(
            "logistics", "GET /v1/orders/{order_no}/shipments", wang, path={"order_no": order_no}
        )
        self._cancel(li)
        self._flash(wang, address)
        self._expire(li)
        self._failures(wang)
        self._send("login", "POST /v1/logout", wang, body={"everywhere": True})
        self.heard.settle()

    def _sign_in(self, name: str) -> Buyer:
        asked = json.dumps({"user": name}).encode()
        given = json.loads(self.shop.wechat.handle("POST", "/_control/codes", {}, asked).body)
        self.heard.forbid("login code", given["code"])
        self.heard.forbid("openid", given["openid"])
        answer = self._send("login", "POST /v1/login", body={"code": given["code"]})
        for user in self.shop.wechat.dump()["login"]["users"]:
            self.heard.forbid("session_key", user["session_key"])
        self._tokens(answer)
        refreshed = self._send(
            "login", "POST /v1/login/refresh", body={"refresh_token": answer.body["refresh_token"]}
        )
        self._tokens(refreshed)
        # Used already: refused, and the answer to the theft is as silent.
        self.shop.world.clock.advance(61)
        self._send("login", "POST /v1/login", body={"code": given["code"]})
        return Buyer(answer.body["customer"]["id"], given["openid"], answer.body["access_token"])

    def _tokens(self, answer: Answer) -> None:
        self.heard.forbid("access token", answer.body["access_token"])
        self.heard.forbid("refresh token", answer.body["refresh_token"])

    def _buy(self, buyer: Buyer, address: str) -> str:
        asked = {"items": [{"sku_id": "p1-2", "quantity": 2}], "address_id": address}
        quote = self._send("cart", "POST /v1/quotes", buyer, body=asked).body["quote_token"]
        self.heard.forbid("quote token", quote)
        body = {"quote_token": quote, "remark": f"请打 {ADDRESS[1]}"}
        placed = self._send("checkout", "POST /v1/orders", buyer, body=body)
        self.heard.forbid("payment signature", placed.body["payment"]["paySign"])
        self.shop.pay_now(buyer, placed.body["payment"])
        self.shop.deliver_due()
        self.shop.pump()
        return placed.order_no

    def _staff(self, order_no: str) -> None:
        first = self.shop.world.secrets["yunpu/staff-bootstrap"]
        wrong = {"username": "owner", "password": first["password"], "code": "000000"}
        self._send("staff", "POST /v1/admin/login", body=wrong)
        code = pyotp.TOTP(first["totp_secret"]).at(self.shop.now)
        signed = self._send("staff", "POST /v1/admin/login", body={**wrong, "code": code})
        token = signed.body["access_token"]
        self.heard.forbid("staff token", token)
        opened = self._send(
            "staff", "POST /v1/admin/staff", token=token, key="s1",
            body={"username": "xiaoli", "role": "support", "reason": "入职"},
        )  # fmt: skip
        self.heard.forbid("staff password", opened.body["password"])
        self.heard.forbid("staff code secret", opened.body["totp_secret"])
        self._secrets(token, opened.body["username"])
        self._send(
            "fulfilment", "POST /v1/admin/orders/{order_no}/shipments", token=token, key="s2",
            path={"order_no": order_no}, body=PARCEL,
        )  # fmt: skip
        self._send(
            "fulfilment",
            "GET /v1/admin/orders/{order_no}",
            token=token,
            path={"order_no": order_no},
        )

    def _secrets(self, token: str, username: str) -> None:
        """A password is guessed, another's secrets are reset; both may be told to nobody."""
        new = "canary-of-a-new-password"
        self.heard.forbid("new staff password", new)
        guess = {"current_password": "guess", "new_password": new, "code": "000000"}
        self._send("staff", "PUT /v1/admin/password", token=token, key="s3", body=guess)
        reset = self._send(
            "staff", "POST /v1/admin/staff/{username}/reset", token=token, key="s4",
            path={"username": username}, body={"reason": "忘记密码"},
        )  # fmt: skip
        self.heard.forbid("reset staff password", reset.body["password"])
        self.heard.forbid("reset staff code secret", reset.body["totp_secret"])

    def _cancel(self, buyer: Buyer) -> None:
        placed = self.shop.place(buyer, self.shop.quote_token(buyer, {"p1-1": 1}))
        assert placed.payment
        self.shop.pay_now(buyer, placed.payment)
        self.shop.deliver_due()
        self._send(
            "orders", "POST /v1/orders/{order_no}/cancel", buyer,
            path={"order_no": placed.order_no},
        )  # fmt: skip

    def _flash(self, buyer: Buyer, address: str) -> None:
        path = {"sale_id": "f1"}
        ticket = self._send(
            "flash_sale", "POST /v1/flash-sales/{sale_id}/tickets", buyer, path=path,
            body={"quantity": 1, "address_id": address},
        ).body["ticket"]  # fmt: skip
        self.heard.forbid("ticket", ticket)
        self._send(
            "flash_sale", "POST /v1/flash-sales/{sale_id}/orders", buyer, path=path,
            body={"ticket": ticket},
        )  # fmt: skip

    def _expire(self, buyer: Buyer) -> None:
        self.shop.place(buyer, self.shop.quote_token(buyer, {"p1-1": 1}))
        self.shop.pump()
        moment = self.shop.moment()
        self.shop.world.clock.advance(1_000)
        for how in FAILURES:
            for deep in range(1, 30):
                failing = Failing(deep, how)
                with suppress(Exception), self.shop.world.seam.layer(failing):
                    self.shop.sweep()
        self.shop.sweep()
        self.shop.back_to(moment, fresh=False)

    def _failures(self, buyer: Buyer) -> None:
        """Bad input that carries what it should not, and tokens spoiled at the end."""
        spoiled = buyer.token[:-2] + "xx"
        self._send("account", "GET /v1/me", token=spoiled)
        bad = {**BODY, "phone": f"{ADDRESS[1]}000"}
        self._send("account", "POST /v1/me/addresses", buyer, body=bad, key="a2")
        self._send("checkout", "POST /v1/orders", buyer, body={"quote_token": spoiled})
        self._send("login", "POST /v1/login/refresh", body={"refresh_token": spoiled})
        for routes in ("POST /v1/notify/wechatpay", "POST /v1/notify/kuaidi100/{token}"):
            folder = "pay_notify" if routes.endswith("wechatpay") else "logistics"
            path = {"token": spoiled} if folder == "logistics" else None
            self._send(folder, routes, path=path, body={"phone": ADDRESS[1]})

    # ------------------------------------------------------------------ every route, failing

    def every_route(self, people: People, deepest: int) -> int:
        """Calls each route while each of its first calls fails, loudly and in three ways."""
        moment, called = self.shop.moment(), 0
        for one in targets():
            for how in FAILURES:
                for deep in range(1, deepest + 1):
                    self.shop.back_to(moment)
                    failing = Failing(deep, how)
                    with self.shop.world.seam.layer(failing):
                        self._as_whom_it_is_for(one, people)
                    called += 1
                    if failing.seen < deep:
                        break
            for text in INJECTIONS:
                self.shop.back_to(moment)
                self._inject(one, people, text)
                called += 1
            self.heard.settle()
        return called

    def _as_whom_it_is_for(self, one: Target, people: People, **more: Any) -> Answer:
        token = ""
        if one.route.auth is Auth.STAFF:
            token = people.staff[Role.OWNER]
        elif one.route.auth in {Auth.CUSTOMER, Auth.OPTIONAL}:
            token = people.wang.buyer.token
        given = {
            "path": path_of(one.route, people.wang.known),
            "body": body_of(one.route, people.wang.known),
            **more,
        }
        return self._send(one.folder, one.key, token=token, key="r13", **given)

    def _inject(self, one: Target, people: People, text: str) -> None:
        body = body_of(one.route, people.wang.known)
        if isinstance(body, dict):
            body = {name: text if isinstance(value, str) else value for name, value in body.items()}
        path = dict.fromkeys(path_of(one.route, people.wang.known), text)
        headers = {"user-agent": text, "x-request-id": text, "content-type": "application/json"}
        self._as_whom_it_is_for(one, people, body=body, headers=headers)
        self._as_whom_it_is_for(one, people, path=path, headers=headers)

    # ------------------------------------------------------------------ calls

    def _send(
        self,
        folder: str,
        route: str,
        buyer: Buyer | None = None,
        *,
        token: str = "",
        key: str = "",
        body: Any = None,
        path: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if token:
            sent["authorization"] = f"Bearer {token}"
        if key:
            sent["idempotency-key"] = key
        answer = self.shop.call(folder, route, buyer, path=path, body=body, headers=sent)
        self.heard.answered(answer.status, json.dumps(answer.body, ensure_ascii=False))
        return answer

    def _forbid_secrets(self) -> None:
        for name, value in self.shop.world.secrets.items():
            for text in _texts(value):
                self.heard.forbid(f"secret {name}", text)
        for name, part in zip(("name", "phone", "address"), PERSON, strict=True):
            self.heard.forbid(name, part)


def _texts(value: Any) -> Iterator[str]:
    """The texts inside a secret that are secret."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in PLAIN:
                yield from _texts(part)
    elif isinstance(value, str):
        yield from (line for line in value.splitlines() if not line.startswith("-----"))


def run(seed: int, quick: bool) -> Result:
    """The story, then every route."""
    heard = Overheard()
    with Shop(seed=seed, lean=True) as shop, heard.listening():
        Life(shop, heard).story()
    with Shop(seed=seed, lean=True) as shop, heard.listening():
        life = Life(shop, heard)
        people = populate(shop)
        for one in (people.wang, people.li):
            heard.forbid("openid", one.buyer.openid)
            heard.forbid("access token", one.buyer.token)
            for name in ("quote_token", "ticket"):
                heard.forbid(name, one.known[name])
        for token in people.staff.values():
            heard.forbid("staff token", token)
        called = life.every_route(people, QUICK_DEEPEST if quick else DEEPEST)
    return Result(
        f"{len(heard.wrong)} of {len(heard.canaries)} canaries seen in {heard.lines:,} log lines,"
        f" {heard.metrics:,} metrics, {heard.errors:,} refusals",
        not heard.wrong,
        {
            "canaries": len(heard.canaries),
            "lines": heard.lines,
            "metrics": heard.metrics,
            "refusals": heard.errors,
            "requests": called,
        },
        heard.wrong,
    )
