"""One request to the shop, repeated while the shop is busy or its answer is lost."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from scripts.operator_cli.errors import RefusedError, UnreachableError

BUSY = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
TRIES = 7
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 8.0
LONGEST_RETRY_AFTER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer.

    Attributes:
        tries: Above 1, an earlier try may have had the effect and lost its answer.
    """

    body: dict[str, Any]
    tries: int


@dataclass
class Line:
    """HTTP to one shop; safe to share between threads.

    Attributes:
        http: Knows the shop's base address.
        sleep: Waits; seconds.
        rng: Spreads waits so that parallel requests do not return together.
    """

    http: httpx.Client
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Sends the same request until it is answered; the caller's headers make that safe.

        Raises:
            RefusedError: The shop said no.
            UnreachableError: No answer, or only busy ones.
        """
        trouble = ""
        for number in range(1, TRIES + 1):
            wait = min(FIRST_WAIT_SECONDS * 2 ** (number - 1), LONGEST_WAIT_SECONDS)
            try:
                answer = self.http.request(method, path, headers=headers, params=params, json=body)
            except httpx.TransportError as lost:
                trouble = f"{type(lost).__name__}: {lost}"
            else:
                if answer.status_code not in BUSY:
                    return Reply(_body(answer), number)
                trouble = str(RefusedError(answer.status_code, _problem(answer)))
                wait = max(wait, _retry_after(answer))
            if number < TRIES:
                self.sleep(wait * self.rng.uniform(1.0, 1.25))
        raise UnreachableError(
            f"{self.http.base_url} gave no answer to {method} {path} in {TRIES} tries: {trouble}"
        )


def _body(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise RefusedError(answer.status_code, _problem(answer))
    if answer.status_code == HTTPStatus.NO_CONTENT:
        return {}
    body = _json(answer)
    if body is None:
        raise RefusedError(answer.status_code, {"detail": "the answer is not a JSON object"})
    return body


def _problem(answer: httpx.Response) -> dict[str, Any]:
    return _json(answer) or {"detail": answer.text[:200].strip() or answer.reason_phrase}


def _json(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), LONGEST_RETRY_AFTER_SECONDS) if text.isdecimal() else 0.0
