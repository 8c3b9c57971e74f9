"""``audit``: what staff did, and who read personal data."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import desk_of, in_path
from scripts.operator_cli.errors import WrongValueError

DAY_DIGITS = 8
Day = Annotated[str, typer.Option(help="Day, YYYYMMDD in Shanghai; today if not given.")]

audit = typer.Typer(no_args_is_help=True, help="Read what staff did and saw.")


@audit.command("show")
def show(ctx: typer.Context, day: Day = "") -> None:
    """Show what staff did on one day, oldest first, with what each write changed."""
    desk = desk_of(ctx)
    items = list(desk.api.items("/v1/admin/audit", params_of(day)))

    def for_people() -> None:
        for item in items:
            reason = f"  ({item['reason']})" if item["reason"] else ""
            head = (item["at"], item["actor"], item["route"], item["subject"])
            desk.printer.line("  ".join(head) + reason)
            for line in _differences(item):
                desk.printer.line(f"    {line}")

    desk.printer.show({"items": items}, for_people)


@audit.command("reads")
def reads(
    ctx: typer.Context,
    day: Day = "",
    customer: Annotated[str, typer.Option(help="Customer id; instead of a day.")] = "",
) -> None:
    """Show who read personal data, on one day or about one customer, oldest first."""
    desk = desk_of(ctx)
    if day and customer:
        raise WrongValueError("--day or --customer: one of the two")
    about = {"customer_id": in_path(customer, "a customer's id")} if customer else params_of(day)
    items = list(desk.api.items("/v1/admin/personal-reads", about))
    heads = ["at", "actor", "customer_id", "what"]

    def for_people() -> None:
        desk.printer.table(heads, [[item[head] for head in heads] for item in items])

    desk.printer.show({"items": items}, for_people)


def params_of(day: str) -> dict[str, str]:
    """The query of a day.

    Raises:
        WrongValueError: It is none.
    """
    digits = day.replace("-", "")
    if digits and not (digits.isdecimal() and len(digits) == DAY_DIGITS):
        raise WrongValueError(f"--day: {day!r} is not of the form YYYYMMDD")
    return {"day": digits} if digits else {}


def _differences(item: Mapping[str, Any]) -> Iterator[str]:
    """Each field as it was and as it is; what was sent, where that is not known."""
    before, after = item["before"], item["after"]
    if before is None and after is None:
        for name, value in (item["content"] or {}).items():
            yield f"{name}: {value}"
        return
    for name in {**(before or {}), **(after or {})}:
        was, now = (_told(side, name) for side in (before, after))
        yield f"{name}: {was} -> {now}"
    if not before and not after:
        yield "nothing changed"


def _told(side: Mapping[str, Any] | None, name: str) -> str:
    return "-" if side is None or side.get(name) is None else str(side[name])
