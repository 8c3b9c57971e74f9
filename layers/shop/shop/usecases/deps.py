"""What several use cases share: keys, the payment account and the windows."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.usecases.ports import PaymentGateway


@dataclass(frozen=True, slots=True)
class Account:
    """The app and merchant that our payments are made to."""

    appid: str
    mchid: str


@dataclass(frozen=True, slots=True)
class Deps:
    """Made once per process by `shop.wiring`.

    Attributes:
        ring: The keys, read when needed.
        gateway: WeChat Pay, made when needed.
        account: Whom a payment must have been made to.
        entropy: Random bytes for nonces.
        pay_window_seconds: How long an ordinary order waits for its money.
        flash_pay_window_seconds: The same for a flash order.
    """

    ring: Callable[[], KeyRing]
    gateway: Callable[[], PaymentGateway]
    account: Callable[[], Account]
    entropy: Callable[[int], bytes]
    pay_window_seconds: int
    flash_pay_window_seconds: int
