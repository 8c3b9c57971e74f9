"""What must be true of the shop at every moment, and what once everything has come to rest.

The promises of `reliability.md` section 3, read from the raw table and from WeChat Pay's own
ledger, in one place for all proofs. Each broken promise is one line of text.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from tests.proving import raw
from tests.proving.books import beyond, unproved
from tests.proving.holdings import (
    Totals,
    allowances,
    claims_given,
    coupons,
    limits,
    pieces,
    shards,
    stale_holds,
    stock,
)
from tests.proving.packing import packed
from tests.proving.raw import Tables
from tests.proving.shop import TABLE, Shop

EDGES = frozenset(
    {
        ("TO_PAY", "TO_SHIP"),
        ("TO_PAY", "CLOSING"),
        ("CLOSING", "TO_SHIP"),
        ("CLOSING", "CLOSED"),
        ("CLOSED", "TO_SHIP"),
        ("TO_SHIP", "TO_SHIP"),
        ("TO_SHIP", "CLOSING"),
        ("TO_SHIP", "TO_RECEIVE"),
        ("TO_RECEIVE", "DONE"),
    }
)
"""The only moves of an order, written down a second time."""


def tables_of(shop: Shop) -> Tables:
    """The table's rows."""
    return raw.read(shop.world.engine.items(TABLE))


def totals(shop: Shop) -> dict[str, int]:
    """Pieces of each SKU there are, flash shards included, but for recorded adjustments."""
    tables = tables_of(shop)
    return {sku: pieces(tables, sku) - tables.adjusted.get(sku, 0) for sku in tables.skus}


def broken(shop: Shop, initial: Totals, *, at_rest: bool = False) -> list[str]:
    """The broken promises.

    Args:
        shop: The shop to look at.
        initial: `totals` before anything was sold.
        at_rest: All notices delivered, the stream pumped, and two sweeps past every deadline: then
            nothing may be under way any more either.
    """
    tables = tables_of(shop)
    ledger = shop.pay.ledger()
    lines = [*stock(tables, initial), *shards(tables), *allowances(tables)]
    lines += [*coupons(tables), *limits(tables), *_amounts(tables), *_moves(tables, at_rest)]
    lines += [*_payments(tables, ledger), *_refunds(tables, ledger), *_books(tables)]
    lines += _bought_and_back(tables)
    lines += [*_payable(tables, ledger), *packed(tables)]
    lines += beyond(tables, ledger)
    if at_rest:
        lines += [
            *_stuck(tables),
            *stale_holds(tables),
            *claims_given(tables),
            *_concluded(tables, ledger),
        ]
        lines += unproved(tables)
    return lines


def _amounts(tables: Tables) -> Iterator[str]:
    for order in tables.orders:
        blob = order.blob
        if blob is None:
            continue
        goods = sum(line["unit_price_fen"] * line["quantity"] for line in order.lines)
        off = sum(line["discount_fen"] for line in order.lines)
        payable = goods - off + blob["freight"]
        stored = order.row["pay"]
        if (goods, off, payable) != (blob["goods"], blob["discount"], stored):
            yield f"order {order.number}: {stored} fen to pay, but its lines say {payable}"
        if payable < 1:
            yield f"order {order.number}: {payable} fen to pay"


def _moves(tables: Tables, at_rest: bool) -> Iterator[str]:
    for order in tables.orders:
        if order.blob is None:
            if order.status != "CLOSED":
                yield f"tombstone {order.number} is {order.status}"
            continue
        told = sorted(tables.history.get(order.number, []))
        versions = [version for version, _ in told]
        states = [state for _, state in told]
        if at_rest and (
            versions != list(range(1, order.row["v"] + 1)) or states[-1:] != [order.status]
        ):
            yield f"order {order.number}: history {told} ends before {order.row['v']}"
        for (one, was), (two, became) in pairwise(told):
            if two == one + 1 and (was, became) not in EDGES:
                yield f"order {order.number}: moved from {was} to {became}"


def _payments(tables: Tables, ledger: Mapping[str, Any]) -> Iterator[str]:
    paid = {one["transaction_id"]: one for one in ledger["payments"]}
    for order in tables.orders:
        payment = paid.get(order.transaction or "")
        if order.transaction is None:
            if order.status in {"TO_SHIP", "TO_RECEIVE", "DONE"}:
                yield f"order {order.number}: {order.status} without a payment"
        elif payment is None or payment["out_trade_no"] != order.number:
            yield f"order {order.number}: {order.transaction} is no payment of it"
        elif order.blob is not None and payment["total"] != order.row["pay"]:
            yield f"order {order.number}: paid {payment['total']}, not {order.row['pay']} fen"


def _refunds(tables: Tables, ledger: Mapping[str, Any]) -> Iterator[str]:
    ours = {f"{row['order']}-{row['sequence']}": row["am"] for row in tables.refunds}
    back: Counter[str] = Counter()
    for one in ledger["refunds"]:
        if ours.get(one["out_refund_no"]) != one["amount"]:
            yield f"refund {one['out_refund_no']}: {one['amount']} fen at WeChat, not ours"
        if one["status"] in {"SUCCESS", "PROCESSING"}:
            back[one["out_trade_no"]] += one["amount"]
    asked: Counter[str] = Counter()
    for row in tables.refunds:
        asked[row["order"]] += row["am"] if stands(row) else 0
    paid: Counter[str] = Counter()
    for one in ledger["payments"]:
        paid[one["out_trade_no"]] += one["total"]
    for number in {*back, *asked}:
        most = max(back[number], asked[number])
        if most > paid[number]:
            yield f"order {number}: {most} fen go back of {paid[number]} paid"


