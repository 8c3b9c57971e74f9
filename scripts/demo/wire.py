"""HTTP with the patience of a phone on a bad line: lost answers and busy answers are repeated."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
TRIES = 6
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Attributes:
        raw: The body's bytes.
        seconds: From the first byte sent of the last try to the last byte received.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    raw: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """The decoded body; None when there is none or it is not JSON."""
        try:
            return json.loads(self.raw) if self.raw else None
        except ValueError:
            return None

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def code(self) -> str:
        """The ``code`` of a problem body, or ""."""
        body = self.json
        return str(body.get("code", "")) if isinstance(body, dict) else ""


class UnexpectedAnswerError(Exception):
    """The shop answered something that has no place in the journey."""

    def __init__(self, answer: Answer) -> None:
        text = answer.raw[:400].decode("utf-8", "replace")
        super().__init__(f"{answer.method} {answer.path} answered {answer.status}: {text}")
        self.answer = answer


class NoAnswerError(Exception):
    """No answer came, however often the request was repeated."""


class Traffic:
    """Counts what went over the line; shared by all clients of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statuses: Counter[int] = Counter()
        self.repeats: Counter[str] = Counter()
        self.server_errors: list[str] = []

    @property
    def requests(self) -> int:
        """Answers received."""
        return sum(self.statuses.values())

    def answered(self, method: str, path: str, status: int) -> None:
        """An answer came."""
        with self._lock:
            self.statuses[status] += 1
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self.server_errors.append(f"{status} {method} {path}")

    def repeat(self, reason: str) -> None:
        """A request is about to be repeated."""
        with self._lock:
            self.repeats[reason] += 1


class Line:
    """A connection to one base address, safe to share between threads.

    Args:
        base_url: Where ``/v1/...`` is appended to.
        traffic: Where requests are counted.
        transport: Stands in for the network in tests.
        sleep: Waits between repeats.
        rng: Spreads the waits; not for secrets.
    """

    def __init__(
        self,
        base_url: str,
        traffic: Traffic,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._traffic = traffic
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 # nosec B311 # only spreads waits
        # Shorter than any server keeps an idle connection, so that none is reused while it closes.
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=2)
        self._client = httpx.Client(
            timeout=TIMEOUT_SECONDS, limits=limits, transport=transport, trust_env=False
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool = True,
    ) -> Answer:
        """Sends one request.

        Args:
            method: HTTP method.
            path: Begins with a slash.
            body: Sent as JSON; bytes are sent as they are.
            query: Query parameters.
            headers: Further header fields.
            repeat: Repeat after a lost answer, 429 and 503; only where the contract makes a
                repetition harmless.

        Raises:
            NoAnswerError: The last try brought no answer.
        """
        tries = TRIES if repeat else 1
        for attempt in range(1, tries + 1):
            try:
                answer = self._once(method, path, body, query, headers)
            except httpx.TransportError as error:
                if attempt == tries:
                    raise NoAnswerError(f"{method} {path}: {type(error).__name__}") from error
                wait, reason = self._backoff(attempt), type(error).__name__
            else:
                if answer.status not in BUSY or attempt == tries:
                    return answer
                wait = self._asked_wait(answer) or self._backoff(attempt)
                reason = f"{answer.status} {method} {path} {answer.code}"
            self._traffic.repeat(reason)
            self._sleep(wait)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _once(
        self,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        sent = dict(headers or {})
        content = None
        if isinstance(body, bytes):
            content = body
        elif body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            sent.setdefault("Content-Type", "application/json")
        started = time.monotonic()
        response = self._client.request(
            method, self._base_url + path, content=content, params=query, headers=sent
        )
        seconds = time.monotonic() - started
        status = response.status_code
        self._traffic.answered(method, path, status)
        return Answer(method, path, status, response.headers, response.content, seconds)

    def _backoff(self, attempt: int) -> float:
        wait = FIRST_WAIT_SECONDS * 2 ** (attempt - 1) * self._rng.uniform(0.5, 1.5)
        return float(min(wait, LONGEST_WAIT_SECONDS))

    def _asked_wait(self, answer: Answer) -> float | None:
        asked = answer.headers.get("Retry-After", "")
        return min(float(asked), LONGEST_WAIT_SECONDS) if asked.isdigit() else None
