"""Where the shop is, and how its staff signs in: the JSON file named by ``--shop``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.operator_cli.errors import ShopFileError

VARIABLE = "YUNPU_SHOP"
DEFAULT = Path(__file__).parents[2] / "build" / "local" / "shop.json"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Account:
    """One staff account, as far as the file tells it; None is asked for at ``login``."""

    username: str | None = None
    password: str | None = None
    totp_secret: str | None = None

    @property
    def complete(self) -> bool:
        """Whether nobody needs to be asked."""
        return None not in (self.username, self.password, self.totp_secret)


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop to work for.

    Attributes:
        file: The file this was read from; the session is kept beside it.
        base_url: ``/v1/...`` is appended to it.
    """

    file: Path
    base_url: str
    account: Account

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine."""
        return urlsplit(self.base_url).hostname in LOOPBACK


def read(file: Path) -> Shop:
    """Reads ``{base_url, staff?: {username?, password?, totp_secret?, secrets_file?}}``.

    ``secrets_file`` names a JSON file, relative to this one, with the rest of ``staff``.

    Raises:
        ShopFileError: A file is missing or not of this form, or the password would travel in
            the clear.
    """
    content = _object(file)
    base_url = content.get("base_url")
    if not isinstance(base_url, str):
        raise ShopFileError(f"{file}: base_url is missing")
    staff = content.get("staff") or {}
    if isinstance(staff, dict) and "secrets_file" in staff:
        staff = _object(file.parent / str(staff["secrets_file"])) | staff
    shop = Shop(file, base_url.rstrip("/"), _account(file, staff))
    if not shop.is_local and urlsplit(shop.base_url).scheme != "https":
        raise ShopFileError(f"{file}: base_url must begin with https:// (only loopback may not)")
    return shop


def _account(file: Path, staff: Any) -> Account:
    try:
        values = {name: staff.get(name) for name in ("username", "password", "totp_secret")}
    except AttributeError as bad:
        raise ShopFileError(f"{file}: staff must be an object") from bad
    if not all(value is None or isinstance(value, str) for value in values.values()):
        raise ShopFileError(f"{file}: username, password and totp_secret must be text")
    return Account(**values)


def _object(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as missing:
        raise ShopFileError(
            f"{file} does not exist. Open a local shop with `make up`, "
            f"or name another file with --shop or {VARIABLE}."
        ) from missing
    except (OSError, ValueError) as bad:
        raise ShopFileError(f"{file} cannot be read: {bad}") from bad
    if not isinstance(content, dict):
        raise ShopFileError(f"{file} must hold a JSON object")
    return content
