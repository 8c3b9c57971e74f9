"""Fen: integers, 1/100 of a yuan. Nothing here rounds money into or out of existence."""

from collections.abc import Sequence

MAX_FEN = 100_000_000_00
"""One hundred million yuan: above any order, far below 2**53."""


def allocate(total_fen: int, weights: Sequence[int]) -> list[int]:
    """Split an amount over parts in proportion to their weights, exactly.

    The largest-remainder rule: each part first gets its share rounded down; what is left goes,
    one fen each, to the parts with the largest remainders, earlier parts first on a tie. The
    parts sum to `total_fen`, none is negative, and none exceeds its weight while
    `total_fen <= sum(weights)`.

    Args:
        total_fen: 0 or more.
        weights: 0 or more each; at least one above 0 unless `total_fen` is 0.

    Raises:
        ValueError: A negative number, or something to split over nothing.
    """
    whole = sum(weights)
    if total_fen < 0 or any(weight < 0 for weight in weights) or (total_fen and not whole):
        raise ValueError("cannot split that amount over those weights")
    if not whole:
        return [0] * len(weights)
    parts = [total_fen * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda index: -(total_fen * weights[index] % whole)
    )
    for index in by_remainder[: total_fen - sum(parts)]:
        parts[index] += 1
    return parts


def percent_of(amount_fen: int, percent: int) -> int:
    """`percent` per cent of an amount, rounded down: a discount never exceeds its promise."""
    return amount_fen * percent // 100
