"""A SKU's stock: what is taken, given back, added and counted, and what is refused."""

from collections.abc import Callable

import pytest

from shop.errors import UnavailableError
from shop.store import stock
from shop.store.stock import SkuRow
from shop.store.table import Entity, sku_key
from shop.store.writes import ConditionFailed, Write, apply, put
from tests.unit.table import Table

FIRST, LAST, VERSION = 1_000, 2_000, 7
SKU, WHO = "p1-1", "wang"


def shelve(available: int = 5, taken: int = 0, sku: str = SKU) -> None:
    apply(
        put(
            SkuRow(
                *sku_key(sku), available=available, taken=taken, in_total=available + taken,
                sale_first=FIRST, sale_last=LAST, price_fen=100, list_price_fen=100,
                price_version=VERSION, title="茶", spec="1", image_url="", categories="",
            )
        )
    )  # fmt: skip


def counts(sku: str = SKU) -> tuple[int, int, int]:
    (row,) = stock.some([sku])
    return int(row.available), int(row.taken), int(row.in_total)


def refused(write: Write) -> bool:
    before = counts()
    try:
        apply(write)
    except ConditionFailed:
        assert counts() == before
        return True
    return False


def test_pieces_are_taken_down_to_the_last_and_no_further() -> None:
    shelve(5)
    apply(stock.take(SKU, 3, VERSION, FIRST))
    assert counts() == (2, 3, 5)
    assert refused(stock.take(SKU, 3, VERSION, FIRST))
    apply(stock.take(SKU, 2, VERSION, FIRST))
    assert counts() == (0, 5, 5)


@pytest.mark.parametrize(
    ("version", "now", "good"),
    [
        (VERSION, FIRST, True),
        (VERSION, LAST, True),
        (VERSION, FIRST - 1, False),
        (VERSION, LAST + 1, False),
        (VERSION - 1, FIRST, False),
        (VERSION + 1, FIRST, False),
    ],
)
def test_a_line_is_taken_at_its_price_and_while_it_is_on_sale(
    version: int, now: int, good: bool
) -> None:
    shelve()
    assert refused(stock.take(SKU, 1, version, now)) is not good


def test_a_row_says_when_it_is_on_sale() -> None:
    shelve()
    (row,) = stock.some([SKU])
    seconds = (FIRST - 1, FIRST, LAST, LAST + 1)
    assert [row.on_sale_at(now) for now in seconds] == [False, True, True, False]


def test_an_order_paid_late_needs_only_the_pieces() -> None:
    shelve(2)
    apply(stock.retake(SKU, 2))
    assert counts() == (0, 2, 2)
    assert refused(stock.retake(SKU, 1))


def test_no_more_comes_back_than_was_taken() -> None:
    shelve(1, taken=4)
    assert refused(stock.give_back(SKU, 5))
    apply(stock.give_back(SKU, 4))
    assert counts() == (5, 0, 5)


@pytest.mark.parametrize(
    "write",
    [
        lambda: stock.take(SKU, 1, VERSION, FIRST),
        lambda: stock.retake(SKU, 1),
        lambda: stock.give_back(SKU, 1),
        lambda: stock.change_total(SKU, 0),
        lambda: stock.change_total(SKU, 3),
        lambda: stock.change_total(SKU, -3),
        lambda: stock.change_total(SKU, 3, was=0),
    ],
)
def test_what_is_not_there_is_not_made_by_a_change(
    write: Callable[[], Write], table: Table
) -> None:
    with pytest.raises(ConditionFailed) as failure:
        apply(write())
    assert failure.value.old == {}
    assert table.rows() == []


def test_staff_add_pieces_and_remove_only_those_that_nobody_holds() -> None:
    shelve(3, taken=2)
    apply(stock.change_total(SKU, 4))
    assert counts() == (7, 2, 9)
    assert refused(stock.change_total(SKU, -8))
    apply(stock.change_total(SKU, -7))
    assert counts() == (0, 2, 2)
    apply(stock.change_total(SKU, 0))
    assert counts() == (0, 2, 2)


