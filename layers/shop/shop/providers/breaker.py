"""Stops calling a host that keeps failing, so that its slowness does not become ours.

May import: errors.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from shop.errors import ProviderError
from shop.providers.transport import MAX_ANSWER_BYTES, NO_TIME, Answer, Transport

FAILURES_TO_OPEN = 5
OPEN_SECONDS = 10
_DOWN = frozenset({502, 503, 504})


class BreakingTransport:
    """`Transport` that fails at once while a host is known to be down.

    After `FAILURES_TO_OPEN` failures in a row a host is left alone for `OPEN_SECONDS`; then one
    call is let through, and its result decides. Each host is judged for itself, so that a
    client with a backup host turns to it without waiting.

    Args:
        provider: Named in errors.
        inner: Does the sending.
        clock: UTC seconds.
    """

    def __init__(self, provider: str, inner: Transport, clock: Callable[[], int]) -> None:
        self._provider = provider
        self._inner = inner
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._left_alone_since: dict[str, int] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """See `Transport.send`; `OPEN` is the code of a call that was not made."""
        host = urlsplit(url).netloc
        since = self._left_alone_since.get(host)
        if since is not None and 0 <= self._clock() - since < OPEN_SECONDS:
            raise ProviderError(self._provider, "OPEN", retryable=True)
        try:
            answer = self._inner.send(method, url, headers=headers, body=body, max_bytes=max_bytes)
        except ProviderError as failure:
            if failure.provider_code != NO_TIME:
                self._failed(host)
            raise
        if answer.status in _DOWN:
            self._failed(host)
        else:
            self._failures.pop(host, None)
        return answer

    def _failed(self, host: str) -> None:
        # Not reset when the pause ends: the one call let through closes it again by failing.
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= FAILURES_TO_OPEN:
            self._left_alone_since[host] = self._clock()
