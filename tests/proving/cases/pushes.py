"""Pushes that WeChat and Kuaidi100 never sent: their emulators spoil one thing in each."""

import json
from collections.abc import Callable, Iterator
from functools import partial

from tests.proving.cases.counter import Counter
from tests.proving.cases.refunds import bought
from tests.proving.cases.shipping import FIRST, push
from tests.proving.shop import Shop

OF_WECHAT = (
    "forged_signature", "altered_body", "missing_signature", "stale_timestamp",
    "future_timestamp", "wrong_appid", "wrong_padding", "plain_body",
)  # fmt: skip
OF_COURIER = ("forged_signature", "altered_body", "missing_signature")
REFUSED = 401


def shipped(shop: Shop) -> str:
    """The number of an order whose parcel is on its way, and both are told of it."""
    number = bought(shop, shop.buyer("li"))
    Counter(shop).ship(number, FIRST)
    shop.pump()
    return number


def forged(shop: Shop, number: str) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """Each by its name, with what sends it and tells what the shop answered."""
    for kind in OF_WECHAT:
        yield f"WeChat, {kind}", partial(_settled, shop, number, kind)
    for kind in OF_COURIER:
        yield f"Kuaidi100, {kind}", partial(_told, shop, kind)


def genuine(shop: Shop, number: str) -> list[int]:
    """What the shop answers to one of each that is right."""
    return [*_told(shop, ""), *_settled(shop, number, "")]


def _settled(shop: Shop, number: str, kind: str) -> list[int]:
    if kind:
        shop.wechat_control("faults", route="push", kind=kind)
    return shop.settles(number)


def _told(shop: Shop, kind: str) -> list[int]:
    if kind:
        asked = json.dumps({"route": "push", "kind": kind}).encode()
        shop.courier.handle("POST", "/_control/faults", {}, asked)
    shop.delivered.clear()
    push(shop, FIRST, "已签收", state="3")
    return [status for _, status in shop.delivered]
