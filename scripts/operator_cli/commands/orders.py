"""``order list`` and ``order show``."""

from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import desk_of, in_path
from scripts.operator_cli.errors import WrongValueError
from scripts.operator_cli.printer import Printer, yuan

DAY_DIGITS = 8
OrderNo = Annotated[str, typer.Argument(metavar="NO", help="Order number.")]

app = typer.Typer(no_args_is_help=True, help="Look at orders.")


@app.command("list")
def list_orders(
    ctx: typer.Context,
    status: Annotated[
        str,
        typer.Option(
            help="TO_PAY, CLOSING, TO_SHIP, TO_RECEIVE, DONE or CLOSED; all if not given."
        ),
    ] = "",
    day: Annotated[
        str, typer.Option(help="Day they were placed, YYYYMMDD in Shanghai; today if not given.")
    ] = "",
) -> None:
    """List the orders placed on one day."""
    desk = desk_of(ctx)
    digits = day.replace("-", "")
    if digits and not (digits.isdecimal() and len(digits) == DAY_DIGITS):
        raise WrongValueError(f"--day: {day!r} is not of the form YYYYMMDD")
    params = {name: value for name, value in (("status", status.upper()), ("day", digits)) if value}
    items = list(desk.api.items("/v1/admin/orders", params))

    def for_people() -> None:
        rows = [[item["order_no"], item["status"], yuan(item["payable_fen"])] for item in items]
        desk.printer.table(["order", "status", "payable"], rows)
        desk.printer.line(f"{len(items)} orders")

    desk.printer.show({"items": items}, for_people)


@app.command("show")
def show_order(ctx: typer.Context, order_no: OrderNo) -> None:
    """Show one order with its lines, parcels, refunds and history; the buyer is masked."""
    desk = desk_of(ctx)
    order = desk.api.read(f"/v1/admin/orders/{in_path(order_no, 'an order number')}")
    desk.printer.show(order, lambda: _order(desk.printer, order))


def _order(printer: Printer, order: dict[str, Any]) -> None:
    printer.line(f"{order['order_no']}  {order['status']}", style="bold")
    _table(printer, order.get("lines"), ("title", "spec", "quantity", "payable_fen"))
    _table(printer, order.get("packed"), ("line_id", "quantity"))
    for name, value in (order.get("amounts") or {}).items():
        printer.line(f"{name:<20} {yuan(value) if isinstance(value, int) else value}")
    address = order.get("address") or {}
    printer.line(" ".join(str(value) for value in address.values() if isinstance(value, str)))
    if order.get("remark"):
        printer.line(f"remark: {order['remark']}")
    for name in ("parcels", "refunds", "history"):
        rows = order.get(name) or []
        _table(printer, rows, tuple(rows[0]) if rows else ())


def _table(printer: Printer, rows: list[dict[str, Any]] | None, heads: tuple[str, ...]) -> None:
    if not rows:
        return
    printer.line("")
    shown = [head for head in heads if head in rows[0]]
    printer.table(shown, [[_cell(head, row.get(head)) for head in shown] for row in rows])


def _cell(head: str, value: Any) -> str:
    if value is None:
        return "-"
    return yuan(value) if head.endswith("_fen") and isinstance(value, int) else str(value)
