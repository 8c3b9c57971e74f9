"""Codes, gifts, changes and effect of coupons from the command line."""

import json
from pathlib import Path

import httpx
import pytest

from shop.web.body import convert
from shop.web.schemas import coupon_desk, promotions
from tests.unit.operator_cli.stub_shop import Bench

CODES = ("coupon", "codes", "k-1", "--count", "450", "--batch", "b1")


def test_codes_are_written_to_a_new_file_page_by_page(bench: Bench, tmp_path: Path) -> None:
    def told(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/codes"):
            return None
        sent = convert(json.loads(request.content), coupon_desk.CodesRequest)
        return httpx.Response(200, json={"codes": [f"C{sent.page}-{n}" for n in range(sent.count)]})

    bench.shop.trouble = told
    out = tmp_path / "codes.txt"
    assert bench.run(*CODES, "--out", str(out), "--key", "K") == 0
    assert len(out.read_text().split()) == 450
    keys = [one.headers["idempotency-key"] for one in bench.shop.writes("/codes")]
    assert keys == ["K-0", "K-1", "K-2"]
    assert bench.run(*CODES, "--out", str(out)) == 2


def test_a_gift_goes_in_pages_once_it_is_allowed(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed = [False]

    def gives(request: httpx.Request) -> httpx.Response | None:
        body = json.loads(request.content) if request.content else {}
        if request.url.path.endswith("/gifts"):
            assert convert(body, coupon_desk.GiftRequest).customers == 120
            answer = {"gift_id": "g1", "allowed": allowed[0], "approval_id": "ap-1"}
            return httpx.Response(200, json=answer)
        if request.url.path.endswith("/gifts/g1/pages"):
            people = convert(body, coupon_desk.GiftPageRequest).people()
            refused = [{"customer_id": people[0], "code": "not_found"}]
            return httpx.Response(200, json={"given": len(people) - 1, "refused": refused})
        return None

    bench.shop.trouble = gives
    names = tmp_path / "people.txt"
    names.write_text("".join(f"c{number}\n" for number in [*range(120), 5]))
    words = ("coupon", "gift", "k-1", "--list", str(names), "--id", "g1", "--reason", "r")
    assert bench.run(*words) == 0
    assert "ap-1" in capsys.readouterr().out
    allowed[0] = True
    assert bench.run(*words) == 0
    assert "given to 118 of 120" in capsys.readouterr().out
    keys = [one.headers["idempotency-key"] for one in bench.shop.writes("/gifts")]
    assert keys[0] == keys[1]
    names.write_text("a b\n")
    assert bench.run(*words) == 2


def test_a_change_says_what(bench: Bench) -> None:
    words = ("coupon", "change", "k-1", "--reason", "r")
    assert bench.run(*words) == 2
    assert bench.run(*words, "--quota", "9", "--claim-ends-at", "2027-01-01T00:00:00Z") == 0
    (sent,) = bench.shop.writes("/coupons/k-1")
    assert sent.method == "PATCH"
    assert convert(json.loads(sent.content), coupon_desk.CouponChange).quota == 9


def test_the_effect_is_a_table(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    day = {"day": "20260131", "claimed": None, "used": 2, "discount_fen": 7, "sales_fen": 99}
    told = {"coupon_id": "k-1", "title": "券", "quota": 5, "days": [day]}

    def tells(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/effect"):
            return None
        assert dict(request.url.params) == {"first_day": "20260131", "days": "7"}
        return httpx.Response(200, json=told)

    bench.shop.trouble = tells
    assert bench.run("coupon", "effect", "k-1", "--first-day", "2026-01-31") == 0
    assert "20260131        ?        2" in capsys.readouterr().out
    assert bench.run("coupon", "effect", "k-1", "--first-day", "31.1.") == 2


def test_all_terms_of_a_coupon_fit_the_route(bench: Bench) -> None:
    words = (
        *("coupon", "create", "--title", "券", "--kind", "amount", "--amount-fen", "10"),
        *("--threshold-fen", "11"),
        *("--claim-starts-at", "2026-01-01T00:00:00Z", "--claim-ends-at", "2027-01-01T00:00:00Z"),
        *("--quota", "5", "--valid-days", "3", "--obtained", "gift", "--but-product", "p1"),
        *("--exclusive-with", "campaigns", "--new-customers-only", "--returns-on-full-refund"),
    )
    assert bench.run(*words) == 0
    sent = json.loads(bench.shop.writes("/coupons")[0].content)
    made = convert(sent, promotions.CouponRequest).to_domain()
    assert made.scope.but_products == ("p1",)
    assert (made.obtained, made.exclusive_with) == ("gift", ("campaigns",))
    assert made.new_customers_only
    assert made.returns_on_full_refund
