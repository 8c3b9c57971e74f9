import time

import pytest
from botocore.exceptions import ClientError

from tests.proving.partitions import Partitions
from tests.proving.simulation import Latency, Simulation
from tests.proving.units import Arm
from tests.proving.world import World
from tests.unit.proving import toy

SEED = 3


def test_a_partition_gives_its_units_each_second_and_no_burst() -> None:
    partitions = Partitions(count=1, writes=10)
    one = [Arm("t", "k", "k", writes=1.0)]

    def taken(now: float) -> int:
        count = 0
        while partitions.room(now, one):
            partitions.charge(now, one)
            count += 1
        return count

    assert [taken(0.0), taken(0.9), taken(1.0), taken(60.0)] == [10, 0, 10, 10]
    big = [Arm("t", "k", "k", writes=1.0)]
    assert partitions.room(61.0, big)
    partitions.charge(61.0, [Arm("t", "k", "k", writes=14.0)])
    assert taken(62.0) == 6


def test_one_hot_counter_sells_a_thousand_a_second() -> None:
    # Open arrivals at 1.5 times the limit for 2 s; the SDK's own retries run in virtual time.
    with World(seed=SEED, tables=toy.TABLES, lean=True) as world:
        world.engine.put("toy", toy.stock(100_000))
        simulation = Simulation(world, Partitions(count=4), seed=SEED)
        sold: list[float] = []

        def buy() -> None:
            try:
                if world.invoke(toy.careful, {}, name="buy") == 201:
                    sold.append(world.clock.now - world.clock.start)
            except Exception:  # noqa: BLE001 - given up after the SDK's retries
                return

        for number in range(3_000):
            simulation.start(number / 1_500, buy)
        simulation.run()
        assert simulation.partitions.throttled > 500
        per_second = [sum(int(at) == second for at in sold) for second in range(2)]
        assert all(950 <= count <= 1_030 for count in per_second)
        (item,) = world.engine.items("toy")
        assert int(item["units"]["N"]) == 100_000 - len(sold)
        assert simulation.failures == []


def test_a_run_repeats_for_a_seed() -> None:
    ends = []
    for _ in range(2):
        with World(seed=SEED, tables=toy.TABLES, lean=True) as world:
            world.engine.put("toy", toy.stock(50))
            simulation = Simulation(world, Partitions(count=1, writes=20), seed=SEED)
            for number in range(60):
                simulation.start(number / 100, lambda: toy.careful({}, None))
            ends.append((simulation.run(), simulation.partitions.throttled))
    assert ends[0] == ends[1]


@pytest.mark.parametrize(("window", "rate"), [(0.005, 200), (0.017, 58)])
def test_transactions_on_one_item_are_bounded_by_the_conflict_window(
    window: float, rate: int
) -> None:
    with World(seed=SEED, tables=toy.TABLES, lean=True) as world:
        world.engine.put("toy", toy.stock(100_000))
        simulation = Simulation(
            world, Partitions(), seed=SEED, window=window, latency=Latency(transaction=(0.03, 0.04))
        )
        client = toy.client()
        done: list[float] = []
        refused: set[str] = set()

        def buy() -> None:
            while world.clock.now < world.clock.start + 1:
                try:
                    client.transact_write_items(
                        TransactItems=[
                            {
                                "Update": {
                                    "TableName": "toy",
                                    "Key": {"pk": {"S": "sku"}, "sk": {"S": "stock"}},
                                    "UpdateExpression": "SET units = units - :one",
                                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                                }
                            }
                        ]
                    )
                    done.append(world.clock.now)
                except ClientError as error:
                    refused.add(error.response["CancellationReasons"][0]["Code"])
                time.sleep(0.001)

        for number in range(20):
            simulation.start(number / 1_000, buy)
        simulation.run()
        assert simulation.failures == []
        assert 0.6 * rate <= len(done) <= 1.05 * rate
        assert refused == {"TransactionConflict"}


def test_a_write_meets_a_running_transaction_and_a_read_does_not() -> None:
    with World(seed=SEED, tables=toy.TABLES) as world:
        world.engine.put("toy", toy.stock(5))
        fixed = Latency(single=(0.002, 0.002), transaction=(0.03, 0.03))
        simulation = Simulation(world, Partitions(), seed=SEED, window=0.02, latency=fixed)
        client = toy.client()
        key = {"pk": {"S": "sku"}, "sk": {"S": "stock"}}
        seen = []

        def transaction() -> None:
            client.transact_write_items(
                TransactItems=[{"Put": {"TableName": "toy", "Item": toy.stock(9)}}]
            )

        def write() -> None:
            try:
                client.delete_item(TableName="toy", Key=key)
            except client.exceptions.TransactionConflictException:
                seen.append("conflict")

        def read() -> None:
            item = client.get_item(TableName="toy", Key=key, ConsistentRead=True)["Item"]
            seen.append(item["units"]["N"])

        simulation.start(0.0, transaction)
        simulation.start(0.010, write)
        simulation.start(0.011, read)
        simulation.start(0.050, read)
        simulation.run()
        assert seen == ["conflict", "5", "9"]
