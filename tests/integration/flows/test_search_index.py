"""The index follows the catalogue whatever dies, meets or fails; a search never waits for it."""

from collections.abc import Iterator

import pytest

from tests.proving.crash import Story, crash_everywhere
from tests.proving.faults import Kind
from tests.proving.interleave import Encounter, every_schedule
from tests.proving.shop import Answer, Shop, forget_process

SEED = 20261201
BEFORE, AFTER = "明前龙井", "云雾毛尖"


@pytest.fixture
def shop() -> Iterator[Shop]:
    """One product, published and indexed."""
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as made:
        name(made, BEFORE)
        made.index_search()
        yield made


def name(shop: Shop, title: str) -> None:
    """Staff give the product a title and publish."""
    from shop.usecases import publish

    shop.put_product("p1", [(6_800, 100, None)], title=title)
    publish.publish(shop.now)


def find(shop: Shop, text: str) -> Answer:
    return shop.call("catalogue", "GET /v1/products", query={"q": text})


def finds(shop: Shop, text: str) -> bool:
    answer = find(shop, text)
    assert answer.status == 200, answer
    return bool(answer.body["items"])


def down(shop: Shop, *kinds: str) -> None:
    shop.world.faults.when(lambda _, call: Kind.UNSENT if call.kind in kinds else None)


def test_a_change_is_visible_within_a_minute_and_nothing_is_built_twice(shop: Shop) -> None:
    from shop.store import search_index
    from shop.usecases.search_embedded import CHECK_SECONDS

    assert finds(shop, BEFORE)
    assert not finds(shop, AFTER)
    name(shop, AFTER)
    assert shop.index_search()["switched"] is True
    assert finds(shop, BEFORE)
    shop.world.clock.advance(CHECK_SECONDS)
    assert not finds(shop, BEFORE)
    assert finds(shop, AFTER)
    assert finds(shop, "ywmj")
    assert shop.index_search()["switched"] is False
    version = search_index.present()
    assert version
    assert (version.number, version.products) == (2, 1)
    assert sum(map(len, shop.world.objects.versions.values())) == 2


def test_before_the_first_build_nothing_is_found_and_nothing_fails() -> None:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        name(shop, BEFORE)
        assert find(shop, BEFORE).body == {"items": [], "next_cursor": None}
        for route in ("GET /v1/search/suggestions", "GET /v1/search/hot"):
            assert shop.call("search", route).body == {"items": []}
        shop.index_search()
        shop.world.clock.advance(10)
        assert finds(shop, BEFORE)


def test_a_build_that_is_killed_anywhere_is_made_good_by_the_next(shop: Shop) -> None:
    name(shop, AFTER)
    moment = shop.moment()
    torn: list[str] = []

    def recover() -> None:
        forget_process()
        if finds(shop, BEFORE) == finds(shop, AFTER):
            torn.append("neither the old index nor the new one")
        shop.index_search()
        forget_process()

    def check() -> list[str]:
        return [*torn, *([] if finds(shop, AFTER) else ["the change is not found"])]

    report = crash_everywhere(
        shop.world,
        Story("rebuild", lambda: shop.back_to(moment), shop.index_search, recover, check),
        kinds=(Kind.KILLED_BEFORE, Kind.KILLED_AFTER),
    )
    print(f"{report.n} calls, {report.runs} runs")
    assert report.failures == []
    assert report.n >= 5
    assert "object PutObject" in report.calls


def test_a_build_that_was_overtaken_never_brings_the_old_catalogue_back(shop: Shop) -> None:
    moment = shop.moment()

    def changes_and_builds() -> None:
        name(shop, AFTER)
        shop.index_search()

    def prepare() -> None:
        shop.back_to(moment)
        shop.world.objects.lose()

    def check(outcomes: list[object]) -> list[str]:
        forget_process()
        wrong = [f"raised {one!r}" for one in outcomes if isinstance(one, BaseException)]
        return [*wrong, *([] if finds(shop, AFTER) else ["the older catalogue won"])]

    found = every_schedule(
        shop.world,
        Encounter(
            "builds",
            prepare,
            [shop.index_search, changes_and_builds],
            check,
            free=lambda call: b"G#search" not in call.body,
        ),
    )
    print(f"{found.schedules} schedules, {found.calls} calls")
    assert found.violations == []
    assert found.complete
    assert found.schedules > 20


def test_who_has_an_index_goes_on_while_storage_or_the_table_is_down(shop: Shop) -> None:
    assert finds(shop, BEFORE)
    name(shop, AFTER)
    shop.index_search()
    for kinds in (("object",), ("store",), ("object", "store")):
        shop.world.clock.advance(60)
        down(shop, *kinds)
        assert finds(shop, BEFORE)
        assert not finds(shop, AFTER)
    shop.world.faults.none()
    shop.world.clock.advance(60)
    assert finds(shop, AFTER)


def test_who_has_none_and_can_get_none_says_so(shop: Shop) -> None:
    forget_process()
    down(shop, "object")
    answer = find(shop, BEFORE)
    assert (answer.status, answer.body["code"]) == (503, "provider_unavailable")
    assert shop.call("search", "GET /v1/search/suggestions", query={"q": "龙"}).status == 503
    assert shop.call("catalogue", "GET /v1/products").status == 200
    shop.world.faults.none()
    assert finds(shop, BEFORE)


def test_a_damaged_file_is_not_opened(shop: Shop) -> None:
    assert finds(shop, BEFORE)
    name(shop, AFTER)
    shop.index_search()
    for kept in shop.world.objects.versions.values():
        kept["2"] = kept["2"][:-4_096]
    shop.world.clock.advance(60)
    assert finds(shop, BEFORE)
    forget_process()
    assert find(shop, BEFORE).status == 503


def test_an_index_that_is_gone_is_built_again_by_the_schedule(shop: Shop) -> None:
    shop.world.objects.lose()
    forget_process()
    assert find(shop, BEFORE).status == 503
    assert shop.index_search()["switched"] is True
    assert finds(shop, BEFORE)


def test_a_build_that_cannot_store_its_file_switches_nothing(shop: Shop) -> None:
    from shop.errors import UnavailableError
    from shop.store import search_index

    name(shop, AFTER)
    down(shop, "object")
    with pytest.raises(UnavailableError):
        shop.index_search()
    shop.world.faults.none()
    version = search_index.present()
    assert version
    assert version.number == 1
