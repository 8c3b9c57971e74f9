"""Sessions, retries, errors and the forms of arguments."""

import json
from pathlib import Path

import httpx
import pytest

from tests.unit.operator_cli.stub_shop import NOW, SECRET, Bench, problem

ADJUST = ("stock", "adjust", "a-1", "-2", "--reason", "broken")
FLASH = (
    *("flash", "create", "--title", "抢", "--sku", "a-1", "--price-fen", "5", "--units", "9"),
    *("--starts-at", "2026-01-01T08:00:00+08:00", "--ends-at", "2036-01-01T00:00:00Z"),
)


def logins(bench: Bench) -> int:
    return len(bench.shop.writes("/login"))


def test_one_sign_in_serves_ten_minutes_of_commands(bench: Bench, tmp_path: Path) -> None:
    for _ in range(3):
        assert bench.run("stock", "show", "a-1") == 0
    assert logins(bench) == 1
    assert (tmp_path / "shop.session").stat().st_mode & 0o777 == 0o600
    bench.now += 580
    assert bench.run("stock", "show", "a-1") == 0
    assert logins(bench) == 2
    assert bench.slept == []


def test_a_refused_token_is_replaced_with_the_next_code(bench: Bench) -> None:
    assert bench.run("stock", "show", "a-1") == 0
    bench.shop.tokens = {"another"}
    assert bench.run("stock", "show", "a-1") == 0
    assert bench.slept == [30 - NOW % 30]


def test_a_code_spent_elsewhere_costs_one_step(bench: Bench) -> None:
    import pyotp

    bench.shop.spent.add(pyotp.TOTP(SECRET).at(int(NOW)))
    assert bench.run("stock", "show", "a-1") == 0
    assert logins(bench) == 2


