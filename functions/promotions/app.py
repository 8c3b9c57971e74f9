"""Staff: coupon templates and flash sales. Every write is keyed and audited."""

from shop import wiring
from shop.errors import NotFoundError
from shop.store import flash
from shop.usecases import staff_login, staff_writes
from shop.web.api import Api, Auth, Empty, Request
from shop.web.schemas import promotions as shapes
from shop.web.staff_request import staff_write

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "POST",
    "/v1/admin/coupons",
    auth=Auth.STAFF,
    body=shapes.CouponRequest,
    reply=shapes.CouponOutcomeView,
    codes=("coupon_exists",),
    idempotent=True,
)
def create_coupon(request: Request[shapes.CouponRequest, Empty]) -> shapes.CouponOutcomeView:
    """Create a coupon template; the same terms again change nothing."""
    template = request.body.to_domain()
    outcome = staff_writes.create_coupon(staff_write(request, template.id), template)
    return shapes.CouponOutcomeView(template.id, outcome)


@api.route(
    "POST",
    "/v1/admin/flash-sales",
    auth=Auth.STAFF,
    body=shapes.FlashSaleRequest,
    reply=shapes.SaleOutcomeView,
    codes=("sale_exists", "insufficient_stock"),
    idempotent=True,
)
def create_flash_sale(
    request: Request[shapes.FlashSaleRequest, Empty],
) -> shapes.SaleOutcomeView:
    """Set up a flash sale: its units leave the SKU; the same terms again change nothing."""
    terms = request.body.to_domain()
    write = staff_write(request, terms.id)
    sale, outcome = staff_writes.create_flash_sale(write, terms, wiring.key_ring().current)
    return shapes.SaleOutcomeView(sale.id, outcome, sale.shards)


@api.route("GET", "/v1/admin/flash-sales/{sale_id}", auth=Auth.STAFF, reply=shapes.StaffSaleView)
def show_flash_sale(request: Request[Empty, Empty]) -> shapes.StaffSaleView:
    """A flash sale with the units that nobody has taken, as of now."""
    sale = flash.sale(request.path["sale_id"])
    if sale is None:
        raise NotFoundError
    shards = flash.shards(sale.id, sale.shards, consistent=True)
    return shapes.StaffSaleView.of(sale, list(shards.values()))


lambda_handler = api.handle
