"""Builds the emulator for a live process."""

from collections.abc import Callable
from typing import Any

from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.emulator import WeChatPay
from scripts.emulators.wire import Deliver, json_bytes

SENDERS = 16


def connect(
    config: dict[str, Any],
    *,
    now: Callable[[], float],
    wire_now: Callable[[], float],
    deliver: Deliver,
    base_url: str,
) -> WeChatPay:
    """Builds the emulator for a live process.

    With ``wechat_emulator_url`` in the configuration every payment is made known to that WeChat
    emulator, so that shipping can be reported for it.
    """
    on_paid = None
    wechat = config.get("wechat_emulator_url")
    if wechat:

        def on_paid(payment: dict[str, Any]) -> None:
            deliver(f"{wechat}/_control/pay_orders", {}, json_bytes(payment))

    return WeChatPay(
        PayConfig.from_json(config),
        deliver=deliver,
        now=now,
        wire_now=wire_now,
        base_url=base_url,
        on_paid=on_paid,
        senders=SENDERS,
    )
