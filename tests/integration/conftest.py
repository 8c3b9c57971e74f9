"""The store of contract tests: moto, one thread, the real table's keys."""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

os.environ["AWS_ACCESS_KEY_ID"] = "test"
os.environ["AWS_SECRET_ACCESS_KEY"] = "test"
os.environ["AWS_REGION"] = "us-east-1"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ.setdefault("TABLE_NAME", "yunpu")
os.environ.setdefault("SEARCH_BUCKET", "yunpu-search")
os.environ.setdefault("SECRET_TOKEN_KEYS", "yunpu/token-keys")
os.environ.setdefault("SECRET_WECHAT_APP", "yunpu/wechat-app")
os.environ.setdefault("SECRET_STAFF_BOOTSTRAP", "yunpu/staff-bootstrap")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Yunpu")

NOW = 1_790_000_000
SECRETS = {
    "yunpu/token-keys": {"current": "k1", "keys": {"k1": base64.b64encode(bytes(32)).decode()}},
    "yunpu/wechat-app": {"appid": "wx0123456789abcdef", "secret": "0" * 32},
    "yunpu/staff-bootstrap": {
        "username": "owner",
        "password": "once-only-password",
        "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    },
}


@cache
def _only_clients_that_moto_sees() -> None:
    """Forget clients that were made before moto was imported: their calls would go past it."""
    import moto  # noqa: F401

    from shop import secret_store
    from shop.providers import objects
    from shop.store.table import Entity

    secret_store._client.cache_clear()
    objects._client.cache_clear()
    Entity._connection = None


@contextmanager
def empty_shop() -> Iterator[None]:
    """An empty table, the secrets, and a process that has read nothing yet."""
    import boto3
    from moto import mock_aws

    from shop import secret_store, wiring
    from shop.recent import Recent

    Recent.forget_all()
    secret_store.forget()
    wiring.forget()
    _only_clients_that_moto_sees()
    with mock_aws():
        vault = boto3.client("secretsmanager", region_name="us-east-1")
        for name, secret in SECRETS.items():
            vault.create_secret(Name=name, SecretString=json.dumps(secret))
        storage = boto3.client("s3", region_name="us-east-1")
        storage.create_bucket(Bucket="yunpu-search")
        storage.put_bucket_versioning(
            Bucket="yunpu-search", VersioningConfiguration={"Status": "Enabled"}
        )
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="yunpu",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "PK", "AttributeType": "S"},
                {"AttributeName": "SK", "AttributeType": "S"},
                {"AttributeName": "dk", "AttributeType": "S"},
                {"AttributeName": "due", "AttributeType": "N"},
            ],
            KeySchema=[
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "due",
                    "KeySchema": [
                        {"AttributeName": "dk", "KeyType": "HASH"},
                        {"AttributeName": "due", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        yield


@pytest.fixture
def table() -> Iterator[None]:
    """An empty shop for one test."""
    with empty_shop():
        yield


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> int:
    """The clock stands still at this second."""
    monkeypatch.setattr("shop.clock.now", lambda: NOW)
    return NOW
