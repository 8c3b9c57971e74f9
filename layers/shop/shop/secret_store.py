"""Secrets by name from Secrets Manager, kept in memory for five minutes.

A function that cannot read a secret answers 503 rather than guess (reliability E4). Nonsense that
was put over a good value changes nothing for who had read it: `shopctl doctor` finds it.
May import: errors, telemetry, clock, aws, botocore.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from shop import aws, clock
from shop.errors import MisconfiguredError, UnavailableError
from shop.telemetry import logger, misconfigured

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
        MisconfiguredError: It holds no JSON object, and nothing usable is in memory.
    """
    kept = _kept.get(name)
    if kept and clock.now() - kept[0] < LIFETIME_SECONDS:
        return kept[1]
    try:
        value = fresh(name)
    except UnavailableError:
        if kept:
            return kept[1]
        raise
    except MisconfiguredError:
        if kept is None:
            raise
        logger.error("a secret holds no JSON object; the value before it is used", secret=name)
        value = kept[1]
    _kept[name] = (clock.now(), value)
    return value


def fresh(name: str) -> Mapping[str, Any]:
    """The secret as it is now, whatever is in memory; nothing is kept.

    Raises:
        UnavailableError: The store did not answer.
        MisconfiguredError: It holds no JSON object.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError) as failure:
        raise UnavailableError from failure
    try:
        value = json.loads(answer["SecretString"])
    except (KeyError, ValueError):
        # What json says of its error quotes the secret.
        raise misconfigured(wrong="no JSON object") from None
    if not isinstance(value, dict):
        raise misconfigured(wrong="no JSON object")
    return value


def forget() -> None:
    """Drop what is in memory, so that the next read sees a rotation at once."""
    _kept.clear()
