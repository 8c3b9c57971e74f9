"""``couriers list`` and ``couriers set``."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from scripts.operator_cli.commands.options import Key, desk_of
from scripts.operator_cli.errors import WrongValueError

PATH = "/v1/admin/couriers"
HEADS = ["code", "wechat_id", "name"]

app = typer.Typer(no_args_is_help=True, help="The couriers that the shop ships with.")


@app.command("list")
def list_couriers(ctx: typer.Context) -> None:
    """List the couriers: Kuaidi100's code, WeChat's delivery id, the name shoppers read."""
    desk = desk_of(ctx)
    found = desk.api.read(PATH)
    rows = [[str(one[head]) for head in HEADS] for one in found["items"]]
    desk.printer.show(found, lambda: desk.printer.table(HEADS, rows))


@app.command("set")
def set_couriers(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="YAML or JSON: a list of {code, wechat_id, name}, all of them.")
    ],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    key: Key = None,
) -> None:
    """Replace all couriers by those in a file."""
    desk = desk_of(ctx)
    try:
        items: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as bad:
        raise WrongValueError(f"{file}: {bad}") from bad
    if isinstance(items, dict):
        items = items.get("items")
    if not isinstance(items, list) or not items:
        raise WrongValueError(f"{file} holds no list of couriers")
    body = {"items": items} | ({"reason": reason} if reason else {})
    answer = desk.write(PATH, body, key, "PUT").body
    desk.printer.show(
        answer, lambda: desk.printer.line(f"{len(items)} couriers: {answer['outcome']}")
    )
