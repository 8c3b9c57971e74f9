"""Staff: orders and their shipments. Every write is keyed and audited."""

from collections.abc import Iterator
from itertools import islice

from shop import wiring
from shop.domain.calendar import business_day
from shop.errors import NotFoundError
from shop.store import days, history, orders, parcels, personal_reads, refunds
from shop.store.order_row import OrderRow
from shop.usecases import couriers, publish, staff_login, staff_writes, work
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import ItemsView, PageView, page_after, read_cursor, write_cursor
from shop.web.schemas import fulfilment as shapes
from shop.web.schemas.fields import OutcomeView
from shop.web.schemas.orders import RefundView
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

CREATED = 201
WORK = "work"

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "GET",
    "/v1/admin/orders",
    auth=Auth.STAFF,
    query=shapes.OrdersOfDayQuery,
    reply=PageView[shapes.OrderEntryView],
    codes=("invalid_cursor",),
)
def list_orders(
    request: Request[Empty, shapes.OrdersOfDayQuery],
) -> PageView[shapes.OrderEntryView]:
    """The orders placed on a day, the first first, as of about a second ago."""
    query = request.query
    day = query.day or business_day(request.now)

    def read(after: str, most: int) -> Iterator[days.DayRow]:
        rows = days.of_day(day, after)
        return islice((row for row in rows if query.status in ("", row.status)), most)

    name = f"orders/{day}/{query.status}"
    rows, cursor = page_after(read, lambda row: str(row.SK), wiring.key_ring(), query, name)
    views = [shapes.OrderEntryView(row.SK, row.status, int(row.payable_fen)) for row in rows]
    return PageView(views, cursor)


@api.route("GET", "/v1/admin/orders/{order_no}", auth=Auth.STAFF, reply=shapes.StaffOrderView)
def show_order(request: Request[Empty, Empty]) -> shapes.StaffOrderView:
    """One order with its history; the person behind it is masked, and the reading is logged."""
    order_no = request.path["order_no"]
    customer_id = staff_writes.owner_of(order_no)
    row = orders.read(customer_id, order_no)
    if row is None:
        raise NotFoundError
    personal_reads.log(
        f"staff:{request.staff.username}", customer_id, order_no, request.request_id, request.now
    )
    return shapes.StaffOrderView.of(
        row.to_domain(wiring.key_ring()),
        list(history.of_order(customer_id, order_no)),
        list(parcels.of_order(customer_id, order_no)),
        [RefundView.of(one) for one in refunds.of_order(customer_id, order_no)],
    )


@api.route(
    "POST",
    "/v1/admin/orders/{order_no}/shipments",
    auth=Auth.STAFF,
    body=shapes.ShipRequest,
    reply=shapes.ShippedView,
    status=CREATED,
    codes=(
        "order_not_shippable",
        "shipment_exceeds_rest",
        "too_many_parcels",
        "tracking_no_used",
    ),
    idempotent=True,
)
def ship_order(request: Request[shapes.ShipRequest, Empty]) -> shapes.ShippedView:
    """Ship one parcel, with all that is left of the order unless told otherwise."""
    order_no, body = request.path["order_no"], request.body
    write = staff_write(request, order_no, tidy("reason", body.reason))
    pieces = body.pieces()
    customer_id = staff_writes.ship(write, order_no, body.company, body.tracking_no, pieces)
    row = orders.read(customer_id, order_no)
    return shapes.ShippedView(order_no, row.status if row else "")


@api.route(
    "POST",
    "/v1/admin/orders/{order_no}/parcels/{parcel}/correction",
    auth=Auth.STAFF,
    body=shapes.CorrectionRequest,
    reply=shapes.ShippedView,
    codes=("parcel_not_correctable", "parcel_corrected_before", "tracking_no_used"),
    idempotent=True,
)
def correct_parcel(request: Request[shapes.CorrectionRequest, Empty]) -> shapes.ShippedView:
    """Correct a parcel's tracking number, once per order."""
    order_no, parcel, body = request.path["order_no"], request.path["parcel"], request.body
    write = staff_write(request, f"{order_no}#{parcel}", tidy("reason", body.reason))
    customer_id = staff_writes.correct_parcel(
        write, order_no, parcel, body.company, body.tracking_no
    )
    row = orders.read(customer_id, order_no)
    return shapes.ShippedView(order_no, row.status if row else "")


@api.route(
    "GET",
    "/v1/admin/work",
    auth=Auth.STAFF,
    query=shapes.WorkQuery,
    reply=PageView[shapes.WorkView],
    codes=("invalid_cursor",),
)
def list_work(request: Request[Empty, shapes.WorkQuery]) -> PageView[shapes.WorkView]:
    """Orders that are to be shipped, the longest paid first; a filtered page may be short."""
    rows, cursor = _work(request.query)
    return PageView([shapes.WorkView.of(row) for row in rows], cursor)


@api.route(
    "GET",
    "/v1/admin/work/labels",
    auth=Auth.STAFF,
    query=shapes.WorkQuery,
    reply=PageView[shapes.LabelView],
    codes=("invalid_cursor",),
)
def list_labels(request: Request[Empty, shapes.WorkQuery]) -> PageView[shapes.LabelView]:
    """The same with names, phones and addresses; each order's reading is logged."""
    rows, cursor = _work(request.query)
    orders_ = work.with_addresses(
        rows, wiring.key_ring(), request.staff.username, request.request_id, request.now
    )
    return PageView([shapes.LabelView.of(order) for order in orders_], cursor)


def _work(query: shapes.WorkQuery) -> tuple[list[OrderRow], str | None]:
    ring, wanted = wiring.key_ring(), query.to_domain()
    rows, position = work.waiting(wanted, read_cursor(ring, WORK, query.cursor), query.limit)
    return rows, write_cursor(ring, WORK, position) if position else None


@api.route(
    "GET", "/v1/admin/couriers", auth=Auth.STAFF, reply=ItemsView[shapes.CourierView]
)  # fmt: skip
def list_couriers(request: Request[Empty, Empty]) -> ItemsView[shapes.CourierView]:
    """The couriers that the shop ships with, by Kuaidi100's code, with WeChat's id of each."""
    del request
    return ItemsView([shapes.CourierView.of(one) for one in couriers.listed()])


@api.route(
    "PUT",
    "/v1/admin/couriers",
    auth=Auth.STAFF,
    body=shapes.CouriersRequest,
    reply=OutcomeView,
    idempotent=True,
)
def set_couriers(request: Request[shapes.CouriersRequest, Empty]) -> OutcomeView:
    """Set all couriers; shipping sees the change within a minute."""
    wanted = request.body.to_domain()
    outcome = staff_writes.carry_out(
        staff_write(request, "couriers", tidy("reason", request.body.reason)),
        lambda note: publish.replace_couriers(wanted, request.now, note),
    )
    return OutcomeView(outcome)


lambda_handler = api.handle
