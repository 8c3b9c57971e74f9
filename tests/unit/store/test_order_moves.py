"""Each move of an order as one conditional write: what it needs, what it changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pynamodb.expressions.update import Action

from shop.crypto.keyring import KeyRing
from shop.domain.ids import CustomerId
from shop.domain.order import MOVES, OrderEvent, OrderStatus
from shop.domain.parcel_book import ParcelBook
from shop.domain.payment import Payment, TradeState
from shop.domain.refund_book import LineBook, RefundBook
from shop.store import order_moves, orders, shipping_moves
from shop.store.order_row import OrderRow, pack_book, pack_parcels
from shop.store.table import order_key
from shop.store.writes import ConditionFailed, Write, apply, update
from tests.unit.domain.orders import order

RING = KeyRing("1", {"1": bytes(32)})
WANG, OPENID, NOW = CustomerId("wang"), "o-wang", 5_000
NUMBER = order().order_no
PAYMENT = Payment(NUMBER, TradeState.SUCCESS, "t-1", total_fen=450, openid=OPENID, paid_at=4_000)
UNHEARD = replace(PAYMENT, paid_at=0)
BOOK = RefundBook((LineBook(1, 100), LineBook()), asked_fen=100, made=1)
PARCEL = ParcelBook((1, 0), parcels=1)
LEFT = {"dk": None, "due": None}
Stored = Mapping[str, Any]

BUYER = {"by": "li", "mt": 5_000}
WECHAT = {"by": "wechatpay", "mt": 5_000}


def place(status: OrderStatus, **also: Any) -> None:
    """An order in this state; `also` by Python name, bytes for books."""
    apply(orders.place(RING, order(), OPENID, actor="buyer"))
    actions: list[Action] = [OrderRow.status.set(status)]
    actions += [getattr(OrderRow, name).set(value) for name, value in also.items()]
    apply(update(OrderRow(*order_key(WANG, NUMBER)), actions))


def row() -> OrderRow:
    found = orders.read(WANG, NUMBER)
    assert found is not None
    return found


def plain(one: OrderRow) -> dict[str, Any]:
    return {name: next(iter(value.values())) for name, value in one.serialize().items()}


def changed(write: Write) -> dict[str, Any] | None:
    """What the write changed in the order, by stored name; None when it was refused."""
    before = plain(row())
    try:
        apply(write)
    except ConditionFailed:
        assert plain(row()) == before
        return None
    after = plain(row())
    return {
        name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)
    }


def moved(event: OrderEvent, cause: str, who: Stored, **also: Any) -> dict[str, Any]:
    """What every move changes, and this one besides."""
    target = MOVES[event].target
    common = {"st": str(target), "v": "2", "ca": cause, **who, **also}
    return {
        name: value.hex() if isinstance(value, bytes) else value if value is None else str(value)
        for name, value in common.items()
    }


def told(found: dict[str, Any] | None) -> dict[str, Any] | None:
    return found and {
        name: value.hex() if isinstance(value, bytes) else value for name, value in found.items()
    }


Case = tuple[OrderEvent, Mapping[str, Any], Callable[[], Write], str, Stored, Stored]
CASES: list[Case] = [
    (
        OrderEvent.PAID, {},
        lambda: order_moves.paid(WANG, PAYMENT, actor="wechatpay", now=NOW),
        "payment", WECHAT, {"tx": "t-1", "p": 4_000, **LEFT},
    ),
    (
        OrderEvent.PAID, {},
        lambda: order_moves.paid(WANG, UNHEARD, actor="wechatpay", now=NOW),
        "payment", WECHAT, {"tx": "t-1", "p": NOW, **LEFT},
    ),
    (
        OrderEvent.PAID_LATE, {"closed_at": 9, "close_reason": "expired", "sale_shard": 3},
        lambda: order_moves.revived(WANG, PAYMENT, now=NOW),
        "paid_after_close", WECHAT,
        {"tx": "t-1", "p": 4_000, "x": None, "cr": None, **LEFT},
    ),
    (
        OrderEvent.PAID_LATE, {"closed_at": 9, "close_reason": "expired", "sale_shard": 3},
        lambda: order_moves.revived(WANG, UNHEARD, sale_shard=0, now=NOW),
        "paid_after_close", WECHAT,
        {"tx": "t-1", "p": NOW, "x": None, "cr": None, "fn": 0, **LEFT},
    ),
    (
        OrderEvent.CLOSED_UNPAID, {},
        lambda: order_moves.closed(WANG, NUMBER, reason="expired", actor="schedule", now=NOW),
        "expired", {"by": "schedule", "mt": NOW}, {"x": NOW, "cr": "expired", **LEFT},
    ),
    (
        OrderEvent.REFUNDED_OUTSIDE, {},
        lambda: order_moves.refunded_outside(WANG, PAYMENT, in_full_view=True, now=NOW),
        "refunded_outside", WECHAT,
        {"tx": "t-1", "p": 4_000, "x": NOW, "cr": "refunded", **LEFT},
    ),
    (
        OrderEvent.REFUNDED_OUTSIDE, {},
        lambda: order_moves.refunded_outside(WANG, UNHEARD, in_full_view=True, now=NOW),
        "refunded_outside", WECHAT,
        {"tx": "t-1", "p": NOW, "x": NOW, "cr": "refunded", **LEFT},
    ),
    (
        OrderEvent.REFUNDED_OUTSIDE, {},
        lambda: order_moves.refunded_outside(WANG, PAYMENT, in_full_view=False, now=NOW),
        "refunded_outside", WECHAT, {"tx": "t-1", "x": NOW, "cr": "refunded", **LEFT},
    ),
    (
        OrderEvent.REFUND_ASKED, {"transaction_id": "t-1"},
        lambda: order_moves.refund_asked(row(), BOOK, actor="li", cause="cancel", now=NOW),
        "cancel", BUYER, {"rb": pack_book(BOOK), **LEFT},
    ),
    (
        OrderEvent.REFUND_ACCEPTED, {"transaction_id": "t-1"},
        lambda: order_moves.refund_accepted(row(), BOOK, now=NOW),
        "refund_accepted", WECHAT, {"x": NOW, "cr": "refunded", "rb": pack_book(BOOK)},
    ),
    (
        OrderEvent.RECEIVED, {},
        lambda: order_moves.received(WANG, NUMBER, actor="li", now=NOW),
        "received", BUYER, LEFT,
    ),
    (
        OrderEvent.SHIPPED, {},
        lambda: shipping_moves.shipped(row(), PARCEL, whole=True, actor="li", now=NOW),
        "shipped", BUYER,
        {"pc": pack_parcels(PARCEL), "sh": NOW, "dk": "V#0", "due": NOW + 86_400},
    ),
    (
        OrderEvent.PART_SHIPPED, {},
        lambda: shipping_moves.shipped(row(), PARCEL, whole=False, actor="li", now=NOW),
        "part_shipped", BUYER, {"pc": pack_parcels(PARCEL)},
    ),
    (
        OrderEvent.SHIPPED, {"parcels": pack_parcels(PARCEL)},
        lambda: shipping_moves.rest_refunded(row(), BOOK, actor="li", now=NOW),
        "rest_refunded", BUYER,
        {"rb": pack_book(BOOK), "sh": NOW, "dk": "V#0", "due": NOW + 86_400},
    ),
]  # fmt: skip


@pytest.mark.parametrize("status", list(OrderStatus))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[2].__code__.co_names[1])
def test_a_move_is_made_from_the_states_of_the_table_and_changes_what_it_says(
    case: Case, status: OrderStatus
) -> None:
    event, also, write, cause, who, changes = case
    place(status, **also)
    found = changed(write())
    if status not in MOVES[event].sources:
        assert found is None
        return
    expected = moved(event, cause, who, **changes)
    if event is OrderEvent.PART_SHIPPED:
        del expected["st"]
    assert told(found) == expected
    assert changed(write()) is None or event is OrderEvent.PART_SHIPPED


def test_a_move_without_more_to_say_needs_only_the_state() -> None:
    place(OrderStatus.TO_PAY)
    asked = order_moves.move(
        WANG, NUMBER, OrderEvent.CLOSE_ASKED, actor="li", cause="buyer", now=NOW
    )
    assert changed(asked) == moved(OrderEvent.CLOSE_ASKED, "buyer", BUYER)
    assert changed(asked) is None


def test_a_move_is_guarded() -> None:
    place(OrderStatus.TO_PAY)

    def asked(until: int) -> Write:
        return order_moves.move(
            WANG, NUMBER, OrderEvent.CLOSE_ASKED, actor="schedule", cause="expired", now=NOW,
            only_if=OrderRow.pay_before <= until,
        )  # fmt: skip

    assert changed(asked(order().pay_before - 1)) is None
    assert changed(asked(order().pay_before)) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        replace(PAYMENT, total_fen=449),
        replace(PAYMENT, total_fen=451),
        replace(PAYMENT, openid="o-li"),
    ],
)
def test_a_payment_that_is_not_the_orders_changes_nothing(wrong: Payment) -> None:
    place(OrderStatus.TO_PAY)
    assert changed(order_moves.paid(WANG, wrong, actor="wechatpay", now=NOW)) is None


@pytest.mark.parametrize(
    ("status", "write"),
    [
        (OrderStatus.TO_PAY, lambda: order_moves.paid(WANG, PAYMENT, actor="x", now=NOW)),
        (OrderStatus.CLOSED, lambda: order_moves.revived(WANG, PAYMENT, now=NOW)),
        (OrderStatus.CLOSED, lambda: order_moves.claimed_by_refund(WANG, PAYMENT)),
        (
            OrderStatus.CLOSING,
            lambda: order_moves.closed(WANG, NUMBER, reason="x", actor="x", now=NOW),
        ),
        (
            OrderStatus.CLOSING,
            lambda: order_moves.refunded_outside(WANG, PAYMENT, in_full_view=True, now=NOW),
        ),
    ],
)
def test_what_is_for_unpaid_orders_leaves_a_paid_one_alone(
    status: OrderStatus, write: Callable[[], Write]
) -> None:
    place(status, transaction_id="t-0")
    assert changed(write()) is None


def test_an_unpaid_order_is_not_closed_by_a_refund() -> None:
    place(OrderStatus.CLOSING)
    assert changed(order_moves.refund_accepted(row(), BOOK, now=NOW)) is None


@pytest.mark.parametrize("status", list(OrderStatus))
def test_a_late_payment_is_claimed_of_a_closed_order_alone(status: OrderStatus) -> None:
    place(status)
    found = changed(order_moves.claimed_by_refund(WANG, PAYMENT))
    assert found == ({"tx": "t-1"} if status == "CLOSED" else None)


BY_BOOKS: list[tuple[OrderStatus, Callable[[OrderRow], Write]]] = [
    (OrderStatus.TO_SHIP, lambda read: order_moves.keep_book(read, BOOK, NOW)),
    (
        OrderStatus.TO_SHIP,
        lambda read: order_moves.refund_asked(read, BOOK, actor="x", cause="x", now=NOW),
    ),
    (OrderStatus.CLOSING, lambda read: order_moves.refund_accepted(read, BOOK, now=NOW)),
    (
        OrderStatus.TO_SHIP,
        lambda read: shipping_moves.shipped(read, PARCEL, whole=True, actor="x", now=NOW),
    ),
    (
        OrderStatus.TO_SHIP,
        lambda read: shipping_moves.rest_refunded(read, BOOK, actor="x", now=NOW),
    ),
    (OrderStatus.TO_RECEIVE, lambda read: shipping_moves.corrected(read, PARCEL)),
]


@pytest.mark.parametrize(("status", "write"), BY_BOOKS)
@pytest.mark.parametrize("book", ["refunds", "parcels"])
@pytest.mark.parametrize("was", [None, b"before"])
def test_what_was_judged_by_the_books_rests_on_them(
    status: OrderStatus, write: Callable[[OrderRow], Write], book: str, was: bytes | None
) -> None:
    known = {"refunds": b"r", "parcels": b"p"} | {book: was}
    place(status, transaction_id="t-1", **{name: one for name, one in known.items() if one})
    read = row()
    again = update(OrderRow(*order_key(WANG, NUMBER)), [getattr(OrderRow, book).set(b"after")])
    apply(again)
    assert changed(write(read)) is None
    path = getattr(OrderRow, book)
    back = path.remove() if was is None else path.set(was)
    apply(update(OrderRow(*order_key(WANG, NUMBER)), [back]))
    is_good = (
        book == "refunds" or was is not None or "rest_refunded" not in str(write.__code__.co_names)
    )
    assert (changed(write(read)) is not None) is is_good


def test_a_book_is_kept_while_order_and_books_are_as_they_were_read() -> None:
    place(OrderStatus.TO_SHIP)
    read = row()
    assert changed(order_moves.keep_book(read, BOOK, NOW)) == {
        "rb": pack_book(BOOK), "rt": str(NOW),
    }  # fmt: skip
    assert changed(order_moves.keep_book(read, BOOK, NOW)) is None
    read = row()
    apply(update(OrderRow(*order_key(WANG, NUMBER)), [OrderRow.status.set("CLOSING")]))
    assert changed(order_moves.keep_book(read, BOOK, NOW)) is None


@pytest.mark.parametrize("status", list(OrderStatus))
def test_a_number_is_corrected_while_its_parcel_is_on_its_way(status: OrderStatus) -> None:
    place(status)
    found = changed(shipping_moves.corrected(row(), PARCEL))
    is_on_its_way = status in {"TO_SHIP", "TO_RECEIVE"}
    assert found == ({"pc": pack_parcels(PARCEL)} if is_on_its_way else None)


@pytest.mark.parametrize("status", list(OrderStatus))
def test_a_receipt_is_due_while_the_order_is_shipped_and_due(status: OrderStatus) -> None:
    place(status, due_work="V#0", due_at=1)
    found = changed(shipping_moves.receipt_due(WANG, NUMBER, 77))
    assert found == ({"due": "77"} if status == "TO_RECEIVE" else None)
    apply(update(OrderRow(*order_key(WANG, NUMBER)), order_moves.leave_due_index()))
    assert changed(shipping_moves.receipt_due(WANG, NUMBER, 78)) is None
