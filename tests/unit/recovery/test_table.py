"""A table of a backup is made once and adopted once, however often it is asked for."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from scripts.recovery import table, template

MADE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
HOME = table.Home("second", "second-restored")


class Formation:
    """CloudFormation as far as an import needs it."""

    class exceptions:  # noqa: N801 - botocore's name
        ClientError = ClientError

    def __init__(self) -> None:
        self.adopted = ""
        self.body: dict[str, Any] = {}

    def describe_stack_resource(self, **_asked: str) -> Any:
        if not self.adopted:
            raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStackResource")
        return {"StackResourceDetail": {"PhysicalResourceId": self.adopted}}

    def create_change_set(self, **asked: Any) -> None:
        assert asked["ChangeSetType"] == "IMPORT"
        self.body = json.loads(asked["TemplateBody"])
        (one,) = asked["ResourcesToImport"]
        self._asked = one["ResourceIdentifier"]["TableName"]

    def execute_change_set(self, **_asked: str) -> None:
        self.adopted = self._asked

    def get_waiter(self, _name: str) -> Any:
        return self

    def wait(self, **_asked: Any) -> None:
        """It is done at once."""


@pytest.fixture
def formation() -> Formation:
    return Formation()


@pytest.fixture
def clients(formation: Formation) -> Iterator[Callable[[str], Any]]:
    with mock_aws():
        store = boto3.client("dynamodb", region_name="cn-north-1")
        wanted = template.table()["Properties"]
        store.create_table(TableName="lost", **{name: wanted[name] for name in MADE})
        store.put_item(TableName="lost", Item={"PK": {"S": "C#1"}, "SK": {"S": "C"}})
        yield lambda service: store if service == "dynamodb" else formation


def backup(clients: Callable[[str], Any]) -> table.Source:
    made = clients("dynamodb").create_backup(TableName="lost", BackupName="last")
    return table.Source(backup=made["BackupDetails"]["BackupArn"])


def test_rows_come_back_and_the_stack_owns_the_table(
    clients: Callable[[str], Any], formation: Formation
) -> None:
    said: list[str] = []
    table.restore(clients, backup(clients), HOME, said.append)
    assert clients("dynamodb").scan(TableName=HOME.name)["Count"] == 1
    assert formation.adopted == HOME.name
    assert formation.body["Resources"] == {"Table": template.table()}
    assert said[-1] == "stack second has adopted second-restored"


def test_point_in_time_is_asked_for_where_no_backup_is_named(
    clients: Callable[[str], Any], formation: Formation
) -> None:
    clients("dynamodb").update_continuous_backups(
        TableName="lost",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    table.restore(clients, table.Source(table="lost"), HOME, lambda _: None)
    assert clients("dynamodb").scan(TableName=HOME.name)["Count"] == 1
    assert formation.adopted == HOME.name


def test_repeated_it_makes_nothing_and_adopts_nothing(
    clients: Callable[[str], Any], formation: Formation
) -> None:
    source = backup(clients)
    table.restore(clients, source, HOME, lambda _: None)
    formation.body = {}
    said: list[str] = []
    table.restore(clients, source, HOME, said.append)
    assert said == ["second-restored is there already"]
    assert formation.body == {}


def test_a_stack_with_another_table_is_left_alone(
    clients: Callable[[str], Any], formation: Formation
) -> None:
    formation.adopted = "second-Table-1"
    with pytest.raises(table.RecoveryError, match="second-Table-1"):
        table.restore(clients, backup(clients), HOME, lambda _: None)
