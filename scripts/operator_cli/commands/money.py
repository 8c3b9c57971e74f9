"""``reconcile``: a day's bill of WeChat Pay beside the shop's books."""

from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import Key, desk_of
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import WrongValueError
from scripts.operator_cli.printer import yuan

DAY_DIGITS = 8
FEE_UNIT = 1_000
MOST_PAGES = 100


def reconcile(
    ctx: typer.Context,
    date: Annotated[
        str, typer.Argument(metavar="DATE", help="Day in Shanghai, YYYYMMDD or YYYY-MM-DD.")
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Fetch the bills and compare them now.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why again; kept in the audit log.")] = "",
    key: Key = None,
) -> None:
    """Show how a day's bills compared; ends with 1 on a difference or when they were not compared.

    Bills are compared by a schedule once they are ready, after ten in the morning of the next day.
    Comparing again opens no difference twice.
    """
    desk = desk_of(ctx)
    day = date.replace("-", "")
    if not (day.isdecimal() and len(day) == DAY_DIGITS):
        raise WrongValueError(f"{date!r} is not of the form YYYYMMDD")
    path = f"/v1/admin/reconciliations/{day}"
    if again:
        if not reason:
            raise WrongValueError("--again needs --reason")
        desk.write(path, {"reason": reason}, key)
    found = _whole(desk, path)
    desk.printer.show(found, lambda: _report(desk, found))
    if found["state"] != "done" or sum(found["differences"].values()):
        raise typer.Exit(1)


def _whole(desk: Desk, path: str) -> dict[str, Any]:
    """The report with all its differences."""
    found = desk.api.read(path, {"limit": "100"})
    cursor = found.pop("next_cursor")
    for _ in range(MOST_PAGES):
        if not cursor:
            break
        page = desk.api.read(path, {"limit": "100", "cursor": cursor})
        found["items"] += page["items"]
        cursor = page["next_cursor"]
    return found


def _report(desk: Desk, found: dict[str, Any]) -> None:
    printer = desk.printer
    printer.line(f"{found['day']}  {found['state']}, {found['ran_at']}", style="bold")
    fee = found["fee_thousandths_of_fen"] // FEE_UNIT
    sums = (
        ("rows", found["rows"]),
        ("paid", yuan(found["paid_fen"])),
        ("refunded", yuan(found["refunded_fen"])),
        ("fees", yuan(fee)),
    )
    for name, value in sums:
        printer.line(f"{name:<10} {value}")
    if found["items"]:
        printer.line("")
        rows = [[one["kind"], one["key"], _facts(one["facts"])] for one in found["items"]]
        printer.table(["difference", "number", "facts"], rows)
    printer.line(f"{sum(found['differences'].values())} differences")


def _facts(facts: dict[str, Any]) -> str:
    return "  ".join(
        f"{name}={yuan(value) if name.endswith('_fen') and isinstance(value, int) else value}"
        for name, value in facts.items()
    )
