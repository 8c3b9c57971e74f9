"""The one way out: HTTP to configured hosts only, bounded in time and size.

Bodies, headers and query strings are never logged here or put into an error: WeChat wants
secrets in the address.
May import: errors, telemetry. `requests` is imported at the first call, because functions that only
receive callbacks never need it.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from shop.errors import ProviderError
from shop.telemetry import misconfigured

if TYPE_CHECKING:
    import requests

MAX_ANSWER_BYTES = 2 * 1024 * 1024
CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
# What a function keeps for storing the result and answering its own caller.
RESERVE_SECONDS = 0.5
# Providers drop idle connections, and a frozen function does not see it happen.
IDLE_SECONDS = 20.0
# The code of a call that was not made because the function has no time left for it.
NO_TIME = "NO_TIME"
_CHUNK_BYTES = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request once."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """Send exactly these bytes and read the whole answer.

        Raises:
            ProviderError: No complete answer. `retryable` without `outcome_unknown` means
                that the request was certainly not sent.
            MisconfiguredError: The address is not one of the configured hosts.
        """
        ...


class HttpTransport:
    """`Transport` over HTTPS; plain HTTP is allowed to loopback only.

    Redirects are not followed and proxies of the environment are not used.

    Args:
        provider: Named in errors.
        base_urls: The only origins that may be called.
        remaining_seconds: How long the running function may still take.
    """

    def __init__(
        self,
        provider: str,
        base_urls: Iterable[str],
        remaining_seconds: Callable[[], float],
    ) -> None:
        self._provider = provider
        self._origins = frozenset(_origin(url) for url in base_urls)
        self._remaining_seconds = remaining_seconds
        self._session: requests.Session | None = None
        self._used_at = 0.0

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """See `Transport.send`."""
        if _origin(url) not in self._origins:
            raise misconfigured()
        import requests
        from urllib3.exceptions import HTTPError

        allowed = self._remaining_seconds() - RESERVE_SECONDS
        if allowed <= 0:
            raise ProviderError(self._provider, NO_TIME, retryable=True)
        deadline = time.monotonic() + allowed
        try:
            with self._open_session().request(
                method,
                url,
                headers={"Accept-Encoding": "identity", **headers},
                data=body or None,
                timeout=(min(CONNECT_SECONDS, allowed), min(READ_SECONDS, allowed)),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, deadline, max_bytes)
                return Answer(
                    response.status_code,
                    {name.lower(): value for name, value in response.headers.items()},
                    content,
                )
        except (requests.RequestException, HTTPError, OSError) as failure:
            # Not chained: the cause's text holds the address, and that may hold a secret.
            raise self._failed(failure) from None

    def close(self) -> None:
        """Drop kept connections; the next call opens its own."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open_session(self) -> "requests.Session":
        import requests

        # Wall clock: the monotonic one may stand still while a function is frozen.
        now = time.time()
        if now - self._used_at > IDLE_SECONDS:
            self.close()
        self._used_at = now
        if self._session is None:
            # It logs addresses when headers cannot be parsed, and every address when debugging.
            logging.getLogger("urllib3").setLevel(logging.ERROR)
            self._session = requests.Session()
            self._session.trust_env = False
        return self._session

    def _read(self, response: "requests.Response", deadline: float, max_bytes: int) -> bytes:
        # read1 returns what has arrived, so that a slow drip meets the deadline between pieces.
        content = bytearray()
        while piece := response.raw.read1(_CHUNK_BYTES, decode_content=False):
            content += piece
            if len(content) > max_bytes:
                raise self._unknown("TOO_LARGE")
            if time.monotonic() > deadline:
                raise self._unknown("TIMEOUT")
        return bytes(content)

    def _unknown(self, code: str) -> ProviderError:
        return ProviderError(self._provider, code, retryable=True, outcome_unknown=True)

    def _failed(self, failure: Exception) -> ProviderError:
        if _never_sent(failure):
            return ProviderError(self._provider, "CONNECT", retryable=True)
        return self._unknown(f"CONNECTION:{type(failure).__name__}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (secure or local) or parts.username is not None:
        raise misconfigured()
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _never_sent(failure: Exception) -> bool:
    from ssl import SSLCertVerificationError

    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    before_sending = (ConnectTimeoutError, NewConnectionError, SSLCertVerificationError)
    seen: object = failure
    for _ in range(6):
        if isinstance(seen, before_sending):
            return True
        inner = getattr(seen, "reason", None) or next(iter(getattr(seen, "args", ())), None)
        if not isinstance(inner, Exception):
            return False
        seen = inner
    return False
