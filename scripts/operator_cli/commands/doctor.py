"""``doctor``: whether a deployed shop is well, and what to do where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer

from scripts.operator_cli.commands.options import desk_of
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import RefusedError, UnreachableError
from scripts.operator_cli.line import Line

FORGED = "signature=00&timestamp=1714036504&nonce=1&echostr=1"


@dataclass(frozen=True, slots=True)
class Callback:
    """A route that a provider calls, a harmless message to it, and how the shop refuses that.

    Attributes:
        refusal: What our answer says; a gateway's or another site's says something else.
    """

    provider: str
    method: str
    path: str
    refusal: str
    body: Mapping[str, Any] | None = None


CALLBACKS = (
    Callback("WeChat Pay", "POST", "/v1/notify/wechatpay", "notice_rejected", {}),
    Callback("WeChat", "GET", f"/v1/notify/wechat?{FORGED}", "push_rejected"),
    Callback("Kuaidi100", "POST", "/v1/notify/kuaidi100/doctor", "not_found"),
)


def doctor(ctx: typer.Context) -> None:
    """Look over the shop: address, callbacks, secrets, accounts at providers, schedules, books.

    Callbacks are called at PublicBaseUrl, as the providers do, with messages nobody signed.

    Ends with 1 where something is not well. Changes nothing.
    """
    desk = desk_of(ctx)
    answered = _answers(desk)
    inside = desk.api.read("/v1/admin/doctor")
    outside = desk.line_to(inside["public_base_url"])
    found = [answered, *(_callback(outside, one) for one in CALLBACKS), *inside["items"]]
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


def _callback(line: Line, callback: Callback) -> dict[str, Any]:
    """What no provider sent is refused, and in our words: the function is there and verifies."""
    name = f"callback of {callback.provider}"
    where = f"{callback.method} {line.http.base_url.join(callback.path)}"
    advice = f"A false message was taken at {where}: stop selling."
    try:
        line.send(callback.method, callback.path, body=callback.body)
    except RefusedError as refused:
        ours = refused.problem.get("message") == callback.refusal
        advice = "" if ours else f"{where} answered {refused}: another site, or no such route."
    except UnreachableError as failure:
        advice = f"{failure}: look at PublicBaseUrl, its domain, certificate and ICP filing."
    return {"name": name, "well": not advice, "advice": advice}
