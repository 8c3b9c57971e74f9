"""Parcels: the buyer's look-up, and Kuaidi100's pushes."""

from typing import Any
from urllib.parse import parse_qsl

from shop import wiring
from shop.errors import NotFoundError, ShopError
from shop.store import orders
from shop.store.parcels import ParcelRow
from shop.usecases import couriers, tracking
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.pages import ItemsView
from shop.web.problems import provider_failure
from shop.web.schemas.orders import EventView, LineView, ShipmentView, lines_of, packed_lines
from shop.web.schemas.times import rfc3339

STALE_SECONDS = 3_600
TAKEN = {"result": True, "returnCode": "200", "message": "成功"}

api = Api(wiring.authenticator)


@api.route(
    "GET",
    "/v1/orders/{order_no}/shipments",
    auth=Auth.CUSTOMER,
    reply=ItemsView[ShipmentView],
)
def list_shipments(request: Request[Empty, Empty]) -> ItemsView[ShipmentView]:
    """An order's parcels and where they are."""
    row = orders.read(request.customer.customer_id, request.path["order_no"])
    if row is None:
        raise NotFoundError
    order = row.to_domain(wiring.key_ring())
    rows = tracking.follow(order, wiring.live_trackers(request.remaining_seconds), now=request.now)
    lines = lines_of(order)
    return ItemsView([_view(parcel, lines, request.now) for parcel in rows])


def _failure(error: ShopError, request_id: str) -> dict[str, Any]:
    refusal = {"result": False, "returnCode": "500", "message": error.code}
    return provider_failure(error, request_id, refusal)


@api.route("POST", "/v1/notify/kuaidi100/{token}", auth=Auth.PROVIDER, failure=_failure)
def take_push(request: Request[bytes, Empty]) -> Reply:
    """A parcel's whole story, pushed by Kuaidi100."""
    name = tracking.parcel_of(wiring.key_ring(), request.path.get("token", ""))
    form = dict(parse_qsl(request.raw.decode("utf-8", "replace"), keep_blank_values=True))
    told = wiring.tracker(request.remaining_seconds)().verify_push(form)
    tracking.hear(name, told, now=request.now)
    return Reply(TAKEN)


def _view(row: ParcelRow, lines: list[LineView], now: int) -> ShipmentView:
    told = row.tracking()
    return ShipmentView(
        company=row.company,
        company_name=couriers.name_of(row.company, now),
        tracking_no=row.tracking_no,
        state=told.state if told else None,
        lines=packed_lines(lines, row.pieces),
        events=[EventView(rfc3339(one.time), one.text, one.area) for one in told.events]
        if told
        else [],
        updated_at=rfc3339(int(row.updated_at)),
        stale=not row.finished and now - int(row.updated_at) > STALE_SECONDS,
    )


lambda_handler = api.handle
