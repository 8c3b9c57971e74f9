"""``import``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.operator_cli.commands.options import desk_of
from scripts.operator_cli.desk import Desk

if TYPE_CHECKING:
    from scripts.operator_cli.catalogue_file.catalogue import Catalogue


def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Catalogue file (YAML).", metavar="FILE")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge the file and send nothing.")
    ] = False,
) -> None:
    """Import a catalogue file: categories, freight, products, coupons, flash sales.

    The whole file is judged first; what is wrong is told by line and field, and nothing is sent.

    The same file twice changes nothing. Stock in the file is the initial stock of new SKUs only.
    """
    from scripts.operator_cli.catalogue_file import catalogue

    desk = desk_of(ctx)
    read = catalogue.read(file)
    if dry_run:
        _show_rows(desk, read.counts())
    else:
        _show_outcomes(desk, _send(desk, read))


def _send(desk: Desk, read: "Catalogue") -> dict[str, dict[str, int]]:
    from scripts.operator_cli.importing import Import

    totals = {kind: count for kind, count in read.counts().items() if kind != "skus"}
    totals |= {"categories": 1 if read.categories else 0, "freight": 1 if read.freight else 0}
    with desk.printer.progress() as progress:
        bars = {
            kind: progress.add_task(kind, total=count) for kind, count in totals.items() if count
        }
        pending = desk.shop.file.with_name(f"{desk.shop.file.stem}.unpublished")
        return Import(desk.api, pending, lambda kind: progress.advance(bars[kind])).run(read)


def _show_rows(desk: Desk, counts: dict[str, int]) -> None:
    def for_people() -> None:
        desk.printer.table(["kind", "rows"], counts.items())
        desk.printer.line("The file is in order; nothing was sent.")

    desk.printer.show({"dry_run": True, "rows": counts}, for_people)


def _show_outcomes(desk: Desk, counts: dict[str, dict[str, int]]) -> None:
    rows = [[kind, *outcomes.values()] for kind, outcomes in counts.items()]
    heads = ["kind", "created", "changed", "unchanged"]
    desk.printer.show(counts, lambda: desk.printer.table(heads, rows))
