"""``shopctl staff``, ``audit`` and ``approval`` against the deployed handlers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.main import main
from shop.store import personal_reads
from tests.proving.gateway import Gateway
from tests.proving.shop import Shop

SEED = 20261129
PARCEL = ("ship", "--company", "shunfeng", "--tracking-no", "SF1000000001")


class Office:
    """People with a shop file of their own each."""

    def __init__(self, shop: Shop, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop = shop
        self._folder = folder
        self._capsys = capsys
        self.said = ""
        self.hire("owner", **shop.world.secrets["yunpu/staff-bootstrap"])

    def hire(
        self, name: str, *, password: str, totp_secret: str, username: str = "", **_: str
    ) -> None:
        staff = {"username": username or name, "password": password, "totp_secret": totp_secret}
        (self._folder / name).mkdir()
        document = {"base_url": "http://127.0.0.1:1", "staff": staff}
        (self._folder / name / "shop.json").write_text(json.dumps(document))

    def run(self, who: str, *words: str, as_json: bool = True) -> tuple[int, Any]:
        clock = self.shop.world.clock
        transport = httpx.WSGITransport(app=Gateway(self.shop))
        desk = Desk(transport=transport, clock=lambda: clock.now, sleep=clock.sleep)
        form = ["--json"] if as_json else []
        code = main([*words, *form, "--shop", str(self._folder / who / "shop.json")], desk)
        self.said = self._capsys.readouterr().out
        return code, json.loads(self.said) if as_json and self.said.strip() else None


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


def test_a_shipment_is_traced_and_the_person_is_not(office: Office) -> None:
    shop = office.shop
    wang = shop.buyer("wang")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(wang, placed.payment)
    shop.deliver_due()
    shop.pump()
    assert office.run("owner", *PARCEL, placed.order_no)[0] == 0
    (shown,) = office.run("owner", "audit", "show")[1]["items"]
    assert (shown["subject"], shown["before"]) == (placed.order_no, {"status": "TO_SHIP"})
    assert shown["after"] == {"status": "TO_RECEIVE", "company": "shunfeng"}
    office.run("owner", "audit", "show", as_json=False)
    assert "    status: TO_SHIP -> TO_RECEIVE" in office.said
    assert "    company: - -> shunfeng" in office.said
    # Who knows a parcel's number can ask the courier for the person.
    assert "SF1000000001" not in str(shown)


def test_a_new_password_a_reset_and_who_read_what(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = office.run("owner", "staff", "add", "xiaoli", "--role", "auditor", "--reason", "入职")[
        1
    ]
    office.hire("xiaoli", **opened)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "a long new password")
    assert office.run("xiaoli", "staff", "password") == (0, {"changed": True})
    office.hire("xiaoli2", **opened | {"username": "xiaoli"})
    assert office.run("xiaoli2", "audit", "show")[0] == 1
    told = office.run("owner", "staff", "reset", "xiaoli", "--reason", "忘记密码")[1]
    office.shop.world.clock.advance(1)
    office.hire("xiaoli3", **told)
    personal_reads.log("staff:owner", "c-1", "export", "r-1", office.shop.now)
    for form in (("--customer", "c-1"), ()):
        (read,) = office.run("xiaoli3", "audit", "reads", *form)[1]["items"]
        assert (read["actor"], read["customer_id"], read["what"]) == (
            "staff:owner",
            "c-1",
            "export",
        )
    assert office.run("xiaoli3", "audit", "reads", "--customer", "c-2")[1]["items"] == []
    assert office.run("xiaoli3", "audit", "reads", "--customer", "c-1", "--day", "20260101")[0] == 2


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
