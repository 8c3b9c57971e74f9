"""``catalogue import``, ``catalogue export``, ``product on|off`` and ``price set``."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.operator_cli.catalogue_file.faults import Fault, FaultyFileError
from scripts.operator_cli.commands.options import Key, Reason, desk_of, in_path, moment
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import ShopctlError, WrongValueError
from scripts.operator_cli.printer import yuan

MOST_FAULTS = 200
MOST_SHOWN = 50
PAGE = "50"

sheets = typer.Typer(no_args_is_help=True, help="A spreadsheet of products, in and out.")
products = typer.Typer(no_args_is_help=True, help="Put products on and off sale.")
prices = typer.Typer(no_args_is_help=True, help="Change prices.")

SheetFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX, by its name.")]
ProductId = Annotated[str, typer.Argument(metavar="PRODUCT", help="Product id, such as p0001.")]
SkuId = Annotated[str, typer.Argument(metavar="SKU", help="SKU id, such as p0001-2.")]


class SomeRefusedError(ShopctlError):
    """The shop took the rest, and refused these products."""

    def __init__(self, refused: list[Fault], counts: dict[str, int]) -> None:
        self.refused, self.counts = refused, counts
        rows = "\n".join(f"line {one.line}: {one}" for one in sorted(refused)[:MOST_SHOWN])
        super().__init__(
            f"{rows}\n{len(refused)} products were refused, each whole; the rest is in."
        )

    def document(self) -> dict[str, Any]:
        """What was done, and what was not."""
        lines = [{"line": one.line, "row": one.row, "message": one.message} for one in self.refused]
        return super().document() | {"done": self.counts, "refused": lines}


@sheets.command("import")
def import_sheet(
    ctx: typer.Context,
    file: SheetFile,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would change, and send nothing.")
    ] = False,
) -> None:
    """Import products from a spreadsheet; columns are explained in docs/product-sheet.md.

    The whole file is judged first; what is wrong is told by line and column, and nothing is sent.
    Then each product is taken whole or not at all. Cut off, the same command goes on from there.
    """
    desk = desk_of(ctx)
    categories = _categories(desk)
    total = _judge(desk, file, categories)
    if preview:
        _preview(desk, file, categories, total)
        return
    from scripts.operator_cli.sheet import products as sheet
    from scripts.operator_cli.sheet.sending import Progress, Sending

    kept = desk.shop.file.with_name(f"{desk.shop.file.stem}.import.json")
    with desk.printer.progress() as bar:
        task = bar.add_task("rows", total=total)
        sending = Sending(desk.api, kept, lambda rows: bar.advance(task, rows))
        counts = sending.run(Progress.of(kept, file), sheet.read(file, categories))
    if sending.refused:
        raise SomeRefusedError(sending.refused, counts)
    heads = ["created", "changed", "unchanged"]
    row = [counts.get(head, 0) for head in heads]
    desk.printer.show(counts, lambda: desk.printer.table(["products", *heads], [["", *row]]))


@sheets.command("export")
def export_sheet(ctx: typer.Context, file: SheetFile) -> None:
    """Export every product into a spreadsheet that can be imported again."""
    from scripts.operator_cli.sheet import exporting, files

    desk = desk_of(ctx)
    seen = Counter[str]()

    def counted() -> Iterator[dict[str, Any]]:
        with desk.printer.progress() as bar:
            task = bar.add_task("products", total=None)
            for one in desk.api.items("/v1/admin/catalogue/products", {"limit": PAGE}):
                seen.update(products=1, skus=len(one["skus"]))
                bar.advance(task)
                yield one

    files.write(file, exporting.rows(counted()))
    desk.printer.show(
        dict(seen),
        lambda: desk.printer.line(f"{seen['products']} products, {seen['skus']} SKUs in {file}"),
    )


@products.command("on")
def put_on_sale(
    ctx: typer.Context,
    product_id: ProductId,
    reason: Reason,
    since: Annotated[
        str, typer.Option("--from", help="RFC 3339 with zone; now if not given.")
    ] = "",
    until: Annotated[
        str, typer.Option(help="RFC 3339 with zone, exclusive; for good if not.")
    ] = "",
    key: Key = None,
) -> None:
    """Put a product on sale, at once or for a time."""
    body = {"on_sale": True, "reason": reason}
    body |= {"sale_from": moment(since, "--from")} if since else {}
    body |= {"sale_until": moment(until, "--until")} if until else {}
    _set_state(desk_of(ctx), product_id, body, key)


@products.command("off")
def take_off_sale(
    ctx: typer.Context, product_id: ProductId, reason: Reason, key: Key = None
) -> None:
    """Take a product off sale; the next checkout refuses it already."""
    _set_state(desk_of(ctx), product_id, {"on_sale": False, "reason": reason}, key)


@prices.command("set")
def set_price(
    ctx: typer.Context,
    sku_id: SkuId,
    price_fen: Annotated[int, typer.Argument(metavar="FEN", min=1, help="In fen: 12.80 is 1280.")],
    reason: Reason,
    list_price_fen: Annotated[
        int | None, typer.Option(min=1, help="The price beside it; kept if not given.")
    ] = None,
    key: Key = None,
) -> None:
    """Change what a SKU costs; quotes made at the old price stop at once."""
    desk = desk_of(ctx)
    body: dict[str, Any] = {"price_fen": price_fen, "reason": reason}
    if list_price_fen is not None:
        body["list_price_fen"] = list_price_fen
    path = f"/v1/admin/catalogue/skus/{in_path(sku_id, 'a SKU id')}/price"
    answer = desk.write(path, body, key).body
    desk.printer.show(
        answer,
        lambda: desk.printer.line(f"{sku_id} costs {yuan(price_fen)} ({answer['outcome']})."),
    )


def _set_state(desk: Desk, product_id: str, body: dict[str, Any], key: str | None) -> None:
    path = f"/v1/admin/catalogue/products/{in_path(product_id, 'a product id')}/sale-state"
    answer = desk.write(path, body, key).body
    word = "on" if body["on_sale"] else "off"
    desk.printer.show(
        answer, lambda: desk.printer.line(f"{product_id} is {word} sale ({answer['outcome']}).")
    )


def _categories(desk: Desk) -> dict[str, str]:
    """Categories by id and, where only one has it, by name."""
    items = desk.line.send("GET", "/v1/categories").body["items"]
    times = Counter(one["name"] for one in items)
    names = {one["name"]: one["id"] for one in items if times[one["name"]] == 1}
    return names | {one["id"]: one["id"] for one in items}


def _judge(desk: Desk, file: Path, categories: dict[str, str]) -> int:
    """The number of rows of a sheet that is in order.

    Raises:
        FaultyFileError: It is not; up to `MOST_FAULTS` faults are told.
        WrongValueError: There is no such file.
    """
    from scripts.operator_cli.sheet import products as sheet

    if not file.is_file():
        raise WrongValueError(f"there is no file {file}")
    faults: list[Fault] = []
    rows = 0
    known = frozenset(categories.values())
    for product in sheet.read(file, categories):
        rows += product.rows
        faults += product.faults
        faults += [
            Fault(product.line, f"商品 {product.product_id}", "分类", f"there is no category {one}")
            for one in product.body.get("category_ids", [])
            if one not in known
        ]
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise FaultyFileError(str(file), faults[:MOST_FAULTS])
    desk.printer.say(f"{file}: {rows} rows are in order")
    return rows


def _preview(desk: Desk, file: Path, categories: dict[str, str], total: int) -> None:
    from scripts.operator_cli.sheet import products as sheet
    from scripts.operator_cli.sheet.comparing import compare

    counts = Counter[str]()
    shown: list[list[Any]] = []
    with desk.printer.progress() as bar:
        task = bar.add_task("rows", total=total)
        for product, outcome, fields in compare(desk.api, sheet.read(file, categories)):
            counts[outcome] += 1
            bar.advance(task, product.rows)
            if outcome != "unchanged" and len(shown) < MOST_SHOWN:
                shown.append([product.line, product.product_id, outcome, "\n".join(fields)])

    def for_people() -> None:
        desk.printer.table(["line", "product", "would be", "what"], shown)
        hidden = counts["created"] + counts["changed"] - len(shown)
        desk.printer.line(f"and {hidden} more" if hidden else "nothing was sent")

    changes = [dict(zip(("line", "product", "outcome", "what"), row, strict=True)) for row in shown]
    desk.printer.show({"preview": True, "products": counts, "first": changes}, for_people)
