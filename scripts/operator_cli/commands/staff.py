"""``staff`` and ``approval``: who works here, and what waits for two."""

from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import Key, Reason, desk_of, in_path
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.staff_api import new_key

Username = Annotated[str, typer.Argument(metavar="NAME", help="Account name.")]
ApprovalId = Annotated[str, typer.Argument(metavar="ID", help="The request's id.")]

staff = typer.Typer(no_args_is_help=True, help="Open, close and list staff accounts.")
approvals = typer.Typer(no_args_is_help=True, help="Decide what needs a second person.")


@staff.command("add")
def add(
    ctx: typer.Context,
    username: Username,
    role: Annotated[str, typer.Option(help="owner, operator, support or auditor.")],
    reason: Reason,
    key: Key = None,
) -> None:
    """Open an account. Its password and code secret are shown this once and never again."""
    desk = desk_of(ctx)
    body = {"username": username, "role": role, "reason": reason}
    _tell_secrets(desk, desk.write("/v1/admin/staff", body, key).body)


@staff.command("reset")
def reset(ctx: typer.Context, username: Username, reason: Reason, key: Key = None) -> None:
    """Give another's account a new password and code secret, and end its sign-ins."""
    desk = desk_of(ctx)
    path = f"/v1/admin/staff/{in_path(username, 'an account name')}/reset"
    _tell_secrets(desk, desk.write(path, {"reason": reason}, key).body)


@staff.command("password")
def password(ctx: typer.Context) -> None:
    """Change your own password; your other sign-ins end.

    The old password and the code are asked for where the shop file does not tell them; the new
    password always is. A shop file that holds the old one must be told the new one afterwards.
    """
    desk = desk_of(ctx)
    token = desk.session.token()
    old = desk.shop.account.password or _ask("Old password")
    new = _ask("New password (12 characters or more)", twice=True)
    code = desk.session.unspent_code() or _ask("One-time code, not used before", hide=False)
    body = {"current_password": old, "new_password": new, "code": code}
    desk.line.send(
        "PUT",
        "/v1/admin/password",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": new_key()},
        body=body,
    )
    desk.printer.show({"changed": True}, lambda: desk.printer.line("Your password is changed."))


@staff.command("disable")
def disable(ctx: typer.Context, username: Username, reason: Reason, key: Key = None) -> None:
    """Close an account; it is refused from this moment."""
    desk = desk_of(ctx)
    path = f"/v1/admin/staff/{in_path(username, 'an account name')}/disable"
    closed = desk.write(path, {"reason": reason}, key).body
    desk.printer.show(closed, lambda: desk.printer.line(f"{closed['username']} is closed."))


@staff.command("list")
def list_staff(ctx: typer.Context) -> None:
    """List all accounts."""
    _list(ctx, "/v1/admin/staff", {}, ("username", "role", "created_at", "disabled_at"))


@approvals.command("list")
def list_approvals(ctx: typer.Context) -> None:
    """List what waits for a second person or was decided lately."""
    heads = ("id", "kind", "subject", "content", "reason", "requested_by", "status", "decided_by")
    _list(ctx, "/v1/admin/approvals", {}, heads)


@approvals.command("approve")
def approve(ctx: typer.Context, approval_id: ApprovalId, reason: Reason, key: Key = None) -> None:
    """Let happen what another account asked for, once."""
    _decide(ctx, approval_id, "approve", reason, key)


@approvals.command("refuse")
def refuse(ctx: typer.Context, approval_id: ApprovalId, reason: Reason, key: Key = None) -> None:
    """Refuse a request, or withdraw your own."""
    _decide(ctx, approval_id, "refuse", reason, key)


def _tell_secrets(desk: Desk, opened: dict[str, Any]) -> None:
    def for_people() -> None:
        desk.printer.line(f"{opened['username']} is {opened['role']}.")
        if opened["password"] is None:
            desk.printer.line("Its secrets were told before; reset it for new ones.")
            return
        desk.printer.line(f"password     {opened['password']}")
        desk.printer.line(f"code secret  {opened['totp_secret']}")

    desk.printer.show(opened, for_people)


def _ask(what: str, *, hide: bool = True, twice: bool = False) -> str:
    return str(typer.prompt(what, hide_input=hide, confirmation_prompt=twice, err=True))


def _decide(ctx: typer.Context, approval_id: str, how: str, reason: str, key: str | None) -> None:
    desk = desk_of(ctx)
    path = f"/v1/admin/approvals/{in_path(approval_id, 'the id of a request')}/{how}"
    done = desk.write(path, {"reason": reason}, key).body
    desk.printer.show(done, lambda: desk.printer.line(f"{done['id']} is {done['status']}."))


def _list(ctx: typer.Context, path: str, params: dict[str, str], heads: tuple[str, ...]) -> None:
    desk = desk_of(ctx)
    items = list(desk.api.items(path, params))

    def for_people() -> None:
        rows = [[_cell(item.get(head)) for head in heads] for item in items]
        desk.printer.table(list(heads), rows)

    desk.printer.show({"items": items}, for_people)


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)
