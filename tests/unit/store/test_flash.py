"""A sale's terms and its shards: units and entries change together, by exact compare."""

from dataclasses import replace

import pytest

from shop.domain.flash import Attempt, Entry, FlashSale
from shop.store import flash
from shop.store.flash import ShardRow
from shop.store.table import order_key, shard_key
from shop.store.writes import ConditionFailed, Write, apply
from tests.unit.table import Table

SALE = FlashSale(
    id="f1", title="秒杀", sku_id="p1-2", product_id="p1", sku_title="云雾", spec="大",
    image_url="https://img.example.com/1.jpg", price_fen=990, units=40, shards=3, per_customer=2,
    starts_at=1_000, ends_at=2_000, key_version="a", open=False, weight_g=250, volume_cm3=9,
    freight="t1",
)  # fmt: skip
ONE = Attempt(issued_at=1_500, salt=3, quantity=2, here=True, due_after=300)
OTHER = replace(ONE, salt=4, quantity=1)


def shard(number: int = 0) -> ShardRow:
    row = flash.shard("f1", number)
    assert row is not None
    return row


def refused(write: Write) -> bool:
    before = shard().serialize()
    try:
        apply(write)
    except ConditionFailed:
        assert shard().serialize() == before
        return True
    return False


def test_a_sale_is_read_as_it_was_set_up_and_opened_once_filled() -> None:
    apply(flash.create(SALE))
    assert flash.sale("f1") == SALE
    with pytest.raises(ConditionFailed):
        apply(flash.create(replace(SALE, price_fen=1)))
    apply(flash.open_sale("f1"))
    assert flash.sale("f1") == replace(SALE, open=True)
    assert flash.sale("f2") is None


def test_a_sale_without_load_has_none() -> None:
    light = replace(SALE, weight_g=0, volume_cm3=0, freight="")
    apply(flash.create(light))
    assert flash.sale("f1") == light


def test_a_sale_that_is_not_there_is_not_opened(table: Table) -> None:
    with pytest.raises(ConditionFailed):
        apply(flash.open_sale("f1"))
    assert table.rows() == []


def test_all_listed_sales_are_found() -> None:
    assert flash.all_sales() == []
    for one in ("f1", "f2"):
        apply(flash.create(replace(SALE, id=one)))
        flash.enlist(one, 2_000)
    flash.enlist("f1", 2_000)
    assert sorted(sale.id for sale in flash.all_sales()) == ["f1", "f2"]


def test_sales_are_picked_by_id_and_end_before_they_are_read() -> None:
    for one, end in (("f1", 2_000), ("f2", 3_000)):
        apply(flash.create(replace(SALE, id=one)))
        flash.enlist(one, end)
    later = flash.all_sales(lambda _, end: end > 2_000)
    assert [sale.id for sale in later] == ["f2"]
    assert [sale.id for sale in flash.all_sales(lambda sale_id, _: sale_id == "f1")] == ["f1"]
    assert [sale.id for sale in flash.sales(["f2", "none"])] == ["f2"]


def test_an_id_is_taken_once_a_sale_has_it(table: Table) -> None:
    with table.reads() as are_current:
        assert not flash.is_created("f1")
    assert are_current == [True]
    apply(flash.create(replace(SALE, id="f1")))
    assert flash.is_created("f1")
    assert not flash.is_created("f2")


def test_shards_of_several_sales_are_read_together() -> None:
    for sale in ("f1", "f2"):
        apply(flash.fill(sale, 3, 5))
    keys = [shard_key(sale, 3) for sale in ("f1", "f2", "f3")]
    assert sorted(row.sale_id for row in flash.shard_rows(keys)) == ["f1", "f2"]
    assert [flash.is_shard(key) for key in (*keys, order_key("wang", "o1"))] == [True] * 3 + [False]


def test_a_shard_is_filled_once() -> None:
    apply(flash.fill("f1", 0, 5))
    assert (int(shard().free), int(shard().total), shard().number) == (5, 5, 0)
    apply(flash.change("f1", 0, "wang", None, Entry((0), (ONE,)), units=2))
    assert refused(flash.fill("f1", 0, 9))


