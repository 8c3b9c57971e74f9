import pytest

from tests.proving.cpu import Tape, bare_put, cold_ratio, modules_loaded, python_calls, ratio
from tests.proving.prices import function_cost, store_cost
from tests.proving.world import World
from tests.unit.proving import toy


def test_a_tape_answers_without_the_store_and_notices_new_calls() -> None:
    with World(seed=1, tables=toy.TABLES) as world:
        world.engine.put("toy", toy.stock(5))
        tape = Tape()
        with world.seam.layer(tape, outermost=False):
            assert toy.careful({}, None) == 201
            before = world.snapshot()
            tape.rewind()
            assert toy.careful({}, None) == 201
            with pytest.raises(AssertionError, match="not on the tape"):
                toy.careful({}, None)
        assert world.snapshot() == before


def test_calls_are_counted_exactly() -> None:
    def inner() -> None:
        return None

    def work() -> None:
        inner()
        inner()

    assert python_calls(work) == python_calls(work) == 3


def test_a_ratio_to_itself_is_about_one() -> None:
    put = bare_put()
    assert 0.5 < ratio(put, put, repeats=10, rounds=3) < 2


def test_cold_starts_count_modules() -> None:
    modules, times = cold_ratio("import decimal", "import decimal", environment={}, rounds=1)
    assert modules > 0
    assert times > 0


def test_prices_of_a_checkout_by_hand() -> None:
    # 5 write units at 0.625 and 2 read units at 0.125 dollars a million.
    assert store_cost(5, 2) * 1e6 == pytest.approx(3.375)
    # 0.2 a million requests, and 0.1 s of 0.25 GB: 0.025 x 13.3334 a million.
    assert function_cost(0.1, 256) * 1e6 == pytest.approx(0.2 + 0.333335)


def test_loaded_modules_are_named_in_order() -> None:
    loaded = modules_loaded("import email.message, decimal", environment={})
    assert loaded.index("email") < loaded.index("email.message") < loaded.index("decimal")
