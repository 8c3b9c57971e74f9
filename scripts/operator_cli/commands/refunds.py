"""``refund list``, ``approve``, ``refuse``, ``create``, ``redirect`` and ``reopen``."""

import re
from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import Key, Reason, desk_of, in_path
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import WrongValueError
from scripts.operator_cli.printer import yuan

LINE = re.compile(r"([1-9][0-9]?)=([1-9][0-9]?)")
FEN_PER_YUAN = 100
AMOUNT = re.compile(r"([0-9]{1,8})(?:\.([0-9]{2}))?")
RefundNo = Annotated[str, typer.Argument(metavar="NO", help="Refund number.")]
Amount = Annotated[
    str, typer.Option(help="What goes back, in yuan such as 12.50, if less than asked.")
]

app = typer.Typer(no_args_is_help=True, help="Decide refunds, and begin them.")


@app.command("list")
def list_refunds(ctx: typer.Context) -> None:
    """List what waits for a person: requests, and refunds that WeChat could not make."""
    desk = desk_of(ctx)
    items = list(desk.api.items("/v1/admin/refunds", {}))
    heads = ("refund", "status", "amount", "lines", "reason", "asked by", "since")

    def for_people() -> None:
        rows = [
            [
                item["refund_no"],
                item["status"],
                yuan(item["amount_fen"]),
                " ".join(f"{one['line_id']}={one['quantity']}" for one in item["lines"]) or "-",
                item["reason"] or item["cause"],
                item["asked_by"] or "-",
                item["requested_at"],
            ]
            for item in items
        ]
        desk.printer.table(list(heads), rows)
        desk.printer.line(f"{len(items)} waiting")

    desk.printer.show({"items": items}, for_people)


@app.command("approve")
def approve(
    ctx: typer.Context, refund_no: RefundNo, reason: Reason, amount: Amount = "", key: Key = None
) -> None:
    """Let the money go back; above the shop's limit a second person must approve."""
    body: dict[str, Any] = {"reason": reason}
    if amount:
        body["amount_fen"] = _fen(amount)
    _decide(ctx, refund_no, "approve", body, key)


@app.command("refuse")
def refuse(ctx: typer.Context, refund_no: RefundNo, reason: Reason, key: Key = None) -> None:
    """Refuse a request; what it asked for may be asked again."""
    _decide(ctx, refund_no, "refuse", {"reason": reason}, key)


@app.command("redirect")
def redirect(ctx: typer.Context, refund_no: RefundNo, reason: Reason, key: Key = None) -> None:
    """Send an ABNORMAL refund to the shop's own card; then pay the buyer yourself."""
    _decide(ctx, refund_no, "redirect", {"reason": reason}, key)


@app.command("reopen")
def reopen(ctx: typer.Context, refund_no: RefundNo, reason: Reason, key: Key = None) -> None:
    """Begin a CLOSED refund anew, under the next number."""
    _decide(ctx, refund_no, "reopen", {"reason": reason}, key)


@app.command("create")
def create(
    ctx: typer.Context,
    order_no: Annotated[str, typer.Argument(metavar="ORDER", help="Order number.")],
    lines: Annotated[list[str], typer.Argument(metavar="LINE=PIECES...", help="Such as 1=2 3=1.")],
    reason: Reason,
    amount: Amount = "",
    key: Key = None,
) -> None:
    """Give pieces of an order back unasked."""
    desk = desk_of(ctx)
    body: dict[str, Any] = {
        "order_no": in_path(order_no, "an order number"),
        "lines": [_line(one) for one in lines],
        "reason": reason,
    }
    if amount:
        body["amount_fen"] = _fen(amount)
    _show(desk, desk.write("/v1/admin/refunds", body, key).body)


def _decide(
    ctx: typer.Context, refund_no: str, how: str, body: dict[str, Any], key: str | None
) -> None:
    desk = desk_of(ctx)
    path = f"/v1/admin/refunds/{in_path(refund_no, 'a refund number')}/{how}"
    _show(desk, desk.write(path, body, key).body)


def _show(desk: Desk, refund: dict[str, Any]) -> None:
    def for_people() -> None:
        desk.printer.line(
            f"{refund['refund_no']} is {refund['status']}, {yuan(refund['amount_fen'])}."
        )
        if refund["approval_id"]:
            desk.printer.line(f"A second person must approve {refund['approval_id']}.")

    desk.printer.show(refund, for_people)


def _line(text: str) -> dict[str, Any]:
    found = LINE.fullmatch(text)
    if not found:
        raise WrongValueError(f"{text!r} is not a line and its pieces: write 1=2")
    return {"line_id": found[1], "quantity": int(found[2])}


def _fen(text: str) -> int:
    found = AMOUNT.fullmatch(text)
    fen = int(found[1]) * FEN_PER_YUAN + int(found[2] or 0) if found else 0
    if not fen:
        raise WrongValueError(f"--amount: {text!r} is not an amount such as 12.50")
    return fen
