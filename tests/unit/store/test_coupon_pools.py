"""Coupon pools: one is given while some are left, under an entry that changes by exact compare."""

import pytest

from shop.domain.coupon_pool import Attempt, Entry
from shop.store import coupon_pools, reads
from shop.store.writes import ConditionFailed, apply
from tests.unit.table import Table

ONE = Attempt(b"m" * 6, at=9, ordinal=1, here=True, pool=2)
MINE = Entry().adding(ONE)


def given(number: int = 2) -> int:
    row = coupon_pools.pool("k1", number)
    return int(row.given) if row else -1


def test_a_pool_gives_its_share_and_no_more() -> None:
    assert given() == -1
    for who in ("wang", "li"):
        apply(coupon_pools.give("k1", 2, who, None, MINE, share=2))
    assert given() == 2
    with pytest.raises(ConditionFailed):
        apply(coupon_pools.give("k1", 2, "zhao", None, MINE, share=2))
    row = coupon_pools.pool("k1", 2)
    assert row is not None
    assert (row.number, coupon_pools.coupon_of(row)) == (2, "k1")
    assert (row.entry("wang"), row.entry("zhao")) == (MINE, Entry())
    apply(coupon_pools.give("k1", 2, "zhao", None, MINE, share=3))
    assert given() == 3


def test_a_pool_without_a_share_gives_nothing_from_the_start(table: Table) -> None:
    with pytest.raises(ConditionFailed):
        apply(coupon_pools.give("k1", 2, "wang", None, MINE, share=0))
    assert table.rows() == []


def test_an_entry_changes_only_from_what_it_was_read_as() -> None:
    apply(coupon_pools.give("k1", 2, "wang", None, MINE, share=9))
    with pytest.raises(ConditionFailed):
        apply(coupon_pools.give("k1", 2, "wang", None, MINE, share=9))
    with pytest.raises(ConditionFailed):
        apply(coupon_pools.note("k1", 2, "wang", None, MINE))
    with pytest.raises(ConditionFailed):
        apply(coupon_pools.note("k1", 2, "wang", b"other", MINE))
    more = MINE.adding(Attempt(b"n" * 6, at=10, ordinal=2, here=False, pool=5))
    apply(coupon_pools.note("k1", 2, "wang", MINE.packed(), more))
    row = coupon_pools.pool("k1", 2)
    assert row is not None
    assert (int(row.given), row.entry("wang")) == (1, more)
    again = more.adding(ONE)
    apply(coupon_pools.give("k1", 2, "wang", more.packed(), again, share=2))
    assert given() == 2


def test_a_note_gives_nothing_out() -> None:
    apply(coupon_pools.note("k1", 2, "wang", None, MINE))
    assert given() == 0
    apply(coupon_pools.give("k1", 2, "li", None, MINE, share=1))
    assert given() == 1


def test_a_pool_is_read_as_it_is_now_and_many_as_they_were(table: Table) -> None:
    for number in (2, 4):
        apply(coupon_pools.note("k1", number, "wang", None, MINE))
    with table.reads() as one:
        given()
    with table.reads() as many:
        assert sorted(coupon_pools.pools("k1", [2, 3, 4])) == [2, 4]
    assert (one, many) == ([True], [False])


def test_entries_of_a_stored_pool_are_told_from_its_own_attributes(table: Table) -> None:
    apply(coupon_pools.give("k1", 2, "wang", None, MINE, share=1))
    (raw,) = table.rows()
    raw = reads.decoded(dict(raw))
    assert coupon_pools.entries_of(raw) == {"wang": MINE.packed()}
    assert coupon_pools.entries_of({}) == {}
    row = coupon_pools.of_raw(raw)
    assert (int(row.given), row.entry("wang")) == (1, MINE)
