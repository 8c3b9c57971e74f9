"""The price table of the cost scorecard: US dollars in us-east-1, on demand, without free tiers.

Sources: ``performance.md`` 1.1 (table, since November 2024) and 3 (functions on arm64, HTTP API).
"""

PER_WRITE_UNIT = 0.625 / 1e6
PER_READ_UNIT = 0.125 / 1e6
PER_FUNCTION_REQUEST = 0.20 / 1e6
PER_GB_SECOND = 0.0000133334
PER_API_REQUEST = 1.00 / 1e6


def store_cost(writes: float, reads: float) -> float:
    """Dollars for so many write and read units."""
    return writes * PER_WRITE_UNIT + reads * PER_READ_UNIT


def function_cost(seconds: float, memory_mb: int) -> float:
    """Dollars for one invocation of this length: the request and its memory-seconds."""
    return PER_FUNCTION_REQUEST + seconds * memory_mb / 1024 * PER_GB_SECOND
