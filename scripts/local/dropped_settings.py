"""Switches on what a deploy to MiniStack 1.5.33 drops without a word."""

from collections.abc import Callable
from typing import Any

from scripts.local.stack import DeployedStack


def apply(stack: DeployedStack, client: Callable[[str], Any]) -> list[str]:
    """Sets TTL, point-in-time recovery and reserved concurrency as the template says.

    Returns:
        What was found missing and set.
    """
    return [*_tables(stack, client("dynamodb")), *_functions(stack, client("lambda"))]


def _tables(stack: DeployedStack, dynamodb: Any) -> list[str]:
    done = []
    for logical_id, properties in stack.of_type("AWS::DynamoDB::Table").items():
        table = stack.physical_ids[logical_id]
        ttl = properties.get("TimeToLiveSpecification")
        if ttl and not _has_ttl(dynamodb, table):
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
            done.append(f"{logical_id}: time to live")
        recovery = properties.get("PointInTimeRecoverySpecification")
        if recovery and not _has_recovery(dynamodb, table):
            dynamodb.update_continuous_backups(
                TableName=table, PointInTimeRecoverySpecification=recovery
            )
            done.append(f"{logical_id}: point-in-time recovery")
    return done


def _has_ttl(dynamodb: Any, table: str) -> bool:
    told = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return bool(told["TimeToLiveStatus"] == "ENABLED")


def _has_recovery(dynamodb: Any, table: str) -> bool:
    told = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    status = told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    return bool(status == "ENABLED")


def _functions(stack: DeployedStack, functions: Any) -> list[str]:
    done = []
    for logical_id, properties in stack.of_type("AWS::Lambda::Function").items():
        if "ReservedConcurrentExecutions" not in properties:
            continue
        wanted = int(stack.value(properties["ReservedConcurrentExecutions"]))
        name = stack.physical_ids[logical_id]
        told = functions.get_function_concurrency(FunctionName=name)
        if told.get("ReservedConcurrentExecutions") != wanted:
            functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=wanted
            )
            done.append(f"{logical_id}: {wanted} instances reserved")
    return done
