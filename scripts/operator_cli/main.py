"""``shopctl``: global options, the commands, and what each kind of failure exits with."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from scripts.operator_cli import shop_file
from scripts.operator_cli.commands import (
    audit,
    catalogue,
    coupons,
    couriers,
    doctor,
    entry,
    imports,
    keys,
    money,
    operations,
    orders,
    promotions,
    refunds,
    setup,
    shipping,
    staff,
    stock,
    waybill,
    work,
)
from scripts.operator_cli.commands.options import desk_of
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import ShopctlError
from scripts.operator_cli.printer import Printer

app = typer.Typer(
    name="shopctl",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 refused by the shop, 2 wrong command line or shop file, "
    "3 shop not reached, 4 not signed in, 5 faulty catalogue file.",
)
app.command("login")(entry.login)
app.command("import")(imports.import_file)
app.add_typer(catalogue.sheets, name="catalogue")
app.add_typer(catalogue.products, name="product")
app.add_typer(catalogue.prices, name="price")
app.add_typer(orders.app, name="order")
app.add_typer(shipping.app, name="ship")
app.add_typer(work.app, name="work")
app.add_typer(couriers.app, name="couriers")
app.add_typer(waybill.app, name="waybill")
app.add_typer(stock.app, name="stock")
app.add_typer(promotions.coupons, name="coupon")
promotions.coupons.command("change")(coupons.change)
promotions.coupons.command("codes")(coupons.codes)
promotions.coupons.command("gift")(coupons.gift)
promotions.coupons.command("effect")(coupons.effect)
app.add_typer(promotions.sales, name="flash")
app.add_typer(refunds.app, name="refund")
app.add_typer(staff.staff, name="staff")
app.command("setup")(setup.setup)
app.command("doctor")(doctor.doctor)
app.command("reconcile")(money.reconcile)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.audit, name="audit")
app.add_typer(staff.approvals, name="approval")
app.add_typer(operations.outbox, name="outbox")
app.add_typer(operations.anomalies, name="anomaly")


@app.callback()
def options(
    ctx: typer.Context,
    shop: Annotated[
        Path,
        typer.Option(
            envvar=shop_file.VARIABLE, help="File that says where the shop is.", show_default=False
        ),
    ] = shop_file.DEFAULT,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document on stdout.")
    ] = False,
) -> None:
    """Run the shop from the command line, as its staff.

    --shop and --json may stand anywhere on the line.
    """
    desk = desk_of(ctx)
    desk.file = shop
    desk.printer.as_json = as_json


def main(arguments: Sequence[str] | None = None, desk: Desk | None = None) -> int:
    """Runs one command.

    Args:
        arguments: What was typed after ``shopctl``.
        desk: Another desk, for tests.

    Returns:
        The exit code.
    """
    words = _globals_first(list(sys.argv[1:] if arguments is None else arguments))
    laid_out = desk or Desk(printer=Printer(as_json=False))
    try:
        typer.main.get_command(app).main(args=words, prog_name="shopctl", obj=laid_out)
    except ShopctlError as error:
        laid_out.printer.failed(error)
        return error.exit_code
    except OSError as error:
        laid_out.printer.failed(ShopctlError(f"{error.filename or ''}: {error.strerror or error}"))
        return 1
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    return 0


def _globals_first(words: list[str]) -> list[str]:
    first: list[str] = []
    rest: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--":
            rest += [word, *words]
            break
        if word == "--json" or word.startswith("--shop="):
            first.append(word)
        elif word == "--shop" and words:
            first += [word, words.pop(0)]
        else:
            rest.append(word)
    return first + rest