@pytest.mark.parametrize("delta", [1, -1])
def test_a_total_is_changed_only_if_it_is_what_was_counted(delta: int) -> None:
    shelve(3, taken=2)
    assert refused(stock.change_total(SKU, delta, was=4))
    apply(stock.change_total(SKU, delta, was=5))
    assert counts() == (3 + delta, 2, 5 + delta)
    assert refused(stock.change_total(SKU, -9, was=5 + delta))


def test_an_adjustment_is_recorded_once(table: Table) -> None:
    apply(stock.record_adjustment(SKU, "k", -2, "盘亏", "li", 99))
    (row,) = table.rows()
    assert (row["d"], row["r"], row["by"], row["at"]) == (
        {"N": "-2"}, {"S": "盘亏"}, {"S": "li"}, {"N": "99"},
    )  # fmt: skip
    with pytest.raises(ConditionFailed) as failure:
        apply(stock.record_adjustment(SKU, "k", 5, "x", "wang", 100))
    assert failure.value.old["d"] == {"N": "-2"}
    assert table.rows() == [row]
    apply(stock.record_adjustment(SKU, "k2", 5, "x", "wang", 100))
    assert len(table.rows()) == 2


def test_a_limit_counts_up_to_itself_per_customer_and_sku() -> None:
    apply(stock.count_limit(WHO, SKU, 2, 3))
    with pytest.raises(ConditionFailed):
        apply(stock.count_limit(WHO, SKU, 2, 3))
    apply(stock.count_limit(WHO, SKU, 1, 3))
    with pytest.raises(ConditionFailed):
        apply(stock.count_limit(WHO, SKU, 1, 3))
    apply(stock.count_limit("li", SKU, 3, 3))
    apply(stock.count_limit(WHO, "p1-2", 1, 3))
    assert stock.bought(WHO, [SKU, "p1-2", "p1-3"]) == {SKU: 3, "p1-2": 1}
    assert stock.bought("li", [SKU, "p1-2"]) == {SKU: 3}


def test_a_closed_order_leaves_the_limit_as_it_found_it() -> None:
    apply(stock.count_limit(WHO, SKU, 3, 3))
    with pytest.raises(ConditionFailed):
        apply(stock.uncount_limit(WHO, SKU, 4))
    apply(stock.uncount_limit(WHO, SKU, 2))
    assert stock.bought(WHO, [SKU]) == {SKU: 1}
    apply(stock.uncount_limit(WHO, SKU, 1))
    assert stock.bought(WHO, [SKU]) == {SKU: 0}
    with pytest.raises(ConditionFailed):
        apply(stock.uncount_limit("li", SKU, 1))


def test_all_skus_are_read_as_they_are_now_while_there_is_time(table: Table) -> None:
    shelve(sku="p1-1")
    shelve(sku="p2-9")
    apply(stock.record_adjustment("p2-9", "k", 1, "x", "li", 1))
    # A customer's coupon claims are sorted under the same letter.
    apply(put(Entity("C#wang", "K#k1#1")))
    apply(stock.count_limit(WHO, SKU, 1, 3))
    with table.reads() as made:
        assert sorted(row.sku_id for row in stock.every()) == ["p1-1", "p2-9"]
    assert made == [True]

    def no_time() -> bool:
        return False

    with pytest.raises(UnavailableError):
        stock.every(may_go_on=no_time)


def test_some_skus_are_read_as_they_are_now(table: Table) -> None:
    shelve(sku="p1-1")
    with table.reads() as made:
        assert [row.sku_id for row in stock.some(["p1-1", "p1-2"])] == ["p1-1"]
    assert made == [True]


def test_an_adjustment_is_known_by_its_sku_and_key(table: Table) -> None:
    with table.reads() as are_current:
        assert stock.adjusted(SKU, "k1") is None
    assert are_current == [True]
    apply(stock.record_adjustment(SKU, "k1", -3, "盘点", "owner", FIRST))
    assert stock.adjusted(SKU, "k1") == -3
    assert stock.adjusted(SKU, "k2") is None
    assert stock.adjusted("p1-2", "k1") is None
    with pytest.raises(ConditionFailed) as again:
        apply(stock.record_adjustment(SKU, "k1", 5, "盘点", "owner", FIRST))
    old = again.value.failed[0]
    assert old is not None
    assert stock.adjusted_by(old) == -3
