"""``doctor``: whether a deployed shop is well, and what to do where it is not."""

from typing import Any

import typer

from scripts.operator_cli.commands.options import desk_of
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import RefusedError, UnreachableError

NOTICES = "/v1/notify/wechatpay"


def doctor(ctx: typer.Context) -> None:
    """Look over the shop: its address, secrets, accounts at providers, schedules and books.

    Ends with 1 where something is not well. Changes nothing.
    """
    desk = desk_of(ctx)
    found = [_answers(desk), _notices(desk), *desk.api.items("/v1/admin/doctor", {})]
    sick = [one for one in found if not one["well"]]

    def for_people() -> None:
        for one in found:
            mark, style = ("ok  ", "green") if one["well"] else ("LOOK", "bold red")
            desk.printer.line(f"{mark}  {one['name']}", style)
            if one["advice"]:
                desk.printer.line(f"      {one['advice']}")
        desk.printer.line(f"{len(found) - len(sick)} of {len(found)} are well.")

    desk.printer.show({"items": found, "well": not sick}, for_people)
    if sick:
        raise typer.Exit(1)


def _answers(desk: Desk) -> dict[str, Any]:
    """The shop answers here, without its store and secrets."""
    try:
        version = desk.line.send("GET", "/v1/health").body.get("version", "?")
    except (RefusedError, UnreachableError) as failure:
        advice = f"{failure}: look at the gateway, its domain and its certificate."
        return {"name": "address", "well": False, "advice": advice}
    return {"name": f"address (version {version})", "well": True, "advice": ""}


def _notices(desk: Desk) -> dict[str, Any]:
    """A notice that WeChat Pay never sent is refused, so the function is there and verifies."""
    name = "payment notices arrive"
    try:
        desk.line.send("POST", NOTICES, body={})
    except RefusedError as refused:
        well = refused.status in {400, 401, 403, 422}
        advice = "" if well else f"A false notice was answered with {refused.status}."
        return {"name": name, "well": well, "advice": advice}
    except UnreachableError as failure:
        return {"name": name, "well": False, "advice": f"{failure}: see docs/runbook.md."}
    return {"name": name, "well": False, "advice": "A false notice was taken: stop selling."}
