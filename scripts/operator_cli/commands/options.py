"""Options that several commands share, and the forms of their values."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import WrongValueError

ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="Idempotency key. Repeat a command with the key it printed to have its effect once.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


def desk_of(ctx: typer.Context) -> Desk:
    """The desk that ``main`` laid out."""
    desk = ctx.obj
    if not isinstance(desk, Desk):
        raise TypeError("commands are run by scripts.operator_cli.main")
    return desk


def in_path(value: str, what: str) -> str:
    """An id that may stand in a path.

    Raises:
        WrongValueError: It may not.
    """
    if not ID.fullmatch(value):
        raise WrongValueError(f"{value!r} is not {what}: 1 to 64 of 0-9 A-Z a-z _ -")
    return value


def moment(value: str, option: str) -> str:
    """A time with its zone, as RFC 3339 in UTC.

    Raises:
        WrongValueError: It is none.
    """
    try:
        given = datetime.fromisoformat(value)
    except ValueError as bad:
        raise WrongValueError(f"{option}: {bad}") from bad
    if given.tzinfo is None:
        raise WrongValueError(f"{option}: {value} has no zone; write 2026-01-31T16:00:00Z")
    return given.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
