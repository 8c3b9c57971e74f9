"""What an account holds, so that what a deletion left can be told."""

from collections.abc import Callable
from typing import Any

_LISTS = {
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "api": ("apigatewayv2", "get_apis", "Items", "ApiId"),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "event source": ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "layer": ("lambda", "list_layers", "Layers", "LayerName"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "queue": ("sqs", "list_queues", "QueueUrls", ""),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "schedule": ("scheduler", "list_schedules", "Schedules", "Name"),
    "secret": ("secretsmanager", "list_secrets", "SecretList", "Name"),
    "stack": ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    "table": ("dynamodb", "list_tables", "TableNames", ""),
}
"""Kind of resource: service, operation, where the answer holds them and their names."""


def read(client: Callable[[str], Any]) -> set[tuple[str, str]]:
    """Kind and name of everything of these kinds in the account."""
    return {(kind, name) for kind, how in _LISTS.items() for name in _names(client, *how)}


def _names(
    client: Callable[[str], Any], service: str, operation: str, key: str, name: str
) -> list[str]:
    found = client(service)
    if found.can_paginate(operation):
        pages = list(found.get_paginator(operation).paginate())
    else:
        pages = [getattr(found, operation)()]
    return [str(one[name] if name else one) for page in pages for one in page.get(key, [])]
