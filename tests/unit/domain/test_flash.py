"""Flash entries: kept exactly, admitted by the allowance, and what a sale looks like."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.domain.flash import (
    MAX_ORDERS,
    UNITS_PER_SHARD,
    Attempt,
    Entry,
    FlashSale,
    SaleStatus,
    admit,
    order_nonce,
    shard_count,
    spread,
)
from shop.domain.freight import Load
from shop.domain.ids import CustomerId

ONE = Attempt(issued_at=1_000, salt=7, quantity=2, here=True, due_after=300)
OTHER = Attempt(issued_at=1_000, salt=8, quantity=1, here=False, due_after=None)
SALE = FlashSale(
    id="f1", title="", sku_id="p1-1", product_id="p1", sku_title="", spec="", image_url="",
    price_fen=990, units=40, shards=2, per_customer=3, starts_at=100, ends_at=200, key_version="a",
    open=True, weight_g=250, volume_cm3=40, freight="t1",
)  # fmt: skip

attempts = st.builds(
    Attempt,
    issued_at=st.integers(0, 2**32 - 1),
    salt=st.integers(0, 2**16 - 1),
    quantity=st.integers(1, 99),
    here=st.booleans(),
    due_after=st.none() | st.integers(0, 2**16 - 2),
)


@given(st.integers(0, 255), st.lists(attempts, max_size=9))
def test_an_entry_is_read_as_it_was_packed(ended: int, live: list[Attempt]) -> None:
    entry = Entry(ended, tuple(live))
    assert Entry.read(entry.packed()) == entry
    assert len(entry.packed()) == 1 + 9 * len(live)


def test_nothing_stored_is_an_empty_entry() -> None:
    assert Entry.read(None) == Entry.read(b"") == Entry()
    assert Entry(900).packed() == Entry(255).packed()
    assert Entry(254).packed() != Entry(255).packed()


def test_a_ticket_is_its_time_and_salt() -> None:
    assert ONE.same_ticket(replace(ONE, quantity=9, here=False, due_after=None))
    assert not ONE.same_ticket(replace(ONE, salt=8))
    assert not ONE.same_ticket(replace(ONE, issued_at=1_001))
    assert (ONE.due, OTHER.due) == (1_300, None)


def test_each_change_touches_its_own_ticket_alone() -> None:
    both = Entry(1, (ONE, OTHER))
    assert Entry(1).adding(ONE).adding(OTHER) == both
    assert both.find(replace(ONE, quantity=5)) == ONE
    assert both.find(replace(ONE, salt=9)) is None
    assert both.ending(ONE) == Entry(2, (OTHER,))
    assert both.forgetting(ONE) == Entry(1, (OTHER,))
    assert both.demoting(ONE) == Entry(1, (replace(ONE, here=False), OTHER))
    assert both.settling(ONE) == Entry(1, (replace(ONE, due_after=None), OTHER))
    assert Entry(1, (OTHER, ONE)).settling(ONE).live == (OTHER, replace(ONE, due_after=None))


def test_a_change_leaves_a_like_attempt_of_another_ticket_as_it_is() -> None:
    like = replace(ONE, salt=9)
    pair = Entry(1, (ONE, like))
    assert pair.demoting(ONE).live[1] == like
    assert pair.settling(ONE).live[1] == like
    assert pair.shrinking(replace(ONE, quantity=1)).live[1] == like


def test_an_attempt_shrinks_and_never_grows() -> None:
    both = Entry(1, (ONE, OTHER))
    assert both.shrinking(replace(ONE, quantity=1)) == Entry(1, (replace(ONE, quantity=1), OTHER))
    assert both.shrinking(replace(ONE, quantity=9)) == both
    assert both.shrinking(replace(ONE, quantity=0)).live[0].quantity == 0


def test_a_customer_is_admitted_up_to_the_allowance() -> None:
    home = Entry(0, (replace(ONE, quantity=2),))
    assert admit(home, OTHER, 3)
    assert not admit(home, OTHER, 2)
    assert admit(Entry(), ONE, 2)
    assert not admit(Entry(), ONE, 1)


@pytest.mark.parametrize("ended", range(MAX_ORDERS + 2))
def test_closed_attempts_count_as_orders(ended: int) -> None:
    new = replace(OTHER, salt=99)
    home = Entry(ended, (OTHER,))
    assert admit(home, new, 99) is (ended + 1 < MAX_ORDERS)


def test_an_orders_number_follows_from_sale_customer_and_salt() -> None:
    assert order_nonce("f1", CustomerId("wang"), 7) == b"flash|f1|wang|7"


@pytest.mark.parametrize(
    ("units", "expected"), [(0, 1), (1, 1), (UNITS_PER_SHARD, 1), (UNITS_PER_SHARD + 1, 2)]
)
def test_a_shard_holds_so_many_units(units: int, expected: int) -> None:
    assert shard_count(units) == expected


def test_units_are_spread_evenly_and_all_of_them() -> None:
    assert spread(7, 3) == [3, 2, 2]
    assert spread(6, 3) == [2, 2, 2]
    assert spread(1, 3) == [1, 0, 0]


@pytest.mark.parametrize(
    ("now", "sold_out", "opened", "expected"),
    [
        (99, False, True, SaleStatus.SCHEDULED),
        (99, True, True, SaleStatus.SCHEDULED),
        (100, False, True, SaleStatus.RUNNING),
        (100, True, True, SaleStatus.SOLD_OUT),
        (150, False, False, SaleStatus.SCHEDULED),
        (199, False, True, SaleStatus.RUNNING),
        (200, False, True, SaleStatus.ENDED),
        (200, True, True, SaleStatus.ENDED),
    ],
)
def test_a_sale_looks_as_its_time_and_stock_say(
    now: int, sold_out: bool, opened: bool, expected: SaleStatus
) -> None:
    assert replace(SALE, open=opened).status(now, sold_out=sold_out) is expected


def test_what_is_to_be_sent_grows_with_the_pieces() -> None:
    assert SALE.load(3) == Load(
        template_id="t1", pieces=3, weight_g=750, volume_cm3=120, amount_fen=2_970
    )
