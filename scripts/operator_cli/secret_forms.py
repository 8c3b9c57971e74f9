"""What each secret of a stack is made of: what is asked, what form it has, what is made here.

Messages name fields and forms, never values. The forms are those of the secrets' descriptions in
`template.yaml` and of the providers' consoles.
"""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

Value = dict[str, Any]
ROOT_KEY_BYTES = 32
PASSWORD_BYTES = 15
RSA_BITS = 2048
TOKEN_KEYS = "token-keys"  # noqa: S105 # nosec B105 # pragma: allowlist secret
BOOTSTRAP = "staff-bootstrap"
WECHATPAY = "wechatpay"
SF_EXPRESS = "sf-express"
PRIVATE_KEY, CERTIFICATE = "private_key_file", "certificate_file"
PUBLIC_KEYS = "public_key_files"


@dataclass(frozen=True, slots=True)
class Field:
    """One value that is asked for.

    Attributes:
        pattern: What all of it must match.
        form: The same for people.
        secret: Not shown while it is typed.
    """

    name: str
    pattern: str
    form: str
    secret: bool = True


_ANY = r"\S(.*\S)?"
ASKED: Mapping[str, tuple[Field, ...]] = {
    "wechat-app": (
        Field("appid", r"wx[0-9a-zA-Z]{16}", "wx and 16 letters and digits", secret=False),
        Field("secret", r"[0-9a-zA-Z]{32}", "32 letters and digits"),
        Field("push_token", r"[0-9a-zA-Z]{3,32}", "3 to 32 letters and digits"),
        Field("encoding_aes_key", r"[0-9a-zA-Z]{43}", "43 letters and digits"),
    ),
    WECHATPAY: (
        Field("mchid", r"[0-9]{8,10}", "8 to 10 digits", secret=False),
        Field("apiv3_key", r"[0-9a-zA-Z]{32}", "32 letters and digits"),
        Field(PRIVATE_KEY, _ANY, "the file apiclient_key.pem", secret=False),
        Field(CERTIFICATE, _ANY, "the file apiclient_cert.pem", secret=False),
    ),
    "kuaidi100": (
        Field("customer", _ANY, "as in Kuaidi100's console", secret=False),
        Field("key", _ANY, "as in Kuaidi100's console"),
    ),
    SF_EXPRESS: (
        Field("partner_id", _ANY, "as in SF's console", secret=False),
        Field("check_word", _ANY, "as in SF's console"),
    ),
}


def token_keys() -> Value:
    """A root key of 32 random bytes."""
    key = base64.b64encode(secrets.token_bytes(ROOT_KEY_BYTES)).decode()
    return {"current": "k1", "keys": {"k1": key}}


def bootstrap() -> Value:
    """The first account, with a password to be changed and the secret of its codes."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    return {"username": "owner", "password": password, "totp_secret": pyotp.random_base32()}


MADE: Mapping[str, Callable[[], Value]] = {TOKEN_KEYS: token_keys, BOOTSTRAP: bootstrap}


def otpauth(account: Mapping[str, str], stack: str) -> str:
    """What an authenticator app takes in, as an address or a QR code."""
    code = pyotp.TOTP(account["totp_secret"])
    return code.provisioning_uri(name=account["username"], issuer_name=f"Yunpu {stack}")


def completed(name: str, given: Mapping[str, Any], folder: Path) -> tuple[Value, list[str]]:
    """The secret from what was given, and what is wrong with it.

    Args:
        name: The secret's name behind the stack's.
        given: What `ASKED` lists; other fields, such as Kuaidi100's `sender`, stay as they are.
        folder: Where files that are named lie.

    Returns:
        The value, and sentences; the value is good only without them.
    """
    wrong = [
        f"{name}: {one.name} must be {one.form}"
        for one in ASKED[name]
        if not re.fullmatch(one.pattern, str(given.get(one.name, "")))
    ]
    value = {key: one for key, one in given.items() if not key.endswith(("_file", "_files"))}
    if name == WECHATPAY and not wrong:
        wrong += _add_keys(value, given, folder)
    if name == "kuaidi100":
        # Ours to choose: it is told to Kuaidi100 with each subscription.
        value.setdefault("salt", secrets.token_hex(16))
    return value, wrong


def _add_keys(value: Value, given: Mapping[str, Any], folder: Path) -> list[str]:
    """The merchant's key, with its certificate's number; WeChat Pay's keys by their ids."""
    try:
        key_text = (folder / given[PRIVATE_KEY]).read_text("ascii")
        key = load_pem_private_key(key_text.encode(), None)
        certificate = x509.load_pem_x509_certificate((folder / given[CERTIFICATE]).read_bytes())
        public = {
            number: (folder / file).read_text("ascii")
            for number, file in given.get(PUBLIC_KEYS, {}).items()
        }
        for text in public.values():
            load_pem_public_key(text.encode())
    except OSError as failure:
        return [f"{WECHATPAY}: {failure.filename}: {failure.strerror}"]
    except (ValueError, TypeError):
        # What is said of a key that cannot be read may quote it.
        return [f"{WECHATPAY}: a file holds no PEM of its kind, or one with a password"]
    if not isinstance(key, RSAPrivateKey) or key.key_size < RSA_BITS:
        return [f"{WECHATPAY}: {PRIVATE_KEY} is no RSA key of {RSA_BITS} bits"]
    pair = (key.public_key(), certificate.public_key())
    ours, theirs = (
        one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in pair
    )
    if ours != theirs:
        return [f"{WECHATPAY}: {PRIVATE_KEY} is not the key of {CERTIFICATE}"]
    value["private_key_pem"] = key_text
    value["serial_no"] = f"{certificate.serial_number:040X}"
    value["public_keys"] = {**value.get("public_keys", {}), **public}
    return []
