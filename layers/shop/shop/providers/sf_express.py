"""SF Express itself: the routes of a parcel, by its documented protocol (`providers` 3.2).

Its signature is MD5 because the protocol says so. Two layers of answer: `apiResultCode` is about
the request, `apiResultData` is JSON text about the parcel.
May import: errors, domain, telemetry.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote_plus, urlencode

import msgspec

from shop.domain.shipment import ParcelState, Tracking, TrackingEvent
from shop.errors import ProviderError
from shop.providers.transport import Transport
from shop.telemetry import logger, misconfigured

PROVIDER = "sf_express"
PATH = "/std/service"
SERVICE = "EXP_RECE_SEARCH_ROUTES"
MAX_EVENTS = 200
MAX_TEXT = 500
_TAKEN = "A1000"
_FOUND = "S0000"
# Too many at once, and SF's own trouble; the rest is about our request or account.
_RETRYABLE = frozenset({"A1005", "A1099"})
_BY_NUMBER = "1"
_STANDARD = "1"
# What SF's operation codes mean; the list grows, so an unknown one is a parcel on its way.
_STATES = {
    "50": ParcelState.COLLECTED,
    "54": ParcelState.COLLECTED,
    "44": ParcelState.OUT_FOR_DELIVERY,
    "204": ParcelState.OUT_FOR_DELIVERY,
    "80": ParcelState.SIGNED,
    "8000": ParcelState.SIGNED,
    "33": ParcelState.PROBLEM,
    "70": ParcelState.PROBLEM,
    "77": ParcelState.PROBLEM,
    "99": ParcelState.RETURNING,
    "648": ParcelState.RETURNING,
}

_Text = Annotated[str, msgspec.Meta(max_length=4_000)]


class _Answer(msgspec.Struct):
    apiResultCode: _Text  # noqa: N815
    apiResultData: str | None = None  # noqa: N815


class _Route(msgspec.Struct):
    acceptTime: _Text = ""  # noqa: N815
    acceptAddress: _Text = ""  # noqa: N815
    remark: _Text = ""
    opCode: str | int = ""  # noqa: N815


class _Parcel(msgspec.Struct):
    mailNo: _Text = ""  # noqa: N815
    routes: list[_Route] | None = None


class _Found(msgspec.Struct):
    routeResps: list[_Parcel] | None = None  # noqa: N815


class _Result(msgspec.Struct):
    errorCode: _Text = ""  # noqa: N815
    msgData: _Found | None = None  # noqa: N815


class SfExpress:
    """`LiveTracker` of one partner account.

    Args:
        partner_id: The account's name.
        check_word: Its secret.
        base_url: SF's host, no trailing slash.
        clock: UTC seconds.
        request_id: A fresh id of at most 40 characters.
        transport: The way out.
    """

    def __init__(
        self,
        *,
        partner_id: str,
        check_word: str,
        base_url: str,
        clock: Callable[[], int],
        request_id: Callable[[], str],
        transport: Transport,
    ) -> None:
        self._partner_id = partner_id
        self._check_word = check_word
        self._base_url = base_url
        self._clock = clock
        self._request_id = request_id
        self._transport = transport

    def query(self, company: str, tracking_no: str, phone_tail: str) -> Tracking:
        """See `LiveTracker.query`; a parcel without any route yet has no events."""
        asked = {
            "language": "zh-CN",
            "trackingType": _BY_NUMBER,
            "trackingNumber": [tracking_no],
            "methodType": _STANDARD,
            "checkPhoneNo": phone_tail,
        }
        found = self._call(json.dumps(asked, ensure_ascii=False))
        for parcel in found.routeResps or ():
            if parcel.mailNo.casefold() == tracking_no.casefold():
                return _tracking(company, tracking_no, parcel.routes or [])
        return Tracking(company, tracking_no, ParcelState.IN_TRANSIT, (), finished=False)

    def _call(self, msg_data: str) -> _Found:
        timestamp = str(self._clock() * 1_000)
        form = {
            "partnerID": self._partner_id,
            "requestID": self._request_id(),
            "serviceCode": SERVICE,
            "timestamp": timestamp,
            "msgDigest": digest(msg_data, timestamp, self._check_word),
            "msgData": msg_data,
        }
        answer = self._transport.send(
            "POST",
            self._base_url + PATH,
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
            body=urlencode(form).encode(),
        )
        if answer.status != HTTPStatus.OK:
            raise ProviderError(PROVIDER, str(answer.status), retryable=True)
        try:
            outer = msgspec.json.decode(answer.body, type=_Answer)
            _require_taken(outer.apiResultCode)
            inner = msgspec.json.decode(outer.apiResultData or "", type=_Result)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
            raise ProviderError(PROVIDER, "UNREADABLE", retryable=True) from bad
        if inner.errorCode != _FOUND or inner.msgData is None:
            raise ProviderError(PROVIDER, inner.errorCode[:32] or "NO_DATA")
        return inner.msgData


def digest(msg_data: str, timestamp: str, check_word: str) -> str:
    """`msgDigest`: base64 of the MD5 of the text, encoded as Java's URLEncoder does."""
    encoded = quote_plus(msg_data + timestamp + check_word, safe="*").replace("~", "%7E")
    made = hashlib.md5(encoded.encode(), usedforsecurity=False).digest()
    return base64.b64encode(made).decode()


def _require_taken(code: str) -> None:
    if code == _TAKEN:
        return
    if code in _RETRYABLE:
        raise ProviderError(PROVIDER, code, retryable=True)
    logger.error("sf express refuses our account", provider_code=code[:16])
    raise misconfigured()


def _tracking(company: str, tracking_no: str, routes: list[_Route]) -> Tracking:
    told = [(event, str(one.opCode)) for one in routes if (event := _event(one))]
    told.sort(key=lambda one: one[0].time, reverse=True)
    state = _STATES.get(told[0][1], ParcelState.IN_TRANSIT) if told else ParcelState.IN_TRANSIT
    return Tracking(
        company=company,
        tracking_no=tracking_no,
        state=state,
        events=tuple(event for event, _ in told[:MAX_EVENTS]),
        finished=state is ParcelState.SIGNED,
    )


def _event(route: _Route) -> TrackingEvent | None:
    try:
        # SF writes YYYY-MM-DD HH:MM:SS, always Beijing time.
        seconds = int(datetime.fromisoformat(f"{route.acceptTime}+08:00").timestamp())
    except (ValueError, OverflowError):
        return None
    return TrackingEvent(seconds, route.remark[:MAX_TEXT], route.acceptAddress[:MAX_TEXT])
