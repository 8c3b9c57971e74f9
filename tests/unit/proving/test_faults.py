import random
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.proving.crash import Story, crash_everywhere, crash_in_pairs
from tests.proving.faults import HTTP_KINDS, Killed, Kind
from tests.proving.world import World
from tests.unit.proving import toy

SEED = 7


class Till:
    """A provider that counts what reached it."""

    def __init__(self) -> None:
        self.reached = 0

    def handle(
        self, method: str, path_with_query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        self.reached += 1
        return 200, {"Content-Type": "application/json"}, b'{"code":"SUCCESS"}'


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def run(till: Till) -> Iterator[World]:
    with World(seed=SEED, tables=toy.TABLES, emulators={"pay.example": till}) as world:
        world.engine.put("toy", toy.stock(5))
        yield world


def units(world: World) -> int:
    (item,) = world.engine.items("toy")
    return int(item["units"]["N"])


def test_kills_pass_every_except_and_leave_or_lack_the_effect(run: World) -> None:
    for kind, left in ((Kind.KILLED_BEFORE, 5), (Kind.KILLED_AFTER, 4)):
        run.faults.at({1: kind})
        with pytest.raises(Killed):
            toy.careful({}, None)
        assert units(run) == left


def test_an_unsent_write_is_sent_once_by_the_sdk(run: World) -> None:
    run.faults.at({1: Kind.UNSENT})
    assert toy.careful({}, None) == 201
    assert units(run) == 4
    assert run.faults.fired == [(1, Kind.UNSENT)]


def test_throttling_is_retried_by_the_sdk_and_conflicts_are_not(run: World) -> None:
    run.faults.at({1: Kind.THROTTLED})
    assert toy.careful({}, None) == 201
    run.faults.at({1: Kind.CONFLICT})
    client = toy.client()
    with pytest.raises(client.exceptions.TransactionConflictException):
        client.put_item(TableName="toy", Item=toy.stock(1))
    run.faults.at({1: Kind.CONFLICT})
    with pytest.raises(ClientError) as caught:
        client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "toy", "Item": toy.stock(1)}}]
        )
    assert caught.value.response["CancellationReasons"] == [{"Code": "TransactionConflict"}]
    assert units(run) == 4


def test_a_partial_batch_returns_the_rest(run: World) -> None:
    client = toy.client()
    puts = [
        {"PutRequest": {"Item": {"pk": {"S": "a"}, "sk": {"S": str(number)}}}}
        for number in range(4)
    ]
    run.faults.at({1: Kind.PARTIAL, 2: Kind.PARTIAL})
    written = client.batch_write_item(RequestItems={"toy": puts})
    assert written["UnprocessedItems"] == {"toy": puts[2:]}
    keys = [put["PutRequest"]["Item"] for put in puts[:2]]
    read = client.batch_get_item(RequestItems={"toy": {"Keys": keys}})
    assert read["Responses"]["toy"] == keys[:1]
    assert read["UnprocessedKeys"]["toy"]["Keys"] == keys[1:]


@pytest.mark.parametrize(
    ("kind", "raised", "reached"),
    [
        (Kind.UNSENT, requests.ConnectTimeout, 0),
        (Kind.LOST, requests.ReadTimeout, 1),
        (Kind.RESET, requests.ConnectionError, 1),
        (Kind.SLOW, requests.ReadTimeout, 1),
    ],
)
def test_http_failures_are_those_of_requests(
    run: World, till: Till, kind: Kind, raised: type[Exception], reached: int
) -> None:
    run.faults.at({1: kind})
    with pytest.raises(raised):
        requests.post("https://pay.example/v3/pay", timeout=(1, 3))
    assert till.reached == reached


def test_http_answers_that_are_of_no_use(run: World) -> None:
    run.faults.at({1: Kind.TOO_MANY, 2: Kind.BROKEN, 3: Kind.GARBAGE})
    answers = [requests.get("https://pay.example/", timeout=3) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 502, 200]
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answers[2].json()


def test_a_slow_answer_takes_virtual_time(run: World) -> None:
    run.faults.slow_seconds = 2.5
    run.faults.at({1: Kind.SLOW})
    assert requests.get("https://pay.example/", timeout=3).status_code == 200
    assert run.clock.now == run.clock.start + 2.5


def test_a_random_plan_repeats_for_a_seed_and_replays_from_what_fired(run: World) -> None:
    start = run.snapshot()

    def play() -> list[str]:
        seen = []
        for _ in range(30):
            try:
                seen.append(str(toy.careful({}, None)))
            except (Killed, Exception) as error:  # noqa: BLE001
                seen.append(type(error).__name__)
        return seen

    outcomes, plans = [], []
    for _ in range(2):
        run.restore(start)
        run.faults.randomly(SEED, 0.4, (Kind.KILLED_AFTER, Kind.LOST, Kind.THROTTLED))
        outcomes.append(play())
        plans.append(list(run.faults.fired))
    run.restore(start)
    run.faults.at(dict(plans[0]))
    assert outcomes[0] == outcomes[1] == play()
    assert plans[0] == plans[1]
    assert len(plans[0]) > 5


def story(world: World, start: Any, step: Any, sold: list[int]) -> Story:
    """One purchase of a client who repeats it until it is told how it ended."""

    def prepare() -> None:
        world.restore(start)
        sold.clear()

    def attempt() -> None:
        if not sold:
            sold.append(step())

    def check() -> list[str]:
        took = 5 - units(world)
        return [] if took == 1 else [f"one purchase took {took} units"]

    return Story("purchase", prepare, attempt, attempt, check)


def keyed(world: World) -> int:
    """Takes a unit together with a record of who took it, so that a repetition takes nothing."""
    client = toy.client()
    try:
        client.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": "toy",
                        "Key": {"pk": {"S": "sku"}, "sk": {"S": "stock"}},
                        "UpdateExpression": "SET units = units - :one, taker = :taker",
                        "ConditionExpression": "attribute_not_exists(taker)",
                        "ExpressionAttributeValues": {":one": {"N": "1"}, ":taker": {"S": "me"}},
                    }
                }
            ]
        )
    except ClientError:
        return 200
    return 201


def test_the_driver_finds_the_purchase_that_counts_twice(run: World) -> None:
    report = crash_everywhere(run, story(run, run.snapshot(), lambda: toy.careful({}, None), []))
    assert (report.n, report.runs) == (1, 2)
    assert report.failures == ["purchase, call 1 killed after: one purchase took 2 units"]


def test_the_driver_passes_the_purchase_that_is_keyed(run: World) -> None:
    tale = story(run, run.snapshot(), lambda: keyed(run), [])
    single = crash_everywhere(run, tale, kinds=(Kind.KILLED_BEFORE, Kind.KILLED_AFTER, Kind.LOST))
    pairs = crash_in_pairs(run, tale)
    assert (single.n, single.runs, single.failures) == (1, 3, [])
    assert (pairs.runs, pairs.failures) == (6, [])


def test_http_kinds_are_all_possible_for_http() -> None:
    assert len(set(HTTP_KINDS)) == len(HTTP_KINDS)
    assert random.Random(SEED).choice(HTTP_KINDS) in Kind
