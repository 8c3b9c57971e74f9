from typing import Any

import boto3
import botocore.session
import pytest
import requests
from botocore.exceptions import ReadTimeoutError

from tests.proving.faults import Kind
from tests.proving.providers import UnknownHost
from tests.proving.world import World
from tests.unit.proving import toy


def world(**more: object) -> World:
    return World(seed=1, tables=toy.TABLES, **more)  # type: ignore[arg-type]


class Echo:
    def handle(
        self, method: str, path_with_query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        return 200, {"X-Seen": path_with_query}, method.encode() + b" " + body


def test_pynamodb_and_a_plain_client_reach_the_same_store() -> None:
    with world() as run:
        toy.Stock(pk="sku", sk="stock", units=5).save()
        found = toy.client().get_item(
            TableName="toy", Key={"pk": {"S": "sku"}, "sk": {"S": "stock"}}
        )
        assert found["Item"]["units"] == {"N": "5"}
        assert run.ledger.calls == {"store PutItem": 1, "store GetItem": 1}


def test_without_an_open_seam_a_client_is_left_alone() -> None:
    from moto import mock_aws

    with mock_aws():
        assert boto3.client("dynamodb", region_name="us-east-1").list_tables()["TableNames"] == []


def test_secrets_come_from_the_same_seam() -> None:
    with world(secrets={"shop/token-keys": {"current": "k1"}}) as run:
        client: Any = botocore.session.get_session().create_client("secretsmanager")
        answer = client.get_secret_value(SecretId="shop/token-keys")
        assert answer["SecretString"] == '{"current": "k1"}'
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_secret_value(SecretId="other")
        assert run.ledger.calls == {"secret GetSecretValue": 2}


def test_http_is_answered_in_process_and_an_unknown_host_ends_the_run() -> None:
    with world(emulators={"api.example:8443": Echo()}):
        answer = requests.post("https://api.example:8443/a/b?c=d", data=b"hi", timeout=5)
        assert (answer.text, answer.headers["X-Seen"]) == ("POST hi", "/a/b?c=d")
        with pytest.raises(UnknownHost):
            requests.get("https://elsewhere.example/", timeout=5)


def test_an_unknown_table_is_an_error_of_the_store() -> None:
    with world():
        client = toy.client()
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_item(TableName="other", Key={"pk": {"S": "a"}})


def test_snapshots_tell_every_difference_and_restore_takes_it_back() -> None:
    with world() as run:
        run.engine.put("toy", toy.stock(5))
        before = run.snapshot()
        assert toy.careful({}, None) == 201
        after = run.snapshot()
        assert before != after
        assert len(before.differences(after)) == 1
        assert '"N": "5"' in before.differences(after)[0]
        run.restore(before)
        assert run.snapshot() == before
        assert toy.Stock.get("sku", "stock").units == 5


def test_a_new_world_begins_empty_at_the_same_moment() -> None:
    for _ in range(2):
        with world() as run:
            assert list(run.engine.items("toy")) == []
            run.engine.put("toy", toy.stock(1))
            assert run.clock.now == run.clock.start
            run.clock.advance(5)


def test_chance_repeats_for_a_seed() -> None:
    import secrets
    import uuid

    drawn = []
    for _ in range(2):
        with world():
            drawn.append((uuid.uuid4(), secrets.token_hex(8)))
    assert drawn[0] == drawn[1]


def test_a_lost_answer_is_sent_again_by_the_sdk_in_virtual_time() -> None:
    with world() as run:
        run.engine.put("toy", toy.stock(5))
        run.faults.at({1: Kind.LOST})
        toy.Stock(pk="sku", sk="stock").update(actions=[toy.Stock.units.set(toy.Stock.units - 1)])
        assert toy.Stock.get("sku", "stock").units == 3
        assert run.ledger.calls["store UpdateItem"] == 2


def test_an_sdk_that_gives_up_raises_the_timeout() -> None:
    with world() as run:
        run.faults.when(lambda *_: Kind.LOST)
        with pytest.raises(ReadTimeoutError):
            toy.client().list_tables()
        assert run.clock.now > run.clock.start
