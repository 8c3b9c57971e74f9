"""Removes what a deleted stack leaves on purpose, as the runbook tells an operator to."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

Clients = Callable[[str], Any]


def try_to_delete(client: Clients, table: str) -> str:
    """Deletes a table without lifting its protection: ``refused``, or ``deleted``."""
    try:
        client("dynamodb").delete_table(TableName=table)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        return "refused"
    return "deleted"


def remove(client: Clients, kind: str, name: str) -> None:
    """Removes a table or a bucket with all that it holds.

    Raises:
        ValueError: It is neither.
    """
    if kind == "table":
        dynamodb = client("dynamodb")
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)
        dynamodb.get_waiter("table_not_exists").wait(TableName=name)
    elif kind == "bucket":
        _empty(client("s3"), name)
        client("s3").delete_bucket(Bucket=name)
    else:
        raise ValueError(f"a {kind} is not left on purpose: {name}")


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
