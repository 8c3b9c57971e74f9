"""What a quote must add up to, worked out by hand."""

from typing import Any

import pytest

from scripts.demo import amounts
from scripts.demo.goods import Goods
from scripts.demo.stock import Stock, after_sale

PRICES = {"a": 999, "b": 50}


def lines() -> list[dict[str, Any]]:
    return [
        {"sku_id": "a", "quantity": 3, "unit_price_fen": 999, "discount_fen": 97,
         "payable_fen": 2900},
        {"sku_id": "b", "quantity": 2, "unit_price_fen": 50, "discount_fen": 3, "payable_fen": 97},
    ]  # fmt: skip


def test_totals() -> None:
    assert amounts.recomputed(lines(), PRICES) == {
        "goods_total_fen": 3097,
        "discount_total_fen": 100,
        "payable_goods_fen": 2997,
    }


def test_exact_lines_and_fair_shares() -> None:
    assert amounts.inexact_lines(lines(), PRICES) == []
    assert amounts.unfair_shares(lines(), 100) == []


@pytest.mark.parametrize(("name", "by"), [("payable_fen", 1), ("discount_fen", 1)])
def test_a_line_that_is_a_fen_off_is_named(name: str, by: int) -> None:
    spoiled = lines()
    spoiled[0][name] += by
    assert amounts.inexact_lines(spoiled, PRICES) == ["a"]


def test_a_price_that_is_not_the_catalogues_is_named() -> None:
    assert amounts.inexact_lines(lines(), {**PRICES, "b": 51}) == ["b"]


def test_a_share_that_is_a_whole_fen_off_is_named() -> None:
    spoiled = lines()
    spoiled[1]["discount_fen"] = 5
    assert amounts.unfair_shares(spoiled, 100) == ["b"]


@pytest.mark.parametrize(
    ("province", "pieces", "goods_fen", "fee"),
    [
        ("浙江省", 4, 9900, 0),
        ("浙江省", 3, 9899, 800),
        ("浙江省", 4, 9899, 1100),
        ("浙江省", 7, 9899, 1400),
        ("甘肃省", 4, 19600, 1700),
        ("甘肃省", 4, 19900, 0),
        ("西藏自治区", 1, 1_000_000, 1800),
    ],
)
def test_freight_from_the_file(province: str, pieces: int, goods_fen: int, fee: int) -> None:
    assert Goods.read().freight_fen(province, pieces, goods_fen) == fee


def test_stock_after_a_sale() -> None:
    assert after_sale({"a": Stock(10, 2, 12)}, {"a": 3}) == [[7, 5, 12]]
