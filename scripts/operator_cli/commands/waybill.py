"""``waybill make`` and ``waybill show``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import Key, desk_of, in_path
from scripts.operator_cli.desk import Desk

PATH = "/v1/admin/waybills"
HEADS = ["order_no", "parcel", "status", "company", "tracking_no", "code"]
MOST = 20

app = typer.Typer(no_args_is_help=True, help="Electronic waybills of couriers.")


@app.command("make")
def make(
    ctx: typer.Context,
    order_nos: Annotated[list[str], typer.Argument(metavar="NO...", help="Order numbers.")],
    company: Annotated[
        str, typer.Option(help="Courier's code at Kuaidi100, such as shunfeng or zhongtong.")
    ],
    parcel: Annotated[int, typer.Option(help="Which parcel of each order, from 1.")] = 1,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    key: Key = None,
) -> None:
    """Have a courier make the waybills of these orders, each once, 20 to a request.

    Ends with 1 when one of them was not made; the same command goes on with those.
    """
    desk = desk_of(ctx)
    items: list[dict[str, Any]] = []
    for begin in range(0, len(order_nos), MOST):
        orders = [
            {"order_no": in_path(one, "an order number"), "parcel": parcel}
            for one in order_nos[begin : begin + MOST]
        ]
        body = {"company": company, "orders": orders} | ({"reason": reason} if reason else {})
        numbered = f"{key}-{begin // MOST}" if key and len(order_nos) > MOST else key
        items += desk.write(PATH, body, numbered).body["items"]
    _show(desk, items)
    if any(one["status"] != "MADE" for one in items):
        raise typer.Exit(1)


@app.command("show")
def show(
    ctx: typer.Context,
    order_no: Annotated[str, typer.Argument(metavar="NO", help="Order number.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the labels; they name people: keep it private.")
    ] = None,
) -> None:
    """Show an order's waybills, and write their labels; the reading is logged."""
    desk = desk_of(ctx)
    items = desk.api.read(f"{PATH}/{in_path(order_no, 'an order number')}")["items"]
    for one in items:
        label = one.pop("label")
        if out and label:
            out.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = out / f"{one['order_no']}-{one['parcel']}.txt"
            path.touch(mode=0o600)
            path.write_text(label, encoding="utf-8")
    _show(desk, items)


def _show(desk: Desk, items: list[dict[str, Any]]) -> None:
    rows = [[str(one[head]) for head in HEADS] for one in items]
    desk.printer.show({"items": items}, lambda: desk.printer.table(HEADS, rows))
