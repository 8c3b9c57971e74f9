"""What no restore brings back is switched on as the template has it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scripts.recovery import table_settings, template

WANTED = dict(template.table()["Properties"])
MADE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
ALL = ["stream", "time to live", "point-in-time recovery", "deletion protection"]


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """A store with a table that was made of a backup."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="cn-north-1")
        client.create_table(TableName="lost", **{name: WANTED[name] for name in MADE})
        made = client.create_backup(TableName="lost", BackupName="last")
        client.restore_table_from_backup(
            TargetTableName="found", BackupArn=made["BackupDetails"]["BackupArn"]
        )
        yield client


def test_a_restored_table_has_none_of_them_and_gets_them_all(dynamodb: Any) -> None:
    assert list(table_settings.missing(dynamodb, "found", WANTED)) == ALL
    assert table_settings.put(dynamodb, "found", WANTED) == ALL
    told = dynamodb.describe_table(TableName="found")["Table"]
    assert told["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert told["DeletionProtectionEnabled"] is True
    ttl = dynamodb.describe_time_to_live(TableName="found")["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")


def test_again_it_changes_nothing(dynamodb: Any) -> None:
    table_settings.put(dynamodb, "found", WANTED)
    assert table_settings.put(dynamodb, "found", WANTED) == []
