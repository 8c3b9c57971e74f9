"""Setting a flash sale up: of any size that staff may ask for, cut off anywhere, beside others."""

from collections.abc import Iterator, Sequence
from unittest import mock

import pytest

from shop.store.writes import ConditionFailed, Write, together
from shop.usecases import flash_setup
from shop.usecases.flash_setup import SaleTerms, set_up
from tests.integration.flows.mishaps import free_units
from tests.proving.faults import Killed
from tests.proving.invariants import totals
from tests.proving.shop import Shop

SEED = 20261131
MOST_UNITS = 100_000
"""`units` of the staff's request."""
FUNCTION_SECONDS = 28
TRANSACTION_SECONDS = 0.1


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        shop.put_product("p1", [(12_800, MOST_UNITS, None)])
        yield shop


def terms_of(shop: Shop, units: int) -> SaleTerms:
    """A sale that starts in two hours."""
    return SaleTerms("f1", "x", "p1-1", 990, units, 1, shop.now + 7_200, shop.now + 10_800)


def test_the_largest_sale_is_set_up_by_one_request(shop: Shop) -> None:
    began = shop.world.clock.now

    def timed(writes: Sequence[Write]) -> None:
        shop.world.clock.advance(TRANSACTION_SECONDS)
        assert shop.world.clock.now - began <= FUNCTION_SECONDS, "the function's time is over"
        together(writes)

    with mock.patch.object(flash_setup, "together", timed):
        assert set_up(terms_of(shop, MOST_UNITS), "1").open
    assert sum(free_units(shop, "f1").values()) == MOST_UNITS
    assert shop.stock("p1-1") == (0, 0, 0)


def test_a_large_sale_that_was_cut_off_goes_on_where_it_was(shop: Shop) -> None:
    units = 36 * 500
    initial, moves = totals(shop), 0

    def dies_on_the_way(writes: Sequence[Write]) -> None:
        nonlocal moves
        moves += 1
        if moves == 5:
            raise Killed
        together(writes)

    with mock.patch.object(flash_setup, "together", dies_on_the_way), pytest.raises(Killed):
        set_up(terms_of(shop, units), "1")
    moved = MOST_UNITS - shop.stock("p1-1")[0]
    assert 0 < moved < units

    refused = 0

    def counted(writes: Sequence[Write]) -> None:
        nonlocal refused
        try:
            together(writes)
        except ConditionFailed:
            refused += 1
            raise

    with mock.patch.object(flash_setup, "together", counted):
        assert set_up(terms_of(shop, units), "1").open
    # The sale itself, which is there, and the first shards, which tell to look at all of them.
    assert refused == 2
    assert set(free_units(shop, "f1").values()) == {36}
    assert totals(shop) == initial


def test_two_set_ups_of_one_sale_move_its_units_once(shop: Shop) -> None:
    units = 36 * 250
    initial, moves = totals(shop), 0

    def beside_another(writes: Sequence[Write]) -> None:
        nonlocal moves
        moves += 1
        if moves == 3:
            with (
                mock.patch.object(flash_setup, "together", together),
                mock.patch.object(flash_setup, "SHARDS_AT_ONCE", 40),
            ):
                assert set_up(terms_of(shop, units), "1").open
        together(writes)

    with mock.patch.object(flash_setup, "together", beside_another):
        assert set_up(terms_of(shop, units), "1").open
    assert set(free_units(shop, "f1").values()) == {36}
    assert shop.stock("p1-1")[0] == MOST_UNITS - units
    assert totals(shop) == initial
