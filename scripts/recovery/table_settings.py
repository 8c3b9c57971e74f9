"""A table's settings, as the template has them: a restored table comes with none of these."""

from collections.abc import Mapping
from typing import Any

SECONDS_BETWEEN_LOOKS = 20
A_DAY_OF_LOOKS = 24 * 3_600 // SECONDS_BETWEEN_LOOKS


def wait(dynamodb: Any, table: str) -> None:
    """Waits until a table can be used, for a day at most: a restore may take hours.

    Raises:
        WaiterError: It still cannot.
    """
    config = {"Delay": SECONDS_BETWEEN_LOOKS, "MaxAttempts": A_DAY_OF_LOOKS}
    dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig=config)


def put(dynamodb: Any, table: str, wanted: Mapping[str, Any]) -> list[str]:
    """Switches on what the template wants and the table lacks; again it changes nothing.

    Args:
        dynamodb: A client.
        table: The table's name.
        wanted: The properties of the template's ``AWS::DynamoDB::Table``.

    Returns:
        What was missing.
    """
    done = []
    for name, change in missing(dynamodb, table, wanted).items():
        change()
        wait(dynamodb, table)
        done.append(name)
    return done


def missing(dynamodb: Any, table: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the table lacks, each with the call that puts it right."""
    told = dynamodb.describe_table(TableName=table)["Table"]
    found: dict[str, Any] = {}
    stream = wanted.get("StreamSpecification")
    if stream and not told.get("StreamSpecification", {}).get("StreamEnabled"):
        found["stream"] = lambda: dynamodb.update_table(
            TableName=table, StreamSpecification={"StreamEnabled": True, **stream}
        )
    ttl = wanted.get("TimeToLiveSpecification")
    if ttl and not _has_ttl(dynamodb, table):
        found["time to live"] = lambda: dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification=ttl
        )
    recovery = wanted.get("PointInTimeRecoverySpecification")
    if recovery and not _has_recovery(dynamodb, table):
        found["point-in-time recovery"] = lambda: dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification=recovery
        )
    if wanted.get("DeletionProtectionEnabled") and not told.get("DeletionProtectionEnabled"):
        found["deletion protection"] = lambda: dynamodb.update_table(
            TableName=table, DeletionProtectionEnabled=True
        )
    return found


def _has_ttl(dynamodb: Any, table: str) -> bool:
    told = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return told["TimeToLiveStatus"] in ("ENABLED", "ENABLING")


def _has_recovery(dynamodb: Any, table: str) -> bool:
    told = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    status = told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    return bool(status == "ENABLED")
