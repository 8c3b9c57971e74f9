"""Kuaidi100's electronic waybills, `label/order` (`providers` 3.1).

May import: errors, domain, telemetry.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec

from shop.domain.waybill import Party, Waybill, WaybillRequest
from shop.errors import ConflictError, ProviderError
from shop.providers.kuaidi100 import PROVIDER
from shop.providers.transport import Transport
from shop.telemetry import logger, misconfigured

PATH = "/label/order"
_MADE = "200"
_BUSY = frozenset({"500", "501", "502"})
_OURS = frozenset({"503", "600", "601"})
_IMAGE = "IMAGE"
_LONGEST_CODE = 32
_ACCOUNT = ("partnerId", "partnerKey", "partnerSecret", "net")

_Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{6,32}$")]


class _Data(msgspec.Struct):
    kuaidinum: _Number
    label: str = ""


class _Answer(msgspec.Struct):
    code: str | int = ""
    data: Any = None


class Kuaidi100Waybills:
    """`WaybillMaker` of one account.

    Args:
        key: The account's authorisation key.
        secret: What waybill requests are signed with.
        sender: Where parcels leave from.
        partners: The shop's accounts with couriers, by Kuaidi100's code.
        base_url: The label host, no trailing slash.
        clock: UTC seconds.
        transport: The way out.
    """

    def __init__(
        self,
        *,
        key: str,
        secret: str,
        sender: Party,
        partners: Mapping[str, Mapping[str, str]],
        base_url: str,
        clock: Callable[[], int],
        transport: Transport,
    ) -> None:
        self._key = key
        self._secret = secret
        self._sender = sender
        self._partners = partners
        self._base_url = base_url
        self._clock = clock
        self._transport = transport

    def make(self, request: WaybillRequest) -> Waybill:
        """See `WaybillMaker.make`."""
        partner = self._partners.get(request.company)
        if partner is None:
            raise ConflictError("no_courier_account", "没有该快递公司的面单账号")
        param = {
            "printType": _IMAGE,
            "kuaidicom": request.company,
            **{name: partner[name] for name in _ACCOUNT if name in partner},
            "recMan": _man(request.receiver),
            "sendMan": _man(self._sender),
            "cargo": request.cargo,
            "count": "1",
            "orderId": request.number,
        }
        text = json.dumps(param, ensure_ascii=False)
        moment = str(self._clock() * 1_000)
        signed = (text + moment + self._key + self._secret).encode()
        form = {
            "method": "order",
            "key": self._key,
            "sign": hashlib.md5(signed, usedforsecurity=False).hexdigest().upper(),
            "t": moment,
            "param": text,
        }
        answer = self._transport.send(
            "POST",
            self._base_url + PATH,
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
            body=urlencode(form).encode(),
        )
        if answer.status != HTTPStatus.OK:
            raise _unknown(str(answer.status))
        try:
            return _read(answer.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
            raise _unknown("UNREADABLE") from bad


def _read(body: bytes) -> Waybill:
    answer = msgspec.json.decode(body, type=_Answer)
    code = str(answer.code)[:_LONGEST_CODE]
    if code == _MADE:
        data = msgspec.convert(answer.data, _Data)
        return Waybill(data.kuaidinum, data.label)
    if code in _BUSY:
        raise _unknown(code)
    if code in _OURS:
        logger.error("kuaidi100 refuses our account", provider_code=code)
        raise misconfigured()
    raise ConflictError("waybill_refused", "快递公司未能生成面单", provider_code=code)


def _man(party: Party) -> dict[str, str]:
    return {"name": party.name, "mobile": party.phone, "printAddr": party.address}


def _unknown(code: str) -> ProviderError:
    return ProviderError(PROVIDER, code, retryable=True, outcome_unknown=True)
