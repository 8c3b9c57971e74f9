"""``work list`` and ``work export``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import desk_of

PATH = "/v1/admin/work"
Day = Annotated[str, typer.Option(help="Day they were paid, YYYYMMDD in Shanghai.")]
Company = Annotated[str, typer.Option(help="Courier's code that has a parcel or waybill of them.")]
Sku = Annotated[str, typer.Option(help="A SKU that is still to be shipped of them.")]
Status = Annotated[str, typer.Option(help="partial or untouched; both if not given.")]

app = typer.Typer(no_args_is_help=True, help="What is to be shipped, the longest paid first.")


@app.command("list")
def list_work(
    ctx: typer.Context, day: Day = "", company: Company = "", sku: Sku = "", status: Status = ""
) -> None:
    """List the orders that wait, with what is left of each; nobody's address is read."""
    desk = desk_of(ctx)
    items = list(desk.api.items(PATH, _asked(day, company, sku, status)))

    def for_people() -> None:
        heads = ["order", "paid", "parcels", "left"]
        desk.printer.table(
            heads,
            [[one["order_no"], one["paid_at"], one["parcels"], _left(one)] for one in items],
        )
        desk.printer.line(f"{len(items)} orders to ship")

    desk.printer.show({"items": items}, for_people)


@app.command("export")
def export(
    ctx: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx to write.")],
    day: Day = "",
    company: Company = "",
    sku: Sku = "",
    status: Status = "",
) -> None:
    """Write them with names, phones and addresses, to print or to fill in for `ship import`.

    Every order's reading is logged under your name. The file names people: keep it private.
    """
    from scripts.operator_cli.sheet import files, labels

    desk = desk_of(ctx)
    items = list(desk.api.items(f"{PATH}/labels", _asked(day, company, sku, status)))
    out.touch(mode=0o600)
    files.write(out, labels.rows(items), title="待发货")
    desk.printer.show(
        {"orders": len(items), "file": str(out)},
        lambda: desk.printer.line(f"{len(items)} orders in {out}"),
    )


def _asked(day: str, company: str, sku: str, status: str) -> dict[str, str]:
    asked = {
        "day": day.replace("-", ""), "company": company, "sku_id": sku, "status": status,
    }  # fmt: skip
    return {name: value for name, value in asked.items() if value}


def _left(order: dict[str, Any]) -> str:
    return "; ".join(f"{one['title']} {one['spec']} ×{one['quantity']}" for one in order["lines"])
