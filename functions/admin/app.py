"""Staff routes, called by `shopctl` or a back office. Every write is keyed and audited."""

from shop import clock, wiring
from shop.config import settings
from shop.domain.calendar import business_day
from shop.errors import NotFoundError
from shop.store import coupons, days, flash, history, orders, parcels, personal_reads, refunds
from shop.usecases import audit, flash_setup, publish, staff_login, staff_writes, stock_adjustment
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import ItemsView
from shop.web.schemas import admin as shapes
from shop.web.schemas.audit import StockAuditQuery, StockAuditView
from shop.web.schemas.orders import RefundView
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

CREATED = 201

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "POST",
    "/v1/admin/login",
    auth=Auth.PUBLIC,
    body=shapes.StaffLoginRequest,
    reply=shapes.StaffTokenView,
    codes=("staff_login_failed",),
    limited=True,
)
def sign_in(request: Request[shapes.StaffLoginRequest, Empty]) -> shapes.StaffTokenView:
    """Staff sign-in with password and one-time code."""
    given = staff_login.Credentials(request.body.username, request.body.password, request.body.code)
    token = staff_login.sign_in(
        given,
        wiring.first_staff(),
        wiring.key_ring(),
        wiring.entropy(16).hex(),
        now=request.now,
    )
    return shapes.StaffTokenView(token.access_token, token.expires_in)


@api.route(
    "PUT",
    "/v1/admin/catalogue/categories",
    auth=Auth.STAFF,
    body=shapes.CategoriesRequest,
    reply=shapes.OutcomeView,
    idempotent=True,
)
def set_categories(request: Request[shapes.CategoriesRequest, Empty]) -> shapes.OutcomeView:
    """Set all categories."""
    staff_writes.begin(staff_write(request, "categories"))
    changed = publish.replace_categories(request.body.to_domain(), request.now)
    return shapes.OutcomeView("changed" if changed else "unchanged")


@api.route(
    "PUT",
    "/v1/admin/catalogue/freight",
    auth=Auth.STAFF,
    body=shapes.FreightRequest,
    reply=shapes.OutcomeView,
    idempotent=True,
)
def set_freight(request: Request[shapes.FreightRequest, Empty]) -> shapes.OutcomeView:
    """Set the delivery fees."""
    staff_writes.begin(staff_write(request, "freight"))
    changed = publish.replace_freight(request.body.to_domain(), request.now)
    return shapes.OutcomeView("changed" if changed else "unchanged")


@api.route(
    "POST",
    "/v1/admin/catalogue/products",
    auth=Auth.STAFF,
    body=shapes.ProductRequest,
    reply=shapes.ProductOutcomeView,
    idempotent=True,
)
def put_product(request: Request[shapes.ProductRequest, Empty]) -> shapes.ProductOutcomeView:
    """Create a product or change it, with all its SKUs or not at all; stock is set once."""
    staff_writes.begin(staff_write(request, request.body.id))
    outcome = publish.upsert_product(request.body.to_domain(), request.now)
    return shapes.ProductOutcomeView(request.body.id, outcome.value)


@api.route(
    "POST",
    "/v1/admin/catalogue/publish",
    auth=Auth.STAFF,
    body=Empty,
    reply=shapes.PublishedView,
    idempotent=True,
)
def publish_catalogue(request: Request[Empty, Empty]) -> shapes.PublishedView:
    """Rebuild every list that shoppers see."""
    staff_writes.begin(staff_write(request, "catalogue"))
    done = publish.publish(request.now)
    return shapes.PublishedView(done.products, done.lists)


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
    staff_writes.begin(staff_write(request, template.id))
    created = coupons.create_template(template)
    return shapes.CouponOutcomeView(request.body.id, "created" if created else "unchanged")


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
    staff_writes.begin(staff_write(request, request.body.id))
    before = flash.sale(request.body.id)
    sale = flash_setup.set_up(request.body.to_domain(), wiring.key_ring().current)
    known = before is not None and before.open
    return shapes.SaleOutcomeView(sale.id, "unchanged" if known else "created", sale.shards)


@api.route("GET", "/v1/admin/flash-sales/{sale_id}", auth=Auth.STAFF, reply=shapes.StaffSaleView)
def show_flash_sale(request: Request[Empty, Empty]) -> shapes.StaffSaleView:
    """A flash sale with the units that nobody has taken, as of now."""
    sale = flash.sale(request.path["sale_id"])
    if sale is None:
        raise NotFoundError
    shards = flash.shards(sale.id, sale.shards, consistent=True)
    return shapes.StaffSaleView.of(sale, list(shards.values()))


@api.route("GET", "/v1/admin/stock/{sku_id}", auth=Auth.STAFF, reply=shapes.StockView)
def show_stock(request: Request[Empty, Empty]) -> shapes.StockView:
    """A SKU's stock, exactly."""
    return shapes.StockView.of(stock_adjustment.sku(request.path["sku_id"]))


@api.route(
    "POST",
    "/v1/admin/stock/{sku_id}/adjustments",
    auth=Auth.STAFF,
    body=shapes.AdjustmentRequest,
    reply=shapes.StockView,
    status=CREATED,
    codes=("insufficient_stock",),
    idempotent=True,
)
def adjust_stock(request: Request[shapes.AdjustmentRequest, Empty]) -> shapes.StockView:
    """Add pieces to a SKU's stock or remove some; many pieces wait for a second person."""
    sku_id = request.path["sku_id"]
    wanted = request.body.checked()
    write = staff_write(request, sku_id, wanted.reason)
    done = staff_writes.change_stock(
        write, sku_id, wanted.delta, most=settings().approval_stock_pieces
    )
    return shapes.StockView.of(done.row, done.approval_id)


@api.route(
    "GET",
    "/v1/admin/audit/stock",
    auth=Auth.STAFF,
    query=StockAuditQuery,
    reply=StockAuditView,
)
def audit_stock(request: Request[Empty, StockAuditQuery]) -> StockAuditView:
    """A SKU's or a sale's stock beside what orders and reservations say; repairs nothing."""
    asked = request.query.checked()
    return StockAuditView.of(
        audit.audit_sku(asked.sku, request.remaining_seconds, clock.now)
        if asked.sku
        else audit.audit_sale(asked.sale, request.now)
    )


@api.route(
    "GET",
    "/v1/admin/orders",
    auth=Auth.STAFF,
    query=shapes.OrdersOfDayQuery,
    reply=ItemsView[shapes.OrderEntryView],
)
def list_orders(
    request: Request[Empty, shapes.OrdersOfDayQuery],
) -> ItemsView[shapes.OrderEntryView]:
    """The orders placed on a day, as of about a second ago."""
    day = request.query.day or business_day(request.now)
    rows = sorted(days.of_day(day, request.query.status or None), key=lambda row: str(row.SK))
    return ItemsView(
        [shapes.OrderEntryView(row.SK, row.status, int(row.payable_fen)) for row in rows]
    )


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
    codes=("order_not_shippable",),
    idempotent=True,
)
def ship_order(request: Request[shapes.ShipRequest, Empty]) -> shapes.ShippedView:
    """Ship a whole order in one parcel."""
    order_no, body = request.path["order_no"], request.body
    write = staff_write(request, order_no, tidy("reason", body.reason))
    customer_id = staff_writes.ship(write, order_no, body.company, body.tracking_no)
    row = orders.read(customer_id, order_no)
    return shapes.ShippedView(order_no, row.status if row else "")


lambda_handler = api.handle
