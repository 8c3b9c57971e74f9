"""The one place that reads the wall clock; everything else gets `now` as an argument."""

import time


def now() -> int:
    """UTC seconds since 1970."""
    return int(time.time())
