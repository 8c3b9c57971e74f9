"""What is found, in which order, and what no text can do to the index."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.domain.listing import Entry, Sort, Summary
from shop.domain.search import Asked
from shop.errors import InvalidError
from shop.search.build import build
from shop.search.engine import SqliteSearch

_names = count()


def entry(
    product_id: str,
    title: str,
    subtitle: str = "",
    *,
    tags: tuple[str, ...] = (),
    shelf: str = "茶叶茶具",
    category: str = "c-tea",
    price: int = 100,
    sold: int = 0,
    stock: bool = True,
    at: int = 0,
) -> Entry:
    summary = Summary(product_id, title, subtitle, "", price, price, price, sold, stock, tags)
    return Entry(summary, (category,), (shelf,), at)


class Library:
    """Builds indexes, and asks the last one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.engine: SqliteSearch | None = None

    def hold(self, *entries: Entry) -> "Library":
        path = self._folder / f"index-{next(_names)}"
        assert build(path, iter(entries)) == len({one.summary.id for one in entries})
        self.engine = SqliteSearch(path)
        return self

    def find(self, text: str, **more: object) -> list[str]:
        return self.page(text, **more)[0]

    def page(self, text: str, **more: object) -> tuple[list[str], str | None]:
        assert self.engine is not None
        values = {"category_id": None, "sort": Sort.DEFAULT, "after": "", "limit": 20, **more}
        page = self.engine.find(Asked(text, **values))  # type: ignore[arg-type]
        return [one.id for one in page.items], page.next_after

    def suggest(self, text: str) -> Sequence[str]:
        assert self.engine is not None
        return self.engine.suggest(text, 10)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


TEAS = (
    entry("label", "正山小种", tags=("龙井",)),
    entry("subtitle", "高山绿茶", "龙井味的"),
    entry("inside", "明前龙井"),
    entry("front", "龙井 ABC123", sold=0),
    entry("sold", "特级龙井", sold=900),
    entry("gone", "龙井茶饼", stock=False),
)


def test_titles_come_before_subtitles_before_labels(library: Library) -> None:
    library.hold(*TEAS)
    assert library.find("龙井") == ["front", "gone", "sold", "inside", "subtitle", "label"]
    assert library.find("龙井 ａｂｃ") == ["front"]
    assert len(library.find("茶叶")) == 6
    assert library.find("龙井 没有") == []


def test_any_part_of_a_word_is_found_and_words_in_any_order(library: Library) -> None:
    library.hold(entry("a", "云雾绿茶手提礼盒"), entry("b", "礼盒装红茶"))
    for text in ("云", "雾", "盒", "雾绿", "茶手提", "云雾绿茶手提礼盒", "礼盒 绿茶", "礼盒绿茶"):
        assert "a" in library.find(text), text
    assert library.find("礼盒绿茶") == ["a"]
    assert library.find("绿红") == []


def test_what_is_taken_apart_wrongly_is_found_by_its_characters(library: Library) -> None:
    library.hold(
        *(entry(f"p{n}", f"{'澄泠'[n % 2]}泊充电宝{n}", price=n) for n in range(6)),
        entry("x", "宝泠泊"),
    )
    assert library.find("宝泠泊") == ["x"]
    assert library.find("充电宝泠泊") == ["p1", "p3", "p5"]
    for sort in (Sort.DEFAULT, Sort.PRICE_ASC):
        first, after = library.page("充电宝泠泊", sort=sort, limit=2)
        assert first == ["p1", "p3"]
        assert library.page("充电宝泠泊", sort=sort, limit=2, after=after) == (["p5"], None)


def test_a_character_of_a_name_may_be_read_in_two_ways(library: Library) -> None:
    library.hold(entry("a", "泊澄家居"))
    assert library.find("bc") == library.find("pc") == ["a"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ywlc", ["a"]),
        ("lc", ["a"]),
        ("YWLC", ["a"]),
        ("wlc", []),
        ("cq", ["b"]),
        ("cqxm", ["b"]),
        ("zqxm", []),
        ("lc 礼盒", ["a"]),
        ("pyl", ["a"]),
        ("byl", []),
    ],
)
def test_pinyin_initials_are_read_from_the_beginning_of_a_word(
    library: Library, text: str, found: list[str]
) -> None:
    library.hold(
        entry("a", "云雾绿茶", "礼盒与便宜篮"),
        entry("b", "重庆小面"),
    )
    assert sorted(library.find(text)) == found


def test_what_is_written_in_letters_comes_before_what_they_abbreviate(library: Library) -> None:
    library.hold(
        entry("pinyin", "绿茶", sold=9_999),
        entry("letters", "LC 耳机"),
        entry("rest", "茶", "绿茶"),
    )
    assert library.find("lc") == ["letters", "pinyin", "rest"]


