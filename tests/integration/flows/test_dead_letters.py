"""What the outbox cannot do is kept, listed, and done again with effect at most once."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.domain.staff_roles import Role
from shop.errors import UnavailableError
from shop.store import days, history, staff, stock
from shop.store.order_row import OrderRow
from shop.store.table import order_no_of
from shop.store.writes import Write
from shop.usecases import coupon_follow, dead_letters
from shop.usecases.dead_letters import PATIENCE_SECONDS
from shop.web.schemas.times import rfc3339
from tests.integration.flows.mishaps import anomalies, pays, wechat_knows_nothing_yet
from tests.proving.faults import Kind
from tests.proving.invariants import tables_of
from tests.proving.shop import TABLE, Answer, Buyer, Shop
from tests.proving.template import load_handler

SEED = 20261129
EVENTS = Path(__file__).parents[3] / "events" / "dead_letters"
PUT_ITEM = "PUT /v1/cart/items/{sku_id}"
REDRIVE = "POST /v1/admin/dead-letters/redrive"
LIST = "GET /v1/admin/dead-letters"


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 100, None)])
        yield shop


def desk(shop: Shop, role: Role = Role.OPERATOR) -> Buyer:
    """An account of this role, as a caller."""
    staff.create(f"{role}-1", role, "no password opens this", b"", shop.now)
    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    return Buyer("", "", issue_staff(ring, f"{role}-1", "s", now=shop.now, jti="j"))


def waiting(shop: Shop) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.call("operations", LIST, desk(shop)).body["items"]
    return found


def redrive(shop: Shop, key: str = "k1", role: Role = Role.OPERATOR, **body: Any) -> Answer:
    return shop.call(
        "operations",
        REDRIVE,
        desk(shop, role),
        body={"reason": "修复后重做", **body},
        headers={"idempotency-key": key},
    )


def bought_from_cart(shop: Shop, name: str) -> str:
    """Five pieces lie in the cart and two of them are ordered."""
    buyer = shop.buyer(name)
    shop.call("cart", PUT_ITEM, buyer, path={"sku_id": "p1-1"}, body={"quantity": 5})
    token = shop.quote_token(buyer, {"p1-1": 2}, from_cart=True)
    return shop.place(buyer, token).order_no


def in_cart(shop: Shop, name: str) -> list[int]:
    items = shop.call("cart", "GET /v1/cart", shop.buyer(name)).body["items"]
    return [item["quantity"] for item in items]


def poisoned(*order_nos: str) -> AbstractContextManager[object]:
    """A defect of ours that only these orders run into."""
    show = days.show

    def shown(order: OrderRow) -> Write:
        if order_no_of(str(order.SK)) in order_nos:
            raise KeyError(order.SK)
        return show(order)

    return mock.patch.object(days, "show", shown)


def test_a_poisoned_change_holds_up_no_other_and_is_done_once_afterwards(shop: Shop) -> None:
    number = bought_from_cart(shop, "wang")
    bought_from_cart(shop, "li")
    with poisoned(number):
        shop.pump()
        (letter,) = waiting(shop)
        assert (letter["what"], letter["order_no"], letter["version"]) == ("order", number, 1)
        assert letter["failure"] == "builtins.KeyError"
        assert redrive(shop).body == {"done": 0, "failed": 1, "more": True}
        assert waiting(shop)[0]["tries"] == 1
    assert (in_cart(shop, "wang"), in_cart(shop, "li")) == ([5], [3])
    assert redrive(shop, "k2").body == {"done": 1, "failed": 0, "more": False}
    assert waiting(shop) == []
    assert in_cart(shop, "wang") == [3]
    assert redrive(shop, "k2").body == {"done": 0, "failed": 0, "more": False}
    assert in_cart(shop, "wang") == [3]


def test_the_history_is_whole_though_the_order_has_moved_on(shop: Shop) -> None:
    wang = shop.buyer("wang")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    with poisoned(placed.order_no):
        shop.pump()
        assert placed.payment
        shop.pay_now(wang, placed.payment)
        shop.deliver_due()
        shop.pump()
    assert [one["version"] for one in waiting(shop)] == [1, 2]
    assert redrive(shop).body["done"] == 2
    moves = list(history.of_order(wang.customer_id, placed.order_no))
    assert [(move.status, move.actor) for move in moves] == [
        ("TO_PAY", "buyer"),
        ("TO_SHIP", "wechatpay"),
    ]


def test_a_letter_holds_nothing_personal(shop: Shop) -> None:
    number = bought_from_cart(shop, "wang")
    with poisoned(number):
        shop.pump()
    (row,) = (one for one in shop.world.engine.items("yunpu") if one["PK"]["S"] == "L#letters")
    assert set(row) == {"PK", "SK", "pk", "rw", "v", "st", "by", "ca", "mt", "f", "c", "n"}
    assert "王" not in json.dumps(row, ensure_ascii=False)


def test_letters_that_fail_again_let_others_go_first(shop: Shop) -> None:
    bad = bought_from_cart(shop, "wang")
    shop.world.clock.advance(1)
    good = bought_from_cart(shop, "li")
    with poisoned(bad, good):
        shop.pump()
    with poisoned(bad):
        assert redrive(shop, "k1", limit=1).body == {"done": 0, "failed": 1, "more": True}
        assert redrive(shop, "k2", limit=1).body == {"done": 1, "failed": 0, "more": True}
    assert in_cart(shop, "li") == [3]


def test_a_store_that_is_away_brings_the_record_again_until_patience_ends(shop: Shop) -> None:
    bought_from_cart(shop, "wang")
    records = [
        one
        for one in shop.world.engine.take_stream("yunpu")
        if one["dynamodb"]["Keys"]["SK"]["S"].startswith("O#")
    ]
    outbox = load_handler("outbox")
    with mock.patch.object(history, "note", side_effect=UnavailableError):
        put_off = shop.world.invoke(outbox, {"Records": records}, name="outbox")
        assert [one["itemIdentifier"] for one in put_off["batchItemFailures"]] == [
            records[0]["dynamodb"]["SequenceNumber"]
        ]
        assert waiting(shop) == []
        at = records[0]["dynamodb"]["ApproximateCreationDateTime"]
        shop.world.clock.move_to(max(shop.now, int(at)) + PATIENCE_SECONDS + 1)
        shop.world.faults.when(lambda _, call: Kind.UNSENT if call.kind == "store" else None)
        away = shop.world.invoke(outbox, {"Records": records}, name="outbox")
        assert away["batchItemFailures"], "a letter that is not durable is no letter"
        shop.world.faults.none()
        kept = shop.world.invoke(outbox, {"Records": records}, name="outbox")
        assert kept["batchItemFailures"] == []
    assert len(waiting(shop)) == 1


def test_what_the_platform_lost_is_found_by_when_it_moved(shop: Shop) -> None:
    old = bought_from_cart(shop, "zhao")
    shop.pump()
    shop.world.clock.advance(3_600)
    number = bought_from_cart(shop, "wang")
    shop.pump(lambda _: False)
    for _ in range(2):
        loses_batch(shop, shop.now)
    assert [one["order_no"] for one in waiting(shop)] == [number]
    assert old != number
    assert redrive(shop).body == {"done": 1, "failed": 0, "more": False}
    assert in_cart(shop, "wang") == [3]


def test_a_refund_whose_end_the_platform_lost_comes_into_the_ledger(shop: Shop) -> None:
    wang = shop.buyer("wang")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    pays(shop, wang, placed)
    shop.deliver_due()
    shop.pump()
    shop.cancel(wang, placed.order_no)
    shop.world.clock.advance(30)
    shop.deliver_due()
    assert [row["st"] for row in tables_of(shop).refunds] == ["SUCCESS"]
    shop.pump(lambda _: False)
    loses_batch(shop, shop.now - 60)
    assert redrive(shop).body == {"done": 2, "failed": 0, "more": False}
    assert sorted(str(one["kind"]) for one in tables_of(shop).entries) == ["P", "R"]


def loses_batch(shop: Shop, first_at: int) -> None:
    """The platform gives up a batch of the stream whose first record came at this time."""
    event = json.loads((EVENTS / "lost_batch.json").read_text())
    body = json.loads(event["Records"][0]["body"])
    body["DDBStreamBatchInfo"]["approximateArrivalOfFirstRecord"] = rfc3339(first_at)
    event["Records"][0]["body"] = json.dumps(body)
    shop.world.invoke(load_handler("dead_letters"), event, name="dead_letters", seconds=900)


def test_what_another_function_lost_is_no_letter_of_the_outbox(shop: Shop) -> None:
    bought_from_cart(shop, "wang")
    event = json.loads((EVENTS / "lost_batch.json").read_text().replace(":outbox", ":another"))
    shop.world.invoke(load_handler("dead_letters"), event, name="dead_letters", seconds=900)
    assert (waiting(shop), anomalies(shop)) == ([], ["run_failed"])
    listed = shop.call(
        "operations", "GET /v1/admin/anomalies", desk(shop), query={"day": "20261112"}
    )
    assert listed.body["items"][0]["facts"]["function"].endswith(":another")


def test_a_schedule_s_run_that_failed_is_shown_to_a_person_once(shop: Shop) -> None:
    event = json.loads((EVENTS / "failed_run.json").read_text())
    for _ in range(2):
        shop.world.invoke(load_handler("dead_letters"), event, name="dead_letters", seconds=900)
    assert anomalies(shop) == ["run_failed"]
    listed = shop.call(
        "operations", "GET /v1/admin/anomalies", desk(shop), query={"day": "20261112"}
    )
    assert [(one["kind"], one["key"]) for one in listed.body["items"]] == [("run_failed", "m-2")]


def test_a_function_that_fails_all_night_is_one_thing_to_look_at(shop: Shop) -> None:
    event = json.loads((EVENTS / "lost_batch.json").read_text().replace(":outbox", ":another"))
    for number in range(3):
        event["Records"][0]["messageId"] = f"m-{number}"
        shop.world.invoke(load_handler("dead_letters"), event, name="dead_letters", seconds=900)
    assert anomalies(shop) == ["run_failed"]


def test_a_pool_s_letter_is_listed_and_done_again(shop: Shop) -> None:
    """Pools of coupons and the catalogue have followers too, and no customer."""
    shop.put_coupon("k1", quota=5)
    claim = "POST /v1/coupons/{coupon_id}/claims"
    with mock.patch.object(coupon_follow, "pool_changed", side_effect=KeyError("k1")):
        shop.call(
            "coupons", claim, shop.buyer("wang"),
            path={"coupon_id": "k1"}, headers={"idempotency-key": "k"},
        )  # fmt: skip
        shop.pump()
    (letter,) = waiting(shop)
    assert (letter["what"], letter["order_no"]) == ("coupon", "")
    with mock.patch.object(coupon_follow, "pool_changed") as followed:
        assert redrive(shop).body == {"done": 1, "failed": 0, "more": False}
    (_, new, _), _ = followed.call_args
    assert new["PK"]["S"].startswith("T#k1#")


def test_a_closed_order_s_letter_enters_no_late_payment_twice(shop: Shop) -> None:
    wang = shop.buyer("wang")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(wang, placed.payment)
    with wechat_knows_nothing_yet():
        shop.world.clock.advance(1_000)
        shop.sweep()
    with mock.patch.object(stock, "retake", lambda sku, _: stock.change_total(sku, -10_000)):
        shop.deliver_due()
    shop.pump()
    assert [row["ca"] for row in tables_of(shop).refunds] == ["late_payment"]
    entered = payments(shop)
    dead_letters.recover(shop.now - 3_600, lambda: 100.0, lambda: shop.now)
    assert redrive(shop).body["done"] == 1
    assert len(entered) == 1
    assert payments(shop) == entered


def payments(shop: Shop) -> list[tuple[str, str]]:
    """The money ledger's payments, by their keys."""
    keys = [(one["PK"]["S"], one["SK"]["S"]) for one in shop.world.engine.items(TABLE)]
    return sorted(key for key in keys if key[0].startswith("M#") and "#P#" in key[1])


def test_only_who_may_redrives_and_a_key_is_good_for_one_request(shop: Shop) -> None:
    assert redrive(shop, role=Role.SUPPORT).status == 403
    assert redrive(shop, role=Role.AUDITOR).status == 403
    assert redrive(shop, "k1").status == 200
    assert redrive(shop, "k1", limit=5).body["code"] == "idempotency_key_reused"
    assert redrive(shop, "k3", limit=101).status == 422
