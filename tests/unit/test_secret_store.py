"""Secrets: what was good goes on being used while the store is away or holds nonsense."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from shop import clock, secret_store
from shop.errors import MisconfiguredError, UnavailableError

GOOD = {"appid": "wx1"}
NONSENSE = ["not json", "[1]", '"text"', None]


class Vault:
    """Secrets Manager that answers with one text; None stands for a binary secret."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.away = False
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, object]:  # noqa: N803 - boto's name
        self.reads += 1
        if self.away:
            raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")
        known = {} if self.text is None else {"SecretString": self.text}
        return {"Name": SecretId, **known}


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    made = Vault(json.dumps(GOOD))
    monkeypatch.setattr(secret_store, "_client", lambda: made)
    secret_store.forget()
    yield made
    secret_store.forget()


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now() + secret_store.LIFETIME_SECONDS
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_a_fault_of_our_set_up_and_is_not_repeated(
    vault: Vault, text: str | None
) -> None:
    vault.text = text
    with pytest.raises(MisconfiguredError) as raised:
        secret_store.read("x")
    assert str(text) not in str(raised.value)


@pytest.mark.parametrize("text", NONSENSE)
def test_a_good_value_outlives_nonsense_put_over_it(
    vault: Vault, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_store.read("x")
    vault.text = text
    later(monkeypatch)
    assert [secret_store.read("x"), secret_store.read("x")] == [GOOD, GOOD]
    # One more look, then not again for the lifetime.
    assert vault.reads == 2
    vault.text = json.dumps({"appid": "wx2"})
    later(monkeypatch)
    assert secret_store.read("x") == {"appid": "wx2"}


def test_a_good_value_outlives_a_store_that_is_away(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_store.read("x")
    vault.away = True
    later(monkeypatch)
    assert secret_store.read("x") == GOOD
    with pytest.raises(UnavailableError):
        secret_store.read("y")


def test_a_fresh_look_sees_what_is_there_now_and_drops_nothing(vault: Vault) -> None:
    secret_store.read("x")
    vault.text = "not json"
    with pytest.raises(MisconfiguredError):
        secret_store.fresh("x")
    assert secret_store.read("x") == GOOD
