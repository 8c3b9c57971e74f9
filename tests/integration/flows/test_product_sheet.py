"""A merchant's spreadsheet through the shop's own routes: preview, import, export, resumption."""

import csv
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.main import main
from scripts.operator_cli.sheet import columns, files
from shop.domain.catalogue import Product
from shop.errors import NotFoundError
from shop.usecases.publish import description_of
from tests.integration.flows.test_first_day import open_shop
from tests.proving.gateway import Gateway
from tests.proving.shop import Buyer, Shop
from tests.unit.operator_cli.sheets import TWO, sheet

SEED = 20261206


@dataclass
class Till:
    """``shopctl`` in front of the whole shop; `trouble` may lose an answer."""

    shop: Shop
    folder: Path
    sent: list[httpx.Request] = field(default_factory=list)
    trouble: Callable[[httpx.Request], None] = lambda _request: None

    def __post_init__(self) -> None:
        self._inner = httpx.WSGITransport(app=Gateway(self.shop))
        self._lock = threading.Lock()
        first = self.shop.world.secrets["yunpu/staff-bootstrap"]
        self.file = self.folder / "shop.json"
        self.file.write_text(json.dumps({"base_url": "http://127.0.0.1:1", "staff": first}))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.sent.append(request)
            self.trouble(request)
            answer = self._inner.handle_request(request)
            answer.read()
            return answer

    def run(self, *words: str) -> int:
        desk = Desk(
            transport=httpx.MockTransport(self.handle_request),
            clock=lambda: float(self.shop.now),
            sleep=self.shop.world.clock.advance,
        )
        return main([*words, "--shop", str(self.file)], desk)

    def posted(self, path: str = "/products") -> list[httpx.Request]:
        return [one for one in self.sent if one.method == "POST" and one.url.path.endswith(path)]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        open_shop(shop)
        shop.world.clock.advance(30)
        yield Till(shop, tmp_path)


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def described(till: Till, product_id: str) -> Product:
    return description_of(product_id)


@pytest.mark.parametrize("name", ["goods.csv", "goods.xlsx", "gb.csv"])
def test_preview_says_what_import_then_does(
    till: Till, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sheet(till.folder, TWO, name)
    if name == "gb.csv":
        path.write_bytes(path.read_text("utf-8-sig").encode("gb18030"))
    assert till.run("catalogue", "import", str(path), "--preview", "--json") == 0
    assert document(capsys)["products"] == {"created": 2}
    assert till.posted() == []
    assert till.run("catalogue", "import", str(path), "--json") == 0
    assert document(capsys) == {"created": 2}
    one, two = described(till, "t1"), described(till, "t2")
    assert (one.category_ids, one.tags, one.on_sale) == (("c-green",), ("新品", "送礼"), True)
    assert one.description == "<p>豆香</p>"
    prices = [(sku.price_fen, sku.list_price_fen, sku.initial_stock) for sku in one.skus]
    assert prices == [(12_850, 15_800, 86), (29_800, 29_800, 6)]
    assert (two.skus[0].price_fen, two.skus[0].limit, two.skus[0].volume_cm3) == (188_001, 2, 900)
    assert (two.sale_from, two.sale_until) == (1_794_326_400, 1_794_441_600)
    assert (two.freight, [one.name for one in two.specs]) == ("standard", ["等级", "产地"])
    assert till.run("catalogue", "import", str(path), "--preview", "--json") == 0
    preview = document(capsys)
    # The shop keeps the description without its script.
    assert preview["products"] == {"changed": 1, "unchanged": 1}
    assert till.run("catalogue", "import", str(path), "--json") == 0
    assert document(capsys) == {"unchanged": 2}


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_what_is_exported_can_be_imported_and_changes_nothing(
    till: Till, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = TWO[2] | {"商品名称": "=1+1", "副标题": "'引号"}
    assert till.run("catalogue", "import", str(sheet(till.folder, [*TWO[:2], odd]))) == 0
    out = till.folder / name
    assert till.run("catalogue", "export", str(out), "--json") == 0
    assert '"products": 3' in capsys.readouterr().out
    rows = [cells for _, cells in files.read(out)]
    assert rows[0] == list(columns.HEADINGS)
    assert sorted(row[0] for row in rows[1:]) == ["p1", "p1", "t1", "t1", "t2"]
    assert any("=1+1" in row for row in rows)
    if name.endswith("xlsx"):
        cells = [
            cell for row in openpyxl.load_workbook(out).worksheets[0].iter_rows() for cell in row
        ]
        assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    else:
        raw = list(csv.reader(out.read_text("utf-8-sig").splitlines()))
        assert not any(cell.startswith("=") for row in raw for cell in row)
    capsys.readouterr()
    assert till.run("catalogue", "import", str(out), "--json") == 0
    assert document(capsys) == {"unchanged": 3}


def test_a_product_that_the_shop_refuses_stays_out_whole(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [*TWO[:2], TWO[2] | {"运费模板": "nowhere"}]
    assert till.run("catalogue", "import", str(sheet(till.folder, rows)), "--json") == 1
    error = document(capsys)["error"]
    assert error["done"] == {"created": 1, "refused": 1}
    assert [one["line"] for one in error["refused"]] == [4]
    assert described(till, "t1").title == "明前龙井"
    with pytest.raises(NotFoundError):
        described(till, "t2")


def test_an_import_that_was_cut_off_goes_on_under_the_same_keys(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sheet(till.folder, TWO)

    def lose(request: httpx.Request) -> None:
        if request.url.path.endswith("/products") and b'"t2"' in request.content:
            raise httpx.ReadError("gone")

    till.trouble = lose
    assert till.run("catalogue", "import", str(path)) == 3
    tried = {r.headers["idempotency-key"] for r in till.posted() if b'"t2"' in r.content}
    till.trouble = lambda _request: None
    till.sent.clear()
    capsys.readouterr()
    assert till.run("catalogue", "import", str(path), "--json") == 0
    assert document(capsys) == {"created": 2}
    (only,) = till.posted()
    assert {only.headers["idempotency-key"]} == tried
    # A run that was finished is over: the same sheet again is a new one.
    till.sent.clear()
    assert till.run("catalogue", "import", str(path)) == 0
    assert len(till.posted()) == 2
    assert not tried & {one.headers["idempotency-key"] for one in till.posted()}


def test_price_and_sale_state_by_command(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    assert till.run("price", "set", "p1-1", "7900", "--reason", "换季", "--json") == 0
    assert document(capsys) == {"product_id": "p1", "outcome": "changed"}
    assert till.run("product", "off", "p1", "--reason", "下架") == 0
    assert described(till, "p1").on_sale is False
    times = ["--from", "2026-12-01T00:00:00+08:00", "--until", "2026-12-02T00:00:00+08:00"]
    assert till.run("product", "on", "p1", "--reason", "上架", *times) == 0
    assert described(till, "p1").sale_from == 1_796_054_400
    assert till.run("product", "on", "p9", "--reason", "上架") == 1


def test_a_shopper_may_not(till: Till) -> None:
    wang: Buyer = till.shop.buyer("wang")
    assert till.shop.call("merchandise", "GET /v1/admin/catalogue/products", wang).status == 401
