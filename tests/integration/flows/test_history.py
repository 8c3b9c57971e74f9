"""An order's history holds every move, with who, when and why."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.proving.cases.schedules import heal, owed
from tests.proving.cases.stage import PLENTY, furnish, ordered, paid
from tests.proving.invariants import tables_of
from tests.proving.shop import TABLE, Shop

SEED = 20261204


def test_every_move_is_kept_with_actor_time_and_cause() -> None:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        wang = shop.buyer("wang")
        bought = paid(shop, wang, ordered(shop, wang, PLENTY), told=True)
        owed(shop)
        heal(shop)
        told: dict[str, dict[int, dict[str, Mapping[str, Any]]]] = defaultdict(dict)
        for item in shop.world.engine.items(TABLE):
            if item["SK"]["S"].startswith("H#"):
                _, number, version = item["SK"]["S"].split("#")
                told[number][int(version)] = {name: item[name] for name in ("st", "by", "ca", "at")}
        orders = [order for order in tables_of(shop).orders if order.blob]
        assert {order.status for order in orders} == {"TO_SHIP", "CLOSED"}
        for order in orders:
            moves = told[order.number]
            assert sorted(moves) == list(range(1, order.row["v"] + 1))
            assert moves[order.row["v"]]["st"]["S"] == order.status
            for move in moves.values():
                assert move["by"]["S"] in {"buyer", "schedule", "wechatpay"}
                assert move["ca"]["S"]
                assert shop.world.clock.start <= int(move["at"]["N"]) <= shop.now
        assert [told[bought][n]["by"]["S"] for n in (1, 2)] == ["buyer", "wechatpay"]
