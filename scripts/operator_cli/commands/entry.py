"""``login``."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from scripts.operator_cli.commands.options import desk_of
from scripts.operator_cli.errors import WrongValueError


def login(
    ctx: typer.Context,
    username: Annotated[
        str | None, typer.Option(help="Staff account; asked for if unknown.")
    ] = None,
) -> None:
    """Sign in as staff; other commands then work for ten minutes.

    What the shop file does not tell (username, password, one-time code) is asked for. With a
    complete "staff" part in the shop file this command is never needed.
    """
    desk = desk_of(ctx)
    account = desk.shop.account
    if username is not None and username != account.username:
        account = replace(account, username=username, password=None, totp_secret=None)
    if account.username is None:
        account = replace(account, username=_ask("Username"))
    if account.password is None:
        account = replace(account, password=_ask("Password", hide=True))
    code = _ask("One-time code") if account.totp_secret is None else None
    if code is not None and not (code.isdecimal() and len(code) == 6):  # noqa: PLR2004
        raise WrongValueError("a one-time code has 6 digits")
    kept = desk.session.sign_in(account, code)
    until = datetime.fromtimestamp(kept.expires_at).astimezone()
    desk.printer.show(
        {"username": kept.username, "expires_at": until.isoformat()},
        lambda: desk.printer.line(f"Signed in as {kept.username} until {until:%H:%M:%S}."),
    )


def _ask(what: str, *, hide: bool = False) -> str:
    return str(typer.prompt(what, hide_input=hide, err=True))
