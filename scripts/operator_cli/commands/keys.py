"""``keys``: what is left to do after a rotation of the root keys."""

import typer

from scripts.operator_cli.commands.options import Reason, desk_of
from scripts.operator_cli.errors import ShopctlError

app = typer.Typer(no_args_is_help=True, help="Rotate the keys that personal data is sealed with.")
FIGURES = ("looked_at", "resealed", "unreadable")


class UnreadableError(ShopctlError):
    """Something is sealed under a key that is not listed; putting the key back makes it whole."""


@app.command("reseal")
def reseal(ctx: typer.Context, reason: Reason) -> None:
    """Seal everything anew under the current key; then older keys may be retired.

    Begin ten minutes after the rotation, when every process has seen the new key. A run that was
    cut off is begun again and passes over what is done.
    """
    desk = desk_of(ctx)
    done = dict.fromkeys(FIGURES, 0)
    cursor: str | None = ""
    while cursor is not None:
        found = desk.write("/v1/admin/sealing", {"reason": reason, "cursor": cursor}, None).body
        done = {name: done[name] + int(found[name]) for name in FIGURES}
        cursor = found["next_cursor"]
        desk.printer.say(f"{done['looked_at']} rows looked at")
    line = f"{done['resealed']} values sealed anew in {done['looked_at']} rows."
    desk.printer.show(done, lambda: desk.printer.line(line))
    if done["unreadable"]:
        raise UnreadableError(f"{done['unreadable']} values are sealed under a key not listed.")
