"""`shopctl doctor` against the real handlers: silent where all is well, precise where it is not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.main import main
from tests.proving.gateway import Gateway
from tests.proving.shop import ENVIRONMENT, TABLE, Shop, forget_process

SEED = 20261122


class Office:
    """A member of staff at a terminal."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self.file = folder / "shop.json"
        first = shop.world.secrets["yunpu/staff-bootstrap"]
        staff = {name: first[name] for name in ("username", "password", "totp_secret")}
        content = {"base_url": "http://127.0.0.1", "staff": staff}
        self.file.write_text(json.dumps(content), encoding="utf-8")

    def examine(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
        """The command's end, and the advice by what was looked at and is not well."""
        desk = Desk(
            transport=httpx.WSGITransport(app=Gateway(self.shop)),
            clock=lambda: float(self.shop.now),
            sleep=self.shop.world.clock.advance,
        )
        ended = main(["doctor", "--json", "--shop", str(self.file)], desk)
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["items"]
        return ended, {one["name"]: one["advice"] for one in found if not one["well"]}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setitem(ENVIRONMENT, "PUBLIC_BASE_URL", "https://shop.yunpu.test")
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 20, None)])
        yield Office(shop, tmp_path)


def test_a_shop_that_is_well_needs_no_advice(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert office.examine(capsys) == (0, {})


def test_examining_changes_nothing_but_who_signed_in(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.examine(capsys)
    before = list(office.shop.world.engine.items(TABLE))
    office.examine(capsys)
    assert list(office.shop.world.engine.items(TABLE)) == before


def test_an_address_that_was_never_set_is_found(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "http://shop.example.com")
    forget_process()
    ended, sick = office.examine(capsys)
    assert (ended, set(sick)) == (1, {"public address"})
    assert "not https" in sick["public address"]
    assert "own domain" in sick["public address"]


def test_a_secret_without_a_value_is_named_and_stops_nothing_else(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(office.shop.world.secrets["yunpu/kuaidi100"], "salt", "")
    forget_process()
    ended, sick = office.examine(capsys)
    assert (ended, sick) == (1, {"secret kuaidi100": "Put a value for salt into it."})


@pytest.mark.parametrize(
    ("secret", "field", "looked_at"),
    [
        ("yunpu/wechat-app", "secret", "WeChat account"),
        ("yunpu/wechatpay", "serial_no", "WeChat Pay account"),
    ],
)
def test_a_value_that_the_provider_refuses_is_found(
    office: Office,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
    field: str,
    looked_at: str,
) -> None:
    monkeypatch.setitem(office.shop.world.secrets[secret], field, "0" * 40)
    forget_process()
    ended, sick = office.examine(capsys)
    assert (ended, set(sick)) == (1, {looked_at})
    assert "docs/runbook.md#wechat-misconfigured" in sick[looked_at]


def test_a_schedule_that_stands_still_is_found(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = office.shop
    buyer = shop.buyer("wang")
    assert shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1})).status == 201
    shop.world.clock.advance(900 + 200)
    ended, sick = office.examine(capsys)
    assert (ended, set(sick)) == (1, {"minute schedule"})
    shop.sweep()
    shop.world.clock.advance(60)
    assert office.examine(capsys) == (0, {})


def test_what_the_audit_found_is_told(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    from shop.domain.calendar import business_day
    from shop.store import anomalies

    day = business_day(office.shop.now)
    anomalies.report(day, "stock", "p1-1", {"difference": 1}, office.shop.now)
    ended, sick = office.examine(capsys)
    assert ended == 1
    assert f"Anomalies of {day} (stock)" in sick["anomalies and stock audit"]
