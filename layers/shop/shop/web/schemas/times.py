"""Instants as the contract writes them."""

from datetime import UTC, datetime


def rfc3339(seconds: int) -> str:
    """UTC seconds as RFC 3339 with `Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_or_none(seconds: int) -> str | None:
    """The same; None for 0, which stands for "not yet"."""
    return rfc3339(seconds) if seconds else None
