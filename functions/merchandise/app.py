"""Staff: categories, products, delivery fees and stock. Every write is keyed and audited."""

from shop import clock, wiring
from shop.config import settings
from shop.domain.ids import product_of
from shop.usecases import audit, publish, staff_login, staff_writes, stock_adjustment
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import PageView, read_cursor, write_cursor
from shop.web.schemas import merchandise as shapes
from shop.web.schemas.audit import StockAuditQuery, StockAuditView
from shop.web.schemas.fields import OutcomeView
from shop.web.schemas.freight import FreightRequest
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

CREATED = 201

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "PUT",
    "/v1/admin/catalogue/categories",
    auth=Auth.STAFF,
    body=shapes.CategoriesRequest,
    reply=OutcomeView,
    idempotent=True,
)
def set_categories(request: Request[shapes.CategoriesRequest, Empty]) -> OutcomeView:
    """Set all categories."""
    categories = request.body.to_domain()
    outcome = staff_writes.carry_out(
        staff_write(request, "categories"),
        lambda note: publish.replace_categories(categories, request.now, note),
    )
    return OutcomeView(outcome)


@api.route(
    "PUT",
    "/v1/admin/catalogue/freight",
    auth=Auth.STAFF,
    body=FreightRequest,
    reply=OutcomeView,
    idempotent=True,
)
def set_freight(request: Request[FreightRequest, Empty]) -> OutcomeView:
    """Set the delivery fees."""
    book = request.body.to_domain()
    outcome = staff_writes.carry_out(
        staff_write(request, "freight"),
        lambda note: publish.replace_freight(book, request.now, note),
    )
    return OutcomeView(outcome)


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
    product = request.body.to_domain()
    outcome = staff_writes.carry_out(
        staff_write(request, product.id),
        lambda note: publish.upsert_product(product, request.now, note),
    )
    return shapes.ProductOutcomeView(product.id, outcome)


@api.route(
    "GET",
    "/v1/admin/catalogue/products",
    auth=Auth.STAFF,
    query=shapes.ProductsQuery,
    reply=PageView[shapes.ProductDescription],
    codes=("invalid_cursor",),
)
def list_products(
    request: Request[Empty, shapes.ProductsQuery],
) -> PageView[shapes.ProductDescription]:
    """Every product as staff described it, on sale or not; a page can be short before the last."""
    ring, asked = wiring.key_ring(), request.query
    position = read_cursor(ring, "admin/products", asked.cursor)
    found, end = publish.described(position, asked.limit)
    cursor = write_cursor(ring, "admin/products", end) if end else None
    return PageView([shapes.ProductDescription.of(one) for one in found], cursor)


@api.route(
    "GET",
    "/v1/admin/catalogue/products/{product_id}",
    auth=Auth.STAFF,
    reply=shapes.ProductDescription,
)
def show_product(request: Request[Empty, Empty]) -> shapes.ProductDescription:
    """One product as staff described it."""
    return shapes.ProductDescription.of(publish.description_of(request.path["product_id"]))


@api.route(
    "POST",
    "/v1/admin/catalogue/products/{product_id}/sale-state",
    auth=Auth.STAFF,
    body=shapes.SaleStateRequest,
    reply=shapes.ProductOutcomeView,
    idempotent=True,
)
def set_sale_state(
    request: Request[shapes.SaleStateRequest, Empty],
) -> shapes.ProductOutcomeView:
    """Put a product on or off sale, from now on or for a time; the checkout obeys at once."""
    product_id = request.path["product_id"]
    state = request.body.to_domain()
    outcome = staff_writes.carry_out(
        staff_write(request, product_id, tidy("reason", request.body.reason)),
        lambda note: publish.set_sale_state(product_id, state, request.now, note),
    )
    return shapes.ProductOutcomeView(product_id, outcome)


@api.route(
    "POST",
    "/v1/admin/catalogue/skus/{sku_id}/price",
    auth=Auth.STAFF,
    body=shapes.PriceRequest,
    reply=shapes.ProductOutcomeView,
    idempotent=True,
)
def set_price(request: Request[shapes.PriceRequest, Empty]) -> shapes.ProductOutcomeView:
    """Change a SKU's price; quotes made at the old one stop at once."""
    sku_id, wanted = request.path["sku_id"], request.body
    outcome = staff_writes.carry_out(
        staff_write(request, sku_id, tidy("reason", wanted.reason)),
        lambda note: publish.set_price(
            sku_id, wanted.price_fen, wanted.list_price_fen, request.now, note
        ),
    )
    return shapes.ProductOutcomeView(product_of(sku_id), outcome)


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


@api.route("GET", "/v1/admin/stock/{sku_id}", auth=Auth.STAFF, reply=shapes.StockView)
def show_stock(request: Request[Empty, Empty]) -> shapes.StockView:
    """A SKU's stock, exactly."""
    return shapes.StockView.of(stock_adjustment.sku(request.path["sku_id"]), request.now)


@api.route(
    "POST",
    "/v1/admin/stock/{sku_id}/adjustments",
    auth=Auth.STAFF,
    body=shapes.AdjustmentRequest,
    reply=shapes.StockView,
    status=CREATED,
    codes=("insufficient_stock", "approval_decided"),
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
    return shapes.StockView.of(done.row, request.now, done.approval_id)


@api.route(
    "GET",
    "/v1/admin/audit/stock",
    auth=Auth.STAFF,
    query=StockAuditQuery,
    reply=StockAuditView,
    codes=("not_found",),
)
def audit_stock(request: Request[Empty, StockAuditQuery]) -> StockAuditView:
    """A SKU's or a sale's stock beside what orders and reservations say; repairs nothing."""
    asked = request.query.checked()
    return StockAuditView.of(
        audit.audit_sku(asked.sku, request.remaining_seconds, clock.now)
        if asked.sku
        else audit.audit_sale(asked.sale, request.now)
    )


lambda_handler = api.handle
