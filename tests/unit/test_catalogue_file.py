"""The catalogue file: its size, its references, its prices, and that its titles were written."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

Row = dict[str, Any]

FILE = Path(__file__).parents[2] / "scripts" / "catalogue" / "shop.yaml"
MOST_PER_PATTERN = 5
TAGS = {
    *("新品", "热卖", "包邮", "产地直发", "送礼", "限时", "店主推荐", "手工", "环保"),
    *("家常", "耐用", "轻便", "回购多", "学生", "办公室", "省空间", "易清洗"),
}
COLOURS = "黑白灰红橙黄绿青蓝紫粉金银棕"
MATERIALS = (
    *("纯棉", "长绒棉", "棉麻", "苎麻", "竹纤维", "大豆纤维", "法兰绒", "桑蚕丝", "乳胶", "硅胶"),
    *("不锈钢", "铸铁", "玻璃", "陶瓷", "陶土", "粗陶", "紫泥", "青瓷", "锡", "钛", "铜", "实木"),
    *("榉木", "木质", "檀", "竹", "藤", "珐琅", "硅藻泥", "瓦楞纸", "碳素"),
)


@pytest.fixture(scope="module")
def shop() -> Row:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded = yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader)
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module")
def products(shop: Row) -> list[Row]:
    rows = shop["products"]
    assert isinstance(rows, list)
    return rows


@pytest.fixture(scope="module")
def skus(products: list[Row]) -> dict[str, Row]:
    return {sku["id"]: sku for product in products for sku in product["skus"]}


@pytest.fixture(scope="module")
def leaves(shop: Row) -> set[str]:
    parents = {category["parent"] for category in shop["categories"]}
    return {category["id"] for category in shop["categories"]} - parents


def more_than_once(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def too_common(patterns: Iterable[str]) -> dict[str, int]:
    counts = Counter(patterns)
    return {pattern: times for pattern, times in counts.items() if times > MOST_PER_PATTERN}


def bare(title: str, product: Row | None = None) -> str:
    """The title without its own spec values, figures, spaces and punctuation."""
    for spec in product["specs"] if product else ():
        for value in sorted(spec["values"], key=len, reverse=True):
            title = title.replace(value, "")
    return re.sub(r"[\W\d_]", "", title).casefold()


def signature(title: str) -> str:
    """Colours, materials and figures as marks, all other text as a gap: 'C_M_' and the like."""
    marked = re.sub("|".join(MATERIALS), "M", title)
    marked = re.sub(f"[{COLOURS}]色?", "C", marked)
    marked = re.sub(r"[\d一二三四五六七八九十百两]+", "N", marked)
    return re.sub(r"[^CMN]+", "_", marked)


def shared_frame(one: str, other: str) -> int:
    """How many characters two titles share counted from both ends."""
    shorter = min(len(one), len(other))
    head = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    rest = shorter - head
    return head + next((i for i in range(rest) if one[-1 - i] != other[-1 - i]), rest)


def test_sizes_are_what_the_shop_promises(shop: Row, skus: dict[str, Row]) -> None:
    tops = [row for row in shop["categories"] if row["parent"] is None]
    assert shop["version"] == 1
    assert len(shop["products"]) >= 200
    assert len(skus) >= 600
    assert len(shop["categories"]) >= 20
    assert 2 <= len(tops) < len(shop["categories"])
    assert len(shop["coupons"]) == 6
    assert len(shop["flash_sales"]) == 2


def test_ids_are_well_formed_and_unique(shop: Row, products: list[Row]) -> None:
    groups = {
        r"[a-z0-9-]{1,16}": [row["id"] for row in shop["categories"]],
        r"[a-z0-9]{1,16}": [row["id"] for row in products],
        r"[a-z0-9]{1,16}-\d+": [sku["id"] for row in products for sku in row["skus"]],
        r"[a-z0-9-]{1,12}": [row["id"] for row in shop["coupons"] + shop["flash_sales"]],
    }
    for form, ids in groups.items():
        assert more_than_once(ids) == []
        assert [name for name in ids if not re.fullmatch(form, name)] == []


def test_categories_have_two_levels_and_every_leaf_sells_something(
    shop: Row, products: list[Row], leaves: set[str]
) -> None:
    tops = {row["id"] for row in shop["categories"] if row["parent"] is None}
    assert all(row["parent"] in tops for row in shop["categories"] if row["id"] not in tops)
    assert not tops & leaves
    assert more_than_once(row["name"] for row in shop["categories"]) == []
    filled = Counter(category for row in products for category in row["categories"])
    assert set(filled) == leaves
    assert min(filled.values()) >= 5


def test_every_product_row_is_complete(products: list[Row]) -> None:
    keys = ["id", "title", "subtitle", "categories", "images", "video", "description", "tags"]
    for row in products:
        named = [key for key in row if key != "freight"]
        assert named == [*keys, "on_sale", "specs", "skus"], row["id"]
        texts = (row["title"], row["subtitle"], row["description"])
        assert all(isinstance(text, str) and text == text.strip() != "" for text in texts)
        assert len(row["title"]) <= 60
        assert re.search(r"[\u4e00-\u9fff]", row["title"])
        assert 1 <= len(set(row["categories"])) == len(row["categories"]) <= 2
        assert 1 <= len(set(row["images"])) == len(row["images"]) <= 4
        base = f"https://img.example.com/{row['id']}/"
        assert all(url.startswith(base) for url in row["images"] + [row["video"] or base])
        assert 2 <= len(set(row["tags"])) == len(row["tags"]) <= 4
        assert set(row["tags"]) <= TAGS
        assert isinstance(row["on_sale"], bool)
    assert 1 <= sum(not row["on_sale"] for row in products) <= 10


def test_every_sku_names_one_value_of_each_declared_dimension(products: list[Row]) -> None:
    for row in products:
        declared = {spec["name"]: spec["values"] for spec in row["specs"]}
        assert 1 <= len(declared) == len(row["specs"]) <= 2, row["id"]
        seen = [tuple(sku["spec"].get(name) for name in declared) for sku in row["skus"]]
        assert len(set(seen)) == len(seen), row["id"]
        for sku in row["skus"]:
            assert list(sku["spec"]) == list(declared), sku["id"]
            assert all(sku["spec"][name] in values for name, values in declared.items()), sku["id"]
        for name, values in declared.items():
            assert all(isinstance(value, str) for value in values), row["id"]
            assert len(set(values)) == len(values), row["id"]
            assert {sku["spec"][name] for sku in row["skus"]} == set(values), row["id"]
        ordinals = [f"{row['id']}-{number}" for number in range(1, len(row["skus"]) + 1)]
        assert [sku["id"] for sku in row["skus"]] == ordinals


def test_prices_stock_and_weights_are_plausible(skus: dict[str, Row]) -> None:
    keys = ["id", "spec", "price_fen", "list_price_fen", "stock", "weight_g", "limit"]
    for sku in skus.values():
        assert [key for key in sku if key != "volume_cm3"] == keys, sku["id"]
        assert all(type(sku[key]) is int for key in keys[2:6]), sku["id"]
        assert 100 <= sku["price_fen"] <= sku["list_price_fen"] <= 300_000, sku["id"]
        assert 0 <= sku["stock"] <= 2000, sku["id"]
        assert 5 <= sku["weight_g"] <= 20_000, sku["id"]
        assert sku["limit"] is None or 2 <= sku["limit"] <= 5, sku["id"]
    stocks = Counter(min(sku["stock"], 4) for sku in skus.values())
    assert 3 <= stocks[0] <= 30
    assert 3 <= stocks[1] + stocks[2] + stocks[3] <= 30


def test_free_delivery_is_promised_only_above_the_threshold(shop: Row, products: list[Row]) -> None:
    free = shop["freight"][0]["free_threshold_fen"]
    for row in products:
        if "包邮" in row["tags"]:
            assert min(sku["price_fen"] for sku in row["skus"]) >= free, row["id"]


def test_freight_names_each_province_once(shop: Row) -> None:
    for freight in shop["freight"]:
        regions = freight.get("regions", [])
        named = [province for region in regions for province in region["provinces"]]
        named += freight["not_served"]
        assert more_than_once(named) == []
        assert all(re.search("(省|市|自治区|特别行政区)$", province) for province in named)
        for rule in (freight, *regions):
            assert rule["first_fee_fen"] > 0
            assert rule["further_fee_fen"] > 0


def test_products_are_charged_by_piece_weight_and_volume(shop: Row, products: list[Row]) -> None:
    used = {row.get("freight", shop["freight"][0]["id"]) for row in products}
    assert used == {one["id"] for one in shop["freight"]}
    assert {one["by"] for one in shop["freight"]} == {"piece", "weight", "volume"}


def test_no_two_titles_are_the_same_even_without_punctuation(products: list[Row]) -> None:
    titles = [row["title"] for row in products]
    assert more_than_once(titles) == []
    assert more_than_once(bare(title) for title in titles) == []
    assert more_than_once(row["subtitle"] for row in products) == []
    assert more_than_once(row["description"] for row in products) == []


@pytest.mark.parametrize("length", [2, 3, 4])
def test_no_beginning_or_end_is_shared_by_more_than_five_titles(
    products: list[Row], length: int
) -> None:
    titles = [bare(row["title"], row) for row in products]
    assert too_common(title[:length] for title in titles) == {}
    assert too_common(title[-length:] for title in titles) == {}


def test_no_three_characters_in_a_row_are_in_more_than_five_titles(products: list[Row]) -> None:
    titles = [bare(row["title"]) for row in products]
    grams = [{"".join(t[i : i + 3]) for i in range(len(t) - 2)} for t in titles]
    assert too_common(gram for of_one in grams for gram in of_one) == {}


def test_no_frame_with_one_word_changed_covers_more_than_five_titles(
    products: list[Row],
) -> None:
    titles = [bare(row["title"], row) for row in products]
    framed: Counter[str] = Counter()
    for one, other in combinations(titles, 2):
        if shared_frame(one, other) * 2 >= min(len(one), len(other)):
            framed.update((one, other))
    assert {title: n + 1 for title, n in framed.items() if n + 1 > MOST_PER_PATTERN} == {}


def test_no_mix_of_colour_material_and_figure_makes_more_than_five_titles(
    products: list[Row],
) -> None:
    signatures = [signature(row["title"]) for row in products]
    mixed = [mark for mark in signatures if len(set(mark) & set("CMN")) >= 2]
    assert too_common(mixed) == {}
    runs = [a + b for mark in signatures for a, b in pairwise(mark) if "_" not in a + b]
    assert too_common(runs) == {}


def test_coupons_are_of_different_kinds_and_refer_to_what_exists(
    shop: Row, products: list[Row], leaves: set[str]
) -> None:
    known = {"categories": leaves, "products": {row["id"] for row in products}}
    shapes = set()
    for row in shop["coupons"]:
        scope = row["scope"]
        assert scope["type"] == "all" or set(scope["ids"]) <= known[scope["type"]], row["id"]
        assert scope["type"] == "all" or scope["ids"], row["id"]
        assert row["claim_starts_at"] < row["claim_ends_at"], row["id"]
        fixed = "valid_from" in row
        assert fixed == ("valid_until" in row) != ("valid_days" in row), row["id"]
        assert not fixed or row["valid_from"] < row["valid_until"], row["id"]
        assert row["quota"] >= row["per_customer"] >= 1, row["id"]
        own = {"amount": {"amount_fen"}, "percent": {"percent_off", "cap_fen"}, "freight": set()}
        given = {key for key in row if key in ("amount_fen", "percent_off", "cap_fen")}
        assert given == own[row["kind"]], row["id"]
        assert 1 <= row.get("percent_off", 1) <= 99, row["id"]
        if row["kind"] == "amount" and row["threshold_fen"]:
            assert row["amount_fen"] < row["threshold_fen"], row["id"]
        shapes.add((row["kind"], row["threshold_fen"] > 0, scope["type"], fixed))
    assert {shape[0] for shape in shapes} == {"amount", "percent", "freight"}
    assert {shape[2] for shape in shapes} == {"all", "categories", "products"}
    assert len(shapes) == 6


def test_flash_sales_are_cheaper_and_leave_stock_over(
    shop: Row, products: list[Row], skus: dict[str, Row]
) -> None:
    on_sale = {sku["id"] for row in products if row["on_sale"] for sku in row["skus"]}
    assert [(row["units"], row["per_customer"]) for row in shop["flash_sales"]] == [
        (50, 1),
        (200, 2),
    ]
    for row in shop["flash_sales"]:
        assert row["sku_id"] in on_sale
        assert 100 <= row["price_fen"] < skus[row["sku_id"]]["price_fen"]
        assert skus[row["sku_id"]]["stock"] >= row["units"] + 20
        assert row["starts_at"] < row["ends_at"]


def test_all_times_are_in_utc(shop: Row) -> None:
    times = [
        value
        for row in shop["coupons"] + shop["flash_sales"]
        for key, value in row.items()
        if key.endswith(("_at", "_from", "_until"))
    ]
    assert times
    assert all(isinstance(time, datetime) for time in times)
    assert {time.utcoffset() for time in times} == {timedelta(0)}
    assert all(datetime(2026, 1, 1, tzinfo=UTC) <= time for time in times)
