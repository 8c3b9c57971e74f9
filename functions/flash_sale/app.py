"""Flash sales: list, detail, tickets and orders.

A function of its own, so that a sale and the shop cannot starve each other.
"""

from functools import partial

import msgspec

from shop import wiring
from shop.domain.flash import FlashSale
from shop.usecases import flash_order, flash_ticket
from shop.usecases.flash_stock import SalesSeen, ShardsSeen, place
from shop.usecases.quote import freight
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.etags import cacheable
from shop.web.pages import PageQuery, PageView, page_of
from shop.web.schemas.flash import FlashOrderRequest, SaleView, TicketRequest, TicketView
from shop.web.schemas.orders import OrderView, PaymentView, PlacedView

CREATED, RESUMED = 201, 200
LIST, LIST_SECONDS = "flash-sales", 2

api = Api(wiring.authenticator)
shards_seen = ShardsSeen()
sales_seen = SalesSeen()


@api.route(
    "GET",
    "/v1/flash-sales",
    auth=Auth.PUBLIC,
    query=PageQuery,
    reply=PageView[SaleView],
    codes=("invalid_cursor",),
    cached=True,
)
def list_sales(request: Request[Empty, PageQuery]) -> Reply:
    """All flash sales: those that run or will, by their start, then those that are over."""
    now = request.now
    shown, cursor = page_of(
        sales_seen.all(now), partial(place, now=now), wiring.key_ring(), request.query, LIST, ""
    )
    views = [_view(sale, now) for sale in shown]
    same = PageView([msgspec.structs.replace(view, server_time="") for view in views], cursor)
    return cacheable(PageView(views, cursor), request.headers, LIST_SECONDS, same=same)


@api.route("GET", "/v1/flash-sales/{sale_id}", auth=Auth.PUBLIC, reply=SaleView, cached=True)
def show_sale(request: Request[Empty, Empty]) -> Reply:
    """One flash sale with the server's time."""
    view = _view(sales_seen.one(request.path["sale_id"], request.now), request.now)
    same = msgspec.structs.replace(view, server_time="")
    return cacheable(view, request.headers, LIST_SECONDS, same=same)


@api.route(
    "POST",
    "/v1/flash-sales/{sale_id}/tickets",
    auth=Auth.CUSTOMER,
    body=TicketRequest,
    reply=TicketView,
    codes=("sale_not_running", "limit_reached", "area_not_served"),
    limited=True,
)
def issue_ticket(request: Request[TicketRequest, Empty]) -> TicketView:
    """A ticket for a flash sale; it promises no stock."""
    customer = request.customer
    issued = flash_ticket.issue(
        sales_seen.one(request.path["sale_id"], request.now),
        request.body.quantity,
        wiring.address_of(customer, request.body.address_id),
        freight(request.now),
        customer,
        wiring.deps(request.remaining_seconds),
        now=request.now,
    )
    return TicketView.of(issued)


@api.route(
    "POST",
    "/v1/flash-sales/{sale_id}/orders",
    auth=Auth.CUSTOMER,
    body=FlashOrderRequest,
    reply=PlacedView,
    status=CREATED,
    codes=("sold_out", "sale_not_running", "limit_reached", "ticket_expired"),
    limited=True,
)
def place_order(request: Request[FlashOrderRequest, Empty]) -> Reply:
    """Take a unit and place its order, or find the order this ticket made."""
    placed = flash_order.place(
        request.path["sale_id"],
        request.body.ticket,
        request.customer,
        wiring.deps(request.remaining_seconds),
        shards_seen,
        now=request.now,
    )
    view = PlacedView(OrderView.of(placed.order, request.now), PaymentView.of(placed.payment))
    return Reply(view, status=CREATED if placed.created else RESUMED)


def _view(sale: FlashSale, now: int) -> SaleView:
    running = sale.open and sale.starts_at <= now < sale.ends_at
    sold_out = running and shards_seen.sold_out(sale.id, sale.shards, now)
    return SaleView.of(sale, sold_out=sold_out, now=now)


lambda_handler = api.handle
