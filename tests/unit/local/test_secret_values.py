import base64
import json
from pathlib import Path
from typing import Any

import pytest

from scripts.local import secret_values


class FakeStore:
    """A secret store whose secrets exist, as after a deploy, without a value."""

    class exceptions:  # noqa: N801 - botocore's name
        class ResourceNotFoundException(Exception):  # noqa: N818 - AWS's name
            pass

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.puts = 0

    def client(self, _name: str) -> Any:
        return self

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - AWS's name
        if SecretId not in self.values:
            raise self.exceptions.ResourceNotFoundException
        return {"SecretString": self.values[SecretId]}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:  # noqa: N803
        self.puts += 1
        self.values[SecretId] = SecretString


@pytest.fixture
def providers_file(tmp_path: Path) -> Path:
    file = tmp_path / "shop-secrets.json"
    file.write_text(json.dumps({"wechat-app": {"appid": "wx1", "secret": "s"}}))
    return file


def test_the_store_gets_every_secret_once(providers_file: Path) -> None:
    store = FakeStore()
    values = secret_values.fill(store.client, providers_file)
    assert {f"yunpu-local/{name}": json.dumps(value) for name, value in values.items()} == (
        store.values
    )
    assert set(values) == {"wechat-app", "token-keys", "staff-bootstrap"}
    puts = store.puts
    assert secret_values.fill(store.client, providers_file) == values
    assert store.puts == puts


def test_an_empty_secret_counts_as_missing(providers_file: Path) -> None:
    store = FakeStore()
    store.values["yunpu-local/token-keys"] = ""
    values = secret_values.fill(store.client, providers_file)
    assert values["token-keys"]["current"] == "k1"


def test_a_root_key_has_256_bits_and_is_never_the_same() -> None:
    one, other = (secret_values.token_keys()["keys"]["k1"] for _ in range(2))
    assert len(base64.b64decode(one, validate=True)) == 32
    assert one != other


def test_the_first_password_is_not_the_same_twice() -> None:
    one, other = secret_values.staff_bootstrap(), secret_values.staff_bootstrap()
    assert one["password"] != other["password"]
    assert one["totp_secret"] != other["totp_secret"]
