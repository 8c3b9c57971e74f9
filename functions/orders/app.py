"""A buyer's orders: list, counts, detail, payment, cancel, receipt, refund requests."""

from collections import Counter
from itertools import islice

from shop import wiring
from shop.domain.order import OrderStatus
from shop.errors import NotFoundError
from shop.store import orders, refunds
from shop.usecases import cancel, fulfil, login, order_payment, refund_request
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import PageView, read_cursor, write_cursor
from shop.web.schemas.orders import (
    CountsView,
    OrdersQuery,
    OrderView,
    PaymentView,
    PlacedView,
    RefundRequest,
    RefundView,
    SummaryView,
)

api = Api(wiring.authenticator)
LIST = "orders"
CREATED = 201


@api.route(
    "GET",
    "/v1/orders",
    auth=Auth.CUSTOMER,
    query=OrdersQuery,
    reply=PageView[SummaryView],
    codes=("invalid_cursor",),
)
def list_orders(request: Request[Empty, OrdersQuery]) -> PageView[SummaryView]:
    """The buyer's orders, newest first; CLOSING counts as closed."""
    ring, customer_id, query = wiring.key_ring(), request.customer.customer_id, request.query
    name = f"{LIST}/{query.status}"
    before = read_cursor(ring, name, query.cursor, customer_id) or None
    wanted = (
        row
        for row in orders.of_customer(customer_id, before)
        if not query.status or _tab(row.status) == query.status
    )
    found = [row.to_domain(ring) for row in islice(wanted, query.limit + 1)]
    shown = found[: query.limit]
    more = len(found) > query.limit
    cursor = write_cursor(ring, name, shown[-1].order_no, customer_id) if more else None
    return PageView([SummaryView.of(order, request.now) for order in shown], cursor)


@api.route("GET", "/v1/orders/counts", auth=Auth.CUSTOMER, reply=CountsView)
def count_orders(request: Request[Empty, Empty]) -> CountsView:
    """How many orders stand on each tab."""
    tabs = Counter(_tab(row.status) for row in orders.of_customer(request.customer.customer_id))
    return CountsView(
        to_pay=tabs["TO_PAY"],
        to_ship=tabs["TO_SHIP"],
        to_receive=tabs["TO_RECEIVE"],
        done=tabs["DONE"],
        closed=tabs["CLOSED"],
    )


@api.route("GET", "/v1/orders/{order_no}", auth=Auth.CUSTOMER, reply=OrderView)
def show_order(request: Request[Empty, Empty]) -> OrderView:
    """One order."""
    customer_id, order_no = request.customer.customer_id, request.path["order_no"]
    row = orders.read(customer_id, order_no)
    if row is None:
        raise NotFoundError
    return OrderView.of(
        row.to_domain(wiring.key_ring()),
        request.now,
        list(refunds.of_order(customer_id, order_no)),
    )


@api.route(
    "POST",
    "/v1/orders/{order_no}/payment",
    auth=Auth.CUSTOMER,
    reply=PlacedView,
    codes=("order_not_payable",),
)
def pay_order(request: Request[Empty, Empty]) -> PlacedView:
    """Payment parameters again, or the order that turns out to be paid."""
    result = order_payment.pay_again(
        request.customer,
        request.path["order_no"],
        wiring.deps(request.remaining_seconds),
        now=request.now,
    )
    return PlacedView(OrderView.of(result.order, request.now), PaymentView.of(result.payment))


@api.route(
    "POST",
    "/v1/orders/{order_no}/cancel",
    auth=Auth.CUSTOMER,
    reply=OrderView,
    codes=("order_not_cancellable",),
)
def cancel_order(request: Request[Empty, Empty]) -> OrderView:
    """Cancel an order that is not shipped; a paid one is refunded."""
    login.require_alive(request.customer, now=request.now)
    order = cancel.cancel(
        request.customer,
        request.path["order_no"],
        wiring.deps(request.remaining_seconds),
        now=request.now,
    )
    back = list(refunds.of_order(order.customer_id, order.order_no))
    return OrderView.of(order, request.now, back)


@api.route(
    "POST",
    "/v1/orders/{order_no}/receipt",
    auth=Auth.CUSTOMER,
    reply=OrderView,
    codes=("order_not_receivable",),
)
def confirm_receipt(request: Request[Empty, Empty]) -> OrderView:
    """The buyer has the goods."""
    row = fulfil.confirm_receipt(
        request.customer.customer_id, request.path["order_no"], now=request.now
    )
    return OrderView.of(row.to_domain(wiring.key_ring()), request.now)


@api.route(
    "POST",
    "/v1/orders/{order_no}/refund-requests",
    auth=Auth.CUSTOMER,
    body=RefundRequest,
    reply=RefundView,
    status=CREATED,
    codes=(
        "not_refundable",
        "refund_exceeds_rest",
        "refund_limit_reached",
        "nothing_to_refund",
    ),
    idempotent=True,
)
def request_refund(request: Request[RefundRequest, Empty]) -> RefundView:
    """Ask pieces of an order back; staff decide."""
    return RefundView.of(
        refund_request.ask(
            wiring.key_ring(),
            request.customer.customer_id,
            request.path["order_no"],
            request.body.wish(),
            request.idempotency_key,
            now=request.now,
        )
    )


def _tab(status: str) -> str:
    return "CLOSED" if status == OrderStatus.CLOSING else str(status)


lambda_handler = api.handle
