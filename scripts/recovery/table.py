"""Makes a table from a backup and puts it into a new stack, which owns it from then on.

A restored table has another name, and CloudFormation makes tables only empty; so the new stack
begins by importing it, and a deploy puts the shop around it. Each step is skipped where it is done
already, so that a restore that broke off is repeated as it was typed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scripts.recovery import table_settings, template

Clients = Callable[[str], Any]
Say = Callable[[str], None]
CHANGE_SET = "adopt-table"


class RecoveryError(Exception):
    """What stands in the way of a restore."""


@dataclass(frozen=True)
class Source:
    """What is restored.

    Attributes:
        backup: A backup's ARN; "" for point-in-time recovery.
        table: The table whose continuous backups are used.
        at: The moment to go back to, at most 35 days; None for the latest, some five minutes ago.
    """

    backup: str = ""
    table: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Home:
    """Where the table goes.

    Attributes:
        stack: The new stack, which must not exist yet, or be what a run of this left.
        name: The new table's name.
    """

    stack: str
    name: str


def restore(clients: Clients, source: Source, home: Home, say: Say) -> None:
    """Makes the table, gives it the template's settings and lets the stack adopt it.

    Args:
        clients: Makes clients.
        source: What is restored.
        home: Where it goes.
        say: Tells what happens.

    Raises:
        RecoveryError: The stack exists and has another table.
    """
    dynamodb, name = clients("dynamodb"), home.name
    if _exists(dynamodb, name):
        say(f"{name} is there already")
    else:
        _ask_for(dynamodb, source, name)
        say(f"{name} is being made")
    table_settings.wait(dynamodb, name)
    wanted = template.table()
    for setting in table_settings.put(dynamodb, name, wanted["Properties"]):
        say(f"{name}: {setting} switched on")
    adopted = _adopted(clients("cloudformation"), home.stack)
    if adopted is None:
        _adopt(clients("cloudformation"), home, wanted)
        say(f"stack {home.stack} has adopted {name}")
    elif adopted != name:
        raise RecoveryError(f"stack {home.stack} has a table already: {adopted}")


def _exists(dynamodb: Any, name: str) -> bool:
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def _ask_for(dynamodb: Any, source: Source, name: str) -> None:
    same = {
        "TargetTableName": name,
        "BillingModeOverride": "PAY_PER_REQUEST",
        # Without it the table is encrypted by a key of DynamoDB's own.
        "SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS"},
    }
    if source.backup:
        dynamodb.restore_table_from_backup(BackupArn=source.backup, **same)
    else:
        when = {"RestoreDateTime": source.at} if source.at else {"UseLatestRestorableTime": True}
        dynamodb.restore_table_to_point_in_time(SourceTableName=source.table, **when, **same)


def _adopted(cloudformation: Any, stack: str) -> str | None:
    """The stack's table; None when there is no such stack."""
    try:
        told = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="Table")
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return str(told["StackResourceDetail"]["PhysicalResourceId"])


def _adopt(cloudformation: Any, home: Home, wanted: dict[str, Any]) -> None:
    change = {"StackName": home.stack, "ChangeSetName": CHANGE_SET}
    cloudformation.create_change_set(
        **change,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": {"Table": wanted}}),
        ResourcesToImport=[
            {
                "ResourceType": "AWS::DynamoDB::Table",
                "LogicalResourceId": "Table",
                "ResourceIdentifier": {"TableName": home.name},
            }
        ],
    )
    cloudformation.get_waiter("change_set_create_complete").wait(**change)
    cloudformation.execute_change_set(**change)
    cloudformation.get_waiter("stack_import_complete").wait(StackName=home.stack)
