"""Looks over a restored shop before it is opened: settings, stillness, and the stock audit."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import botocore.config

from scripts.recovery import table_settings, template

Clients = Callable[..., Any]
AUDIT_SECONDS = 900
"""The audit function's own limit."""


def wrong(client: Clients, stack: str) -> list[str]:
    """What speaks against opening the shop, each as a sentence."""
    ids = _physical_ids(client("cloudformation"), stack)
    table = ids["AWS::DynamoDB::Table", "Table"]
    lacking = table_settings.missing(
        client("dynamodb"), table, dict(template.table()["Properties"])
    )
    return [
        *(f"The table has no {name}." for name in lacking),
        *_awake(client, ids),
        *_audit(client, ids["AWS::Lambda::Function", "StockAuditFunction"]),
    ]


def _awake(client: Clients, ids: dict[tuple[str, str], str]) -> Iterator[str]:
    """What moves while the shop is looked over."""
    for (kind, logical_id), physical_id in ids.items():
        if kind == "AWS::Scheduler::Schedule":
            state = client("scheduler").get_schedule(Name=physical_id.rpartition("|")[2])["State"]
            if state != "DISABLED":
                yield f"Schedule {logical_id} runs: deploy with Paused=true."
        elif kind == "AWS::Lambda::EventSourceMapping":
            told = client("lambda").get_event_source_mapping(UUID=physical_id)
            if "dynamodb" in told["EventSourceArn"] and told["State"] != "Disabled":
                yield f"{logical_id} follows the stream: deploy with Paused=true."


def _audit(client: Clients, function: str) -> Iterator[str]:
    patient = botocore.config.Config(read_timeout=AUDIT_SECONDS, retries={"max_attempts": 0})
    told = client("lambda", config=patient).invoke(FunctionName=function, Payload=b"{}")
    answer = json.loads(told["Payload"].read())
    if "FunctionError" in told:
        yield f"The stock audit failed: {str(answer)[:300]}"
    elif answer["differences"]:
        yield (
            f"The stock audit finds {answer['differences']} differences: "
            "see docs/runbook.md#stock-difference"
        )
    elif not answer["skus"]:
        yield "The stock audit finds no SKU at all: this is an empty table."


def _physical_ids(cloudformation: Any, stack: str) -> dict[tuple[str, str], str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        (one["ResourceType"], one["LogicalResourceId"]): one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
    }