def _bought_and_back(tables: Tables) -> Iterator[str]:
    """A payment that bought its order goes back by the order's own refunds, never by its name."""
    bought = {order.transaction: order for order in tables.orders if order.live}
    for row in tables.refunds:
        order = bought.get(row["sequence"].removeprefix("T").partition("-")[0])
        if row["sequence"].startswith("T") and order is not None and stands(row):
            yield f"order {order.number}: {order.status}, and the payment that bought it goes back"


def stands(row: Mapping[str, Any]) -> bool:
    """Whether a refund row is for money that goes back, or may yet."""
    return row["st"] != "REFUSED" and "rp" not in row


def _books(tables: Tables) -> Iterator[str]:
    """Each order's book is the sum of its refunds, within what was bought and paid."""
    mine: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in tables.refunds:
        if stands(row) and not row["sequence"].startswith("T"):
            mine[row["order"]].append(row)
    for order in tables.orders:
        book, found = order.book, _book_of(order, mine[order.number])
        if found != (book.freight, book.asked, book.granted, book.lines):
            yield f"order {order.number}: {book}, but its refunds are {found}"
        if book.asked > order.row["pay"] or any(
            not back <= stopped <= asked <= line["quantity"]
            for line, (asked, _, stopped, back) in zip(order.lines, book.lines, strict=False)
        ):
            yield f"order {order.number}: {book} is more than was bought"


def _book_of(
    order: raw.Order, rows: list[Mapping[str, Any]]
) -> tuple[int, int, int, list[tuple[int, int, int, int]]]:
    """What an order's book must say: freight, asked, granted, lines."""
    positions = (line[0] for row in rows for line in row["lines"])
    lines = [[0, 0, 0, 0] for _ in range(max(len(order.book.lines), *positions, 0))]
    for row in rows:
        for position, quantity, worth, stopped in row["lines"]:
            for at, more in enumerate((quantity, worth, stopped, stopped * ("bk" in row))):
                lines[position - 1][at] += more
    granted = sum(row["am"] for row in rows if row["st"] != "REQUESTED")
    return (
        sum(row["fr"] for row in rows),
        sum(row["am"] for row in rows),
        granted,
        [(asked, worth, stopped, back) for asked, worth, stopped, back in lines],
    )


def _payable(tables: Tables, ledger: Mapping[str, Any]) -> Iterator[str]:
    """No order that is closed here may still be paid with what the buyer was handed."""
    there = {one["out_trade_no"]: one["trade_state"] for one in ledger["orders"]}
    for order in tables.orders:
        handed_out = order.row.get("pp") is not None
        if order.status == "CLOSED" and handed_out and there.get(order.number) == "NOTPAY":
            yield f"order {order.number}: closed here, WeChat would still take the money"


def _stuck(tables: Tables) -> Iterator[str]:
    for order in tables.orders:
        if order.status in {"TO_PAY", "CLOSING"} or str(order.row.get("dk")).startswith("U"):
            yield f"order {order.number}: still {order.status} after two sweeps"
    for row in tables.refunds:
        if row["st"] in {"PENDING", "PROCESSING"} or row.get("dk", "Q").startswith("R"):
            yield f"refund {row['order']}-{row['sequence']}: still {row['st']} after two sweeps"


def _concluded(tables: Tables, ledger: Mapping[str, Any]) -> Iterator[str]:
    """Every payment has bought its goods, has gone back, or lies before a person."""
    orders = {order.transaction: order for order in tables.orders if order.transaction}
    back: Counter[str] = Counter()
    for one in ledger["refunds"]:
        if one["status"] == "SUCCESS":
            back[one["out_refund_no"]] += one["amount"]
    seen = {one.get("transaction_id") for one in tables.anomalies}
    for payment in ledger["payments"]:
        number, total = payment["out_trade_no"], payment["total"]
        order = orders.get(payment["transaction_id"])
        if payment["transaction_id"] in seen:
            continue
        rows = _of_payment(tables, payment, order)
        owed = sum(row["am"] for row in rows)
        state = order.status if order else "no order"
        if not (order and order.live) and owed + _held_back(rows) != total:
            yield f"payment of {number}: {state}, and {owed} of {total} fen are to go back"
        for row in rows:
            name = f"{number}-{row['sequence']}"
            if row["st"] == "SUCCESS" and back[name] != row["am"]:
                yield f"refund {name}: {back[name]} of {row['am']} fen went back"


def _of_payment(
    tables: Tables, payment: Mapping[str, Any], order: raw.Order | None
) -> list[Mapping[str, Any]]:
    """The refunds that stand of one payment: of its order, or in its own name."""
    name = f"T{payment['transaction_id']}"
    return [
        row
        for row in tables.refunds
        if stands(row)
        and row["st"] != "REQUESTED"
        and row["order"] == payment["out_trade_no"]
        and (
            row["sequence"].partition("-")[0] == name
            or (order is not None and row["sequence"].isdecimal())
        )
    ]


def _held_back(rows: list[Mapping[str, Any]]) -> int:
    """What staff gave less than the pieces were worth."""
    worth = sum(
        row["fr"] + sum(line[2] for line in row["lines"]) - row["am"]
        for row in rows
        if row["lines"]
    )
    return int(worth)
