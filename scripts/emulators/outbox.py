"""Messages to the shop, re-sent on a provider's plan until they are accepted."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from scripts.emulators.faults import Fault
from scripts.emulators.wire import Deliver, DeliveryError

WAITING, SENDING, HELD, ACCEPTED, EXHAUSTED = "waiting", "sending", "held", "accepted", "exhausted"
_LOGGED_BODY = 500
_log = logging.getLogger(__name__)


class Outgoing(NamedTuple):
    """One HTTP request to the shop; only the answer to a genuine one can settle the message."""

    url: str
    headers: dict[str, str]
    body: bytes
    genuine: bool = True


@dataclass
class Message:
    """A message that is owed to the shop.

    Attributes:
        id: Its name.
        topic: What it tells, e.g. ``TRANSACTION.SUCCESS``.
        subject: The order, refund or parcel it is about.
        url: Where it goes.
        payload: What it carries, plain.
        due_at: When it is to be sent next, seconds of the plan clock; None when it is not.
        state: ``waiting``, ``sending``, ``held``, ``accepted`` or ``exhausted``.
        attempts: What was sent when, and what the shop answered.
    """

    id: str
    topic: str
    subject: str
    url: str
    payload: dict[str, Any]
    due_at: float | None
    state: str = WAITING
    attempts: list[dict[str, Any]] = field(default_factory=list)


class Outbox:
    """Keeps messages and sends them when they are due.

    Args:
        gaps: Seconds between one attempt and the next; after the last the message is given up.
        compose: Builds the requests of one attempt, spoiled as the fault says.
        accepted: Whether an answer's status and body settle the message.
        deliver: Sends one request.
        now: The plan clock, UTC seconds.
        take_fault: Hands out the fault that strikes the next attempt.
        workers: Threads that send; with 0 the caller's thread sends one after the other.
    """

    def __init__(
        self,
        *,
        gaps: Sequence[float],
        compose: Callable[[Message, Fault | None], list[Outgoing]],
        accepted: Callable[[int, bytes], bool],
        deliver: Deliver,
        now: Callable[[], float],
        take_fault: Callable[[], Fault | None],
        workers: int = 0,
    ) -> None:
        self._gaps = tuple(gaps)
        self._compose = compose
        self._accepted = accepted
        self._deliver = deliver
        self._now = now
        self._take_fault = take_fault
        self._pool = ThreadPoolExecutor(workers) if workers else None
        self._messages: dict[str, Message] = {}
        self._pending: dict[str, Message] = {}
        self._lock = threading.RLock()

    def put(self, message: Message) -> Message:
        """Takes over a message."""
        with self._lock:
            self._messages[message.id] = message
            if message.due_at is not None:
                self._pending[message.id] = message
        return message

    def about(self, subject: str) -> list[Message]:
        """The messages about one subject, oldest first."""
        with self._lock:
            return [each for each in self._messages.values() if each.subject == subject]

    def next_due(self) -> float | None:
        """When the next message is due, seconds of the plan clock."""
        with self._lock:
            times = [m.due_at for m in self._pending.values() if m.due_at is not None]
        return min(times, default=None)

    def run_due(self) -> int:
        """Sends, or hands to the workers, what is due by now; returns the number of messages."""
        due = self._claim_due()
        for message in due:
            if self._pool is None:
                self._send(message)
            else:
                self._pool.submit(self._send, message).add_done_callback(_log_failure)
        return len(due)

    def send_now(self, message: Message) -> dict[str, Any]:
        """Sends a message once in the caller's thread, whatever its state; returns the attempt."""
        with self._lock:
            self._claim(message)
        return self._send(message)

    def send_unplanned(self, message: Message, fault: Fault) -> list[dict[str, Any]]:
        """Sends a message that is not kept, spoiled as the fault says; returns the answers."""
        return self._send_all(self._compose(message, fault))

    def _claim_due(self) -> list[Message]:
        now = self._now()
        with self._lock:
            due = [
                message
                for message in self._pending.values()
                if message.due_at is not None and message.due_at <= now
            ]
            due.sort(key=lambda message: message.due_at or 0.0)
            for message in due:
                self._claim(message)
        return due

    def _claim(self, message: Message) -> None:
        # Taken out of the pending ones, so that no other worker sends it too.
        message.state, message.due_at = SENDING, None
        self._pending.pop(message.id, None)

    def _send(self, message: Message) -> dict[str, Any]:
        fault = self._take_fault()
        with self._lock:
            requests = self._compose(message, fault)
        answers = self._send_all(requests)
        settled = any(
            request.genuine and answer["accepted"]
            for request, answer in zip(requests, answers, strict=True)
        )
        attempt = {
            "at": self._now(),
            "fault": fault.kind if fault else None,
            "answers": answers,
        }
        with self._lock:
            message.attempts.append(attempt)
            self._plan(message, settled=settled)
        return attempt

    def listed(self) -> list[dict[str, Any]]:
        """All messages as plain data, oldest first."""
        with self._lock:
            return [asdict(message) for message in self._messages.values()]

    def load(self, messages: list[dict[str, Any]]) -> None:
        """Restores what ``listed`` gave; a message that was being sent is due again."""
        with self._lock:
            self._messages.clear()
            self._pending.clear()
        for plain in messages:
            message = Message(**plain)
            if message.state == SENDING:
                message.state, message.due_at = WAITING, self._now()
            self.put(message)

    def _plan(self, message: Message, *, settled: bool) -> None:
        sent = len(message.attempts)
        if settled:
            message.state = ACCEPTED
        elif sent > len(self._gaps):
            message.state = EXHAUSTED
        else:
            message.state, message.due_at = WAITING, self._now() + self._gaps[sent - 1]
            self._pending[message.id] = message

    def _send_all(self, requests: list[Outgoing]) -> list[dict[str, Any]]:
        if self._pool is None or len(requests) <= 1:
            return [self._send_one(request) for request in requests]
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(self._send_one, requests))

    def _send_one(self, request: Outgoing) -> dict[str, Any]:
        try:
            status, body = self._deliver(request.url, request.headers, request.body)
        except (OSError, DeliveryError) as error:
            return {"status": 0, "body": str(error)[:_LOGGED_BODY], "accepted": False}
        return {
            "status": status,
            "body": body.decode("utf-8", "replace")[:_LOGGED_BODY],
            "accepted": self._accepted(status, body),
        }


def _log_failure(sent: "Future[dict[str, Any]]") -> None:
    error = sent.exception()
    if error is not None:
        _log.error("a message could not be sent", exc_info=error)
