"""The events in `events/` are answered as their names say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.proving.shop import ADDRESS, Shop
from tests.proving.template import load_handler, load_template

EVENTS = Path(__file__).parents[3] / "events"
SEED = 20261124
ANSWERS = {
    "checkout/place": 200,
    "checkout/forged_token": 400,
    "orders/list": 200,
    "orders/counts": 200,
    "orders/show": 200,
    "orders/payment": 200,
    "orders/cancel": 200,
    "orders/receipt_too_early": 409,
    "orders/refund_of_unpaid": 409,
    "flash_sale/list": 200,
    "flash_sale/show": 200,
    "flash_sale/ticket": 200,
    "flash_sale/order": 201,
    "pay_notify/forged": 401,
    "logistics/shipments": 200,
    "logistics/forged_push": 404,
    "wechat_notify/forged": 401,
    "waybill/make": 401,
    "waybill/show": 401,
    "wechat_notify/forged_address": 401,
    "finance/reconciliation_show": 401,
    "finance/reconcile": 401,
    "doctor/examine": 401,
    "refunds/list": 401,
    "refunds/create": 401,
    "refunds/approve": 401,
    "refunds/refuse": 401,
    "refunds/redirect": 401,
    "refunds/reopen": 401,
    "operations/anomalies": 401,
    "operations/dead_letters": 401,
    "operations/redrive": 401,
    "search/suggestions": 200,
    "search/hot": 200,
    "search/mine": 200,
    "search/forget_mine": 204,
}


@pytest.fixture
def known() -> Iterator[tuple[Shop, dict[str, str]]]:
    """A shop, and what the placeholders in the events stand for."""
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(6_800, 100, None)])
        shop.put_sale("f1", "p1-1", 10)
        buyer = shop.sign_in("wang")
        names = ("name", "phone", "province", "city", "district", "detail")
        address = shop.call(
            "account",
            "POST /v1/me/addresses",
            buyer,
            body=dict(zip(names, ADDRESS, strict=True)) | {"is_default": True},
            headers={"idempotency-key": "a1"},
        )
        token = shop.quote_token(buyer, {"p1-1": 1})
        yield (
            shop,
            {
                "access_token": buyer.token,
                "customer_id": buyer.customer_id,
                "quote_token": token,
                "order_no": shop.place(buyer, token).order_no,
                "ticket": shop.ticket(buyer, "f1"),
                "address_id": address.body["id"],
            },
        )


def test_every_function_has_events() -> None:
    folders = {function.folder for function in load_template().functions.values()}
    assert folders == {path.name for path in EVENTS.iterdir()}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_recorded_request_is_answered(known: tuple[Shop, dict[str, str]], name: str) -> None:
    shop, values = known
    answer = shop.world.invoke(
        load_handler(name.split("/", maxsplit=1)[0]), _event(name, values), name=name
    )
    assert answer["statusCode"] == ANSWERS[name], answer


@pytest.mark.parametrize(
    "name",
    [
        "order_expiry/every_minute",
        "order_expiry/handed_out",
        "order_expiry/handed_out_shards",
        "follow_up/every_minute",
        "outbox/order_placed",
        "stock_audit/daily",
        "reconciliation/daily",
        "payment_queries/every_minute",
        "publisher/changed",
        "publisher/every_minute",
        "search_index/published",
        "search_index/now_and_then",
        "dead_letters/lost_batch",
        "dead_letters/failed_run",
    ],
)
def test_a_recorded_event_is_worked_off(known: tuple[Shop, dict[str, str]], name: str) -> None:
    shop, values = known
    answer = shop.world.invoke(
        load_handler(name.split("/", maxsplit=1)[0]), _event(name, values), name=name
    )
    answer = answer or {}
    assert not answer.get("failed")
    assert not answer.get("batchItemFailures")


def _event(name: str, values: dict[str, str]) -> dict[str, Any]:
    text = (EVENTS / f"{name}.json").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    event: dict[str, Any] = json.loads(text)
    event["routeKey"] = json.loads((EVENTS / f"{name}.json").read_text()).get("routeKey")
    return event
