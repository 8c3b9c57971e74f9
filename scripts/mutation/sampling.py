"""Drawing a sample of mutants, and how much a score that was found on a sample says."""

from collections.abc import Iterable
from math import sqrt
from random import Random
from statistics import NormalDist

_SURE = 0.95


def drawn(names: Iterable[str], size: int, seed: int) -> list[str]:
    """So many of the names, each as likely as any other; all when there are no more."""
    known = sorted(names)
    return Random(seed).sample(known, min(size, len(known)))  # noqa: S311  # nosec B311 - a draw, no secret


def wilson(killed: int, tried: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share, in per cent (Wilson 1927, without correction).

    Of all samples of that size, 95 in 100 have an interval that holds the true share.
    """
    if not tried:
        return 0.0, 100.0
    z = NormalDist().inv_cdf((1 + _SURE) / 2)
    share, scale = killed / tried, 1 + z * z / tried
    middle = share + z * z / (2 * tried)
    half = z * sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    return max(0.0, 100 * (middle - half) / scale), min(100.0, 100 * (middle + half) / scale)
