"""``stock show``, ``stock adjust`` and ``stock audit``."""

import re
from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import Key, Reason, desk_of, in_path
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import WrongValueError
from scripts.operator_cli.printer import yuan

DELTA = re.compile(r"[+-]?[0-9]{1,8}")
SkuId = Annotated[str, typer.Argument(metavar="SKU", help="SKU id, such as p0001-2.")]

app = typer.Typer(no_args_is_help=True, help="Look at stock, and correct it.")


@app.command("show")
def show(ctx: typer.Context, sku_id: SkuId) -> None:
    """Show a SKU's stock: available to buyers, taken by orders and sales, and both together."""
    desk = desk_of(ctx)
    _show(desk, desk.api.read(f"/v1/admin/stock/{in_path(sku_id, 'a SKU id')}"))


# "-3" is an amount here, not an option.
@app.command("adjust", context_settings={"ignore_unknown_options": True})
def adjust(
    ctx: typer.Context,
    sku_id: SkuId,
    delta: Annotated[
        str, typer.Argument(metavar="+N|-N", help="Pieces that came, or that are gone.")
    ],
    reason: Reason,
    key: Key = None,
) -> None:
    """Add pieces to a SKU's stock or take some off, once, with a reason."""
    desk = desk_of(ctx)
    if not DELTA.fullmatch(delta) or int(delta) == 0:
        raise WrongValueError(f"{delta!r} is not a change of stock: write +12 or -3")
    path = f"/v1/admin/stock/{in_path(sku_id, 'a SKU id')}/adjustments"
    _show(desk, desk.write(path, {"delta": int(delta), "reason": reason}, key).body)


@app.command("audit")
def audit(
    ctx: typer.Context,
    sku: Annotated[str, typer.Option(help="A SKU with its sales; reads every order.")] = "",
    sale: Annotated[str, typer.Option(help="A flash sale; reads its shards.")] = "",
) -> None:
    """Compare stock with what orders and reservations hold; ends with 1 on a difference.

    Nothing is repaired. The whole shop is audited every day by its own schedule.
    """
    desk = desk_of(ctx)
    if bool(sku) == bool(sale):
        raise WrongValueError("name --sku or --sale, one of the two")
    params = {"sku": sku} if sku else {"sale": sale}
    found = desk.api.read("/v1/admin/audit/stock", params)

    def for_people() -> None:
        for rows in (found["skus"], found["sales"]):
            if rows:
                cells = [[_cell(value) for value in row.values()] for row in rows]
                desk.printer.table(list(rows[0]), cells)
        desk.printer.line(f"{found['differences']} differences")

    desk.printer.show(found, for_people)
    if found["differences"]:
        raise typer.Exit(1)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return " ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)


def _show(desk: Desk, stock: dict[str, Any]) -> None:
    def for_people() -> None:
        for name, value in stock.items():
            shown = yuan(value) if name.endswith("_fen") else str(value)
            desk.printer.line(f"{name:<10} {shown}")

    desk.printer.show(stock, for_people)
