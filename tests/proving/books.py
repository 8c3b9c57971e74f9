"""Each order's money, proved: what the ledger has entered is what orders and refunds say."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.proving.raw import Tables

Entered = dict[tuple[str, str, str], int]
"""Order number, kind and reference to amount."""


def entered(tables: Tables) -> Entered:
    """What the money ledger holds, fees left out."""
    return {
        (row["order"], row["kind"], row["reference"]): row["am"]
        for row in tables.entries
        if row["kind"] != "F"
    }


def due(tables: Tables) -> Entered:
    """What it must hold: each payment that an order or refund knows, each refund that is done."""
    wanted: Entered = {}
    for order in tables.orders:
        if order.transaction and order.row.get("p"):
            wanted[order.number, "P", order.transaction] = order.row["pay"]
    for row in tables.refunds:
        if row["sequence"].startswith("T"):
            wanted[row["order"], "P", row["sequence"][1:]] = row["pf"]
        if row["st"] == "SUCCESS" and row["am"]:
            number = f"{row['order']}-{row['sequence']}"
            wanted[row["order"], "R", number] = row["am"]
    return wanted


def unproved(tables: Tables) -> Iterator[str]:
    """Where entries and rows differ, once the stream has been delivered."""
    have, wanted = entered(tables), due(tables)
    for key in sorted({*have, *wanted}):
        if have.get(key) != wanted.get(key):
            yield f"ledger {key}: entered {have.get(key)}, the rows say {wanted.get(key)}"


def beyond(tables: Tables, ledger: Mapping[str, Any]) -> Iterator[str]:
    """Entries that WeChat's own books do not have, at any moment."""
    there: Entered = {
        (one["out_trade_no"], "P", one["transaction_id"]): one["total"]
        for one in ledger["payments"]
    }
    there |= {
        (one["out_trade_no"], "R", one["out_refund_no"]): one["amount"]
        for one in ledger["refunds"]
        if one["status"] == "SUCCESS"
    }
    for key, amount in entered(tables).items():
        if there.get(key) != amount:
            yield f"ledger {key}: entered {amount}, WeChat has {there.get(key)}"
