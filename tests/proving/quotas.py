"""The SDK's retry quota, kept apart for each run and each simulated client.

botocore lets a client spend 500 tokens on retries. In Lambda each environment has its own; here
all share one client of one process, so that a run would begin with what the last one left.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from botocore.retries.quota import RetryQuota

from tests.proving.tasks import Task, current


class Quotas:
    """What is left of each quota, by the quota and the client that spends it."""

    def __init__(self) -> None:
        self._left: dict[tuple[int, Task | None], int] = {}

    def forget(self) -> None:
        """Fills all quotas again."""
        self._left.clear()

    def __get__(self, quota: RetryQuota | None, _: type | None = None) -> int:
        if quota is None:
            return RetryQuota.INITIAL_CAPACITY
        return self._left.get((id(quota), current()), RetryQuota.INITIAL_CAPACITY)

    def __set__(self, quota: RetryQuota, left: int) -> None:
        self._left[id(quota), current()] = left

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Takes the place of the quotas of all clients for the length of the block."""
        with mock.patch.object(RetryQuota, "_available_capacity", self, create=True):
            yield
