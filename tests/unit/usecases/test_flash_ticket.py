"""Admission to a flash sale: who gets a ticket, when, and what it says they will pay."""

from dataclasses import replace

import pytest

from shop.crypto.flash_tickets import TICKET_SECONDS, open_ticket
from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import CustomerSession
from shop.domain.address import Address
from shop.domain.flash import FlashSale
from shop.domain.freight import FreightBook, FreightBy, FreightRate, FreightTemplate
from shop.domain.ids import CustomerId
from shop.errors import ConflictError, MisconfiguredError
from shop.usecases.deps import Deps
from shop.usecases.flash_ticket import EARLY_SECONDS, Issued, issue

NOW = 1_790_000_000
RING = KeyRing("1", {"1": bytes(range(32))})
HOME = Address("张三", "13800138000", "浙江省", "杭州市", "西湖区", "龙井路1号")
SESSION = CustomerSession(CustomerId("wang"), "s", "oWang", NOW)
SALE = FlashSale(
    id="sale-1",
    title="龙井秒杀",
    sku_id="p1-1",
    product_id="p1",
    sku_title="龙井",
    spec="大",
    image_url="https://img/1.jpg",
    price_fen=990,
    units=100,
    shards=4,
    per_customer=3,
    starts_at=NOW,
    ends_at=NOW + 3_600,
    key_version="1",
    open=True,
    weight_g=600,
    freight="heavy",
)


def template(name: str, by: FreightBy, rate: FreightRate) -> FreightTemplate:
    return FreightTemplate(
        id=name, name=name, by=by, default=rate, rates=(), not_served=("台湾省",)
    )


FREIGHT = FreightBook(
    (
        template("flat", FreightBy.PIECE, FreightRate((), 1, 1, 1, 1, None)),
        template("heavy", FreightBy.WEIGHT, FreightRate((), 1_000, 800, 500, 200, 2_900)),
    )
)


def refuse_to_be_made() -> object:
    raise AssertionError


DEPS = Deps(
    ring=lambda: RING,
    gateway=refuse_to_be_made,  # type: ignore[arg-type]
    account=refuse_to_be_made,  # type: ignore[arg-type]
    entropy=lambda size: bytes(range(1, size + 1)),
    pay_window_seconds=900,
    flash_pay_window_seconds=300,
)


def asks(
    quantity: int = 1, sale: FlashSale = SALE, address: Address = HOME, now: int = NOW
) -> Issued:
    return issue(sale, quantity, address, FREIGHT, SESSION, DEPS, now=now)


def test_a_ticket_says_who_buys_what_and_opens_again() -> None:
    issued = asks(2)
    ticket = issued.ticket
    assert open_ticket(RING, issued.text) == ticket
    assert (ticket.customer_id, ticket.openid, ticket.address) == ("wang", "oWang", HOME)
    line = ticket.line
    assert (line.sku_id, line.quantity, line.unit_price_fen, line.discount_fen) == (
        "p1-1",
        2,
        990,
        0,
    )
    assert (line.title, line.spec, line.image_url, line.limit, line.price_version) == (
        "龙井",
        "大",
        "https://img/1.jpg",
        None,
        0,
    )
    assert (ticket.sale_id, ticket.shards, ticket.per_customer) == ("sale-1", 4, 3)
    assert (ticket.starts_at, ticket.ends_at) == (NOW, NOW + 3_600)
    assert (ticket.issued_at, ticket.salt, ticket.key_version) == (NOW, 0x0102, "1")


@pytest.mark.parametrize(
    ("quantity", "fee"),
    # 600 g are within the first kilogram, 1,200 g begin one further half; 2,970 fen travel free.
    [(1, 800), (2, 1_000), (3, 0)],
)
def test_delivery_is_charged_by_the_sales_own_template_and_weight(quantity: int, fee: int) -> None:
    ticket = asks(quantity).ticket
    assert (ticket.freight_fen, ticket.payable_fen) == (fee, 990 * quantity + fee)


@pytest.mark.parametrize(
    ("now", "sale", "code"),
    [
        (NOW - EARLY_SECONDS - 1, SALE, "sale_not_running"),
        (NOW + 3_600, SALE, "sale_not_running"),
        (NOW, replace(SALE, open=False), "sale_not_running"),
        (NOW, replace(SALE, per_customer=0), "limit_reached"),
    ],
)
def test_who_comes_too_early_too_late_or_wants_too_much_gets_none(
    now: int, sale: FlashSale, code: str
) -> None:
    with pytest.raises(ConflictError) as refused:
        asks(sale=sale, now=now)
    assert refused.value.code == code


def test_nothing_is_sold_to_where_it_is_not_sent() -> None:
    with pytest.raises(ConflictError) as refused:
        asks(address=replace(HOME, province="台湾省"))
    assert refused.value.code == "area_not_served"


def test_a_sale_under_a_retired_key_is_a_wrong_setting() -> None:
    with pytest.raises(MisconfiguredError) as refused:
        asks(sale=replace(SALE, key_version="0"))
    assert refused.value.context == {"retired_key_of": "sale-1"}


@pytest.mark.parametrize(
    ("now", "valid_from", "expires_at"),
    [
        (NOW - EARLY_SECONDS, NOW, NOW + TICKET_SECONDS),
        (NOW + 60, NOW + 60, NOW + 60 + TICKET_SECONDS),
        (NOW + 3_599, NOW + 3_599, NOW + 3_600),
    ],
    ids=["before the start", "while it runs", "in the last second"],
)
def test_a_ticket_is_good_from_the_start_and_never_longer_than_the_sale(
    now: int, valid_from: int, expires_at: int
) -> None:
    ticket = asks(now=now).ticket
    assert (ticket.valid_from, ticket.expires_at) == (valid_from, expires_at)
