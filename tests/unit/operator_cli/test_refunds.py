"""What ``shopctl refund`` sends, and what it refuses to send."""

import json
from typing import Any

import httpx
import pytest

from tests.unit.operator_cli.stub_shop import Bench

REFUND = {
    "refund_no": "o1-1", "status": "PENDING", "amount_fen": 1_250, "approval_id": None,
    "lines": [{"line_id": "1", "quantity": 2}], "reason": "不想要了", "cause": "requested",
    "asked_by": "buyer", "requested_at": "2026-11-22T10:00:00Z",
}  # fmt: skip


def answering(bench: Bench, **changed: Any) -> None:
    """The shop answers every refund route with this refund."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        if "/refunds" not in request.url.path or "authorization" not in request.headers:
            return None
        refund = {**REFUND, **changed}
        body = {"items": [refund], "next_cursor": None} if request.method == "GET" else refund
        return httpx.Response(200, json=body)

    bench.shop.trouble = answer


def sent(bench: Bench, path: str) -> dict[str, Any]:
    (request,) = bench.shop.writes(path)
    assert request.headers["idempotency-key"]
    body: dict[str, Any] = json.loads(request.content)
    return body


def test_what_waits_is_listed(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    answering(bench, status="REQUESTED")
    assert bench.run("refund", "list") == 0
    out = capsys.readouterr().out
    assert "o1-1" in out
    assert "1 waiting" in out


def test_approving_less_is_told_in_yuan(bench: Bench) -> None:
    answering(bench)
    assert bench.run("refund", "approve", "o1-1", "--reason", "ok", "--amount", "12.50") == 0
    assert sent(bench, "/o1-1/approve") == {"reason": "ok", "amount_fen": 1_250}


def test_a_second_person_is_named(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    answering(bench, status="REQUESTED", approval_id="a1")
    assert bench.run("refund", "approve", "o1-1", "--reason", "ok") == 0
    assert "second person must approve a1" in capsys.readouterr().out


def test_lines_are_written_with_their_pieces(bench: Bench) -> None:
    answering(bench)
    assert bench.run("refund", "create", "o1", "1=2", "3=1", "--reason", "broken") == 0
    lines = [{"line_id": "1", "quantity": 2}, {"line_id": "3", "quantity": 1}]
    assert sent(bench, "/refunds") == {"order_no": "o1", "lines": lines, "reason": "broken"}


@pytest.mark.parametrize("how", ["refuse", "redirect", "reopen"])
def test_decisions_go_to_their_routes(bench: Bench, how: str) -> None:
    answering(bench)
    assert bench.run("refund", how, "o1-1", "--reason", "because") == 0
    assert sent(bench, f"/o1-1/{how}") == {"reason": "because"}


@pytest.mark.parametrize(
    "words",
    [
        ("create", "o1", "1", "--reason", "x"),
        ("create", "o1", "0=1", "--reason", "x"),
        ("create", "o1", "1=0", "--reason", "x"),
        ("approve", "o1-1", "--reason", "x", "--amount", "0"),
        ("approve", "o1-1", "--reason", "x", "--amount", "1.5"),
        ("approve", "o1/1", "--reason", "x"),
    ],
)
def test_wrong_words_are_not_sent(bench: Bench, words: tuple[str, ...]) -> None:
    assert bench.run("refund", *words) == 2
    assert bench.shop.writes("refunds") == []
