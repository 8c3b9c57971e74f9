"""What a quote's amounts must add up to, worked out from its lines. Money in fen."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any


def recomputed(lines: Sequence[Mapping[str, Any]], prices: Mapping[str, int]) -> dict[str, int]:
    """Totals from the lines' quantities, the prices of the catalogue and the lines' discounts.

    Returns:
        ``goods_total_fen``, ``discount_total_fen`` and ``payable_goods_fen``, which is what the
        lines cost together after their discounts.
    """
    goods = sum(prices[line["sku_id"]] * line["quantity"] for line in lines)
    discount = sum(line["discount_fen"] for line in lines)
    return {
        "goods_total_fen": goods,
        "discount_total_fen": discount,
        "payable_goods_fen": goods - discount,
    }


def inexact_lines(lines: Sequence[Mapping[str, Any]], prices: Mapping[str, int]) -> list[str]:
    """SKUs whose line does not hold: price, or payable = price x quantity - discount."""
    return [
        line["sku_id"]
        for line in lines
        if line["unit_price_fen"] != prices[line["sku_id"]]
        or line["payable_fen"] != line["unit_price_fen"] * line["quantity"] - line["discount_fen"]
    ]


def unfair_shares(lines: Sequence[Mapping[str, Any]], discount_fen: int) -> list[str]:
    """SKUs whose share of the discount is a fen or more away from their share of the goods."""
    amounts = {line["sku_id"]: line["unit_price_fen"] * line["quantity"] for line in lines}
    total = sum(amounts.values())
    return [
        line["sku_id"]
        for line in lines
        if abs(line["discount_fen"] - Fraction(discount_fen * amounts[line["sku_id"]], total)) >= 1
    ]
