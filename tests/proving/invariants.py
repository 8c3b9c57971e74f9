"""What must be true of the shop at every moment, and what once everything has come to rest.

The promises of `reliability.md` section 3, read from the raw table and from WeChat Pay's own
ledger, in one place for all proofs. Each broken promise is one line of text.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from tests.proving import raw
from tests.proving.books import beyond, unproved
from tests.proving.holdings import (
    Totals,
    allowances,
    coupons,
    limits,
    pieces,
    shards,
    stale_holds,
    stock,
)
from tests.proving.raw import Tables
from tests.proving.shop import TABLE, Shop

EDGES = frozenset(
    {
        ("TO_PAY", "TO_SHIP"),
        ("TO_PAY", "CLOSING"),
        ("CLOSING", "TO_SHIP"),
        ("CLOSING", "CLOSED"),
        ("CLOSED", "TO_SHIP"),
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
    lines += [*_payments(tables, ledger), *_refunds(tables, ledger), *_payable(tables, ledger)]
    lines += beyond(tables, ledger)
    if at_rest:
        lines += [*_stuck(tables), *stale_holds(tables), *_concluded(tables, ledger)]
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
        asked[row["order"]] += row["am"]
    paid = {one["out_trade_no"]: one["total"] for one in ledger["payments"]}
    for number in {*back, *asked}:
        most = max(back[number], asked[number])
        if most > paid.get(number, 0):
            yield f"order {number}: {most} fen go back of {paid.get(number, 0)} paid"


def _payable(tables: Tables, ledger: Mapping[str, Any]) -> Iterator[str]:
    """No order that is closed here may still be paid with what the buyer was handed."""
    there = {one["out_trade_no"]: one["trade_state"] for one in ledger["orders"]}
    for order in tables.orders:
        handed_out = order.row.get("pp") is not None
        if order.status == "CLOSED" and handed_out and there.get(order.number) == "NOTPAY":
            yield f"order {order.number}: closed here, WeChat would still take the money"


def _stuck(tables: Tables) -> Iterator[str]:
    for order in tables.orders:
        if order.status in {"TO_PAY", "CLOSING"} or order.row.get("dk"):
            yield f"order {order.number}: still {order.status} after two sweeps"
    for row in tables.refunds:
        if row["st"] in {"PENDING", "PROCESSING"} or row.get("dk"):
            yield f"refund {row['order']}-{row['sequence']}: still {row['st']} after two sweeps"


def _concluded(tables: Tables, ledger: Mapping[str, Any]) -> Iterator[str]:
    """Every payment has bought its goods, has gone back, or lies before a person."""
    orders = {order.transaction: order for order in tables.orders if order.transaction}
    back: Counter[str] = Counter()
    for one in ledger["refunds"]:
        if one["status"] == "SUCCESS":
            back[one["out_trade_no"]] += one["amount"]
    seen = {one.get("transaction_id") for one in tables.anomalies}
    for payment in ledger["payments"]:
        number, total = payment["out_trade_no"], payment["total"]
        order = orders.get(payment["transaction_id"])
        shipped = order is not None and order.live
        returned = back[number] == total
        if payment["transaction_id"] in seen:
            continue
        if shipped == returned:
            state = order.status if order else "no order"
            yield f"payment of {number}: {state}, and {back[number]} of {total} fen went back"
