"""The restored shop gets the old one's keys, and nothing is told of them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scripts.recovery import secrets, template


@pytest.fixture
def store() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="cn-north-1")
        for name in template.secret_names():
            client.create_secret(Name=f"old/{name}", SecretString=f"value of {name}")
            client.create_secret(Name=f"new/{name}")
        yield client


def test_every_secret_of_the_template_is_copied_once(store: Any) -> None:
    names = template.secret_names()
    assert "token-keys" in names
    assert secrets.copy(lambda _: store, "old", "new") == names
    for name in names:
        copied = store.get_secret_value(SecretId=f"new/{name}")["SecretString"]
        assert copied == f"value of {name}"
    assert secrets.copy(lambda _: store, "old", "new") == []


def test_what_the_old_shop_never_had_is_left_out(store: Any) -> None:
    store.delete_secret(SecretId="old/sf-express", ForceDeleteWithoutRecovery=True)
    assert "sf-express" not in secrets.copy(lambda _: store, "old", "new")
