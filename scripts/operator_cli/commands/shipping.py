"""``ship NO``, ``ship correct`` and ``ship import``."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from scripts.operator_cli.catalogue_file.faults import Fault, FaultyFileError
from scripts.operator_cli.commands.options import Key, desk_of, in_path
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import RefusedError, WrongValueError

if TYPE_CHECKING:
    from scripts.operator_cli.sheet.parcels import SheetParcel

OrderNo = Annotated[str, typer.Argument(metavar="NO", help="Order number.")]
Company = Annotated[
    str, typer.Option(help="Courier's code at Kuaidi100, such as shunfeng or zhongtong.")
]
TrackingNo = Annotated[str, typer.Option(help="The parcel's number.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]


class OrderFirst(TyperGroup):
    """`ship NO` is `ship order NO`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words as they are meant."""
        known = args and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if known or not args else ["order", *args])


app = typer.Typer(cls=OrderFirst, no_args_is_help=True, help="Send parcels out.")


@app.command("order")
def ship(
    ctx: typer.Context,
    order_no: OrderNo,
    company: Company,
    tracking_no: TrackingNo,
    line: Annotated[
        list[str] | None,
        typer.Option(
            help="Line and pieces, such as 1x2; may be repeated. All that is left if not."
        ),
    ] = None,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Report that a parcel of an order left; tracking begins and the buyer can follow it."""
    body: dict[str, Any] = {"company": company, "tracking_no": tracking_no}
    body |= {"lines": [_pieces(one) for one in line]} if line else {}
    body |= {"reason": reason} if reason else {}
    _send(desk_of(ctx), _path(order_no), body, key)


@app.command("correct")
def correct(
    ctx: typer.Context,
    order_no: OrderNo,
    parcel: Annotated[int, typer.Argument(metavar="PARCEL", min=1, help="Its number, from 1.")],
    company: Company,
    tracking_no: TrackingNo,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Correct a parcel's tracking number: once per order, since WeChat takes one change."""
    body = {"company": company, "tracking_no": tracking_no} | ({"reason": reason} if reason else {})
    path = f"/v1/admin/orders/{in_path(order_no, 'an order number')}/parcels/{parcel}/correction"
    _send(desk_of(ctx), path, body, key)


@app.command("import")
def import_parcels(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A courier's .csv or .xlsx.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would be shipped and send nothing.")
    ] = False,
) -> None:
    """Ship what a courier's sheet says: order_no, company, tracking_no; lines (1x2;2x1) for a part.

    The whole file is judged first. Importing it again ships nothing twice. Ends with 1 when the
    shop refused a row.
    """
    desk = desk_of(ctx)
    rows = _judged(desk, file)
    if preview:
        _preview(desk, rows)
        return
    counts, refused = Counter[str](), list[Fault]()
    with desk.printer.progress() as bar:
        task = bar.add_task("parcels", total=len(rows))
        for row in rows:
            try:
                counts[str(desk.write(_path(row.order_no), row.body, row.key).body["status"])] += 1
            except RefusedError as no:
                refused.append(Fault(row.line, f"order {row.order_no}", "", str(no)))
            bar.advance(task)

    def for_people() -> None:
        for fault in refused:
            desk.printer.line(f"{file}:{fault.line}: {fault}")
        desk.printer.line(f"{sum(counts.values())} parcels shipped, {len(refused)} refused")

    told = [{"line": one.line, "row": one.row, "message": one.message} for one in refused]
    desk.printer.show({"shipped": dict(counts), "refused": told}, for_people)
    if refused:
        raise typer.Exit(1)


def _judged(desk: Desk, file: Path) -> "list[SheetParcel]":
    """The rows of a file that is in order.

    Raises:
        FaultyFileError: It is not; every fault is told by line and field.
        WrongValueError: There is no such file.
    """
    from scripts.operator_cli.sheet import parcels

    if not file.is_file():
        raise WrongValueError(f"there is no file {file}")
    couriers = desk.api.read("/v1/admin/couriers")["items"]
    companies = {one[name]: one["code"] for one in couriers for name in ("name", "code")}
    rows = list(parcels.read(file, companies))
    faults = [fault for row in rows for fault in row.faults]
    seen = Counter((row.order_no, row.body["company"], row.body["tracking_no"]) for row in rows)
    faults += [
        Fault(row.line, f"order {row.order_no}", "tracking_no", "stands in the file twice")
        for row in rows
        if seen[row.order_no, row.body["company"], row.body["tracking_no"]] > 1
    ]
    if faults:
        raise FaultyFileError(str(file), faults)
    return rows


def _preview(desk: Desk, rows: "Sequence[SheetParcel]") -> None:
    waiting = {one["order_no"]: one["lines"] for one in desk.api.items("/v1/admin/work", {})}
    shown = [
        [row.line, row.order_no, row.body["tracking_no"], _would(row, waiting)] for row in rows
    ]
    heads = ["line", "order_no", "tracking_no", "would"]

    def for_people() -> None:
        desk.printer.table(heads, shown)
        desk.printer.line("nothing was sent")

    found = [dict(zip(heads, row, strict=True)) for row in shown]
    desk.printer.show({"preview": True, "items": found}, for_people)


def _would(row: "SheetParcel", waiting: dict[str, list[dict[str, Any]]]) -> str:
    """What would come of a row; what is left of its order is less by it afterwards."""
    lines = waiting.get(row.order_no)
    if not lines:
        return "be refused: not to be shipped"
    left = {one["line_id"]: one["quantity"] for one in lines}
    wanted = {one["line_id"]: one["quantity"] for one in row.body.get("lines", ())} or left
    if any(pieces > left.get(line_id, 0) for line_id, pieces in wanted.items()):
        return "be refused: more than is left"
    rest = {line_id: pieces - wanted.get(line_id, 0) for line_id, pieces in left.items()}
    waiting[row.order_no] = [
        {"line_id": line_id, "quantity": pieces} for line_id, pieces in rest.items() if pieces
    ]
    return "ship a part" if waiting[row.order_no] else "ship the rest"


def _pieces(text: str) -> dict[str, Any]:
    line_id, _, quantity = text.partition("x")
    if not (line_id.isdecimal() and quantity.isdecimal()):
        raise WrongValueError(f"--line: {text!r} is not of the form 1x2")
    return {"line_id": line_id, "quantity": int(quantity)}


def _path(order_no: str) -> str:
    return f"/v1/admin/orders/{in_path(order_no, 'an order number')}/shipments"


def _send(desk: Desk, path: str, body: dict[str, Any], key: str | None) -> None:
    answer = desk.write(path, body, key).body
    desk.printer.show(
        answer, lambda: desk.printer.line(f"{answer['order_no']} is {answer['status']}.")
    )
