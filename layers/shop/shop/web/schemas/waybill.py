"""Electronic waybills, as staff ask for and see them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from shop.usecases.waybills import Outcome, Wanted
from shop.web.schemas.fields import Id, Text


class WantedRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One parcel of an order, counted from 1."""

    order_no: Id
    parcel: Annotated[int, msgspec.Meta(ge=1, le=15)] = 1


class WaybillsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Waybills of one courier for one order or many."""

    company: Id
    orders: Annotated[Sequence[WantedRequest], msgspec.Meta(min_length=1, max_length=20)]
    reason: Text = "电子面单"

    def wanted(self) -> list[Wanted]:
        """Each once, in the order asked."""
        return list(dict.fromkeys(Wanted(one.order_no, one.parcel) for one in self.orders))


class WaybillView(msgspec.Struct, frozen=True):
    """How a waybill stands: MAKING, MADE, REFUSED, UNKNOWN, or NOT_ASKED for want of time."""

    order_no: str
    parcel: int
    status: str
    company: str
    tracking_no: str
    code: str
    label: str

    @classmethod
    def of(cls, one: Outcome) -> "WaybillView":
        """From the use case's."""
        return cls(
            one.order_no, one.parcel, one.status, one.company, one.tracking_no, one.code, one.label
        )
