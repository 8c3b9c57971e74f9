"""Every fault of a catalogue file is told by line and field."""

from pathlib import Path

import pytest

from scripts.operator_cli.catalogue_file import catalogue
from scripts.operator_cli.catalogue_file.faults import FaultyFileError

SHOP = Path(__file__).parents[3] / "scripts" / "catalogue" / "shop.yaml"
GOOD = """\
version: 1
categories:
  - {id: c-tea, name: 茶叶, parent: null, sort: 1}
  - {id: c-green, name: 绿茶, parent: c-tea, sort: 2}
freight:
  - {id: std, name: 默认, by: weight, first_units: 1, further_units: 1, first_fee_fen: 800, \
further_fee_fen: 300, free_threshold_fen: 9900, not_served: [台湾省], regions: [
    {provinces: [青海省], first_units: 1, first_fee_fen: 1800, further_units: 1, \
further_fee_fen: 900, free_threshold_fen: null}]
    }
  - {id: vol, name: 大件, by: volume, first_units: 9, further_units: 9, first_fee_fen: 0, \
further_fee_fen: 0}
# 1
# 2
# 3
products:
  - freight: vol
    id: a
    title: 龙井
    categories: [c-green]
    images: [https://img.example.com/a.jpg]
    on_sale: true
    specs:
      - {name: 规格, values: [大, 小]}
    skus:
      - {id: a-1, spec: {规格: 大}, price_fen: 900, list_price_fen: 1000, stock: 9, weight_g: 5}
      - {id: a-2, spec: {规格: 小}, price_fen: 500, list_price_fen: 500, stock: 0, weight_g: 3}
coupons:
  - {id: k, title: 券, kind: amount, amount_fen: 5, scope: {type: products, ids: [a]}, \
claim_starts_at: 2026-01-01T08:00:00+08:00, claim_ends_at: 2036-01-01T00:00:00Z, valid_days: 3, \
quota: 9, per_customer: 1}
flash_sales:
  - {id: f, title: 抢, sku_id: a-1, price_fen: 100, units: 5, per_customer: 1, \
starts_at: 2026-01-01T00:00:00Z, ends_at: 2036-01-01T00:00:00Z}
"""


def faults_of(text: str, folder: Path) -> list[tuple[int, str, str]]:
    file = folder / "catalogue.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FaultyFileError) as caught:
        catalogue.read(file)
    assert all(fault.message for fault in caught.value.faults)
    assert f"{file}:{caught.value.faults[0].line}: " in str(caught.value)
    return [(fault.line, fault.row, fault.field) for fault in caught.value.faults]


def test_the_shop_s_own_file_is_in_order() -> None:
    assert catalogue.read(SHOP).counts()["products"] >= 200


def test_bodies_are_those_of_the_staff_routes(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(GOOD, encoding="utf-8")
    read = catalogue.read(file)
    assert read.categories[1] == {"id": "c-green", "name": "绿茶", "parent_id": "c-tea", "sort": 2}
    assert read.products[0]["category_ids"] == ["c-green"]
    assert read.products[0]["skus"][0]["initial_stock"] == 9
    assert read.coupons[0]["claim_starts_at"] == "2026-01-01T00:00:00Z"
    assert read.freight[0]["regions"][0]["provinces"] == ["青海省"]


def test_a_coupon_s_rules_are_read(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    rules = "obtained: gift, new_customers_only: true, exclusive_with: [coupons], per_customer: 1"
    text = GOOD.replace("ids: [a]}", "ids: [a], but_products: [b]}", 1)
    file.write_text(text.replace("per_customer: 1", rules, 1), encoding="utf-8")
    (coupon,) = catalogue.read(file).coupons
    assert coupon["scope"]["but_products"] == ["b"]
    assert (coupon["obtained"], coupon["exclusive_with"]) == ("gift", ["coupons"])
    assert coupon["new_customers_only"] is True


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("version: 1", "version: 2", (1, "", "version")),
        ("parent: c-tea", "parent: c-none", (4, "category c-green", "parent")),
        ("id: c-green, name", "id: c-tea, name", (4, "category c-tea", "id")),
        ("not_served: [台湾省]", "not_served: [青海省]",
         (7, "template std", "regions[0].provinces")),
        ("title: 龙井", "titel: 龙井", (16, "product a", "titel")),
        ("title: 龙井", "title: 12", (16, "product a", "title")),
        ("title: 龙井", "title: ''", (16, "product a", "title")),
        ("categories: [c-green]", "categories: [c-no]", (17, "product a", "categories")),
        ("on_sale: true", "on_sale: 1", (19, "product a", "on_sale")),
        ("values: [大, 小]", "values: [大, 大]", (21, "product a", "specs[0].values[1]")),
        ("id: a-2", "id: a-1", (24, "product a", "skus[1].id")),
        ("id: a-2", "id: b-2", (24, "product a", "skus[1].id")),
        ("spec: {规格: 小}", "spec: {}", (24, "product a", "skus[1].spec.规格")),
        ("spec: {规格: 小}", "spec: {规格: 中}", (24, "product a", "skus[1].spec.规格")),
        ("spec: {规格: 小}", "spec: {规格: 大}", (24, "product a", "skus[1].spec")),
        ("price_fen: 500, l", "price_fen: -1, l", (24, "product a", "skus[1].price_fen")),
        ("price_fen: 500, l", "price_fen: 5.0, l", (24, "product a", "skus[1].price_fen")),
        ("price_fen: 500, l", "price_fen: true, l", (24, "product a", "skus[1].price_fen")),
        ("stock: 0", "stock: 0, stock: 1", (24, "", "stock")),
        ("ids: [a]", "ids: [b]", (26, "coupon k", "scope")),
        ("valid_days: 3", "valid_days: 3, percent_off: 5", (26, "coupon k", "percent_off")),
        ("valid_days: 3", "valid_days: 3, obtained: luck", (26, "coupon k", "obtained")),
        ("valid_days: 3", "valid_days: 3, exclusive_with: [all]",
         (26, "coupon k", "exclusive_with[0]")),
        ("2036-01-01T00:00:00Z, valid", "2036-13-01T00:00:00Z, valid",
         (26, "coupon k", "claim_ends_at")),
        ("2036-01-01T00:00:00Z, valid", "2025-01-01T00:00:00Z, valid",
         (26, "coupon k", "claim_ends_at")),
        ("units: 5", "units: 10", (28, "flash sale f", "units")),
        ("sku_id: a-1", "sku_id: a-9", (28, "flash sale f", "sku_id")),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_by_line_and_field(
    good: str, bad: str, fault: tuple[int, str, str], tmp_path: Path
) -> None:
    assert good in GOOD
    assert fault in faults_of(GOOD.replace(good, bad, 1), tmp_path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("version: 1", "version: 7").replace("units: 5", "units: 0")
    assert [line for line, _, _ in faults_of(text, tmp_path)] == [1, 28]


@pytest.mark.parametrize(
    "text", ["", "- 1", "a: [", "a: &x 1\nb: *x", "\x00", "[" * 5000, "? [a]\n: 1", "<<: {a: 1}"]
)
def test_what_is_no_catalogue_is_refused(text: str, tmp_path: Path) -> None:
    assert faults_of(text, tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultyFileError):
        catalogue.read(tmp_path / "none.yaml")
