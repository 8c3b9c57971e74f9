"""Parcels and their traces, as the couriers report them."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

BEIJING = timezone(timedelta(hours=8))
PHONE_COMPANIES = {"shunfeng", "shunfengkuaiyun", "zhongtong"}
COMPANIES = {
    *PHONE_COMPANIES, "yuantong", "yunda", "shentong", "jd", "ems", "jtexpress", "debangwuliu",
    "youzhengguonei", "huitongkuaidi", "debangkuaidi", "danniao",
}  # fmt: skip
PREFIXES = {
    "SF": "shunfeng", "JD": "jd", "YT": "yuantong", "JT": "jtexpress", "DPK": "debangwuliu",
    "7": "zhongtong", "4": "yunda", "5": "shentong", "E": "ems",
}  # fmt: skip
IN_TRANSIT, SIGNED = "0", "3"
BASIC_STATES = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "14"}
NAMES = {
    "0": "在途", "1": "揽收", "2": "疑难", "3": "签收", "4": "退签", "5": "派件", "6": "退回",
    "7": "转单", "8": "清关", "14": "拒签",
}  # fmt: skip
LAST_DIGITS = 4


@dataclass
class Parcel:
    """One parcel.

    Attributes:
        num: Tracking number.
        com: Kuaidi100's code of the courier.
        phone: Phone of receiver or sender, if the courier asks for it.
        state: Kuaidi100's basic or advanced state.
        events: Traces, oldest first.
        asked_at: When it was last queried with success, plan clock.
        too_early: How often it was queried within the lock.
    """

    num: str
    com: str
    phone: str = ""
    state: str = IN_TRANSIT
    events: list[dict[str, str]] = field(default_factory=list)
    asked_at: float | None = None
    too_early: int = 0

    def phone_fits(self, phone: str) -> bool:
        """Whether the last 4 digits are this parcel's, or the courier asks for none."""
        if self.com not in PHONE_COMPANIES:
            return True
        return len(phone) >= LAST_DIGITS and (
            not self.phone or phone[-LAST_DIGITS:] == self.phone[-LAST_DIGITS:]
        )

    def add(self, events: list[dict[str, Any]], state: str | None, now: float) -> None:
        """Adds traces; one without a time happened now."""
        for event in events:
            when = event.get("time") or datetime.fromtimestamp(int(now), BEIJING).strftime(
                "%Y-%m-%d %H:%M:%S"
            )
            self.state = str(state if state is not None else event.get("state", self.state))
            trace = {
                "time": str(when),
                "ftime": str(when),
                "context": str(event["context"]),
                "status": str(event.get("status", NAMES.get(self.state, ""))),
            }
            names = ("areaCode", "areaName", "location")
            trace |= {name: str(event[name]) for name in names if name in event}
            self.events.append(trace)
        if state is not None:
            self.state = str(state)

    def result(self, *, newest_first: bool = True, upto: int | None = None) -> dict[str, Any]:
        """The tracking object; ``upto`` shows only that many of the oldest traces."""
        shown = self.events[:upto]
        return {
            "message": "ok",
            "nu": self.num,
            "ischeck": "1" if self.state.startswith(SIGNED) else "0",
            "condition": "F00" if self.state.startswith(SIGNED) else "00",
            "com": self.com,
            "status": "200",
            "state": self.state,
            "data": shown[::-1] if newest_first else shown,
        }


class Parcels:
    """All parcels by number."""

    def __init__(self) -> None:
        self._parcels: dict[str, Parcel] = {}

    def get(self, num: str) -> Parcel | None:
        """The parcel of a number."""
        return self._parcels.get(num)

    def ensure(self, num: str, com: str) -> Parcel:
        """The parcel of a number, made if need be."""
        return self._parcels.setdefault(num, Parcel(num, com))

    def listed(self) -> list[dict[str, Any]]:
        """All parcels as plain data."""
        return [asdict(parcel) for parcel in self._parcels.values()]

    def load(self, parcels: list[dict[str, Any]]) -> None:
        """Restores what ``listed`` gave."""
        self._parcels = {plain["num"]: Parcel(**plain) for plain in parcels}


def recognised(num: str) -> str | None:
    """The courier that a number looks like."""
    return next((com for prefix, com in PREFIXES.items() if num.upper().startswith(prefix)), None)
