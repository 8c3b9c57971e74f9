"""The stock audit: it agrees with a busy shop, finds each lost piece, and touches nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.store import staff
from tests.proving.cases.schedules import heal, owed
from tests.proving.cases.stage import LIMITED, PLENTY, SALE, furnish, ordered, paid
from tests.proving.events import schedule_event
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import TABLE, Answer, Shop
from tests.proving.template import load_handler

SEED = 20261201
ROUTE = "GET /v1/admin/audit/stock"


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop with an order of each kind under way."""
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        buyer = shop.buyer("sold")
        paid(shop, buyer, ordered(shop, buyer, PLENTY, 3), told=True)
        owed(shop)
        yield shop


def audited(shop: Shop) -> dict[str, int]:
    event = schedule_event("stock-audit", shop.now)
    found: dict[str, int] = shop.world.invoke(
        load_handler("stock_audit"), event, name="stock_audit", seconds=900
    )
    return found


def asked(shop: Shop, **query: str) -> Answer:
    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    if staff.account("owner") is None:
        staff.create("owner", "owner", "no password opens this", b"", shop.now)
    token = issue_staff(ring, "owner", "s", now=shop.now, jti="j")
    return shop.call(
        "merchandise", ROUTE, query=query, headers={"authorization": f"Bearer {token}"}
    )


def change(shop: Shop, pk: str, sk: str, name: str, by: int) -> None:
    item = dict(shop.world.engine.image(TABLE, {"PK": {"S": pk}, "SK": {"S": sk}}) or {})
    item[name] = {"N": str(int(item[name]["N"]) + by)}
    shop.world.engine.put(TABLE, item)


def anomalies(shop: Shop) -> list[str]:
    return [
        item["SK"]["S"]
        for item in shop.world.engine.items(TABLE)
        if item["PK"]["S"].startswith("N#")
    ]


def test_a_busy_shop_has_no_difference_at_any_moment(shop: Shop) -> None:
    assert audited(shop) == {"skus": 4, "sales": 3, "differences": 0}
    shop.sweep()
    assert audited(shop)["differences"] == 0
    heal(shop)
    assert audited(shop)["differences"] == 0
    assert anomalies(shop) == []


def test_taken_is_split_by_what_orders_are(shop: Shop) -> None:
    answer = asked(shop, sku=PLENTY)
    assert answer.status == 200, answer
    (found,) = answer.body["skus"]
    assert (found["held"], found["sold"]) == (5, 3)
    assert found["taken"] == found["held"] + found["sold"]
    assert found["in_total"] == found["available"] + found["taken"]


def test_a_sale_is_told_by_its_shards(shop: Shop) -> None:
    found = asked(shop, sale=SALE).body
    (sale,) = found["sales"]
    assert found["skus"] == []
    assert (sale["units"], sale["held"], sale["sold"], sale["free"]) == (30, 2, 0, 28)
    assert sale["adds_up"]


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize("column", ["av", "tk", "it"])
def test_each_lost_or_doubled_piece_is_an_anomaly_and_stays(
    shop: Shop, column: str, by: int
) -> None:
    change(shop, "P#p1", f"K#{LIMITED}", column, by)
    before = shop.stock(LIMITED)
    assert audited(shop)["differences"] == 1
    assert anomalies(shop) == [f"stock_difference#{LIMITED}"]
    assert shop.stock(LIMITED) == before
    assert asked(shop, sku=LIMITED).body["skus"][0]["adds_up"] is False


def test_pieces_moved_between_free_and_taken_without_an_order_are_found(shop: Shop) -> None:
    change(shop, "P#p1", f"K#{LIMITED}", "av", -1)
    change(shop, "P#p1", f"K#{LIMITED}", "tk", 1)
    assert audited(shop)["differences"] == 1
    assert asked(shop, sku=LIMITED).body["skus"][0]["difference"] == 1


@pytest.mark.parametrize(("column", "by"), [("f", -1), ("f", 1), ("n", 1), ("n", -1)])
def test_each_lost_or_doubled_unit_of_a_shard_is_found(shop: Shop, column: str, by: int) -> None:
    change(shop, f"F#{SALE}#0", "F", column, by)
    assert audited(shop)["differences"] == 1
    assert anomalies(shop) == [f"sale_difference#{SALE}"]
    assert asked(shop, sale=SALE).body["sales"][0]["wrong_shards"] == [0]


def test_units_that_left_a_running_sale_in_step_are_found(shop: Shop) -> None:
    change(shop, f"F#{SALE}#0", "F", "f", -1)
    change(shop, f"F#{SALE}#0", "F", "n", -1)
    assert audited(shop)["differences"] == 1


def test_an_order_that_moves_while_it_is_read_is_no_difference(shop: Shop) -> None:
    """The sweep runs between the scan of the orders and the reading of the stock."""
    done: list[Call] = []

    def sweep_after_first_scan(call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        if call.name == "Scan" and not done:
            done.append(call)
            shop.sweep()
        return reply

    with shop.world.seam.layer(sweep_after_first_scan):
        found = audited(shop)
    assert done
    assert found["differences"] == 0
    assert anomalies(shop) == []


def test_an_audit_reads_shards_in_one_transaction_and_writes_only_that_it_ran(shop: Shop) -> None:
    calls: list[Any] = []

    def note(call: Call, forward: Forward) -> Reply:
        calls.append(call)
        return forward(call)

    before = shop.world.snapshot()
    with shop.world.seam.layer(note):
        audited(shop)
    [told] = before.differences(shop.world.snapshot())
    assert told.startswith("yunpu J#runs|stock_audit: null -> ")
    assert [call.name for call in calls].count("TransactGetItems") == 3


def test_staff_name_one_thing_that_exists(shop: Shop) -> None:
    assert asked(shop).status == 422
    assert asked(shop, sku=PLENTY, sale=SALE).status == 422
    assert asked(shop, sku="p1-77").status == 404
    assert asked(shop, sale="f-none").status == 404
    assert shop.call("merchandise", ROUTE, query={"sku": PLENTY}).status == 401


def test_a_refund_asked_while_it_runs_counts_no_order_twice(shop: Shop) -> None:
    """An order that was done long ago comes again with each look, since its book has changed."""
    buyer = shop.buyer("sold")
    done = paid(shop, buyer, ordered(shop, buyer, LIMITED, 1), told=True)
    key = {"PK": {"S": f"C#{buyer.customer_id}"}, "SK": {"S": f"O#{done}"}}
    item = dict(shop.world.engine.image(TABLE, key) or {})
    shop.world.engine.put(TABLE, item | {"st": {"S": "DONE"}})
    shop.world.clock.advance(600)
    shop.world.engine.put(TABLE, item | {"st": {"S": "DONE"}, "rt": {"N": str(shop.now)}})
    change(shop, "P#p1", f"K#{LIMITED}", "tk", 1)
    change(shop, "P#p1", f"K#{LIMITED}", "av", -1)
    assert audited(shop)["differences"] == 1
