"""``setup``: a new stack's secrets, each checked before anything is put."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pyotp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from moto import mock_aws

from scripts.operator_cli.main import main
from scripts.recovery.template import secret_names
from shop.crypto.keyring import KeyRing

STACK = "shop"
SERIAL = 0x3775B6A45ACD588826D15E583A95F5DD00000001
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
APP = {
    "appid": "wx0123456789abcdef",
    "secret": "a" * 32,
    "push_token": "token",
    "encoding_aes_key": "k" * 43,
}
PAY = {
    "mchid": "1900000001",
    "apiv3_key": "v" * 32,
    "private_key_file": "apiclient_key.pem",
    "certificate_file": "apiclient_cert.pem",
    "public_key_files": {"PUB_KEY_ID_1": "pub_key.pem"},
}
COURIER = {"customer": "CUSTOMER", "key": "courier-key", "sender": {"name": "云铺"}}


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "1900000001")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), SERIAL, start, start + timedelta(days=1825)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in {"wechat-app": APP, "wechatpay": PAY, "kuaidi100": COURIER}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    (tmp_path / "apiclient_key.pem").write_bytes(pem(KEY))
    (tmp_path / "apiclient_cert.pem").write_bytes(certificate(KEY))
    public = OTHER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pub_key.pem").write_bytes(public)
    return tmp_path


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-1")
    with mock_aws():
        client = boto3.client("secretsmanager")
        for name in secret_names():
            client.create_secret(Name=f"{STACK}/{name}")
        yield client


def held(vault: Any) -> dict[str, Any]:
    found = {}
    for name in secret_names():
        if vault.describe_secret(SecretId=f"{STACK}/{name}").get("VersionIdsToStages"):
            text = vault.get_secret_value(SecretId=f"{STACK}/{name}")["SecretString"]
            found[name] = json.loads(text)
    return found


def run(folder: Path, *more: str) -> int:
    return main(["setup", "--stack", STACK, "--values", str(folder), "--json", *more])


def test_every_secret_gets_a_value_that_the_shop_can_use(
    folder: Path, vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder) == 0
    now = held(vault)
    assert set(now) == set(secret_names()) - {"sf-express"}
    assert now["wechat-app"] == APP
    assert now["wechatpay"]["serial_no"] == f"{SERIAL:X}"
    assert now["wechatpay"]["private_key_pem"].encode() == pem(KEY)
    assert list(now["wechatpay"]["public_keys"]) == ["PUB_KEY_ID_1"]
    assert not [name for name in now["wechatpay"] if name.endswith(("_file", "_files"))]
    assert now["kuaidi100"]["salt"]
    assert now["kuaidi100"]["sender"] == COURIER["sender"]
    assert len(KeyRing.of(now["token-keys"]).derive("x")) == 32
    told = json.loads(capsys.readouterr().out)
    first = now["staff-bootstrap"]
    assert pyotp.parse_uri(told["first_account"]["otpauth"]).secret == first["totp_secret"]
    assert told["first_account"]["one_time_password"] == first["password"]


def test_no_other_secret_is_printed(
    folder: Path, vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder)
    printed = "".join(capsys.readouterr())
    key = held(vault)["token-keys"]["keys"]["k1"]
    assert base64.b64decode(key)
    for secret in (key, APP["secret"], str(PAY["apiv3_key"]), str(COURIER["key"]), "BEGIN"):
        assert secret not in printed


def test_a_repetition_changes_nothing_unless_told(
    folder: Path, vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder)
    before = held(vault)
    (folder / "wechat-app.json").write_text(json.dumps({**APP, "secret": "b" * 32}))
    capsys.readouterr()
    assert run(folder) == 0
    assert held(vault) == before
    assert json.loads(capsys.readouterr().out)["put"] == []
    assert run(folder, "--replace", "wechat-app") == 0
    assert held(vault) == {**before, "wechat-app": {**APP, "secret": "b" * 32}}


def test_token_keys_are_never_replaced(folder: Path, vault: Any) -> None:
    run(folder)
    before = held(vault)
    assert run(folder, "--replace", "token-keys") == 2
    assert held(vault) == before


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("wechat-app", {"secret": "short"}, "wechat-app: secret must be 32"),
        ("wechatpay", {"apiv3_key": "x" * 31}, "apiv3_key must be 32"),
        ("wechatpay", {"private_key_file": "nowhere.pem"}, "nowhere.pem"),
        ("wechatpay", {"private_key_file": "pub_key.pem"}, "no PEM of its kind"),
        ("wechatpay", {"private_key_file": "other.pem"}, "is not the key of"),
        ("kuaidi100", {"key": ""}, "kuaidi100: key must be"),
    ],
)
def test_nothing_is_put_while_anything_is_wrong(
    folder: Path,
    vault: Any,
    capsys: pytest.CaptureFixture[str],
    name: str,
    change: dict[str, str],
    told: str,
) -> None:
    (folder / "other.pem").write_bytes(pem(OTHER))
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert run(folder) == 2
    assert held(vault) == {}
    printed = "".join(capsys.readouterr())
    assert told in printed
    assert "short" not in printed
    assert "x" * 31 not in printed


def test_sf_express_is_put_where_its_values_are(folder: Path, vault: Any) -> None:
    (folder / "sf-express.json").write_text('{"partner_id": "YP", "check_word": "w"}')
    assert run(folder) == 0
    assert held(vault)["sf-express"] == {"partner_id": "YP", "check_word": "w"}


def test_what_has_no_file_is_asked_for(
    folder: Path, vault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typer

    (folder / "wechat-app.json").unlink()
    asked = []

    def prompt(text: str, *, hide_input: bool) -> str:
        field = text.split()[1]
        asked.append((field, hide_input))
        return APP[field]

    monkeypatch.setattr(typer, "prompt", prompt)
    assert run(folder) == 0
    assert held(vault)["wechat-app"] == APP
    assert dict(asked) == {name: name != "appid" for name in APP}


def test_a_stack_that_is_not_there_is_told(
    folder: Path, vault: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["setup", "--stack", "other", "--values", str(folder)]) == 1
    assert "deploy the stack first" in "".join(capsys.readouterr())
    assert held(vault) == {}