def test_units_are_taken_with_their_entry_down_to_the_last() -> None:
    apply(flash.fill("f1", 0, 3))
    mine = Entry().adding(ONE)
    apply(flash.change("f1", 0, "wang", None, mine, units=2))
    assert (int(shard().free), shard().entry("wang")) == (1, mine)
    assert shard().entry("li") == Entry()
    assert refused(flash.change("f1", 0, "li", None, mine, units=2))
    apply(flash.change("f1", 0, "li", None, Entry().adding(OTHER), units=1))
    assert int(shard().free) == 0
    assert sorted(shard().customers()) == ["li", "wang"]


def test_an_entry_changes_only_from_what_it_was_read_as() -> None:
    apply(flash.fill("f1", 0, 5))
    first, second = Entry().adding(ONE), Entry().adding(ONE).adding(OTHER)
    apply(flash.change("f1", 0, "wang", None, first, units=2))
    assert refused(flash.change("f1", 0, "wang", None, second, units=1))
    assert refused(flash.change("f1", 0, "wang", second.packed(), first, units=0))
    apply(flash.change("f1", 0, "wang", shard().packed("wang"), second, units=1))
    assert (int(shard().free), shard().entry("wang")) == (2, second)


def test_units_return_with_the_entry_that_ends() -> None:
    apply(flash.fill("f1", 0, 2))
    held = Entry().adding(ONE)
    apply(flash.change("f1", 0, "wang", None, held, units=2))
    apply(flash.change("f1", 0, "wang", held.packed(), held.ending(ONE), units=-2))
    assert (int(shard().free), shard().entry("wang")) == (2, Entry(1))
    apply(flash.change("f1", 0, "wang", Entry(1).packed(), None, units=0))
    assert (int(shard().free), list(shard().customers())) == (2, [])


def test_a_change_without_units_takes_none() -> None:
    apply(flash.fill("f1", 0, 0))
    apply(flash.change("f1", 0, "wang", None, Entry().adding(ONE), units=0))
    assert int(shard().free) == 0


def test_no_change_makes_a_shard(table: Table) -> None:
    entry = Entry().adding(ONE)
    for write in (
        flash.change("f1", 0, "wang", None, entry, units=1),
        flash.change("f1", 0, "wang", None, entry, units=0),
        flash.change("f1", 0, "wang", None, entry, units=-1),
        flash.drain("f1", 0, 0),
    ):
        with pytest.raises(ConditionFailed):
            apply(write)
    assert table.rows() == []


def test_only_free_units_leave_an_ended_sale() -> None:
    apply(flash.fill("f1", 0, 5))
    apply(flash.change("f1", 0, "wang", None, Entry().adding(ONE), units=2))
    assert refused(flash.drain("f1", 0, 4))
    apply(flash.drain("f1", 0, 3))
    assert (int(shard().free), int(shard().total)) == (0, 2)


def test_shards_are_found_by_number(table: Table) -> None:
    for number in range(3):
        apply(flash.fill("f1", number, 10 + number))
    with table.reads() as plain:
        found = flash.shards("f1", 4)
    with table.reads() as consistent:
        now = flash.shards("f1", 2, consistent=True)
    assert {number: int(row.free) for number, row in found.items()} == {0: 10, 1: 11, 2: 12}
    assert list(now) == [0, 1]
    assert (plain, consistent) == ([False], [True])


def test_one_shard_is_read_as_it_is_now(table: Table) -> None:
    apply(flash.fill("f1", 7, 1))
    with table.reads() as made:
        assert shard(7).number == 7
        assert flash.shard("f1", 8) is None
    assert made == [True, True]


def test_many_shards_are_read_a_hundred_at_a_time() -> None:
    for number in range(205):
        apply(flash.fill("f1", number, number))
    found = flash.shards_at_once("f1", 203)
    assert {number: int(row.free) for number, row in found.items()} == {
        number: number for number in range(203)
    }


def test_units_may_be_brought_from_the_sku_with_the_entry_that_takes_them() -> None:
    apply(flash.fill("f1", 0, 1))
    both = Entry().adding(ONE).adding(OTHER)
    assert refused(flash.change("f1", 0, "wang", None, both, units=3, brought=1))
    apply(flash.change("f1", 0, "wang", None, both, units=3, brought=2))
    assert (int(shard().free), int(shard().total)) == (0, 3)
    more = both.adding(replace(OTHER, salt=5))
    apply(flash.change("f1", 0, "wang", both.packed(), more, units=1, brought=1))
    assert (int(shard().free), int(shard().total), shard().entry("wang")) == (0, 4, more)
