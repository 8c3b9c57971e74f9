"""What every journey needs: the shop, the providers, the staff, new shoppers, and patience."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rich.console import Console

from scripts.demo.client import MiniProgram
from scripts.demo.goods import Goods
from scripts.demo.paysign import PaySignCheck
from scripts.demo.providers import Courier, WeChat, WeChatPay
from scripts.demo.site import Site
from scripts.demo.staff import Staff
from scripts.demo.wire import Line, Traffic

T = TypeVar("T")
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 30.0
HOME: dict[str, Any] = {
    "name": "林小满",
    "phone": "13800001234",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "detail": "龙井路 1 号 3 幢 502 室",
    "is_default": True,
}


class TooLateError(Exception):
    """What was waited for did not come in time."""


@dataclass
class World:
    """One run of the demo.

    Attributes:
        run_id: Makes this run's shoppers new to the shop.
        rng: Seeded from ``run_id``; chooses what does not matter.
    """

    site: Site
    goods: Goods
    console: Console
    run_id: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        self.rng = random.Random(self.run_id)  # noqa: S311 # nosec B311 # no secret is drawn
        self.traffic = Traffic()
        self.line = Line(self.site.base_url, self.traffic)
        self.wechat = WeChat(self.site.wechat)
        self.wechatpay = WeChatPay(self.site.wechatpay)
        self.courier = Courier(self.site.kuaidi100)
        self.staff = Staff(self.site)
        self.check = PaySignCheck(self.site.appid, self.site.merchant_public_key_pem)
        self._printing = threading.Lock()

    def say(self, key: str, text: str) -> None:
        """Tells the person who watches what happens."""
        with self._printing:
            self.console.print(f"[dim]{key}[/dim]  {text}", highlight=False)

    def shopper(self, name: str) -> MiniProgram:
        """A new shopper, not signed in."""
        return MiniProgram(self.line, self.wechat, f"{self.run_id}-{name}")

    def signed_in(self, name: str) -> MiniProgram:
        """A new shopper, signed in."""
        shopper = self.shopper(name)
        shopper.sign_in()
        return shopper

    def pay(self, shopper: MiniProgram, payment: dict[str, Any], *, notify: bool = True) -> str:
        """Checks ``paySign`` and pays; returns WeChat Pay's transaction id."""
        return shopper.pay(self.check, self.wechatpay, self.site.appid, payment, notify=notify)

    def until(
        self,
        what: str,
        read: Callable[[], T],
        wanted: Callable[[T], bool],
        patience_seconds: float = PATIENCE_SECONDS,
        pause_seconds: float = POLL_SECONDS,
    ) -> T:
        """Reads again and again until the value is wanted; returns it.

        Raises:
            TooLateError: It never was.
        """
        deadline = time.monotonic() + patience_seconds
        while True:
            value = read()
            if wanted(value):
                return value
            if time.monotonic() >= deadline:
                raise TooLateError(f"{what}: still {str(value)[:200]} after {patience_seconds} s")
            time.sleep(pause_seconds)

    def until_status(
        self,
        shopper: MiniProgram,
        order_no: str,
        status: str,
        patience_seconds: float = PATIENCE_SECONDS,
        pause_seconds: float = POLL_SECONDS,
    ) -> dict[str, Any]:
        """Polls an order's page until it has the status; returns the order."""
        return self.until(
            f"order {order_no} to become {status}",
            lambda: shopper.order(order_no),
            lambda order: order["status"] == status,
            patience_seconds,
            pause_seconds,
        )
