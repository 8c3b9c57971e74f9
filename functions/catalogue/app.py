"""Catalogue: categories, lists, search, product pages. No sign-in."""

import hashlib

from shop import wiring
from shop.usecases import browse
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.body import clean_text
from shop.web.etags import cacheable
from shop.web.pages import ItemsView, PageView, read_cursor, write_cursor
from shop.web.schemas.catalogue import CategoryView, ProductQuery, ProductSummaryView, ProductView

LIST_SECONDS = 30
PRODUCT_SECONDS = 5

api = Api(wiring.authenticator)


@api.route("GET", "/v1/categories", auth=Auth.PUBLIC, reply=ItemsView[CategoryView])
def list_categories(request: Request[Empty, Empty]) -> Reply:
    """All categories, both levels."""
    views = [CategoryView.of(one) for one in browse.categories(request.now)]
    return cacheable(ItemsView(views), request.headers, LIST_SECONDS)


@api.route(
    "GET",
    "/v1/products",
    auth=Auth.PUBLIC,
    query=ProductQuery,
    reply=PageView[ProductSummaryView],
    codes=("invalid_cursor",),
)
def list_products(request: Request[Empty, ProductQuery]) -> Reply:
    """Products on sale, of a category or found by words."""
    query = request.query
    text = clean_text(query.q)
    ring = wiring.key_ring()
    name = _list_name(query.category, text, query.sort)
    position = int(read_cursor(ring, name, query.cursor) or 0)
    found = browse.products(text, query.category, query.sort, position, query.limit, request.now)
    following = found.next_position
    cursor = None if following is None else write_cursor(ring, name, str(following))
    return cacheable(PageView(found.items, cursor), request.headers, LIST_SECONDS)


@api.route("GET", "/v1/products/{product_id}", auth=Auth.PUBLIC, reply=ProductView)
def show_product(request: Request[Empty, Empty]) -> Reply:
    """One product with its SKUs and their stock now."""
    product = browse.show_product(request.path["product_id"])
    return cacheable(ProductView.of(product), request.headers, PRODUCT_SECONDS)


def _list_name(category: str | None, text: str, sort: str) -> str:
    """What a cursor is bound to: the list, whatever the words."""
    words = hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
    return f"products/{category or ''}/{words}/{sort}"


lambda_handler = api.handle
