import copy
from typing import Any

import pytest

from scripts.drills.restore import fill, lines, proofs
from scripts.local.profile import ROOT
from tests.proving.invariants import totals
from tests.proving.shop import TABLE, Shop


def test_the_runbook_names_every_step() -> None:
    found = lines((ROOT / "docs" / "runbook.md").read_text("utf-8"))
    assert list(found) == ["table", "secrets", "check", "lost"]
    values = {"NEW": "shop-2", "OLD": "shop", "BACKUP": "arn:b", "SINCE": "2026-11-22T08:00:00Z"}
    assert fill(found["table"], values) == "scripts/restore table --stack shop-2 --backup arn:b"
    assert not any(word in fill(line, values) for line in found.values() for word in values)


def test_a_word_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("scripts/restore check --stack NEWER", {"NEW": "shop-2"})


@pytest.fixture
def rows() -> dict[tuple[str, str], Any]:
    """The rows of a shop with a paid order."""
    with Shop(seed=1) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        assert totals(shop)
        buyer = shop.buyer("anna")
        placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 2}))
        assert placed.payment
        shop.pay_now(buyer, placed.payment)
        shop.deliver_due()
        shop.pump()
        items = copy.deepcopy(list(shop.world.engine.items(TABLE)))
    return {(item["PK"]["S"], item["SK"]["S"]): dict(item) for item in items}


def test_the_proofs_hold_for_a_whole_table(rows: dict[tuple[str, str], Any]) -> None:
    assert proofs(rows) == []


def test_the_proofs_miss_neither_money_nor_stock(rows: dict[tuple[str, str], Any]) -> None:
    (entry,) = [key for key in rows if key[0].startswith("M#")]
    money = {key: row for key, row in rows.items() if key != entry}
    assert any(line.startswith("ledger") for line in proofs(money))
    (order,) = [key for key in rows if key[1].startswith("O#")]
    stock = {key: row for key, row in rows.items() if key != order}
    assert any(line.startswith("stock of p1-1") for line in proofs(stock))
