"""Catalogue: categories, lists, search, product pages. No sign-in."""

import hashlib

from shop import wiring
from shop.domain.search import Asked
from shop.usecases import browse
from shop.usecases.searching import Searcher
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.body import clean_text
from shop.web.etags import cacheable
from shop.web.pages import ItemsView, PageView, read_cursor, write_cursor
from shop.web.schemas.catalogue import CategoryView, ProductQuery, ProductSummaryView, ProductView

LIST_SECONDS = 20
SEARCH_SECONDS = 10
PRODUCT_SECONDS = 5

api = Api(wiring.authenticator)


@api.route("GET", "/v1/categories", auth=Auth.PUBLIC, reply=ItemsView[CategoryView], cached=True)
def list_categories(request: Request[Empty, Empty]) -> Reply:
    """All categories, both levels."""
    views = [CategoryView.of(one) for one in browse.categories(request.now)]
    return cacheable(ItemsView(views), request.headers, LIST_SECONDS)


@api.route(
    "GET",
    "/v1/products",
    auth=Auth.OPTIONAL,
    query=ProductQuery,
    reply=PageView[ProductSummaryView],
    codes=("invalid_cursor",),
    cached=True,
)
def list_products(request: Request[Empty, ProductQuery]) -> Reply:
    """Products on sale, of a category or found by words; a sign-in keeps a search history."""
    query = request.query
    text = clean_text(query.q)
    ring = wiring.key_ring()
    name = _list_name(query.category, text, query.sort)
    place = read_cursor(ring, name, query.cursor)
    asked = Asked(text, query.category, query.sort, place, query.limit)
    customer_id = request.session.customer_id if request.session else None
    tally = wiring.hot_tally()
    who = Searcher(wiring.search_engine, tally, ring, customer_id, request.source_ip)
    found = browse.products(asked, who, request.now)
    following = found.next_place
    cursor = None if following is None else write_cursor(ring, name, following)
    return cacheable(
        PageView(found.items, cursor),
        request.headers,
        SEARCH_SECONDS if text else LIST_SECONDS,
        shared=not text or customer_id is None,
    )


@api.route("GET", "/v1/products/{product_id}", auth=Auth.PUBLIC, reply=ProductView, cached=True)
def show_product(request: Request[Empty, Empty]) -> Reply:
    """One product with its SKUs and their stock now."""
    product = browse.show_product(request.path["product_id"], request.now)
    return cacheable(ProductView.of(product), request.headers, PRODUCT_SECONDS)


def _list_name(category: str | None, text: str, sort: str) -> str:
    """What a cursor is bound to: the list, whatever the words."""
    words = hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
    return f"products/{category or ''}/{words}/{sort}"


lambda_handler = api.handle
