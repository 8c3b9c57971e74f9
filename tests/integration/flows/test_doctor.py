"""`shopctl doctor` against the real handlers: silent where all is well, precise where it is not."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.main import main
from tests.proving.events import schedule_event
from tests.proving.gateway import Gateway
from tests.proving.shop import ENVIRONMENT, TABLE, Shop, forget_process
from tests.proving.template import load_handler

SEED = 20261122


class Office:
    """A member of staff at a terminal."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self.elsewhere: Callable[[httpx.Request], httpx.Response] | None = None
        """Who answers at the public address, where it is not the shop."""
        self.file = folder / "shop.json"
        first = shop.world.secrets["yunpu/staff-bootstrap"]
        staff = {name: first[name] for name in ("username", "password", "totp_secret")}
        content = {"base_url": "http://127.0.0.1", "staff": staff}
        self.file.write_text(json.dumps(content), encoding="utf-8")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.elsewhere and request.url.host != "127.0.0.1":
            return self.elsewhere(request)
        return httpx.WSGITransport(app=Gateway(self.shop)).handle_request(request)

    def examine(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
        """The command's end, and the advice by what was looked at and is not well."""
        desk = Desk(
            transport=httpx.MockTransport(self._answer),
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
        fire(shop, "publisher")
        shop.index_search()
        yield Office(shop, tmp_path)


def fire(shop: Shop, name: str) -> None:
    """A schedule fires once."""
    event = schedule_event(name.replace("_", "-"), shop.now)
    shop.world.invoke(load_handler(name), event, name=name, seconds=900)


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


CALLBACKS = {"callback of WeChat Pay", "callback of WeChat", "callback of Kuaidi100"}


def nowhere(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route to host", request=request)


@pytest.mark.parametrize(
    ("elsewhere", "told"),
    [
        (nowhere, "certificate"),
        (lambda _: httpx.Response(404, json={"message": "Not Found"}), "another site"),
        (lambda _: httpx.Response(301, headers={"location": "https://a.test"}), "another site"),
        (lambda _: httpx.Response(403, text="<html>filing needed</html>"), "filing needed"),
        (lambda _: httpx.Response(204), "stop selling"),
    ],
)
def test_callbacks_are_called_where_providers_call_them(
    office: Office,
    capsys: pytest.CaptureFixture[str],
    elsewhere: Callable[[httpx.Request], httpx.Response],
    told: str,
) -> None:
    office.elsewhere = elsewhere
    ended, sick = office.examine(capsys)
    assert (ended, set(sick)) == (1, CALLBACKS)
    assert all(told in advice for advice in sick.values()), sick


def test_each_callback_must_be_there(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    def without_couriers(request: httpx.Request) -> httpx.Response:
        if "kuaidi100" in request.url.path:
            return httpx.Response(404, json={"message": "Not Found"})
        return httpx.WSGITransport(app=Gateway(office.shop)).handle_request(request)

    office.elsewhere = without_couriers
    assert set(office.examine(capsys)[1]) == {"callback of Kuaidi100"}


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
    assert "docs/runbook.md#misconfigured" in sick[looked_at]


def test_a_schedule_that_stands_still_is_found(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = office.shop
    buyer = shop.buyer("wang")
    assert shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1})).status == 201
    shop.world.clock.advance(900 + 200)
    ended, sick = office.examine(capsys)
    assert (ended, set(sick)) == (1, {"schedule order_expiry"})
    shop.sweep()
    shop.world.clock.advance(60)
    assert office.examine(capsys) == (0, {})


@pytest.mark.parametrize("nonsense", ["not json", "[1]"])
def test_a_malformed_secret_stops_no_other_look(
    office: Office,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    nonsense: str,
) -> None:
    office.examine(capsys)
    # The handler has read the good value: the examination looks at the one that is there now.
    monkeypatch.setitem(office.shop.world.secrets, "yunpu/wechatpay", nonsense)
    ended, sick = office.examine(capsys)
    assert (ended, set(sick)) == (1, {"secret wechatpay", "WeChat Pay account"})
    assert "no JSON object" in sick["secret wechatpay"]


def test_a_key_that_is_none_stops_no_other_look(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pay = office.shop.world.secrets["yunpu/wechatpay"]
    monkeypatch.setitem(pay, "private_key_pem", "-----BEGIN PRIVATE KEY-----")
    forget_process()
    ended, sick = office.examine(capsys)
    assert (ended, set(sick)) == (1, {"WeChat Pay account"})
    assert "BEGIN" not in sick["WeChat Pay account"]


def test_a_look_that_breaks_hides_no_other() -> None:
    from shop.usecases.examination import examine

    def breaks() -> Iterator[str]:
        raise ValueError("-----BEGIN PRIVATE KEY-----")

    broken, well = examine({"one": breaks, "other": lambda: iter(())})
    assert (broken.name, broken.well, well.name, well.well) == ("one", False, "other", True)
    assert "builtins.ValueError" in broken.advice
    assert "BEGIN" not in broken.advice


def test_sf_express_is_looked_at_where_it_is_asked_itself(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        office.shop.world.secrets, "yunpu/sf-express", {"partner_id": "YP", "check_word": ""}
    )
    monkeypatch.setenv("SF_EXPRESS_BASE_URL", "")
    forget_process()
    assert office.examine(capsys) == (0, {})
    monkeypatch.setenv("SF_EXPRESS_BASE_URL", "https://sf.test")
    forget_process()
    ended, sick = office.examine(capsys)
    assert (ended, sick) == (1, {"secret sf-express": "Put a value for check_word into it."})


@pytest.mark.parametrize(
    ("schedule", "deaf_seconds"),
    [("payment_queries", 1_900), ("stock_audit", 31 * 3_600)],
)
def test_a_schedule_that_leaves_nothing_undone_tells_of_itself(
    office: Office, capsys: pytest.CaptureFixture[str], schedule: str, deaf_seconds: int
) -> None:
    shop = office.shop
    shop.ask_unpaid()
    fire(shop, "stock_audit")
    shop.world.clock.advance(deaf_seconds)
    assert f"schedule {schedule}" in office.examine(capsys)[1]
    shop.ask_unpaid()
    fire(shop, "stock_audit")
    assert f"schedule {schedule}" not in office.examine(capsys)[1]


def test_lists_that_nobody_builds_are_found(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.shop.world.clock.advance(3_600 + 300)
    assert "PublisherFunction" in office.examine(capsys)[1]["schedule publisher"]
    fire(office.shop, "publisher")
    assert "schedule publisher" not in office.examine(capsys)[1]


def test_a_search_index_that_does_not_follow_the_lists_is_found(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    from shop.usecases.publish import publish

    shop = office.shop
    shop.put_product("p2", [(100, 1, None)])
    publish(shop.now)
    assert office.examine(capsys) == (0, {})
    shop.world.clock.advance(1_000)
    assert "SearchIndexFunction" in office.examine(capsys)[1]["schedule search_index"]
    shop.index_search()
    assert office.examine(capsys) == (0, {})


def test_parcels_that_nobody_follows_up_are_found(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    from shop.domain.ids import CustomerId
    from shop.usecases import fulfil

    shop = office.shop
    buyer = shop.buyer("wang")
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    name = CustomerId(buyer.customer_id)
    fulfil.ship(name, placed.order_no, "zhongtong", "7312345678901", actor="li", now=shop.now)
    shop.world.clock.advance(800)
    assert set(office.examine(capsys)[1]) == {"schedule follow_up"}


def test_what_the_audit_found_is_told(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    from shop.domain.calendar import business_day
    from shop.store import anomalies

    day = business_day(office.shop.now)
    anomalies.report(day, "stock", "p1-1", {"difference": 1}, office.shop.now)
    ended, sick = office.examine(capsys)
    assert ended == 1
    assert f"Anomalies of {day} (stock)" in sick["anomalies and stock audit"]
