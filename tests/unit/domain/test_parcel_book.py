"""The book of what was shipped: a piece is in one parcel, and only what is left goes into one."""

import pytest

from shop.domain.parcel_book import MOST_PARCELS, NOTHING_SHIPPED, ParcelBook, left_of, pack
from shop.errors import ConflictError


def test_what_is_left_is_what_was_bought_neither_stopped_nor_shipped() -> None:
    book = ParcelBook((1, 0, 2), parcels=2)
    assert left_of([3, 1, 2], [], NOTHING_SHIPPED) == {1: 3, 2: 1, 3: 2}
    assert left_of([3, 1, 2], [1, 0, 0], book) == {1: 1, 2: 1}
    assert left_of([3, 1, 2], [2, 1, 0], book) == {}
    assert [book.line(at) for at in (1, 2, 3)] == [1, 0, 2]
    assert [NOTHING_SHIPPED.line(at) for at in (1, 2)] == [0, 0]


def test_a_parcel_is_added_to_the_book() -> None:
    first = pack(NOTHING_SHIPPED, 3, {1: 3, 3: 1}, {1: 2})
    assert first == ParcelBook((2, 0, 0), parcels=1)
    second = pack(first, 3, {1: 1, 3: 1}, {1: 1, 3: 1})
    assert second == ParcelBook((3, 0, 1), parcels=2)
    corrected = ParcelBook((1,), parcels=1, corrected=True)
    assert pack(corrected, 1, {1: 1}, {1: 1}) == ParcelBook((2,), parcels=2, corrected=True)


@pytest.mark.parametrize("wanted", [{1: 3}, {2: 1}, {1: 1, 2: 1}])
def test_no_more_is_packed_than_is_left(wanted: dict[int, int]) -> None:
    with pytest.raises(ConflictError) as refused:
        pack(NOTHING_SHIPPED, 2, {1: 2}, wanted)
    assert refused.value.code == "shipment_exceeds_rest"
    assert refused.value.detail == "发货数量超过待发数量"


def test_wechat_takes_so_many_parcels_of_an_order() -> None:
    full = ParcelBook((MOST_PARCELS - 1,), parcels=MOST_PARCELS - 1)
    last = pack(full, 1, {1: 2}, {1: 1})
    assert last.parcels == MOST_PARCELS
    with pytest.raises(ConflictError) as refused:
        pack(last, 1, {1: 1}, {1: 1})
    assert refused.value.code == "too_many_parcels"
    assert refused.value.detail == "该订单的包裹数已达上限"
