"""Kuaidi100's JSON as the shop's tracking (`providers` 3.1).

Unknown fields are ignored; a line whose time cannot be read is left out.
May import: domain, telemetry.
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from shop.domain.shipment import ParcelState, Tracking, TrackingEvent
from shop.telemetry import logger

MAX_EVENTS = 200
MAX_TEXT = 500
# Kuaidi100 writes YYYY-MM-DD HH:MM:SS, always Beijing time.
_BEIJING = "+08:00"
_TIME_LENGTH = 19
_FINISHED = "1"
_CORRECTED = "1"
_ABORTED = "abort"
_STATES = {
    "0": ParcelState.IN_TRANSIT,
    "1": ParcelState.COLLECTED,
    "2": ParcelState.PROBLEM,
    "3": ParcelState.SIGNED,
    "4": ParcelState.RETURNED,
    "5": ParcelState.OUT_FOR_DELIVERY,
    "6": ParcelState.RETURNING,
    "7": ParcelState.IN_TRANSIT,
    "8": ParcelState.CUSTOMS,
    "10": ParcelState.CUSTOMS,
    "11": ParcelState.CUSTOMS,
    "12": ParcelState.CUSTOMS,
    "13": ParcelState.CUSTOMS,
    "14": ParcelState.REFUSED,
    "101": ParcelState.COLLECTED,
    "102": ParcelState.COLLECTED,
    "103": ParcelState.COLLECTED,
    "401": ParcelState.RETURNED,
    "501": ParcelState.OUT_FOR_DELIVERY,
    "1001": ParcelState.IN_TRANSIT,
    "1002": ParcelState.IN_TRANSIT,
    "1003": ParcelState.IN_TRANSIT,
}
_ADVANCED_LENGTH = 3
_ADVANCED_FAMILIES = {"2": ParcelState.PROBLEM, "3": ParcelState.SIGNED}

_Code = Annotated[str, msgspec.Meta(max_length=64)]
_Wire = TypeVar("_Wire")


class WireError(ValueError):
    """The bytes are not what Kuaidi100 documents."""


class _Line(msgspec.Struct):
    time: str | None = None
    ftime: str | None = None
    context: str | None = None
    areaName: str | None = None  # noqa: N815


class _Result(msgspec.Struct):
    com: _Code = ""
    nu: _Code = ""
    state: str | int = ""
    ischeck: str | int = ""
    data: list[_Line] | None = None


class _Refusal(msgspec.Struct):
    returnCode: str | int = ""  # noqa: N815


class _Push(msgspec.Struct):
    lastResult: _Result  # noqa: N815
    autoCheck: str | int | None = ""  # noqa: N815
    comNew: _Code | None = ""  # noqa: N815
    status: _Code = ""


def query_result(body: bytes) -> Tracking | str:
    """The tracking, or the code of a refusal.

    Raises:
        WireError: It is neither.
    """
    code = str(_decode(body, _Refusal).returnCode)
    if code:
        return code[:64]
    return _tracking(_decode(body, _Result), "")


def subscribe_code(body: bytes) -> str:
    """The code of a subscription's answer.

    Raises:
        WireError: There is none.
    """
    code = str(_decode(body, _Refusal).returnCode)
    if not code:
        raise WireError
    return code[:64]


def push(param: str) -> Tracking:
    """The tracking in a push, under the company that Kuaidi100 found to be right.

    Raises:
        WireError: It is not a push.
    """
    wire = _decode(param.encode(), _Push)
    corrected = wire.comNew if str(wire.autoCheck) == _CORRECTED else ""
    told = _tracking(wire.lastResult, corrected or "")
    return replace(told, given_up=wire.status == _ABORTED and not told.finished)


def _decode(body: bytes, kind: type[_Wire]) -> _Wire:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as failure:
        raise WireError from failure


def _tracking(result: _Result, corrected: str) -> Tracking:
    if not result.nu:
        raise WireError
    events = [event for line in result.data or () if (event := _event(line))]
    events.sort(key=lambda event: event.time, reverse=True)
    return Tracking(
        company=corrected or result.com,
        tracking_no=result.nu,
        state=_state(str(result.state)),
        events=tuple(events[:MAX_EVENTS]),
        finished=str(result.ischeck) == _FINISHED,
    )


def _event(line: _Line) -> TrackingEvent | None:
    text = line.ftime or line.time or ""
    if len(text) != _TIME_LENGTH:
        return None
    try:
        seconds = int(datetime.fromisoformat(f"{text}{_BEIJING}").timestamp())
    except (ValueError, OverflowError):
        return None
    return TrackingEvent(seconds, (line.context or "")[:MAX_TEXT], (line.areaName or "")[:MAX_TEXT])


def _state(code: str) -> ParcelState:
    known = _STATES.get(code)
    if known is None and len(code) == _ADVANCED_LENGTH:
        known = _ADVANCED_FAMILIES.get(code[0])
    if known is None:
        if code:
            logger.warning("kuaidi100 sent an unknown state", provider_code=code[:16])
        return ParcelState.IN_TRANSIT
    return known
