"""Order shipping management: what was shipped, and the one chance to correct it."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from scripts.emulators.wechat.errors import WeChatError

EXPRESS, SAME_CITY, VIRTUAL, PICKUP = 1, 2, 3, 4
UNIFIED, SPLIT = 1, 2
BY_NUMBER, BY_TRANSACTION = 1, 2
MOST_PARCELS = 15
LONGEST_ITEM = 120
LONGEST_TRACKING = 128
TO_SHIP, SHIPPED = 1, 2
_UPLOAD_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)")
_MASKED_PHONE = re.compile(r"[\d+*-]*\*+[\d*-]*\d{4}")


@dataclass
class PaidOrder:
    """A WeChat Pay order as the shipping index knows it.

    Attributes:
        transaction_id: WeChat Pay's number.
        out_trade_no: The merchant's number.
        mchid: The merchant.
        openid: Who paid.
        visible_at: When the index knows it, plan clock.
        state: 1 to ship, 2 shipped, 3 receipt confirmed, 4 complete, 5 refunded, 6 settling.
        finished: Whether everything is shipped.
        changed_after: Whether the one correction was used.
        parcels: The parcels reported so far.
        upload_time: The newest ``upload_time``.
        digest: The newest upload without its time, to tell a repetition.
    """

    transaction_id: str
    out_trade_no: str
    mchid: str
    openid: str
    visible_at: float
    state: int = TO_SHIP
    finished: bool = False
    changed_after: bool = False
    parcels: list[dict[str, Any]] = field(default_factory=list)
    upload_time: str = ""
    digest: dict[str, Any] = field(default_factory=dict)


class Shipping:
    """Takes shipping reports."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._orders: dict[str, PaidOrder] = {}

    def add(self, payment: dict[str, Any], lag_seconds: float) -> PaidOrder:
        """Makes a payment known, visible after the index's lag."""
        order = PaidOrder(
            transaction_id=str(payment["transaction_id"]),
            out_trade_no=str(payment["out_trade_no"]),
            mchid=str(payment["mchid"]),
            openid=str(payment["openid"]),
            visible_at=self._now() + lag_seconds,
        )
        return self._orders.setdefault(order.transaction_id, order)

    def set_state(self, transaction_id: str, state: int) -> None:
        """Moves an order as the buyer or WeChat would."""
        self._orders[transaction_id].state = state

    def one(self, transaction_id: str) -> dict[str, Any]:
        """An order as plain data."""
        return asdict(self._orders[transaction_id])

    def upload(self, body: dict[str, Any]) -> None:
        """Takes one report.

        Raises:
            WeChatError: The report is malformed or the order does not allow it.
        """
        parcels = _checked(body)
        order = self._find(body.get("order_key"))
        if order.openid != _object(body, "payer").get("openid"):
            raise WeChatError(10060031)
        if order.state not in {TO_SHIP, SHIPPED}:
            raise WeChatError(10060004)
        digest = {name: value for name, value in body.items() if name != "upload_time"}
        if digest == order.digest:
            raise WeChatError(10060023)
        when = datetime.fromisoformat(body["upload_time"])
        if order.upload_time and when <= datetime.fromisoformat(order.upload_time):
            raise WeChatError(40097, "upload_time must grow")
        if order.finished:
            if order.changed_after:
                raise WeChatError(10060003)
            order.changed_after = True
            order.parcels = []
        split = body["delivery_mode"] == SPLIT
        order.parcels = [*order.parcels, *parcels] if split else parcels
        order.finished = order.finished or not split or body["is_all_delivered"]
        order.state = SHIPPED
        order.upload_time, order.digest = body["upload_time"], digest

    def view(self, body: dict[str, Any]) -> dict[str, Any]:
        """The order as ``get_order`` shows it."""
        if body.get("transaction_id"):
            key = {"order_number_type": BY_TRANSACTION, **body}
        else:
            key = {
                "order_number_type": BY_NUMBER,
                "mchid": body.get("merchant_id"),
                "out_trade_no": body.get("merchant_trade_no"),
            }
        order = self._find(key)
        return {
            "transaction_id": order.transaction_id,
            "merchant_id": order.mchid,
            "merchant_trade_no": order.out_trade_no,
            "openid": order.openid,
            "order_state": order.state,
            "shipping": {"finish_shipping": order.finished, "shipping_list": order.parcels},
        }

    def listed(self) -> list[dict[str, Any]]:
        """All orders as plain data."""
        return [asdict(order) for order in self._orders.values()]

    def load(self, orders: list[dict[str, Any]]) -> None:
        """Restores what ``listed`` gave."""
        self._orders = {plain["transaction_id"]: PaidOrder(**plain) for plain in orders}

    def _find(self, key: object) -> PaidOrder:
        if not isinstance(key, dict):
            raise WeChatError(47001, "order_key")
        kind = key.get("order_number_type")
        if not _one_of(kind, {BY_NUMBER, BY_TRANSACTION}):
            raise WeChatError(40097, "order_number_type")
        for order in self._orders.values():
            matches = (
                order.transaction_id == key.get("transaction_id")
                if kind == BY_TRANSACTION
                else (order.mchid, order.out_trade_no)
                == (key.get("mchid"), key.get("out_trade_no"))
            )
            if matches and self._now() >= order.visible_at:
                return order
        raise WeChatError(10060001)


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise WeChatError(47001, name)
    return value


def _checked(body: dict[str, Any]) -> list[dict[str, Any]]:
    logistics, mode = body.get("logistics_type"), body.get("delivery_mode")
    _check_mode(body, logistics, mode)
    parcels = body.get("shipping_list")
    if not isinstance(parcels, list) or not all(isinstance(each, dict) for each in parcels):
        raise WeChatError(47001, "shipping_list")
    if not 1 <= len(parcels) <= (1 if mode == UNIFIED else MOST_PARCELS):
        raise WeChatError(40097, "shipping_list")
    for parcel in parcels:
        _check_item(parcel.get("item_desc"))
        if logistics == EXPRESS:
            _check_express(parcel)
    if not _UPLOAD_TIME.fullmatch(str(body.get("upload_time"))):
        raise WeChatError(47001, "upload_time")
    return parcels


def _check_mode(body: dict[str, Any], logistics: object, mode: object) -> None:
    if not _one_of(logistics, {EXPRESS, SAME_CITY, VIRTUAL, PICKUP}):
        raise WeChatError(10060005)
    if not _one_of(mode, {UNIFIED, SPLIT}):
        raise WeChatError(47001, "delivery_mode")
    if mode == SPLIT and logistics != EXPRESS:
        raise WeChatError(10060006)
    if mode == SPLIT and not isinstance(body.get("is_all_delivered"), bool):
        raise WeChatError(10060007)


def _one_of(value: object, allowed: set[int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed


def _check_item(item: object) -> None:
    if not isinstance(item, str) or not item:
        raise WeChatError(10060008)
    if len(item) > LONGEST_ITEM:
        raise WeChatError(10060009)


def _check_express(parcel: dict[str, Any]) -> None:
    tracking = parcel.get("tracking_no")
    if not isinstance(tracking, str) or not tracking:
        raise WeChatError(268485226)
    if len(tracking.encode()) > LONGEST_TRACKING:
        raise WeChatError(40097, "tracking_no")
    if not parcel.get("express_company"):
        raise WeChatError(268485227)
    if parcel["express_company"] == "SF":
        contact = parcel.get("contact")
        phones = contact.values() if isinstance(contact, dict) else ()
        if not any(_MASKED_PHONE.fullmatch(str(phone)) for phone in phones):
            raise WeChatError(40097, "contact")