def test_login_asks_for_what_is_not_configured(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import pyotp

    bench.configure({"username": "owner"})
    assert bench.run("stock", "show", "a-1") == 4
    answers = {"Password": "pw", "One-time code": pyotp.TOTP(SECRET).at(int(NOW))}
    monkeypatch.setattr("typer.prompt", lambda what, **_: answers[what])
    assert bench.run("login") == 0
    assert "Signed in as owner" in capsys.readouterr().out
    assert bench.run("stock", "show", "a-1") == 0


def test_secrets_may_lie_in_a_file_of_their_own(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({"password": "pw", "totp_secret": SECRET}))
    bench.configure({"username": "owner", "secrets_file": "secrets.json"})
    assert bench.run("stock", "show", "a-1") == 0


def test_a_busy_shop_is_asked_again_under_the_same_key(bench: Bench) -> None:
    busy = [problem(503, "provider_unavailable"), problem(429, "too_many_requests")]
    busy[0].headers["retry-after"] = "7"

    def trouble(request: httpx.Request) -> httpx.Response | None:
        return busy.pop(0) if request.url.path.endswith("/adjustments") and busy else None

    bench.shop.trouble = trouble
    assert bench.run(*ADJUST) == 0
    sent = bench.shop.writes("/adjustments")
    assert len({r.headers["idempotency-key"] for r in sent}) == 1
    assert len(sent) == 3
    assert json.loads(sent[0].content) == {"delta": -2, "reason": "broken"}
    assert bench.slept[0] >= 7


def test_a_shop_that_is_gone_leaves_the_key(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.run("stock", "show", "a-1") == 0

    def gone(_request: httpx.Request) -> httpx.Response | None:
        raise httpx.ConnectError("refused")

    bench.shop.trouble = gone
    assert bench.run(*ADJUST) == 3
    key = bench.shop.requests[-1].headers["idempotency-key"]
    assert f"--key {key}" in capsys.readouterr().err
    bench.shop.trouble = lambda _request: None
    assert bench.run(*ADJUST, "--key", key) == 0
    assert bench.shop.requests[-1].headers["idempotency-key"] == key


def test_a_refusal_shows_detail_code_and_request_id(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.shop.trouble = lambda request: (
        problem(409, "insufficient_stock") if request.url.path.endswith("/adjustments") else None
    )
    assert bench.run(*ADJUST, "--json") == 1
    printed = capsys.readouterr()
    for part in ("故障 insufficient_stock", "HTTP 409", "request_id req-1"):
        assert part in printed.err
    assert json.loads(printed.out)["error"]["problem"]["code"] == "insufficient_stock"


def test_a_made_id_comes_from_the_key(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    made = []
    for _ in range(2):
        assert bench.run(*FLASH, "--key", "k1", "--json") == 0
        made.append(json.loads(capsys.readouterr().out))
    assert made[0]["id"] == made[1]["id"]
    assert [one["outcome"] for one in made] == ["created", "unchanged"]
    sent = json.loads(bench.shop.writes("/flash-sales")[0].content)
    assert sent["starts_at"] == "2026-01-01T00:00:00Z"


def test_a_coupon_is_created(bench: Bench) -> None:
    words = (
        *("coupon", "create", "--title", "券", "--kind", "percent", "--percent-off", "10"),
        *("--claim-starts-at", "2026-01-01T00:00:00Z", "--claim-ends-at", "2027-01-01T00:00:00Z"),
        *("--quota", "5", "--category", "c-tea", "--category", "c-x", "--id", "k-1"),
    )
    assert bench.run(*words) == 2
    assert bench.run(*words, "--valid-days", "3") == 0
    sent = json.loads(bench.shop.writes("/coupons")[0].content)
    assert sent["scope"] == {"type": "categories", "ids": ["c-tea", "c-x"]}


@pytest.mark.parametrize(
    "words",
    [
        ("stock", "show", "../x"),
        ("stock", "adjust", "a-1", "0", "--reason", "r"),
        ("stock", "adjust", "a-1", "-2.5", "--reason", "r"),
        ("stock", "adjust", "a-1", "+2"),
        ("order", "list", "--day", "yesterday"),
        ("order", "show", "a/b"),
        (*FLASH[:-1], "2036-01-01"),
        ("nonsense",),
    ],
)
def test_wrong_words_send_nothing(words: tuple[str, ...], bench: Bench) -> None:
    assert bench.run(*words) == 2
    assert bench.shop.requests == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"base_url": "http://shop.example.com"}'])
def test_a_shop_file_that_cannot_be_used(content: str, bench: Bench) -> None:
    bench.file.write_text(content)
    assert bench.run("stock", "show", "a-1") == 2


ORDER = {
    "order_no": "o1",
    "status": "TO_SHIP",
    "lines": [{"title": "[b]茶[/b]", "spec": "大", "quantity": 2, "payable_fen": 12345}],
    "amounts": {"payable_fen": 12345},
    "address": {"name": "林**", "phone": "138****1234"},
    "remark": "",
    "history": [{"status": "TO_PAY", "actor": "buyer", "cause": "", "at": "2026-01-01T00:00:00Z"}],
    "parcels": [],
    "refunds": [],
}


def test_an_order_is_shown_as_it_is(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.shop.trouble = lambda request: (
        httpx.Response(200, json=ORDER) if request.method == "GET" else None
    )
    assert bench.run("order", "show", "o1") == 0
    printed = capsys.readouterr().out
    for part in ("[b]茶[/b]", "¥123.45", "138****1234", "buyer"):
        assert part in printed


def test_pages_of_orders_are_joined(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    def pages(request: httpx.Request) -> httpx.Response | None:
        if request.method != "GET":
            return None
        assert request.url.params["day"] == "20260131"
        last = "cursor" in request.url.params
        item = {"order_no": "o2" if last else "o1", "status": "DONE", "payable_fen": 1}
        return httpx.Response(200, json={"items": [item], "next_cursor": None if last else "c"})

    bench.shop.trouble = pages
    assert bench.run("order", "list", "--day", "2026-01-31", "--json") == 0
    items = json.loads(capsys.readouterr().out)["items"]
    assert [item["order_no"] for item in items] == ["o1", "o2"]


@pytest.mark.parametrize(("differences", "code"), [(0, 0), (2, 1)])
def test_an_audit_ends_with_a_failure_when_stock_does_not_add_up(
    bench: Bench, capsys: pytest.CaptureFixture[str], differences: int, code: int
) -> None:
    row = {"sku_id": "a-1", "taken": 3, "held": 1, "wrong_shards": [], "adds_up": not differences}
    found = {"differences": differences, "skus": [row], "sales": []}
    bench.shop.trouble = lambda request: (
        httpx.Response(200, json=found) if request.url.path.endswith("/audit/stock") else None
    )
    assert bench.run("stock", "audit", "--sku", "a-1") == code
    assert f"{differences} differences" in capsys.readouterr().out
    assert bench.run("stock", "audit") == 2


@pytest.mark.parametrize(
    "words",
    [
        (), ("login",), ("import",), ("ship",), ("order",), ("order", "list"), ("order", "show"),
        ("stock", "show"), ("stock", "adjust"), ("stock", "audit"), ("coupon", "create"),
        ("flash", "create"), ("flash", "show"),
    ],
)  # fmt: skip
def test_every_command_explains_itself(
    words: tuple[str, ...], bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.run(*words, "--help") == 0
    assert "Usage: shopctl" in capsys.readouterr().out
