"""WeChat's order shipping management: what it knows of an order, and telling it more.

Field rules and the meaning of each refusal: `providers` 1.7. May import: errors, domain.
"""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated

import msgspec

from shop.domain.shipping_report import Known, Report, ReportedParcel
from shop.errors import ConflictError, ProviderError
from shop.providers.wechat import PROVIDER, Status, Wechat, require_success

_BY_TRANSACTION = 2
_EXPRESS = 1
_UNIFIED, _SPLIT = 1, 2
_NOT_INDEXED = 10060001
_TOO_OFTEN = 44990


class _Told(IntEnum):
    """Answers that mean: WeChat has it already."""

    SHIPPED = 10060002
    UNCHANGED = 10060023
    SHIPPED_TOO = 268440065


class _Never(IntEnum):
    """Answers that no repetition changes."""

    CHANCE_USED = 10060003
    WRONG_STATE = 10060004


_TOLD = frozenset(_Told)
_NEVER = frozenset(_Never)
_Text = Annotated[str, msgspec.Meta(max_length=256)]


class _Parcel(msgspec.Struct):
    tracking_no: _Text = ""
    express_company: _Text = ""


class _Shipping(msgspec.Struct):
    finish_shipping: bool = False
    shipping_list: list[_Parcel] | None = None


class _Order(msgspec.Struct):
    order_state: int
    openid: _Text
    shipping: _Shipping | None = None


class _Found(Status):
    order: _Order | None = None


class WechatShipping:
    """`ShippingDuty` of one mini-program."""

    def __init__(self, wechat: Wechat) -> None:
        self._wechat = wechat

    def known(self, transaction_id: str) -> Known | None:
        """See `ShippingDuty.known`."""
        found = self._wechat.with_token(
            "/wxa/sec/order/get_order", {"transaction_id": transaction_id}, _Found
        )
        if found.errcode == _NOT_INDEXED:
            return None
        require_success(found)
        if found.order is None:
            raise ProviderError(PROVIDER, "UNREADABLE", retryable=True)
        shipping = found.order.shipping or _Shipping()
        return Known(
            state=found.order.order_state,
            openid=found.order.openid,
            finished=shipping.finish_shipping,
            parcels=tuple(
                ReportedParcel(one.tracking_no, one.express_company)
                for one in shipping.shipping_list or ()
            ),
        )

    def tell(
        self, transaction_id: str, openid: str, report: Report, *, now: int, serial: int
    ) -> None:
        """See `ShippingDuty.tell`."""
        body: dict[str, object] = {
            "order_key": {
                "order_number_type": _BY_TRANSACTION,
                "transaction_id": transaction_id,
            },
            "logistics_type": _EXPRESS,
            "delivery_mode": _SPLIT if report.split else _UNIFIED,
            "shipping_list": [_entry(one) for one in report.parcels],
            "upload_time": _instant(now, serial),
            "payer": {"openid": openid},
        }
        if report.split:
            body["is_all_delivered"] = report.all_delivered
        said = self._wechat.with_token("/wxa/sec/order/upload_shipping_info", body, Status)
        if said.errcode in _TOLD:
            return
        if said.errcode in _NEVER:
            raise ConflictError("report_refused", provider_code=str(said.errcode))
        if said.errcode in {_NOT_INDEXED, _TOO_OFTEN}:
            raise ProviderError(PROVIDER, str(said.errcode), retryable=True)
        require_success(said)


def _entry(parcel: ReportedParcel) -> dict[str, object]:
    entry: dict[str, object] = {
        "tracking_no": parcel.tracking_no,
        "express_company": parcel.courier,
        "item_desc": parcel.item,
    }
    if parcel.phone:
        entry["contact"] = {"receiver_contact": parcel.phone}
    return entry


def _instant(now: int, serial: int) -> str:
    """RFC 3339 with milliseconds, which the serial fills so that no two are the same."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S}.{serial:03d}+00:00"
