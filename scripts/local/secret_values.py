"""Fills the emulated secret store with values made on this machine."""

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp

from scripts.local.profile import STACK

ROOT_KEY_BYTES = 32
PASSWORD_BYTES = 15
STAFF = "staff-bootstrap"


def token_keys() -> dict[str, Any]:
    """A fresh root key, from which every token key is derived."""
    key = base64.b64encode(secrets.token_bytes(ROOT_KEY_BYTES)).decode()
    return {"current": "k1", "keys": {"k1": key}}


def staff_bootstrap() -> dict[str, Any]:
    """The first staff account with a one-time password and a time-based code's secret."""
    return {
        "username": "owner",
        "password": secrets.token_urlsafe(PASSWORD_BYTES),
        "totp_secret": pyotp.random_base32(),
    }


def fill(
    client: Callable[[str], Any], providers_file: Path, stack: str = STACK
) -> dict[str, dict[str, Any]]:
    """Makes what is missing and copies the providers' values; keeps what the store has already.

    Args:
        client: Makes clients of the emulated AWS.
        providers_file: The shop's side of the emulators' keys, by secret name.
        stack: Whose secrets.

    Returns:
        All secrets by their short names.
    """
    store = client("secretsmanager")
    shared: dict[str, dict[str, Any]] = json.loads(providers_file.read_text())
    own = {"token-keys": token_keys, STAFF: staff_bootstrap}
    values = shared | {
        name: _read(store, f"{stack}/{name}") or make() for name, make in own.items()
    }
    for name, value in values.items():
        if _read(store, f"{stack}/{name}") != value:
            store.put_secret_value(SecretId=f"{stack}/{name}", SecretString=json.dumps(value))
    return values


def _read(store: Any, secret_id: str) -> dict[str, Any] | None:
    try:
        text = store.get_secret_value(SecretId=secret_id).get("SecretString")
    except store.exceptions.ResourceNotFoundException:
        return None
    return dict(json.loads(text)) if text else None
