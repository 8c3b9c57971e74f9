"""What shoppers must not get away with on the way to an order: refused, and nothing written."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import COUPON, LIMITED, PLENTY, SALE, SALE_SECONDS, furnish
from tests.proving.shop import ADDRESS, Answer, Buyer, Shop

SEED = 20261202
QUOTE, ORDER = "POST /v1/quotes", "POST /v1/orders"
TICKET, BUY = "POST /v1/flash-sales/{sale_id}/tickets", "POST /v1/flash-sales/{sale_id}/orders"
BAD_QUANTITIES = (0, -1, 100, 10**30, 1.5, "1", True, None, [1])
CLIENT_PRICES = (
    {"price_fen": 1},
    {"unit_price_fen": 1},
    {"payable_fen": 1},
    {"discount_total_fen": 12_799},
    {"freight_fen": 0},
)


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        furnish(shop)
        shop.pump()
        yield shop


@pytest.fixture
def wang(shop: Shop) -> Buyer:
    return shop.buyer("wang")


@pytest.fixture
def li(shop: Shop) -> Buyer:
    return shop.buyer("li")


def address_id(shop: Shop, buyer: Buyer) -> str:
    names = ("name", "phone", "province", "city", "district", "detail")
    body = dict(zip(names, ADDRESS, strict=True)) | {"is_default": True}
    answer = shop.call(
        "account", "POST /v1/me/addresses", buyer, body=body, headers={"idempotency-key": "a"}
    )
    assert answer.status in {200, 201}, answer
    return str(answer.body["id"])


def refused(shop: Shop, answer: Answer, status: int, code: str) -> None:
    """The contract's error."""
    assert (answer.status, answer.body["code"]) == (status, code), answer


def quote(shop: Shop, buyer: Buyer, items: Any, **more: Any) -> Answer:
    return shop.call("cart", QUOTE, buyer, body={"items": items, **more})


def ticket(shop: Shop, buyer: Buyer, **body: Any) -> Answer:
    return shop.call("flash_sale", TICKET, buyer, path={"sale_id": SALE}, body=body)


@pytest.mark.parametrize("quantity", BAD_QUANTITIES, ids=repr)
def test_a_quantity_out_of_range_is_refused_everywhere(
    shop: Shop, wang: Buyer, quantity: object
) -> None:
    home = address_id(shop, wang)
    before = shop.world.snapshot()
    answers = [
        quote(shop, wang, [{"sku_id": PLENTY, "quantity": quantity}]),
        ticket(shop, wang, quantity=quantity, address_id=home),
        shop.call(
            "cart",
            "PUT /v1/cart/items/{sku_id}",
            wang,
            path={"sku_id": PLENTY},
            body={"quantity": quantity},
        ),
    ]
    for answer in answers:
        assert answer.status in {400, 422}, answer
        assert answer.body["code"] in {"invalid_request", "validation_failed"}
    assert before.differences(shop.world.snapshot()) == []


def test_more_than_twenty_lines_are_refused(shop: Shop, wang: Buyer) -> None:
    before = shop.world.snapshot()
    items = [{"sku_id": f"p1-{number}", "quantity": 1} for number in range(21)]
    refused(shop, quote(shop, wang, items), 422, "validation_failed")
    assert before.differences(shop.world.snapshot()) == []


def test_a_foreign_address_is_not_found(shop: Shop, wang: Buyer, li: Buyer) -> None:
    theirs = address_id(shop, li)
    before = shop.world.snapshot()
    items = [{"sku_id": PLENTY, "quantity": 1}]
    refused(shop, quote(shop, wang, items, address_id=theirs), 404, "not_found")
    refused(shop, ticket(shop, wang, quantity=1, address_id=theirs), 404, "not_found")
    assert before.differences(shop.world.snapshot()) == []


def test_a_foreign_coupon_gives_no_discount_and_no_token(
    shop: Shop, wang: Buyer, li: Buyer
) -> None:
    theirs = str(claim(shop, li, COUPON, "once").body["claim_id"])
    home = address_id(shop, wang)
    before = shop.world.snapshot()
    answer = quote(
        shop, wang, [{"sku_id": PLENTY, "quantity": 1}], address_id=home, coupon_claim_id=theirs
    )
    assert answer.status == 200, answer
    assert answer.body["quote_token"] is None
    assert [one["code"] for one in answer.body["problems"]] == ["coupon_unusable"]
    assert answer.body["discount_total_fen"] == 0
    assert before.differences(shop.world.snapshot()) == []


def test_another_customers_quote_token_orders_nothing(shop: Shop, wang: Buyer, li: Buyer) -> None:
    token = shop.quote_token(wang, {PLENTY: 1})
    before = shop.world.snapshot()
    refused(shop, shop.place(li, token), 404, "not_found")
    assert before.differences(shop.world.snapshot()) == []


