"""``outbox`` and ``anomaly``: what could not be done, and what a person must look at."""

from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import Key, Reason, desk_of
from scripts.operator_cli.errors import WrongValueError

DAY_DIGITS = 8
outbox = typer.Typer(no_args_is_help=True, help="Look at dead letters and do them again.")
anomalies = typer.Typer(no_args_is_help=True, help="Look at what does not add up.")


@outbox.command("list")
def list_letters(ctx: typer.Context) -> None:
    """List the changes whose followers (history, lists, cart, refunds, courier) failed."""
    heads = ("changed_at", "what", "order_no", "version", "failure", "tries")
    _list(ctx, "/v1/admin/dead-letters", {}, heads)


@outbox.command("redrive")
def redrive(
    ctx: typer.Context,
    reason: Reason,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most letters to do.")] = 25,
    key: Key = None,
) -> None:
    """Do dead letters again; each takes effect at most once, however often it is done."""
    desk = desk_of(ctx)
    body = {"reason": reason, "limit": limit}
    done = desk.write("/v1/admin/dead-letters/redrive", body, key).body

    def for_people() -> None:
        desk.printer.line(f"{done['done']} done, {done['failed']} failed again.")
        if done["more"]:
            desk.printer.line("More are left: see 'outbox list', and run this again.")

    desk.printer.show(done, for_people)


@anomalies.command("list")
def list_anomalies(
    ctx: typer.Context,
    day: Annotated[str, typer.Option(help="Day, YYYYMMDD in Shanghai; today if not given.")] = "",
) -> None:
    """List what a person must look at of one day."""
    digits = day.replace("-", "")
    if digits and not (digits.isdecimal() and len(digits) == DAY_DIGITS):
        raise WrongValueError(f"--day: {day!r} is not of the form YYYYMMDD")
    params = {"day": digits} if digits else {}
    _list(ctx, "/v1/admin/anomalies", params, ("at", "kind", "key", "facts"))


def _list(ctx: typer.Context, path: str, params: dict[str, str], heads: tuple[str, ...]) -> None:
    desk = desk_of(ctx)
    items: list[dict[str, Any]] = list(desk.api.items(path, params))

    def for_people() -> None:
        desk.printer.table(list(heads), [[str(item.get(head)) for head in heads] for item in items])

    desk.printer.show({"items": items}, for_people)
