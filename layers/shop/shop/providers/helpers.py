"""Starts runs of this stack's functions, without waiting for them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from shop import aws
from shop.errors import UnavailableError
from shop.telemetry import metrics

_ACCEPTED = 202


@cache
def _client() -> Any:
    from botocore.config import Config
    from botocore.session import get_session

    return aws.prepare(get_session()).create_client(
        "lambda",
        config=Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 2}),
    )


def start(function_name: str, event: Mapping[str, object]) -> None:
    """Start one run with this event. It may run twice, late, or not at all.

    Raises:
        UnavailableError: It was not accepted.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().invoke(
            FunctionName=function_name, InvocationType="Event", Payload=msgspec.json.encode(event)
        )
    except (BotoCoreError, ClientError) as failure:
        raise UnavailableError from failure
    if answer["StatusCode"] != _ACCEPTED:
        raise UnavailableError


def try_start(function_name: str, event: Mapping[str, object]) -> None:
    """Start one run where a schedule would do the same later: a refusal is only counted."""
    try:
        start(function_name, event)
    except UnavailableError:
        metrics.add_metric(name="StartRefused", unit="Count", value=1)
