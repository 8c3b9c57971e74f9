"""Cart and quotes. Called by signed-in shoppers."""

from shop import wiring
from shop.usecases import cart
from shop.usecases.quote import Buyer, Keys, Wish, make_quote
from shop.web.api import Api, Auth, Empty, Request
from shop.web.schemas.cart import (
    CartView,
    MergeRequest,
    QuoteRequest,
    QuoteView,
    SetItemRequest,
)

api = Api(wiring.authenticator)


@api.route("GET", "/v1/cart", auth=Auth.CUSTOMER, reply=CartView)
def show_cart(request: Request[Empty, Empty]) -> CartView:
    """The cart with present prices and stock."""
    return CartView.of(cart.show(request.customer.customer_id, request.now))


@api.route(
    "PUT",
    "/v1/cart/items/{sku_id}",
    auth=Auth.CUSTOMER,
    body=SetItemRequest,
    reply=CartView,
    codes=("cart_full",),
)
def set_item(request: Request[SetItemRequest, Empty]) -> CartView:
    """Set a line's quantity, adding it if new."""
    customer_id, sku_id = request.customer.customer_id, request.path["sku_id"]
    wanted = request.body
    shown = cart.set_item(customer_id, sku_id, wanted.quantity, wanted.selected, request.now)
    return CartView.of(shown)


@api.route("DELETE", "/v1/cart/items/{sku_id}", auth=Auth.CUSTOMER, reply=CartView)
def remove_item(request: Request[Empty, Empty]) -> CartView:
    """Remove a line; one that is not there is removed already."""
    customer_id, sku_id = request.customer.customer_id, request.path["sku_id"]
    return CartView.of(cart.remove_item(customer_id, sku_id, request.now))


@api.route("POST", "/v1/cart/merge", auth=Auth.CUSTOMER, body=MergeRequest, reply=CartView)
def merge(request: Request[MergeRequest, Empty]) -> CartView:
    """Join what was kept before sign-in; the larger quantity of each SKU counts."""
    return CartView.of(cart.merge(request.customer.customer_id, request.body.kept(), request.now))


@api.route(
    "POST", "/v1/quotes", auth=Auth.CUSTOMER, body=QuoteRequest, reply=QuoteView, limited=True
)
def quote(request: Request[QuoteRequest, Empty]) -> QuoteView:
    """Price lines with coupons and delivery; the token makes at most one order."""
    customer, wanted = request.customer, request.body
    wish = Wish(
        lines=wanted.wanted(),
        address=wiring.address_of(customer, wanted.address_id) if wanted.address_id else None,
        claim_ids=wanted.claim_ids(),
        from_cart=wanted.from_cart,
    )
    keys = Keys(wiring.key_ring(), wiring.entropy)
    buyer = Buyer(customer.customer_id, customer.openid)
    return QuoteView.of(make_quote(wish, buyer, keys, request.now))


lambda_handler = api.handle
