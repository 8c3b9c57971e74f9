"""After a rotation everything is sealed anew, exactly, and the old key can be thrown away."""

from collections.abc import Iterator

import pytest

from tests.proving.cases.sealing import (
    ADDRESSES,
    SEALING_PAIRS,
    SEALING_STEPS,
    Keeper,
    retire,
    rotate,
    somebody,
    versions,
)
from tests.proving.cases.stage import encounter, furnish
from tests.proving.cases.steps import story
from tests.proving.crash import crash_everywhere
from tests.proving.faults import KILLS, Kind
from tests.proving.interleave import every_schedule
from tests.proving.shop import ADDRESS, Shop

SEED = 20261122


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        shop.pump()
        yield shop


def test_a_retired_key_is_missed_by_nobody(shop: Shop) -> None:
    wang, number = somebody(shop)
    assert set(versions(shop)) == {"1"}
    keeper = Keeper(shop)
    keeper.run()
    assert set(versions(shop)) == {"2"}
    assert keeper.resealed == len(versions(shop))
    retire(shop)
    back = shop.sign_in("wang")
    assert back.customer_id == wang.customer_id
    assert shop.call("account", "GET /v1/me", back).body["phone_masked"] == "138****8000"
    assert shop.call("account", ADDRESSES, back).body["items"][0]["detail"] == ADDRESS[-1]
    assert shop.show(back, number).body["address"]["province"] == ADDRESS[2]


def test_without_it_the_old_key_would_be_missed(shop: Shop) -> None:
    wang, _ = somebody(shop)
    retire(shop)
    assert shop.sign_in("wang").customer_id != wang.customer_id
    keeper = Keeper(shop)
    keeper.run()
    unreadable = sum(one.unreadable for one in keeper.runs)
    assert (keeper.resealed, unreadable) == (0, versions(shop).count("1"))
    assert unreadable > 0


def test_a_second_run_writes_nothing_and_changes_no_order(shop: Shop) -> None:
    somebody(shop)
    Keeper(shop).run()
    shop.pump()
    before = shop.world.snapshot()
    again = Keeper(shop, rows=1)
    again.run()
    assert again.resealed == 0
    assert shop.world.snapshot() == before
    assert sum(one.looked_at for one in again.runs) == len(list(before.tables["yunpu"]))


def test_before_a_rotation_there_is_nothing_to_do(shop: Shop) -> None:
    somebody(shop)
    rotate(shop)
    Keeper(shop).run()
    assert set(versions(shop)) == {"2"}


@pytest.mark.parametrize("name", SEALING_PAIRS)
def test_no_schedule_loses_a_change(shop: Shop, name: str) -> None:
    found = every_schedule(
        shop.world, encounter(shop, shop.moment(), name, SEALING_PAIRS[name]), limit=120
    )
    print(f"{found.schedules} schedules, {found.calls} calls")
    assert found.violations == []
    assert found.schedules > 5


def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(shop: Shop) -> None:
    tale = story(shop, shop.moment(), "resealing", SEALING_STEPS["resealing"])
    report = crash_everywhere(shop.world, tale, kinds=(*KILLS, Kind.LOST))
    print(f"{report.n} calls, {report.runs} runs")
    assert report.failures == []
    assert report.n >= 9
