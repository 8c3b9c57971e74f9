"""What the platform starts: schedules, the table's stream, the queue of what could not be done."""

import json
from collections.abc import Callable
from typing import Any

from tests.proving.bench_rows.deeds.deed import Deed
from tests.proving.bench_rows.deeds.stage import PARCEL, Stage
from tests.proving.events import schedule_event
from tests.proving.template import ROOT, load_handler

Doing = Callable[[], object]
CLOSED_SECONDS = 910
DAY_SECONDS = 86_400


def _event(folder: str, event: dict[str, Any], stage: Stage) -> Doing:
    return lambda: stage.shop.world.invoke(load_handler(folder), event, name=folder)


def _expiry(stage: Stage) -> Doing:
    stage.clear()
    stage.ordered()
    stage.shop.pump()
    stage.shop.world.clock.advance(CLOSED_SECONDS)
    return stage.shop.sweep


def _question(stage: Stage) -> Doing:
    stage.clear()
    placed = stage.ordered()
    assert placed.payment
    stage.shop.pump()
    stage.shop.pay_now(stage.wang, placed.payment, notify=False)
    stage.shop.world.clock.advance(2 * 60 - stage.shop.now % 60)
    return stage.shop.ask_unpaid


def _report(stage: Stage) -> Doing:
    number = stage.paid()
    stage.shop.wechat_control("faults", route="get_order", kind="errcode:10060001")
    assert stage.counter.ship(number, PARCEL).status == 201
    stage.shop.pump()
    stage.shop.world.clock.advance(61)
    return stage.shop.follow_up


def _receipt(stage: Stage) -> Doing:
    stage.shipped()
    stage.courier_tells("3", "已签收")
    stage.shop.pump()
    stage.shop.follow_up()
    stage.shop.world.clock.advance(8 * DAY_SECONDS)
    return stage.shop.follow_up


def _paid(stage: Stage) -> Doing:
    stage.paid(settled=False)
    return stage.shop.pump


def _paid_with_message(stage: Stage) -> Doing:
    stage.allow_messages()
    stage.paid(settled=False)
    return stage.shop.pump


def _shipped(stage: Stage) -> Doing:
    assert stage.counter.ship(stage.paid(), PARCEL).status == 201
    return stage.shop.pump


def _refund(stage: Stage) -> Doing:
    assert stage.counter.decide(stage.asked_back()).status == 200
    return stage.shop.pump


def _changed(stage: Stage) -> Doing:
    route = "POST /v1/admin/catalogue/skus/{sku_id}/price"
    body = {"price_fen": 11_800, "reason": "换季"}
    assert stage.staff("merchandise", route, body, sku_id=stage.skus[0])().status == 200
    return _event("publisher", {"changed_at": stage.shop.now}, stage)


def _published(stage: Stage) -> Doing:
    _changed(stage)()
    return stage.shop.index_search


def a_bill(stage: Stage) -> Doing:
    """The bill of a day with one sale has come."""
    from shop.domain.calendar import begins_at, business_day

    stage.shop.reconcile()
    stage.paid()
    stage.shop.world.clock.move_to(begins_at(business_day(stage.shop.now)) + 35 * 3_600)
    return stage.shop.reconcile


def _audit(stage: Stage) -> Doing:
    return _event("stock_audit", schedule_event("stock-audit", stage.shop.now), stage)


def _lost(stage: Stage) -> Doing:
    event = json.loads((ROOT / "events/dead_letters/failed_run.json").read_text(encoding="utf-8"))
    return _event("dead_letters", event, stage)


SCHEDULES: tuple[Deed, ...] = (
    Deed("order_expiry", "a minute with one order due", _expiry),
    Deed("payment_queries", "a minute with one order paid unheard", _question),
    Deed("follow_up", "a minute with one parcel to report", _report),
    Deed("follow_up", "a minute with one order received by itself", _receipt),
    Deed("outbox", "an order was paid", _paid),
    Deed("outbox", "an order was paid, with a message", _paid_with_message),
    Deed("outbox", "an order was shipped", _shipped),
    Deed("outbox", "a refund was approved", _refund),
    Deed("publisher", "a product has changed", _changed),
    Deed("search_index", "a product has changed", _published),
    Deed("reconciliation", "a day of one order", a_bill),
    Deed("stock_audit", "a day of 22 SKUs", _audit),
    Deed("dead_letters", "a run that failed", _lost),
)
