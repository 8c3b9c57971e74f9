"""Coupons: what can be claimed, claiming, and what the caller holds."""

from shop import wiring
from shop.usecases import claim_coupon, exchange_coupon
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import PageQuery, PageView, page_of
from shop.web.schemas.coupons import ClaimableView, ClaimView, ExchangeRequest, MyCouponsQuery

CREATED = 201

api = Api(wiring.authenticator)


@api.route(
    "GET",
    "/v1/coupons",
    auth=Auth.OPTIONAL,
    query=PageQuery,
    reply=PageView[ClaimableView],
    codes=("invalid_cursor",),
)
def list_coupons(request: Request[Empty, PageQuery]) -> PageView[ClaimableView]:
    """Coupons that can be claimed now or soon."""
    customer_id = request.session.customer_id if request.session else None
    found = claim_coupon.list_claimable(customer_id, request.now)
    shown, cursor = page_of(
        found, lambda one: (one.template.id,), wiring.key_ring(), request.query, "coupons", ""
    )
    return PageView([ClaimableView.shown(one) for one in shown], cursor)


@api.route(
    "POST",
    "/v1/coupons/{coupon_id}/claims",
    auth=Auth.CUSTOMER,
    reply=ClaimView,
    status=CREATED,
    codes=("coupon_exhausted", "claim_limit_reached", "claim_not_open", "new_customers_only"),
    idempotent=True,
    limited=True,
)
def claim(request: Request[Empty, Empty]) -> ClaimView:
    """Claim a coupon; the same key claims the same one."""
    claimed = claim_coupon.claim_coupon(
        request.customer.customer_id,
        request.path["coupon_id"],
        request.idempotency_key,
        request.now,
    )
    return ClaimView.of(claimed, request.now)


@api.route(
    "POST",
    "/v1/coupons/exchange",
    auth=Auth.CUSTOMER,
    body=ExchangeRequest,
    reply=ClaimView,
    status=CREATED,
    codes=("code_invalid", "coupon_exhausted", "claim_limit_reached", "new_customers_only"),
    idempotent=True,
    limited=True,
)
def exchange(request: Request[ExchangeRequest, Empty]) -> ClaimView:
    """Exchange a code for a coupon; the same code again is the same claim."""
    claimed = exchange_coupon.exchange(
        request.customer.customer_id, request.body.code, request.idempotency_key, request.now
    )
    return ClaimView.of(claimed, request.now)


@api.route(
    "GET",
    "/v1/me/coupons",
    auth=Auth.CUSTOMER,
    query=MyCouponsQuery,
    reply=PageView[ClaimView],
    codes=("invalid_cursor",),
)
def list_mine(request: Request[Empty, MyCouponsQuery]) -> PageView[ClaimView]:
    """The caller's coupons, latest first."""
    customer_id, query = request.customer.customer_id, request.query
    found = claim_coupon.claims(customer_id, query.status, request.now)
    name = f"my-coupons/{query.status or ''}"
    ring = wiring.key_ring()
    shown, cursor = page_of(found, claim_coupon.place, ring, query, name, customer_id)
    return PageView([ClaimView.of(one, request.now) for one in shown], cursor)


lambda_handler = api.handle
