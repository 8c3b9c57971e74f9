"""``couriers`` and ``waybill``: what they send, what they print, how they end."""

import json
from pathlib import Path

import httpx
import pytest

from shop.web.body import convert
from shop.web.schemas.fulfilment import CouriersRequest
from shop.web.schemas.waybill import WaybillsRequest
from tests.unit.operator_cli.stub_shop import Bench

LABEL = "data:image/png;base64,AAAA"
ROWS = "[{code: zhongtong, wechat_id: ZTO, name: 中通快递}]"


def waybill(number: str, status: str = "MADE") -> dict[str, object]:
    return {
        "order_no": number, "parcel": 1, "status": status, "company": "zhongtong",
        "tracking_no": "731000000001", "code": "", "label": LABEL,
    }  # fmt: skip


def answering(bench: Bench, *items: dict[str, object]) -> None:
    def trouble(request: httpx.Request) -> httpx.Response | None:
        is_ours = request.url.path.startswith(("/v1/admin/waybills", "/v1/admin/couriers"))
        return httpx.Response(200, json={"items": list(items)}) if is_ours else None

    bench.shop.trouble = trouble


def test_couriers_are_listed_and_replaced_by_a_file(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "couriers.yaml"
    file.write_text(ROWS, encoding="utf-8")
    assert bench.run("couriers", "set", str(file), "--reason", "换了快递") == 0
    (sent,) = bench.shop.writes("/couriers")
    assert sent.method == "PUT"
    assert convert(json.loads(sent.content), CouriersRequest).to_domain()[0].wechat_id == "ZTO"
    file.write_text("just text", encoding="utf-8")
    assert bench.run("couriers", "set", str(file)) == 2
    answering(bench, {"code": "ems", "wechat_id": "EMS", "name": "邮政"})
    assert bench.run("couriers", "list") == 0
    assert "邮政" in capsys.readouterr().out


def test_waybills_are_asked_for_twenty_at_a_time(bench: Bench) -> None:
    answering(bench, waybill("n1"))
    numbers = [f"n{number}" for number in range(45)]
    assert bench.run("waybill", "make", *numbers, "--company", "zhongtong", "--key", "k") == 0
    sent = bench.shop.writes("/waybills")
    bodies = [convert(json.loads(one.content), WaybillsRequest) for one in sent]
    assert [len(one.wanted()) for one in bodies] == [20, 20, 5]
    assert [one.headers["idempotency-key"] for one in sent] == ["k-0", "k-1", "k-2"]


def test_a_waybill_that_was_not_made_is_said_by_the_exit_code(bench: Bench) -> None:
    answering(bench, waybill("n1"), waybill("n2", "UNKNOWN"))
    assert bench.run("waybill", "make", "n1", "n2", "--company", "zhongtong") == 1


def test_labels_are_written_for_the_owners_eyes_only(bench: Bench, tmp_path: Path) -> None:
    answering(bench, waybill("n1"))
    folder = tmp_path / "labels"
    assert bench.run("waybill", "show", "n1", "--out", str(folder)) == 0
    (path,) = folder.iterdir()
    assert (path.name, path.read_text(encoding="utf-8")) == ("n1-1.txt", LABEL)
    assert path.stat().st_mode & 0o777 == 0o600