def test_each_order_and_the_category(library: Library) -> None:
    library.hold(
        entry("a", "绿茶一", price=3, sold=1, at=1),
        entry("b", "绿茶二", price=1, sold=9, at=2),
        entry("c", "绿茶三", price=2, sold=5, at=3, category="C-tea"),
        entry("d", "红茶", price=2, sold=5, at=3),
    )
    assert library.find("绿茶", sort=Sort.NEWEST) == ["c", "b", "a"]
    assert library.find("绿茶", sort=Sort.PRICE_ASC) == ["b", "c", "a"]
    assert library.find("绿茶", sort=Sort.PRICE_DESC) == ["a", "c", "b"]
    assert library.find("绿茶", sort=Sort.SALES) == ["b", "c", "a"]
    assert library.find("绿茶", category_id="C-tea") == ["c"]
    assert library.find("绿茶", category_id="c-tea", sort=Sort.PRICE_ASC) == ["b", "a"]
    assert library.find("绿茶", category_id="c") == []


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_of_any_size_show_everything_once(library: Library, sort: Sort, limit: int) -> None:
    library.hold(
        *(
            entry(
                f"p{n:02}", f"{'绿茶' * (n % 3)}{n}号茶", "绿茶", price=n % 4, sold=n % 5, at=n % 6
            )
            for n in range(23)
        )
    )
    whole = library.find("绿茶", sort=sort, limit=100)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        ids, after = library.page("绿茶", sort=sort, limit=limit, after=after)
        seen += ids
    assert seen == whole
    assert len(set(seen)) == 23


@pytest.mark.parametrize("sort", list(Sort))
def test_a_page_goes_on_where_it_ended_in_a_newer_index(library: Library, sort: Sort) -> None:
    goods = [entry(f"p{n:02}", f"绿茶{n}号", price=n, sold=n, at=n) for n in range(20)]
    first, after = library.hold(*goods).page("绿茶", sort=sort, limit=8)
    assert after is not None
    gone = {first[-1], "p19", "p00"}
    new = entry("p10x", "绿茶新", price=10, sold=10, at=10)
    library.hold(new, *(one for one in goods if one.summary.id not in gone))
    rest, _ = library.page("绿茶", sort=sort, limit=100, after=after)
    unmoved = {one.summary.id for one in goods} - gone
    assert not set(first) & set(rest)
    assert set(rest) >= unmoved - set(first)


@pytest.mark.parametrize("after", ["x", "0", "0:", "0:x:p1", "1:p1:p1", ":::", "9" * 99])
def test_a_place_that_is_none_is_refused_or_the_end(library: Library, after: str) -> None:
    library.hold(*TEAS)
    for sort in Sort:
        with suppress(InvalidError):
            assert library.page("龙井", sort=sort, after=after)[1] is None


HOSTILE = (
    '"', '""', "'", "*", "龙井*", "title:龙井", "{title}:龙井", "NOT 龙井", "龙井 OR 茶",
    "NEAR(龙 井)",
    "(", ")", "^龙井", "-龙井", "+龙井", "龙井\x00茶", "' OR 1=1 --", "; DROP TABLE docs",
    "龙井" * 5_000,
    "a" * 10_000, "🔥", "\ud800", "\u202e龙井", "%", "_", "\\", "«龙", "§lj", "c632d746561",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_an_operator(library: Library, text: str) -> None:
    library.hold(*TEAS)
    for sort in Sort:
        assert set(library.find(text, sort=sort)) <= {one.summary.id for one in TEAS}
    assert library.suggest("龙") == ["龙井", "龙井茶"]
    assert library.find("NOT 龙井") == library.find("OR 龙井") == []
    assert library.find("c632d746561") == []


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("index")).hold(*TEAS)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=80))
def test_any_text_is_answered(shelf: Library, text: str) -> None:
    shelf.find(text)
    shelf.find(text, sort=Sort.SALES, category_id=text[:3])
    shelf.suggest(text.encode(errors="ignore").decode())


def test_suggestions_begin_as_typed_and_the_weightiest_come_first(library: Library) -> None:
    library.hold(
        entry("a", "绿茶礼盒", sold=100),
        entry("b", "绿萝盆栽"),
        entry("c", "绿茶", sold=5),
        entry("d", "LC 耳机 MX2000"),
    )
    assert library.suggest("绿") == ["绿茶", "绿萝"]
    assert library.suggest("ｌ") == ["绿茶", "礼盒", "lc", "绿萝"]
    assert library.suggest("lc") == ["绿茶", "lc"]
    assert library.suggest("mx") == []
    assert [*library.suggest("")] == library.suggest("无") == []


def test_words_for_a_shop_in_which_nobody_has_searched(library: Library) -> None:
    library.hold(
        entry("a", "绿茶 特惠", sold=500, shelf="茶"),
        entry("b", "红茶 特惠", sold=5, shelf="茶"),
        *(entry(f"x{n}", f"花茶 特惠 {n}", shelf="茶") for n in range(9)),
    )
    assert library.engine is not None
    assert "特惠" not in library.engine.best_selling(3)
    assert library.engine.best_selling(1) == ["绿茶"]
    assert library.engine.has_word("绿茶")
    assert not library.engine.has_word("隐私")


def test_of_a_product_that_comes_twice_the_later_counts(library: Library) -> None:
    library.hold(entry("a", "绿茶"), entry("a", "红茶", sold=1))
    assert library.find("绿茶") == []
    assert library.find("红茶") == ["a"]


def test_an_empty_shop_has_an_index(library: Library) -> None:
    library.hold()
    assert library.find("茶") == []
    assert library.suggest("茶") == []
