"""Rows of coupon templates and flash sales. Bounds are those of the staff routes."""

import re

from scripts.operator_cli.catalogue_file.products import ID, MOST_FEN, MOST_PIECES
from scripts.operator_cli.catalogue_file.reader import Row

PROMOTION_ID = re.compile(r"[0-9A-Za-z-]{1,12}")
KINDS = ("amount", "percent", "freight")
WAYS = ("claim", "code", "gift", "first_order")
EXCLUSIVE = re.compile("campaigns|coupons")
SCOPES = ("all", "categories", "products")
_OF_OTHER_KINDS = {
    "amount": ("percent_off", "cap_fen"),
    "percent": ("amount_fen",),
    "freight": ("percent_off", "cap_fen"),
}


def coupon(row: Row) -> None:
    """Reads a coupon template."""
    row.text("id", 12, form=PROMOTION_ID)
    row.text("title", 120)
    threshold = row.integer("threshold_fen", 0, MOST_FEN, optional=True)
    _worth(row, row.choice("kind", KINDS), threshold or 0)
    _scope(row.row("scope"), row)
    _ordered(row, row.moment("claim_starts_at"), row.moment("claim_ends_at"), "claim_ends_at")
    _validity(row)
    _rules(row)
    quota = row.integer("quota", 1, 100_000_000)
    each = row.integer("per_customer", 1, MOST_PIECES)
    if quota and each and each > quota:
        row.fault("per_customer", f"{each} is more than the quota {quota}")
    row.close()


def flash_sale(row: Row) -> None:
    """Reads a flash sale."""
    row.text("id", 12, form=PROMOTION_ID)
    row.text("title", 120)
    row.text("sku_id", 64, form=ID)
    row.integer("price_fen", 1, MOST_FEN)
    units = row.integer("units", 1, 100_000)
    each = row.integer("per_customer", 1, MOST_PIECES)
    if units and each and each > units:
        row.fault("per_customer", f"{each} is more than the {units} units")
    _ordered(row, row.moment("starts_at"), row.moment("ends_at"), "ends_at")
    row.close()


def _worth(row: Row, kind: str | None, threshold: int) -> None:
    amount = row.integer("amount_fen", 1, MOST_FEN, optional=kind != "amount")
    row.integer("percent_off", 1, 99, optional=kind != "percent")
    row.integer("cap_fen", 0, MOST_FEN, optional=True)
    for name in _OF_OTHER_KINDS.get(kind or "", ()):
        if row.has(name):
            row.fault(name, f"does not belong to a coupon of kind {kind}")
    if kind == "amount" and amount and threshold and amount > threshold:
        row.fault("amount_fen", f"{amount} is more than threshold_fen {threshold}")


def _rules(row: Row) -> None:
    if row.has("obtained"):
        row.choice("obtained", WAYS)
    for name in ("new_customers_only", "returns_on_full_refund"):
        if row.has(name):
            row.flag(name)
    if row.has("exclusive_with"):
        row.texts("exclusive_with", 2, 0, each=16, form=EXCLUSIVE)


def _scope(scope: Row, row: Row) -> None:
    kind = scope.choice("type", SCOPES)
    scope.texts("ids", 200, 0 if kind in (None, "all") else 1, each=64, form=ID)
    if kind == "all" and scope.body["ids"]:
        scope.fault("ids", "must be empty when the scope is all")
    for name in ("but_products", "but_categories"):
        if scope.has(name):
            scope.texts(name, 200, 0, each=64, form=ID)
    row.body["scope"] = scope.close()


def _validity(row: Row) -> None:
    days = row.integer("valid_days", 1, 3_650, optional=True)
    begins = row.moment("valid_from", optional=days is not None)
    ends = row.moment("valid_until", optional=days is not None)
    if days and (begins or ends):
        row.fault("valid_days", "give either valid_days or valid_from and valid_until")
    _ordered(row, begins, ends, "valid_until")


def _ordered(row: Row, begins: str | None, ends: str | None, name: str) -> None:
    if begins and ends and ends <= begins:
        row.fault(name, f"{ends} is not after {begins}")
