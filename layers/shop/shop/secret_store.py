"""Secrets by name from Secrets Manager, kept in memory for five minutes.

A function that cannot read a secret answers 503 rather than guess (reliability E4).
May import: errors, clock, aws, botocore.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from shop import aws, clock
from shop.errors import UnavailableError

LIFETIME_SECONDS = 300

_kept: dict[str, tuple[int, Mapping[str, Any]]] = {}


@cache
def _client() -> Any:
    from botocore.config import Config
    from botocore.session import get_session

    return aws.prepare(get_session()).create_client(
        "secretsmanager",
        config=Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 3}),
    )


def read(name: str) -> Mapping[str, Any]:
    """The secret's JSON object.

    Args:
        name: Name or ARN.

    Raises:
        UnavailableError: The store did not answer and nothing usable is in memory.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    kept = _kept.get(name)
    if kept and clock.now() - kept[0] < LIFETIME_SECONDS:
        return kept[1]
    try:
        answer = _client().get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError) as failure:
        if kept:
            return kept[1]
        raise UnavailableError from failure
    value: Mapping[str, Any] = json.loads(answer["SecretString"])
    _kept[name] = (clock.now(), value)
    return value


def forget() -> None:
    """Drop what is in memory, so that the next read sees a rotation at once."""
    _kept.clear()
