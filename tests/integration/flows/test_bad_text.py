"""Text that is no Unicode is the sender's mistake on every route that reads JSON."""

from collections.abc import Iterator

import pytest

from tests.proving.shop import Shop

SEED = 20261128
HALF = "\\ud800"
"""One half of a surrogate pair, as JSON may spell it and UTF-8 cannot."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        yield shop


@pytest.mark.parametrize(
    ("folder", "route", "path"),
    [
        ("login", "POST /v1/login", {}),
        ("login", "POST /v1/login/refresh", {}),
        ("staff", "POST /v1/admin/login", {}),
        ("account", "PATCH /v1/me", {}),
        ("account", "POST /v1/me/addresses", {}),
        ("cart", "PUT /v1/cart/items/{sku_id}", {"sku_id": "p1-1"}),
        ("cart", "POST /v1/quotes", {}),
        ("checkout", "POST /v1/orders", {}),
        ("flash_sale", "POST /v1/flash-sales/{sale_id}/tickets", {"sale_id": "f1"}),
        ("flash_sale", "POST /v1/flash-sales/{sale_id}/orders", {"sale_id": "f1"}),
    ],
)
@pytest.mark.parametrize(
    "raw",
    [
        f'{{"{HALF}": 1}}',
        *(
            f'{{"{name}": "{HALF}"}}'
            for name in ("code", "refresh_token", "nickname", "quote_token", "ticket", "address_id")
        ),
        f'{{"username": "owner", "password": "{HALF}", "code": "123456"}}',
        f'{{"items": [{{"sku_id": "{HALF}", "quantity": 1}}], "from_cart": false}}',
    ],
)
def test_half_a_surrogate_pair_is_refused(
    shop: Shop, folder: str, route: str, path: dict[str, str], raw: str
) -> None:
    headers = {"content-type": "application/json", "idempotency-key": "a"}
    buyer = shop.buyer("wang")
    answer = shop.call(folder, route, buyer, path=path, raw=raw, headers=headers)
    assert answer.status in {400, 422}, answer.body
