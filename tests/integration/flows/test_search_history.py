"""What is kept of searches: a customer's own few words, sealed, and counts that name nobody."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shop.store import catalogue
from shop.usecases import publish
from shop.usecases.searching import BUNCH
from tests.proving.crash import Story, crash_everywhere
from tests.proving.interleave import Encounter, every_schedule
from tests.proving.shop import TABLE, Answer, Buyer, Shop, forget_process

SEED = 20261202
TEXTS = ("绿茶", "云", "雾", "绿", "茶", "yw", "ywl", "雾绿", "lc", "绿 云", "云雾绿茶", "云 绿")
SECRET = "绿茶孕妇可以喝吗"


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A few teas that can be found."""
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as made:
        made.put_product("p1", [(6_800, 100, None)], title="云雾绿茶")
        made.put_product("p2", [(6_800, 100, None)], title=SECRET)
        publish.publish(made.now)
        made.index_search()
        yield made


def search(shop: Shop, buyer: Buyer | None, text: str, **query: str) -> Answer:
    answer = shop.call("catalogue", "GET /v1/products", buyer, query={"q": text, **query})
    assert answer.status == 200, answer
    return answer


def history(shop: Shop, buyer: Buyer) -> list[str]:
    answer = shop.call("search", "GET /v1/me/searches", buyer)
    assert answer.status == 200, answer
    return list(answer.body["items"])


def hot(shop: Shop) -> list[str]:
    shop.world.clock.advance(60)
    return list(shop.call("search", "GET /v1/search/hot").body["items"])


def stored(shop: Shop, partition: str) -> list[Any]:
    rows = shop.world.engine.items(TABLE)
    return [row for row in rows if row["PK"]["S"].startswith(partition)]


def test_the_latest_ten_different_searches_are_kept(shop: Shop) -> None:
    wang, li = shop.buyer("wang"), shop.buyer("li")
    for text in TEXTS:
        search(shop, wang, text)
        shop.world.clock.advance(1)
    search(shop, li, "绿茶")
    assert history(shop, wang) == [*TEXTS[:-11:-1]]
    assert history(shop, li) == ["绿茶"]
    shop.world.clock.advance(100)
    search(shop, wang, "  ＹＷＬ ")
    assert history(shop, wang)[0] == "ywl"
    assert len(history(shop, wang)) == 10


def test_nothing_is_kept_of_what_finds_nothing_of_later_pages_or_of_strangers(shop: Shop) -> None:
    wang = shop.buyer("wang")
    search(shop, wang, "不存在的东西")
    search(shop, wang, "***")
    first = search(shop, None, "绿茶", limit="1")
    forget_process()
    search(shop, wang, "绿茶", limit="1", cursor=first.body["next_cursor"])
    assert history(shop, wang) == []
    assert not [row for row in stored(shop, "C#") if row["SK"] == {"S": "W"}]


def test_it_is_sealed_ends_by_itself_and_is_written_once_a_minute(shop: Shop) -> None:
    wang = shop.buyer("wang")
    with shop.world.ledger.step("searches") as book:
        for _ in range(5):
            search(shop, wang, SECRET)
    assert sum(entry.name in {"UpdateItem", "PutItem"} for entry in book.store) == 2
    (row,) = [row for row in stored(shop, "C#") if row["SK"] == {"S": "W"}]
    assert SECRET not in json.dumps(row, ensure_ascii=False, default=str)
    assert int(row["ttl"]["N"]) == shop.now + 90 * 86_400
    shop.world.clock.advance(90 * 86_400)
    wang = shop.buyer("wang")
    assert history(shop, wang) == []
    search(shop, wang, "绿茶")
    assert history(shop, wang) == ["绿茶"]
    (row,) = [row for row in stored(shop, "C#") if row["SK"] == {"S": "W"}]
    assert len(row["m"]["M"]) == 1


def test_it_is_exported_forgotten_and_erased(shop: Shop) -> None:
    wang = shop.sign_in("wang")
    search(shop, wang, SECRET)
    exported = shop.call("privacy", "GET /v1/me/export", wang).body["searches"]
    assert [one["text"] for one in exported] == [SECRET]
    for _ in range(2):
        assert shop.call("search", "DELETE /v1/me/searches", wang).status == 204
    assert history(shop, wang) == []
    search(shop, wang, SECRET)
    assert history(shop, wang) == [SECRET]
    assert shop.call("privacy", "DELETE /v1/me", wang).status == 204
    assert not [row for row in stored(shop, "C#") if row["SK"] == {"S": "W"}]


