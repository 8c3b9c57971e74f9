"""Switches on what a deploy to MiniStack 1.5.33 drops without a word."""

from collections.abc import Callable
from typing import Any

from scripts.local.stack import DeployedStack
from scripts.recovery import table_settings


def apply(stack: DeployedStack, client: Callable[[str], Any]) -> list[str]:
    """Sets TTL, recovery, reserved concurrency and the stream's followers as the template says.

    Returns:
        What was found missing and set.
    """
    functions = client("lambda")
    return [
        *_tables(stack, client("dynamodb")),
        *_functions(stack, functions),
        *_followers(stack, functions),
    ]


def _tables(stack: DeployedStack, dynamodb: Any) -> list[str]:
    return [
        f"{logical_id}: {setting}"
        for logical_id, properties in stack.of_type("AWS::DynamoDB::Table").items()
        for setting in table_settings.put(dynamodb, stack.physical_ids[logical_id], properties)
    ]


def _functions(stack: DeployedStack, functions: Any) -> list[str]:
    done: list[str] = []
    if stack.parameters.get("ReserveConcurrency") != "true":
        return done
    for logical_id, properties in stack.of_type("AWS::Lambda::Function").items():
        if "ReservedConcurrentExecutions" not in properties:
            continue
        _, reserved, _ = properties["ReservedConcurrentExecutions"]["Fn::If"]
        wanted = int(stack.value(reserved))
        name = stack.physical_ids[logical_id]
        told = functions.get_function_concurrency(FunctionName=name)
        if told.get("ReservedConcurrentExecutions") != wanted:
            functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=wanted
            )
            done.append(f"{logical_id}: {wanted} instances reserved")
    return done


def _followers(stack: DeployedStack, functions: Any) -> list[str]:
    """A follower that is made disabled is still, and says that it is enabled."""
    wanted = stack.parameters.get("Paused") != "true"
    done = []
    for logical_id, properties in stack.of_type("AWS::Lambda::EventSourceMapping").items():
        if "StartingPosition" not in properties:
            continue
        mapping = stack.physical_ids[logical_id]
        state = functions.get_event_source_mapping(UUID=mapping)["State"]
        if (state == "Enabled") != wanted:
            functions.update_event_source_mapping(UUID=mapping, Enabled=wanted)
            done.append(f"{logical_id}: {'enabled' if wanted else 'disabled'}")
    return done
