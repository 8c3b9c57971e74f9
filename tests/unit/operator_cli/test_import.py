"""An import changes the shop once, whatever is lost on the way."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.operator_cli.stub_shop import Bench, problem
from tests.unit.operator_cli.test_catalogue_file import GOOD, SHOP


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def sums(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    return {o: sum(c[o] for c in counts.values()) for o in ("created", "changed", "unchanged")}


def test_the_same_file_twice_changes_nothing(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.run("import", str(SHOP), "--json") == 0
    first = document(capsys)
    assert first["products"] == {"created": 219, "changed": 0, "unchanged": 0}
    assert first["categories"] == {"created": 0, "changed": 26, "unchanged": 0}
    assert sum(first["skus"].values()) >= 600
    sent = len(bench.shop.requests)
    assert bench.run("--json", "import", str(SHOP)) == 0
    again = document(capsys)
    assert sums(again)["created"] == sums(again)["changed"] == 0
    assert sums(again)["unchanged"] == sum(sums(first).values())
    assert len(bench.shop.writes("/publish")) == 1
    assert not [r for r in bench.shop.requests[sent:] if r.url.path.endswith("/login")]


def test_a_faulty_file_sends_nothing(
    bench: Bench, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD.replace("stock: 9", "stock: x"), encoding="utf-8")
    assert bench.run("import", str(file), "--json") == 5
    printed = capsys.readouterr()
    assert f"{file}:23: product a: skus[0].stock: must be a whole number" in printed.err
    fault = json.loads(printed.out)["error"]["faults"][0]
    assert (fault["line"], fault["field"]) == (23, "skus[0].stock")
    assert bench.shop.requests == []


def test_a_dry_run_sends_nothing(
    bench: Bench, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.run("import", str(file), "--dry-run", "--json") == 0
    assert document(capsys)["rows"]["skus"] == 2
    assert bench.shop.requests == []


def test_a_retry_keeps_its_key_and_publishes_for_safety(bench: Bench, file: Path) -> None:
    assert bench.run("import", str(file)) == 0
    lost: list[str] = []

    def lose_once(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/products") and not lost:
            lost.append(request.headers["idempotency-key"])
            raise httpx.ReadError("gone")
        return None

    bench.shop.trouble = lose_once
    assert bench.run("import", str(file)) == 0
    keys = [r.headers["idempotency-key"] for r in bench.shop.writes("/products")]
    assert keys[1:] == lost * 2
    assert keys[0] != lost[0]
    assert len(bench.shop.writes("/publish")) == 2


def test_an_import_cut_off_goes_on_and_publishes(
    bench: Bench, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/publish"):
            return problem(422, "validation_failed", errors=[{"field": "$", "message": "no"}])
        return None

    bench.shop.trouble = refuse
    assert bench.run("import", str(file), "--json") == 1
    error = document(capsys)["error"]
    assert error["cause"]["problem"]["request_id"] == "req-1"
    assert error["done"]["products"]["created"] == 1
    bench.shop.trouble = lambda _request: None
    assert bench.run("import", str(file), "--json") == 0
    assert sums(document(capsys))["created"] == 0
    assert len(bench.shop.writes("/publish")) == 2
