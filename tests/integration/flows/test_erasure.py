"""An erasure is exact however it is cut off, and whoever signs in meanwhile."""

from collections.abc import Iterator

import pytest

from tests.proving.cases.erasing import closed_order, sign_in_meets_erasure, story, whole_customer
from tests.proving.crash import crash_everywhere
from tests.proving.interleave import every_schedule
from tests.proving.shop import Buyer, Moment, Shop

SEED = 20261122


@pytest.fixture
def stage() -> Iterator[tuple[Shop, Moment, Buyer]]:
    """A customer with something of every kind, and one order that is over."""
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        shop.put_product("p1", [(6_800, 100, None)])
        shop.put_coupon("k-many")
        wang = whole_customer(shop, "wang")
        closed_order(shop, wang, remark="x")
        yield shop, shop.moment(), wang


@pytest.mark.parametrize("repeated", [True, False], ids=["repeated", "swept"])
def test_an_erasure_that_is_killed_anywhere_is_finished(
    stage: tuple[Shop, Moment, Buyer], repeated: bool
) -> None:
    shop, base, wang = stage
    report = crash_everywhere(shop.world, story(shop, base, wang, repeated=repeated))
    print(f"{report.n} calls, {report.runs} runs")
    assert report.failures == []
    assert report.n >= 6
    assert report.runs >= report.n


def test_a_sign_in_during_an_erasure_makes_no_half_customer(
    stage: tuple[Shop, Moment, Buyer],
) -> None:
    shop, base, wang = stage
    found = every_schedule(shop.world, sign_in_meets_erasure(shop, base, wang))
    print(f"{found.schedules} schedules, {found.calls} calls")
    assert found.violations == []
    assert found.complete
    assert found.schedules > 10
