from typing import Any

from scripts.local import dropped_settings
from scripts.local.stack import DeployedStack

RESOURCES: dict[str, Any] = {
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    },
    "Flash": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "ReservedConcurrentExecutions": {
                "Fn::If": ["Reserving", {"Ref": "FlashConcurrency"}, {"Ref": "AWS::NoValue"}]
            }
        },
    },
    "Cart": {"Type": "AWS::Lambda::Function", "Properties": {}},
    "Changes": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"StartingPosition": "LATEST"},
    },
    "Letters": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {}},
}
IDS = {"Table": "t-1", "Flash": "f-1", "Cart": "c-1", "Changes": "e-1", "Letters": "e-2"}
PARAMETERS = {"FlashConcurrency": "50", "ReserveConcurrency": "true", "Paused": "false"}
STACK = DeployedStack(RESOURCES, IDS, {}, PARAMETERS)


class FakeAws:
    def __init__(self) -> None:
        self.ttl: Any = None
        self.recovery: Any = None
        self.reserved: dict[str, int] = {}
        self.state = "Enabled"

    def client(self, _name: str) -> Any:
        return self

    def describe_table(self, **_asked: str) -> Any:
        return {"Table": {}}

    def get_waiter(self, _name: str) -> Any:
        return self

    def wait(self, **_asked: Any) -> None:
        """The table can be used at once."""

    def describe_time_to_live(self, **_asked: str) -> Any:
        status = "ENABLED" if self.ttl else "DISABLED"
        return {"TimeToLiveDescription": {"TimeToLiveStatus": status}}

    def describe_continuous_backups(self, **_asked: str) -> Any:
        status = {"PointInTimeRecoveryStatus": "ENABLED" if self.recovery else "DISABLED"}
        return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": status}}

    def update_time_to_live(self, **asked: Any) -> None:
        self.ttl = asked["TimeToLiveSpecification"]

    def update_continuous_backups(self, **asked: Any) -> None:
        self.recovery = asked["PointInTimeRecoverySpecification"]

    def get_event_source_mapping(self, **asked: str) -> Any:
        assert asked == {"UUID": "e-1"}
        return {"State": self.state}

    def update_event_source_mapping(self, **asked: Any) -> None:
        self.state = "Enabled" if asked["Enabled"] else "Disabled"

    def get_function_concurrency(self, **asked: str) -> Any:
        reserved = self.reserved.get(asked["FunctionName"])
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def put_function_concurrency(self, **asked: Any) -> None:
        self.reserved[asked["FunctionName"]] = asked["ReservedConcurrentExecutions"]


def test_what_the_deploy_dropped_is_set_as_the_template_says() -> None:
    aws = FakeAws()
    done = dropped_settings.apply(STACK, aws.client)
    assert done == [
        "Table: time to live",
        "Table: point-in-time recovery",
        "Flash: 50 instances reserved",
    ]
    assert aws.ttl == {"AttributeName": "ttl", "Enabled": True}
    assert aws.recovery == {"PointInTimeRecoveryEnabled": True}
    assert aws.reserved == {"f-1": 50}


def test_what_is_there_is_left_alone() -> None:
    aws = FakeAws()
    dropped_settings.apply(STACK, aws.client)
    assert dropped_settings.apply(STACK, aws.client) == []


def test_paused_the_streams_followers_are_still() -> None:
    aws = FakeAws()
    paused = DeployedStack(RESOURCES, IDS, {}, PARAMETERS | {"Paused": "true"})
    assert dropped_settings.apply(paused, aws.client)[-1] == "Changes: disabled"
    assert aws.state == "Disabled"
    assert dropped_settings.apply(STACK, aws.client) == ["Changes: enabled"]


def test_nothing_is_reserved_unless_that_was_asked_for() -> None:
    aws = FakeAws()
    dropped_settings.apply(
        DeployedStack(RESOURCES, IDS, {}, PARAMETERS | {"ReserveConcurrency": "false"}), aws.client
    )
    assert aws.reserved == {}
