"""``setup``: put the values of a new stack's secrets; the only command that speaks to AWS."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.operator_cli import secret_forms as forms
from scripts.operator_cli.commands.options import desk_of
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import ShopctlError, WrongValueError

ASKED_FIRST = ("wechat-app", forms.WECHATPAY, "kuaidi100")


def setup(
    ctx: typer.Context,
    stack: Annotated[str, typer.Option(help="The stack's name.")],
    values: Annotated[
        Path | None,
        typer.Option(help="Folder with NAME.json for secrets that are not to be asked for."),
    ] = None,
    replace: Annotated[
        list[str] | None, typer.Option(help="A secret to put although it has a value; repeatable.")
    ] = None,
) -> None:
    """Put the secrets of a deployed stack, each checked; what has a value already keeps it.

    Account and region come from the environment, as for any AWS tool. Nothing is put before all is
    right. Token keys and the first account are made here; what the first account needs is printed
    once, and nothing else of any secret.
    """
    desk, again = desk_of(ctx), set(replace or ())
    _may_replace(again)
    store = _Store(stack)
    held = {name for name in (*ASKED_FIRST, forms.SF_EXPRESS, *forms.MADE) if store.has(name)}
    wanted = [name for name in (*ASKED_FIRST, *forms.MADE) if name not in held or name in again]
    if _file(values, forms.SF_EXPRESS) and (
        forms.SF_EXPRESS not in held or forms.SF_EXPRESS in again
    ):
        wanted.append(forms.SF_EXPRESS)
    made = {name: _value(name, values) for name in wanted}
    wrong = [sentence for _, sentences in made.values() for sentence in sentences]
    if wrong:
        raise WrongValueError("nothing was put:\n" + "\n".join(wrong))
    for name, (value, _) in made.items():
        store.put(name, value)
    _tell(desk, stack, {name: value for name, (value, _) in made.items()}, sorted(held - set(made)))


def _may_replace(names: set[str]) -> None:
    if forms.TOKEN_KEYS in names:
        raise WrongValueError(
            "what is sealed under token-keys could never be read again; a key is added beside the"
            " old one (docs/privacy.md)"
        )
    unknown = names - {*forms.ASKED, *forms.MADE}
    if unknown:
        raise WrongValueError(f"--replace: no such secret: {', '.join(sorted(unknown))}")


def _file(folder: Path | None, name: str) -> Path | None:
    path = folder / f"{name}.json" if folder else None
    return path if path and path.exists() else None


def _value(name: str, folder: Path | None) -> tuple[forms.Value, list[str]]:
    if name in forms.MADE:
        return forms.MADE[name](), []
    path = _file(folder, name)
    if path is None:
        return forms.completed(name, _asked(name), Path())
    try:
        given = json.loads(path.read_text("utf-8"))
    except ValueError:
        given = None
    if not isinstance(given, dict):
        return {}, [f"{path} holds no JSON object"]
    return forms.completed(name, given, path.parent)


def _asked(name: str) -> dict[str, Any]:
    return {
        one.name: typer.prompt(f"{name} {one.name} ({one.form})", hide_input=one.secret)
        for one in forms.ASKED[name]
    }


def _tell(desk: Desk, stack: str, put: dict[str, forms.Value], kept: list[str]) -> None:
    told: dict[str, Any] = {"put": sorted(put), "kept": kept}
    first = put.get(forms.BOOTSTRAP)
    if first:
        told["first_account"] = {
            "username": first["username"],
            "one_time_password": first["password"],
            "otpauth": forms.otpauth(first, stack),
        }

    def for_people() -> None:
        desk.printer.line(f"put: {', '.join(told['put']) or 'nothing'}")
        desk.printer.line(f"kept as it was: {', '.join(kept) or 'nothing'}")
        if first:
            desk.printer.line(
                "Keep this; it is shown once. Change the password at the first sign-in:"
            )
            for what, text in told["first_account"].items():
                desk.printer.line(f"  {what}: {text}")

    desk.printer.show(told, for_people)


class _Store:
    """Secrets Manager, by the names of one stack."""

    def __init__(self, stack: str) -> None:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        self._stack = stack
        self._failures = (BotoCoreError, ClientError)
        try:
            self._client: Any = boto3.client("secretsmanager")
        except BotoCoreError as failure:
            raise ShopctlError(str(failure)) from failure

    def has(self, name: str) -> bool:
        """Whether the secret has a value.

        Raises:
            ShopctlError: There is no such secret, or AWS does not let us see it.
        """
        try:
            told = self._client.describe_secret(SecretId=f"{self._stack}/{name}")
        except self._client.exceptions.ResourceNotFoundException as absent:
            raise ShopctlError(
                f"there is no secret {self._stack}/{name}: deploy the stack first"
            ) from absent
        except self._failures as failure:
            raise ShopctlError(str(failure)) from failure
        return bool(told.get("VersionIdsToStages"))

    def put(self, name: str, value: forms.Value) -> None:
        """Store it.

        Raises:
            ShopctlError: AWS refused; what was put before stays, and a repetition goes on.
        """
        try:
            self._client.put_secret_value(
                SecretId=f"{self._stack}/{name}", SecretString=json.dumps(value)
            )
        except self._failures as failure:
            raise ShopctlError(f"{name} was not put: {failure}") from failure
