"""Gives a restored shop the keys of the old one: without them nothing sealed can be read again."""

from collections.abc import Callable
from typing import Any

from scripts.recovery import template


def copy(client: Callable[[str], Any], old: str, new: str) -> list[str]:
    """Copies the secrets of a stack that the other one does not have the same; values are not told.

    Args:
        client: Makes clients.
        old: The stack whose values are copied; a secret of it that is deleted must be restored
            first (``aws secretsmanager restore-secret``).
        new: The restored stack, deployed.

    Returns:
        Names of what was copied.
    """
    store = client("secretsmanager")
    done = []
    for name in template.secret_names():
        value = _value(store, f"{old}/{name}")
        if value is not None and value != _value(store, f"{new}/{name}"):
            store.put_secret_value(SecretId=f"{new}/{name}", SecretString=value)
            done.append(name)
    return done


def _value(store: Any, secret: str) -> str | None:
    """A secret's text; None where it has never been given one."""
    try:
        told = store.get_secret_value(SecretId=secret)
    except store.exceptions.ResourceNotFoundException:
        return None
    return str(told["SecretString"]) if told.get("SecretString") else None
