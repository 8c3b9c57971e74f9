"""Clients of the emulated AWS of one local shop."""

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

import boto3

from scripts.local.profile import REGION

# MiniStack takes any; set here so that a real account's are never sent to it, nor it to them.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}  # nosec B105


def environment(endpoint: str, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What makes any AWS tool talk to the emulated AWS only."""
    kept = {name: value for name, value in outer.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def clients(endpoint: str) -> partial[Any]:
    """A function that makes a client of the named service."""
    session = boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    return partial(session.client, endpoint_url=endpoint)