def test_another_customers_token_does_not_show_the_order_it_made(
    shop: Shop, wang: Buyer, li: Buyer
) -> None:
    token = shop.quote_token(wang, {PLENTY: 1})
    assert shop.place(wang, token).status == 201
    before = shop.world.snapshot()
    refused(shop, shop.place(li, token), 404, "not_found")
    assert before.differences(shop.world.snapshot()) == []


def test_another_customers_ticket_takes_nothing(shop: Shop, wang: Buyer, li: Buyer) -> None:
    theirs = shop.ticket(wang, SALE)
    before = shop.world.snapshot()
    refused(shop, shop.place_flash(li, SALE, theirs), 404, "not_found")
    assert before.differences(shop.world.snapshot()) == []


def test_a_ticket_of_another_sale_takes_nothing(shop: Shop, wang: Buyer) -> None:
    given = shop.ticket(wang, SALE)
    before = shop.world.snapshot()
    refused(shop, shop.place_flash(wang, "f-small", given), 404, "not_found")
    assert before.differences(shop.world.snapshot()) == []


def test_a_token_of_the_other_kind_is_no_token(shop: Shop, wang: Buyer) -> None:
    quoted, given = shop.quote_token(wang, {PLENTY: 1}), shop.ticket(wang, SALE)
    before = shop.world.snapshot()
    assert shop.place(wang, given).status == 400
    assert shop.place_flash(wang, SALE, quoted).status == 400
    assert before.differences(shop.world.snapshot()) == []


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_a_token_with_one_letter_changed_is_no_token(shop: Shop, wang: Buyer, at: int) -> None:
    token = shop.quote_token(wang, {PLENTY: 1})
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    before = shop.world.snapshot()
    assert shop.place(wang, changed).status == 400
    assert before.differences(shop.world.snapshot()) == []


def test_an_ended_sale_gives_no_ticket_and_takes_none(shop: Shop, wang: Buyer) -> None:
    home = address_id(shop, wang)
    shop.world.clock.advance(SALE_SECONDS - 60)
    wang = shop.buyer("wang")
    given = shop.ticket(wang, SALE)
    shop.world.clock.advance(61)
    wang = shop.buyer("wang")
    before = shop.world.snapshot()
    refused(shop, ticket(shop, wang, quantity=1, address_id=home), 409, "sale_not_running")
    refused(shop, shop.place_flash(wang, SALE, given), 409, "sale_not_running")
    assert before.differences(shop.world.snapshot()) == []


def test_an_expired_quote_brings_a_new_one_and_holds_nothing(shop: Shop, wang: Buyer) -> None:
    token = shop.quote_token(wang, {PLENTY: 1})
    shop.world.clock.advance(301)
    wang = shop.buyer("wang")
    before = shop.world.snapshot()
    answer = shop.place(wang, token)
    refused(shop, answer, 409, "quote_expired")
    assert answer.body["quote"]["payable_fen"] > 0
    assert before.differences(shop.world.snapshot()) == []


@pytest.mark.parametrize("price", CLIENT_PRICES, ids=str)
def test_a_price_from_the_client_is_refused_and_never_used(
    shop: Shop, wang: Buyer, price: dict[str, int]
) -> None:
    home, token = address_id(shop, wang), shop.quote_token(wang, {PLENTY: 1})
    item = {"sku_id": PLENTY, "quantity": 1}
    before = shop.world.snapshot()
    answers = [
        quote(shop, wang, [item | price]),
        quote(shop, wang, [item], **price),
        shop.call("checkout", ORDER, wang, body={"quote_token": token, **price}),
        ticket(shop, wang, quantity=1, address_id=home, **price),
    ]
    for answer in answers:
        assert (answer.status, answer.body["code"]) == (422, "validation_failed"), answer
    assert before.differences(shop.world.snapshot()) == []


def test_a_limit_is_counted_over_orders_and_a_refusal_holds_nothing(
    shop: Shop, wang: Buyer
) -> None:
    one, two = (shop.quote_token(wang, {LIMITED: 2}) for _ in range(2))
    assert shop.place(wang, one).status == 201
    before = shop.world.snapshot()
    refused(shop, shop.place(wang, two), 409, "purchase_limit_reached")
    assert before.differences(shop.world.snapshot()) == []


def test_one_line_that_is_short_holds_none_of_the_others(
    shop: Shop, wang: Buyer, li: Buyer
) -> None:
    token = shop.quote_token(wang, {PLENTY: 1, "p1-2": 1})
    assert shop.place(li, shop.quote_token(li, {"p1-2": 1})).status == 201
    before = shop.world.snapshot()
    refused(shop, shop.place(wang, token), 409, "insufficient_stock")
    assert before.differences(shop.world.snapshot()) == []
