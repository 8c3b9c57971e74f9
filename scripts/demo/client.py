"""A mini-program with one shopper: what its pages send, and how it keeps its sign-in."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from scripts.demo.paysign import PaySignCheck
from scripts.demo.providers import WeChat, WeChatPay
from scripts.demo.wire import BUSY, Answer, Line, NoAnswerError, UnexpectedAnswerError

Json = dict[str, Any]
SIGN_IN_TRIES = 5
SIGN_IN_WAIT_SECONDS = 0.5
PAGE_SIZE = 50


class MiniProgram:
    """One shopper's mini-program.

    Args:
        line: The way to the shop.
        wechat: The WeChat client that gives codes for ``wx.login``.
        user: Who holds the phone.
        sleep: Waits between tries to sign in.
    """

    def __init__(
        self,
        line: Line,
        wechat: WeChat,
        user: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._line = line
        self._wechat = wechat
        self._sleep = sleep
        self._signing_in = threading.Lock()
        self._access = ""
        self._refresh = ""
        self.user = user
        self.customer: Json = {}
        self.refreshed = 0

    def sign_in(self) -> None:
        """Signs in with a fresh code; a lost or busy answer means another code, never the same.

        Raises:
            UnexpectedAnswerError: The shop refuses.
        """
        for attempt in range(1, SIGN_IN_TRIES + 1):
            code = self._wechat.login_code(self.user)
            try:
                answer = self._line.send("POST", "/v1/login", body={"code": code}, repeat=False)
            except NoAnswerError:
                if attempt == SIGN_IN_TRIES:
                    raise
            else:
                if answer.status == HTTPStatus.OK:
                    self._keep(answer.json)
                    return
                if answer.status not in BUSY or attempt == SIGN_IN_TRIES:
                    raise UnexpectedAnswerError(answer)
            self._sleep(SIGN_IN_WAIT_SECONDS * attempt)

    def spoil_access_token(self) -> None:
        """Makes the access token worthless, as its end after ten minutes does."""
        self._access = self._access[:-4] + "AAAA"

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Answer:
        """Sends a request as this shopper; renews the sign-in once when it has run out.

        Args:
            method: HTTP method.
            path: Begins with ``/v1``.
            body: Sent as JSON.
            query: Query parameters.
            headers: Further header fields.
            key: The ``Idempotency-Key``.
        """
        fields = {**(headers or {}), **({"Idempotency-Key": key} if key else {})}
        used = self._access
        answer = self._authorised(method, path, body, query, fields, used)
        if answer.status != HTTPStatus.UNAUTHORIZED or not used:
            return answer
        self._renew(used)
        return self._authorised(method, path, body, query, fields, self._access)

    def expect(self, status: int | tuple[int, ...], method: str, path: str, **more: Any) -> Any:
        """Like ``call``, but anything but the named status ends the journey; returns the body."""
        answer = self.call(method, path, **more)
        if answer.status not in (status if isinstance(status, tuple) else (status,)):
            raise UnexpectedAnswerError(answer)
        return answer.json

    def pages(self, path: str, **query: str | int) -> list[Json]:
        """All items of a list, page after page."""
        items: list[Json] = []
        asked: dict[str, str | int] = {"limit": PAGE_SIZE, **query}
        while True:
            page = self.expect(200, "GET", path, query=asked)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            asked["cursor"] = page["next_cursor"]

    def product(self, product_id: str) -> Json:
        """A product's page."""
        return dict(self.expect(200, "GET", f"/v1/products/{product_id}"))

    def put_in_cart(self, sku_id: str, quantity: int) -> Json:
        """Sets a line of the cart; returns the cart."""
        return dict(
            self.expect(200, "PUT", f"/v1/cart/items/{sku_id}", body={"quantity": quantity})
        )

    def cart(self) -> Json:
        """The cart."""
        return dict(self.expect(200, "GET", "/v1/cart"))

    def claim_coupon(self, coupon_id: str, key: str | None = None) -> Json:
        """Claims a coupon; with the key of an earlier claim it returns that one."""
        path = f"/v1/coupons/{coupon_id}/claims"
        return dict(self.expect((200, 201), "POST", path, key=key or fresh_key()))

    def claim_status(self, claim_id: str) -> str:
        """The state of one of the shopper's coupons."""
        claims = self.pages("/v1/me/coupons")
        return next(str(each["status"]) for each in claims if each["claim_id"] == claim_id)

    def add_address(self, address: Mapping[str, Any]) -> str:
        """Adds an address; returns its id."""
        made = self.expect((200, 201), "POST", "/v1/me/addresses", body=address, key=fresh_key())
        return str(made["id"])

    def quote(
        self, items: Sequence[Mapping[str, Any]], address_id: str, *, claim_id: str | None = None,
        from_cart: bool = False,
    ) -> Json:  # fmt: skip
        """Asks what an order would cost."""
        body: Json = {"items": list(items), "from_cart": from_cart, "address_id": address_id}
        if claim_id is not None:
            body["coupon_claim_id"] = claim_id
        return dict(self.expect(200, "POST", "/v1/quotes", body=body))

    def place_order(self, quote: Mapping[str, Any], remark: str | None = None) -> tuple[Json, Json]:
        """Orders what was quoted; returns the order and the payment parameters."""
        body = {"quote_token": quote["quote_token"], **({"remark": remark} if remark else {})}
        made = self.expect((200, 201), "POST", "/v1/orders", body=body)
        return made["order"], made["payment"]

    def order(self, order_no: str) -> Json:
        """An order's page."""
        return dict(self.expect(200, "GET", f"/v1/orders/{order_no}"))

    def order_as_sent(self, order_no: str) -> bytes:
        """An order's page, byte for byte."""
        answer = self.call("GET", f"/v1/orders/{order_no}")
        if answer.status != HTTPStatus.OK:
            raise UnexpectedAnswerError(answer)
        return answer.raw

    def pay(
        self, check: PaySignCheck, pay: WeChatPay, appid: str, payment: Mapping[str, Any], *,
        notify: bool = True,
    ) -> str:  # fmt: skip
        """Opens the payment sheet and pays; returns WeChat Pay's transaction id.

        Raises:
            PaySignError: The parameters are not the merchant's; nothing was paid.
        """
        check.verify(payment)
        return str(pay.pay(self.user, appid, payment, notify=notify)["transaction_id"])

    def _authorised(
        self, method: str, path: str, body: object, query: Mapping[str, str | int] | None,
        fields: Mapping[str, str], access: str,
    ) -> Answer:  # fmt: skip
        bearer = {"Authorization": f"Bearer {access}"} if access else {}
        return self._line.send(method, path, body=body, query=query, headers={**fields, **bearer})

    def _renew(self, used: str) -> None:
        with self._signing_in:
            if self._access != used:
                return
            body = {"refresh_token": self._refresh}
            answer = self._line.send("POST", "/v1/login/refresh", body=body)
            if answer.status == HTTPStatus.OK:
                self._keep(answer.json)
                self.refreshed += 1
            else:
                self.sign_in()

    def _keep(self, signed_in: Json) -> None:
        self._access = signed_in["access_token"]
        self._refresh = signed_in["refresh_token"]
        self.customer = signed_in.get("customer", self.customer)


def fresh_key() -> str:
    """A new ``Idempotency-Key``."""
    return secrets.token_urlsafe(16)
