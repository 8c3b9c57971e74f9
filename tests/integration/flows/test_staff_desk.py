"""``shopctl staff``, ``audit`` and ``approval`` against the deployed handlers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.main import main
from tests.proving.gateway import Gateway
from tests.proving.shop import Shop

SEED = 20261129


class Office:
    """People with a shop file of their own each."""

    def __init__(self, shop: Shop, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop = shop
        self._folder = folder
        self._capsys = capsys
        self.hire("owner", **shop.world.secrets["yunpu/staff-bootstrap"])

    def hire(self, name: str, *, password: str, totp_secret: str, **_: str) -> None:
        staff = {"username": name, "password": password, "totp_secret": totp_secret}
        (self._folder / name).mkdir()
        document = {"base_url": "http://127.0.0.1:1", "staff": staff}
        (self._folder / name / "shop.json").write_text(json.dumps(document))

    def run(self, who: str, *words: str) -> tuple[int, Any]:
        clock = self.shop.world.clock
        transport = httpx.WSGITransport(app=Gateway(self.shop))
        desk = Desk(transport=transport, clock=lambda: clock.now, sleep=clock.sleep)
        code = main([*words, "--json", "--shop", str(self._folder / who / "shop.json")], desk)
        out = self._capsys.readouterr().out
        return code, json.loads(out) if out.strip() else None


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 5_000, None)])
        yield Office(shop, tmp_path, capsys)


def test_two_people_adjust_stock_and_the_log_tells(office: Office) -> None:
    code, opened = office.run(
        "owner", "staff", "add", "xiaoli", "--role", "operator", "--reason", "入职"
    )
    assert code == 0
    office.hire("xiaoli", **opened)
    code, asked = office.run("xiaoli", "stock", "adjust", "p1-1", "-4000", "--reason", "盘亏")
    assert (code, asked["available"]) == (0, 5_000)
    approve = ("approval", "approve", asked["approval_id"], "--reason", "已核对")
    assert office.run("xiaoli", *approve)[0] == 1
    code, done = office.run("owner", *approve)
    assert (code, done["status"]) == (0, "APPROVED")
    assert office.shop.stock("p1-1") == (1_000, 0, 1_000)
    listed = office.run("owner", "approval", "list")[1]["items"]
    assert [one["status"] for one in listed] == ["APPROVED"]
    log = office.run("owner", "audit", "show")[1]["items"]
    # Within one second the log goes by name.
    assert sorted(one["actor"] for one in log) == ["owner", "owner", "xiaoli"]


def test_a_closed_account_can_do_nothing_from_then_on(office: Office) -> None:
    opened = office.run(
        "owner", "staff", "add", "xiaoli", "--role", "operator", "--reason", "入职"
    )[1]
    office.hire("xiaoli", **opened)
    assert office.run("xiaoli", "stock", "show", "p1-1")[0] == 0
    assert office.run("xiaoli", "staff", "list")[0] == 1
    assert office.run("owner", "staff", "disable", "xiaoli", "--reason", "离职")[0] == 0
    assert office.run("xiaoli", "stock", "show", "p1-1")[0] == 1
    listed = office.run("owner", "staff", "list")[1]["items"]
    assert {one["username"]: one["disabled_at"] is None for one in listed} == {
        "owner": True,
        "xiaoli": False,
    }