@pytest.mark.parametrize("before", [0, 1, 10])
def test_two_searches_at_once_lose_none(shop: Shop, before: int) -> None:
    wang = shop.buyer("wang")
    search(shop, None, "绿茶")
    for number in range(before):
        search(shop, wang, TEXTS[number])
        shop.world.clock.advance(1)
    kept = history(shop, wang)
    moment = shop.moment()
    texts = ("云雾", "ywlc")

    def check(_: list[object]) -> list[str]:
        now = history(shop, wang)
        lost = {*texts} - {*now}
        lost |= {*kept[: 10 - len({*texts} - {*kept})]} - {*now}
        return [f"{lost} of {now}"] if lost or len(now) > 10 else []

    found = every_schedule(
        shop.world,
        Encounter(
            "searches",
            lambda: shop.back_to(moment),
            [lambda: search(shop, wang, texts[0]), lambda: search(shop, wang, texts[1])],
            check,
            free=lambda call: call.kind != "store" or b"C#" not in call.body,
        ),
    )
    print(f"{found.schedules} schedules")
    assert found.violations == []
    assert found.complete


def test_a_search_that_is_killed_anywhere_is_searched_again(shop: Shop) -> None:
    moment = shop.moment()

    def again() -> None:
        forget_process()
        search(shop, shop.buyer("wang"), "绿茶")

    report = crash_everywhere(
        shop.world,
        Story(
            "search",
            lambda: shop.back_to(moment),
            lambda: search(shop, shop.buyer("wang"), "绿茶"),
            again,
            lambda: [] if history(shop, shop.buyer("wang")) == ["绿茶"] else ["not kept"],
        ),
    )
    assert report.failures == []
    assert report.n >= 4


def test_what_is_searched_for_is_counted_in_bunches_and_once_a_source(shop: Shop) -> None:
    def ask(text: str, times: int, ip: str) -> None:
        from tests.proving.events import http_event
        from tests.proving.template import load_handler

        for number in range(times):
            event = http_event("GET /v1/products", query={"q": text}, ip=ip.format(number))
            shop.world.invoke(load_handler("catalogue"), event, name="catalogue")

    ask("云雾", 1, "198.51.100.9")
    with shop.world.ledger.step("counted") as book:
        ask("绿茶", 15, "203.0.113.{}")
        ask(SECRET, 3, "203.0.113.{}")
    assert sum(entry.name != "GetItem" for entry in book.store) == 0
    ask("云雾", 1, "198.51.100.9")
    (row,) = stored(shop, "G#hot-words")
    assert row["m"] == {"M": {"绿茶": {"N": "15"}, "云雾": {"N": "1"}}}
    assert hot(shop)[:2] == ["绿茶", "云雾"]
    assert SECRET not in hot(shop)
    ask("云雾", 20, "203.0.113.{}")
    assert hot(shop)[:2] == ["云雾", "绿茶"]
    shop.world.clock.advance(4 * 86_400)
    ask("绿茶", 20, "203.0.113.{}")
    assert hot(shop)[0] == "绿茶"


def test_a_day_counts_a_bounded_number_of_words(shop: Shop) -> None:
    from shop.store import hot_words

    for bunch in range(10):
        hot_words.add("20261201", {f"词{bunch}-{n}": 1 for n in range(20)} | {"绿茶": 1}, shop.now)
    counts = hot_words.since("20261201")
    assert hot_words.MOST_WORDS <= len(counts) < hot_words.MOST_WORDS + 21
    assert counts["绿茶"] == 10
    assert hot_words.since("20261202") == {}


def test_a_label_with_brackets_is_searched_and_counted(shop: Shop) -> None:
    kept = catalogue.read_product("p1").kept
    assert kept is not None
    publish.upsert_product(replace(kept.product, tags=("新品[热]",)), shop.now)
    publish.publish(shop.now)
    shop.index_search()
    for _ in range(2 * BUNCH):
        search(shop, None, "新品[热]")
    assert hot(shop)[0] == "新品[热]"
