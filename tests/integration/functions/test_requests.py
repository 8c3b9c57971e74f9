"""How many calls to the table a shopper's request makes, cold and warm."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from functions.cart.app import lambda_handler as cart
from functions.catalogue.app import lambda_handler as catalogue
from functions.coupons.app import lambda_handler as coupon
from shop.recent import Recent
from shop.store import coupons
from shop.usecases.publish import (
    publish,
    replace_categories,
    replace_freight,
    upsert_product,
)
from tests.integration import shopfile
from tests.integration.functions.calls import access_token, call

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


@pytest.fixture
def stocked(table: None, now: int) -> None:
    """One full page of products, and the coupons."""
    replace_categories(shopfile.categories(), now)
    replace_freight(shopfile.freight(), now)
    for product in shopfile.products()[:20]:
        upsert_product(product, now)
    publish(now)
    for template in shopfile.coupons():
        coupons.create_template(template)
    call(catalogue, "GET /v1/products")
    Recent.forget_all()


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The operations sent to the table meanwhile."""
    sent: list[str] = []
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def watched(client: Any, operation: str, arguments: Any) -> Any:
        if client.meta.service_model.service_name == "dynamodb":
            sent.append(operation)
        return real(client, operation, arguments)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", watched)
        yield sent


@pytest.mark.usefixtures("stocked")
def test_a_page_of_twenty_is_one_item_and_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(monkeypatch) as sent:
        page = call(catalogue, "GET /v1/products")
        assert len(page.body["items"]) == 20
        assert sent == ["GetItem"]
        assert call(catalogue, "GET /v1/products").body == page.body
        assert sent == ["GetItem"]


@pytest.mark.usefixtures("stocked")
def test_a_product_page_is_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(monkeypatch) as sent:
        call(catalogue, "GET /v1/products/{product_id}", path={"product_id": "p0001"})
        assert sent == ["Query"]


@pytest.mark.usefixtures("stocked")
def test_a_claim_is_two_writes_and_a_late_one_writes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from shop.usecases import coupon_grant

    route, path = "POST /v1/coupons/{coupon_id}/claims", {"coupon_id": "k-welcome"}

    def claim(customer: str) -> int:
        headers = {"Idempotency-Key": "key"}
        token = access_token(customer)
        return call(coupon, route, path=path, token=token, headers=headers).status

    assert claim("first") == 201
    with counted(monkeypatch) as sent:
        assert claim("second") == 201
        assert sent == ["UpdateItem", "PutItem"]
    ((_, full),) = coupon_grant._full._kept.values()
    full.update(range(1_000_000))
    with counted(monkeypatch) as sent:
        assert claim("third") == 409
        assert not set(sent) & WRITES


@pytest.mark.usefixtures("stocked")
def test_a_quote_is_one_batch_and_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"items": [{"sku_id": f"p000{n}-1", "quantity": 1} for n in (1, 2, 3)]}
    token = access_token("alice")
    call(cart, "POST /v1/quotes", body=body, token=token)
    with counted(monkeypatch) as sent:
        assert call(cart, "POST /v1/quotes", body=body, token=token).status == 200
        assert sent == ["BatchGetItem", "Query"]
