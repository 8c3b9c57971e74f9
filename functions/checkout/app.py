"""POST /v1/orders: a quote token becomes at most one order. Called by the buyer's mini-program."""

from shop import wiring
from shop.usecases import checkout
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.body import clean_text
from shop.web.schemas.orders import OrderView, PaymentView, PlacedView, PlaceOrderRequest

CREATED, RESUMED = 201, 200

api = Api(wiring.authenticator)


@api.route(
    "POST",
    "/v1/orders",
    auth=Auth.CUSTOMER,
    body=PlaceOrderRequest,
    reply=PlacedView,
    status=CREATED,
    codes=(
        "insufficient_stock",
        "coupon_unavailable",
        "quote_changed",
        "quote_expired",
        "purchase_limit_reached",
    ),
    limited=True,
)
def place_order(request: Request[PlaceOrderRequest, Empty]) -> Reply:
    """Place the order of a quote, or find the order it made."""
    placed = checkout.place(
        request.body.quote_token,
        clean_text(request.body.remark),
        request.customer,
        wiring.deps(request.remaining_seconds),
        wiring.requote(request.now),
        now=request.now,
    )
    view = PlacedView(OrderView.of(placed.order, request.now), PaymentView.of(placed.payment))
    return Reply(view, status=CREATED if placed.created else RESUMED)


lambda_handler = api.handle
