"""Delivery fees: by piece, weight and volume, region by region, over several templates."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.domain.freight import FreightBook, Load
from tests.unit.domain.baskets import BOOK, seeded


def load(template: str = "", pieces: int = 1, size: int = 0, amount: int = 0) -> Load:
    return Load(template, pieces, size, size * 3, amount)


@pytest.mark.parametrize(
    ("province", "pieces", "amount", "fee"),
    [
        ("浙江省", 1, 0, 800),
        ("浙江省", 3, 9_899, 800),
        ("浙江省", 4, 9_899, 1_100),
        ("浙江省", 6, 9_899, 1_100),
        ("浙江省", 7, 9_899, 1_400),
        ("浙江省", 7, 9_900, 0),
        ("青海省", 1, 99_999, 700),
        ("青海省", 2, 99_999, 1_400),
        ("西藏自治区", 5, 99_999, 2_700),
        ("新疆维吾尔自治区", 6, 99_999, 3_600),
    ],
)
def test_by_piece_and_region(province: str, pieces: int, amount: int, fee: int) -> None:
    assert BOOK.fee(province, [load(pieces=pieces, amount=amount)]) == fee


@pytest.mark.parametrize(
    ("grams", "fee"), [(0, 600), (1_000, 600), (1_001, 800), (1_500, 800), (1_501, 1_000)]
)
def test_by_weight_a_begun_unit_counts_whole(grams: int, fee: int) -> None:
    assert BOOK.fee("浙江省", [load("heavy", 9, grams, 99_999)]) == fee


@pytest.mark.parametrize(
    ("volume", "amount", "fee"), [(20_001, 29_899, 1_400), (60_000, 0, 2_600), (60_000, 29_900, 0)]
)
def test_by_volume(volume: int, amount: int, fee: int) -> None:
    assert BOOK.fee("浙江省", [Load("bulky", 9, 99_999, volume, amount)]) == fee


def test_lines_of_one_template_are_one_consignment() -> None:
    two = [load(pieces=2, amount=5_000), load("std", pieces=2, amount=4_000)]
    assert BOOK.fee("浙江省", two) == 1_100
    assert BOOK.fee("浙江省", [*two, load(amount=900)]) == 0


def test_templates_add_up_each_by_its_own_units_and_threshold() -> None:
    mixed = [load(pieces=4, amount=9_000), load("heavy", 1, 1_200, 9_000), load("bulky", 1, 1, 900)]
    assert BOOK.fee("浙江省", mixed) == 1_100 + 800 + 1_000


@seeded
@given(
    st.lists(
        st.builds(
            load,
            st.sampled_from(["", "std", "heavy", "bulky", "gone"]),
            st.integers(1, 99),
            st.integers(0, 100_000),
            st.integers(0, 50_000),
        ),
        max_size=20,
    ),
    st.sampled_from(["浙江省", "青海省", "新疆维吾尔自治区", "台湾省"]),
    st.randoms(use_true_random=False),
)
def test_a_basket_costs_what_its_consignments_cost(
    loads: list[Load], province: str, dice: Random
) -> None:
    apart = sum(
        BOOK.fee(province, [one for one in loads if BOOK.template(one.template_id) is template])
        for template in BOOK.templates
    )
    assert BOOK.fee(province, loads) == apart
    shuffled = list(loads)
    dice.shuffle(shuffled)
    assert BOOK.fee(province, shuffled) == apart


def test_what_is_not_sent_there_is_not_charged() -> None:
    assert not BOOK.serves("", "台湾省")
    assert not BOOK.serves("gone", "台湾省")
    assert not BOOK.serves("heavy", "新疆维吾尔自治区")
    assert BOOK.serves("heavy", "台湾省")
    assert BOOK.serves("std", "浙江省")
    assert BOOK.fee("台湾省", [load(pieces=9), load("heavy", 1, 1)]) == 600


def test_a_shop_without_templates_sends_everything_free() -> None:
    assert FreightBook().fee("浙江省", [load(pieces=9)]) == 0
    assert FreightBook().serves("std", "台湾省")
    assert FreightBook().template("std") is None
    assert BOOK.fee("浙江省", []) == 0
