from typing import Any

from tests.proving.partitions import Partitions
from tests.proving.shop import Shop
from tests.proving.simulation import Simulation
from tests.proving.throttle import Throttle, reserving

HEALTH = "GET /v1/health"


def ask(throttle: Throttle, at: list[float]) -> list[int]:
    """Statuses of health asked for at these seconds."""
    told: list[int] = []
    with Shop(seed=1) as shop:
        simulation = Simulation(shop.world, Partitions(), seed=1)
        for moment in at:
            simulation.start(moment, lambda: told.append(shop.call("meta", HEALTH).status))
        with throttle.installed(shop, simulation):
            simulation.run()
        assert not simulation.failures
    return told


def throttle(**limits: Any) -> Throttle:
    return Throttle(**{"rate": 10.0, "burst": 2.0, "reserved": {}, "shared": 100, **limits})


def test_beyond_the_bucket_the_gateway_answers_429() -> None:
    assert sorted(ask(throttle(), [0.0, 0.0, 0.0])) == [200, 200, 429]


def test_the_bucket_fills_with_time() -> None:
    assert ask(throttle(), [0.0, 0.0, 0.11]) == [200, 200, 200]


def test_without_a_free_instance_it_answers_503() -> None:
    assert sorted(ask(throttle(reserved={"meta": 1}), [0.0, 0.0])) == [200, 503]
    assert ask(throttle(reserved={"meta": 1}), [0.0, 0.05]) == [200, 200]


def test_reserved_instances_are_not_shared() -> None:
    assert ask(throttle(shared=0, reserved={"meta": 1}), [0.0]) == [200]
    assert ask(throttle(shared=0, reserved={"pay_notify": 1}), [0.0]) == [503]


def test_the_numbers_are_the_templates() -> None:
    found = Throttle.of(reserving())
    assert (found.rate, found.burst) == (2000, 2000)
    assert found.reserved["flash_sale"] == 50
    assert found.reserved["pay_notify"] == 20
    assert found.shared == 1000 - sum(found.reserved.values())
