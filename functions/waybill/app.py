"""Staff: electronic waybills. Every write is keyed and audited, every label shown is logged."""

from shop import wiring
from shop.usecases import staff_login, waybills
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import ItemsView
from shop.web.schemas.texts import tidy
from shop.web.schemas.waybill import WaybillsRequest, WaybillView
from shop.web.staff_request import staff_write

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "POST",
    "/v1/admin/waybills",
    auth=Auth.STAFF,
    body=WaybillsRequest,
    reply=ItemsView[WaybillView],
    idempotent=True,
)
def make_waybills(request: Request[WaybillsRequest, Empty]) -> ItemsView[WaybillView]:
    """Have a courier make the waybills of one order or many, each once."""
    body = request.body
    made = waybills.make(
        staff_write(request, body.company, tidy("reason", body.reason)),
        body.company,
        body.wanted(),
        wiring.press(request.remaining_seconds),
        request.request_id,
    )
    return ItemsView([WaybillView.of(one) for one in made])


@api.route(
    "GET", "/v1/admin/waybills/{order_no}", auth=Auth.STAFF, reply=ItemsView[WaybillView]
)  # fmt: skip
def show_waybills(request: Request[Empty, Empty]) -> ItemsView[WaybillView]:
    """An order's waybills with their labels; the reading is logged."""
    shown = waybills.show(
        request.path["order_no"],
        wiring.press(request.remaining_seconds),
        request.staff.username,
        request.request_id,
        request.now,
    )
    return ItemsView([WaybillView.of(one) for one in shown])


lambda_handler = api.handle
