"""Searches that meet or are cut off: an index follows the catalogue, a history loses nothing."""

from collections.abc import Sequence

from tests.proving.cases.erasing import ERASE, left_of
from tests.proving.cases.stage import Direct, Scene, statuses
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.shop import Answer, Buyer, Shop, forget_process

BEFORE, AFTER = "明前龙井", "云雾毛尖"
FIRST, SECOND = "龙井", "mqlj"


def _named(shop: Shop, title: str) -> None:
    from shop.usecases import publish

    shop.put_product("p-searched", [(6_800, 0, None)], title=title)
    publish.publish(shop.now)


def _indexed(shop: Shop) -> None:
    _named(shop, BEFORE)
    shop.index_search()
    forget_process()


def _search(shop: Shop, buyer: Buyer, text: str) -> Answer:
    return shop.call("catalogue", "GET /v1/products", buyer, query={"q": text})


def _lost(shop: Shop, buyer: Buyer, *texts: str) -> Sequence[str]:
    kept = shop.call("search", "GET /v1/me/searches", buyer).body["items"]
    missing = {*texts} - {*kept}
    return [f"{missing} not in {kept}"] if missing else []


def _finds(shop: Shop, text: str) -> bool:
    forget_process()
    return bool(_search(shop, shop.buyer("li"), text).body["items"])


def build(shop: Shop) -> Step:
    """A build that dies leaves the old index or the new one, and the next brings the new."""
    _indexed(shop)
    _named(shop, AFTER)
    torn: list[str] = []

    def again() -> object:
        if _finds(shop, BEFORE) == _finds(shop, AFTER):
            torn.append("neither the old index nor the new one")
        return shop.index_search()

    def finish(shop: Shop) -> Sequence[str]:
        return [*torn, *([] if _finds(shop, AFTER) else ["the change is not found"])]

    return Step(shop.index_search, again, finish)


def note(shop: Shop) -> Step:
    """A search whose history is cut off is searched again."""
    _indexed(shop)

    def search() -> Answer:
        return _search(shop, shop.buyer("wang"), FIRST)

    return Step(search, search, lambda shop: _lost(shop, shop.buyer("wang"), FIRST))


def search_and_search(shop: Shop) -> Scene:
    """Two devices of one customer: both searches are in the history."""
    _indexed(shop)
    wang = shop.buyer("wang")
    return Scene(
        [lambda: _search(shop, wang, FIRST), lambda: _search(shop, wang, SECOND)],
        statuses([200, 200]),
        lambda shop: _lost(shop, shop.buyer("wang"), FIRST, SECOND),
    )


def search_and_erasure(shop: Shop) -> Scene:
    """Nothing of a search stays with who was erased meanwhile."""
    _indexed(shop)
    wang = shop.sign_in("wang")
    return Scene(
        [lambda: _search(shop, wang, FIRST), lambda: shop.call("privacy", ERASE, wang)],
        statuses([200, 204]),
        lambda shop: left_of(shop, wang.customer_id),
    )


SEARCH_STEPS: dict[str, DirectStep] = {"search index": build, "search noted": note}
SEARCH_PAIRS: dict[str, Direct] = {
    "search x search": search_and_search,
    "search x erasure": search_and_erasure,
}
