"""Splits and percentages, exact to the fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.domain.money import MAX_FEN, allocate, percent_of
from tests.unit.domain.baskets import seeded


@seeded
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_split_is_exact_and_fair(total: int, weights: list[int]) -> None:
    if not sum(weights):
        total = 0
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part * whole - total * weight) < whole
        if total <= whole:
            assert part <= weight


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [1, 3, 2], [1, 2, 2]),
        (100, [0, 50, 50], [0, 50, 50]),
        (3, [3, 0], [3, 0]),
        (1, [1, 2], [0, 1]),
        (0, [0, 0], [0, 0]),
        (0, [5, 7], [0, 0]),
        (0, [], []),
        (7, [1], [7]),
    ],
)
def test_what_is_left_goes_to_the_largest_remainders_earlier_ones_first(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert allocate(total, weights) == parts


@pytest.mark.parametrize(
    ("total", "weights"), [(-1, [1]), (1, [-1, 3]), (1, []), (1, [0, 0]), (-1, [])]
)
def test_what_cannot_be_split_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^cannot split that amount over those weights$"):
        allocate(total, weights)


@pytest.mark.parametrize(
    ("amount", "percent", "off"), [(12_805, 10, 1_280), (99, 1, 0), (100, 1, 1), (10, 99, 9)]
)
def test_a_percentage_is_rounded_down(amount: int, percent: int, off: int) -> None:
    assert percent_of(amount, percent) == off


def test_no_amount_is_above_a_hundred_million_yuan() -> None:
    assert MAX_FEN == 10_000_000_000
