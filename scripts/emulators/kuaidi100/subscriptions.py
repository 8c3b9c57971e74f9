"""Subscriptions to a parcel's traces."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from scripts.emulators.kuaidi100.errors import Kuaidi100Error
from scripts.emulators.kuaidi100.parcels import (
    COMPANIES,
    LAST_DIGITS,
    PHONE_COMPANIES,
    Parcels,
    recognised,
)
from scripts.emulators.kuaidi100.query import LONGEST_NUM, SHORTEST_NUM, parsed

RESUBSCRIBE_SECONDS = 1800


@dataclass
class Subscription:
    """One subscription.

    Attributes:
        num: Tracking number.
        com: The courier as subscribed.
        callbackurl: Where pushes go.
        salt: Signs pushes; may be empty.
        ended_at: When it was shut down or aborted, plan clock; None while it runs.
    """

    num: str
    com: str
    callbackurl: str
    salt: str
    ended_at: float | None = None


class Subscriptions:
    """All subscriptions by number."""

    def __init__(self, key: str, parcels: Parcels) -> None:
        self._key = key
        self._parcels = parcels
        self._subscriptions: dict[str, Subscription] = {}

    def subscribe(self, form: dict[str, str], now: float) -> dict[str, Any]:
        """The answer to ``/poll``.

        Raises:
            Kuaidi100Error: The subscription is refused.
        """
        if form.get("schema") != "json":
            raise Kuaidi100Error("700", "schema")
        param = parsed(form.get("param", ""), "700")
        if param.get("key") != self._key:
            raise Kuaidi100Error("600")
        num = str(param.get("number", ""))
        parameters = param.get("parameters")
        if not SHORTEST_NUM <= len(num) <= LONGEST_NUM or not isinstance(parameters, dict):
            raise Kuaidi100Error("700")
        url = str(parameters.get("callbackurl", ""))
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Kuaidi100Error("700", "callbackurl")
        com = self._company(param, parameters, num)
        self._check_phone(com, str(parameters.get("phone", "")))
        former = self._subscriptions.get(num)
        if former is not None and (
            former.ended_at is None or now - former.ended_at < RESUBSCRIBE_SECONDS
        ):
            raise Kuaidi100Error("501", "重复订阅")
        parcel = self._parcels.ensure(num, com)
        parcel.phone = parcel.phone or str(parameters.get("phone", ""))
        self._subscriptions[num] = Subscription(num, com, url, str(parameters.get("salt", "")))
        return {"result": True, "returnCode": "200", "message": "提交成功"}

    def of(self, num: str) -> Subscription | None:
        """The subscription of a number."""
        return self._subscriptions.get(num)

    def listed(self) -> list[dict[str, Any]]:
        """All subscriptions as plain data."""
        return [asdict(each) for each in self._subscriptions.values()]

    def load(self, subscriptions: list[dict[str, Any]]) -> None:
        """Restores what ``listed`` gave."""
        self._subscriptions = {plain["num"]: Subscription(**plain) for plain in subscriptions}

    @staticmethod
    def _company(param: dict[str, Any], parameters: dict[str, Any], num: str) -> str:
        com = param.get("company")
        if not com and str(parameters.get("autoCom")) == "1":
            com = recognised(num)
            if com is None:
                raise Kuaidi100Error("702")
        if com not in COMPANIES:
            raise Kuaidi100Error("701")
        return str(com)

    @staticmethod
    def _check_phone(com: str, phone: str) -> None:
        if com in PHONE_COMPANIES and len(phone) < LAST_DIGITS:
            raise Kuaidi100Error("700", "phone")
