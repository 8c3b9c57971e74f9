"""Kuaidi100: parcel look-ups, subscriptions and pushes (`providers` 3.1).

Its signatures are MD5 because the protocol says so; the look-up key and the salt are what
keeps strangers out. May import: errors, domain, telemetry.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode

from shop.domain.shipment import ParcelState, Tracking
from shop.errors import (
    InvalidError,
    ProviderError,
    ShopError,
    UnauthenticatedError,
)
from shop.providers import kuaidi100_wire as wire
from shop.providers.transport import Answer, Transport
from shop.telemetry import logger, misconfigured

_Value = TypeVar("_Value")

PROVIDER = "kuaidi100"
MAX_PUSH_CHARACTERS = 512 * 1024
# Advanced states and area names.
_RESULT_VERSION = "4"
_NO_TRACE_YET = "500"
_QUERY_RETRYABLE = frozenset({"501", "502"})
_QUERY_OURS = frozenset({"503", "601"})
_SUBSCRIBED = frozenset({"200", "501"})
_SUBSCRIBE_RETRYABLE = frozenset({"500"})
_SUBSCRIBE_OURS = frozenset({"600", "601"})


class Kuaidi100:
    """One customer account.

    Args:
        customer: The account's number.
        key: Its authorisation key.
        salt: What pushes are signed with; must not be empty, or anybody could push.
        base_url: Query and subscribe host, no trailing slash.
        transport: The way out.

    Raises:
        MisconfiguredError: The salt is empty.
    """

    def __init__(
        self, *, customer: str, key: str, salt: str, base_url: str, transport: Transport
    ) -> None:
        if not salt:
            raise misconfigured()
        self._customer = customer
        self._key = key
        self._salt = salt
        self._base_url = base_url
        self._transport = transport

    def query(self, company: str, tracking_no: str, phone_tail: str) -> Tracking:
        """One live look-up; a parcel without any trace yet has no events.

        The caller keeps 30 minutes between look-ups of one number, or the account is locked.

        Args:
            company: Kuaidi100's company code, lower-case.
            tracking_no: 6-32 characters.
            phone_tail: Last four digits; some companies answer nothing without. May be "".

        Raises:
            ProviderError: Failed; not retryable when company, number or phone are refused.
            MisconfiguredError: Kuaidi100 refuses our account or signature.
        """
        parameters = {"com": company, "num": tracking_no, "resultv2": _RESULT_VERSION}
        if phone_tail:
            parameters["phone"] = phone_tail
        param = json.dumps(parameters, ensure_ascii=False)
        sign = _md5(param + self._key + self._customer)
        answer = self._post(
            "/poll/query.do", {"customer": self._customer, "sign": sign, "param": param}
        )
        result = _read(answer, wire.query_result)
        if isinstance(result, Tracking):
            if result.tracking_no.casefold() != tracking_no.casefold():
                raise _unreadable()
            return result
        if result == _NO_TRACE_YET:
            return Tracking(company, tracking_no, ParcelState.IN_TRANSIT, (), finished=False)
        raise _refusal(result, _QUERY_RETRYABLE, _QUERY_OURS)

    def subscribe(self, company: str, tracking_no: str, phone_tail: str, callback_url: str) -> None:
        """Ask for pushes to the address; already subscribed counts as done.

        Raises:
            ProviderError: Failed; not retryable when company, number or address are refused.
            MisconfiguredError: Kuaidi100 refuses our key or quota.
        """
        parameters = {
            "callbackurl": callback_url,
            "salt": self._salt,
            "resultv2": _RESULT_VERSION,
            "autoCom": "1",
        }
        if phone_tail:
            parameters["phone"] = phone_tail
        param = {
            "company": company,
            "number": tracking_no,
            "key": self._key,
            "parameters": parameters,
        }
        answer = self._post(
            "/poll", {"schema": "json", "param": json.dumps(param, ensure_ascii=False)}
        )
        code = _read(answer, wire.subscribe_code)
        if code not in _SUBSCRIBED:
            raise _refusal(code, _SUBSCRIBE_RETRYABLE, _SUBSCRIBE_OURS)

    def verify_push(self, form: Mapping[str, str]) -> Tracking:
        """Check the push's sign, then read it. Always the full list, so it replaces.

        A push that says its subscription ended without a trace has no events.

        Args:
            form: The decoded form fields.

        Raises:
            UnauthenticatedError: `push_rejected`: the sign is missing or wrong.
            InvalidError: `push_unreadable`.
        """
        param, sign = form.get("param", ""), form.get("sign", "")
        if not param or len(param) > MAX_PUSH_CHARACTERS:
            raise UnauthenticatedError("push_rejected", "推送未通过验证")
        try:
            expected = _md5(param + self._salt).encode()
            genuine = hmac.compare_digest(expected, sign.upper().encode())
        except UnicodeEncodeError:
            genuine = False
        if not genuine:
            raise UnauthenticatedError("push_rejected", "推送未通过验证")
        try:
            return wire.push(param)
        except wire.WireError as failure:
            raise InvalidError("push_unreadable", "推送内容无法识别") from failure

    def _post(self, path: str, form: Mapping[str, str]) -> Answer:
        return self._transport.send(
            "POST",
            self._base_url + path,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _read(answer: Answer, reader: Callable[[bytes], _Value]) -> _Value:
    if answer.status != HTTPStatus.OK:
        raise ProviderError(PROVIDER, str(answer.status), retryable=True, outcome_unknown=True)
    try:
        return reader(answer.body)
    except wire.WireError as failure:
        raise _unreadable() from failure


def _refusal(code: str, retryable: frozenset[str], ours: frozenset[str]) -> ShopError:
    if code in ours:
        logger.error("kuaidi100 refuses our account", provider_code=code)
        return misconfigured()
    return ProviderError(PROVIDER, code, retryable=code in retryable)


def _unreadable() -> ProviderError:
    return ProviderError(PROVIDER, "UNREADABLE", retryable=True, outcome_unknown=True)
