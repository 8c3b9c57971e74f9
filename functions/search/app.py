"""Around the search box: suggestions, hot words, and the customer's own history."""

from shop import wiring
from shop.usecases import searching
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.body import clean_text
from shop.web.etags import cacheable
from shop.web.pages import ItemsView
from shop.web.schemas.search import SuggestionQuery

NO_CONTENT = 204
SUGGESTION_SECONDS = 30
HOT_SECONDS = 30
MOST_SUGGESTED = 10

api = Api(wiring.authenticator)


@api.route(
    "GET",
    "/v1/search/suggestions",
    auth=Auth.PUBLIC,
    query=SuggestionQuery,
    reply=ItemsView[str],
    cached=True,
)
def suggest(request: Request[Empty, SuggestionQuery]) -> Reply:
    """Words of the catalogue that begin as typed, in characters or pinyin initials."""
    found = wiring.search_engine().suggest(clean_text(request.query.q), MOST_SUGGESTED)
    return cacheable(ItemsView(found), request.headers, SUGGESTION_SECONDS)


@api.route("GET", "/v1/search/hot", auth=Auth.PUBLIC, reply=ItemsView[str], cached=True)
def list_hot(request: Request[Empty, Empty]) -> Reply:
    """What is searched for most these days."""
    found = searching.hot(wiring.search_engine(), request.now)
    return cacheable(ItemsView(found), request.headers, HOT_SECONDS)


@api.route("GET", "/v1/me/searches", auth=Auth.CUSTOMER, reply=ItemsView[str])
def list_mine(request: Request[Empty, Empty]) -> ItemsView[str]:
    """What the caller searched for lately, latest first; kept 90 days."""
    found = searching.history(wiring.key_ring(), request.customer.customer_id, request.now)
    return ItemsView(found)


@api.route("DELETE", "/v1/me/searches", auth=Auth.CUSTOMER, status=NO_CONTENT)
def forget_mine(request: Request[Empty, Empty]) -> None:
    """Forget what the caller searched for."""
    searching.forget(request.customer.customer_id)


lambda_handler = api.handle
