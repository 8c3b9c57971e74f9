"""Faults on the seam: seeded, replayable, one or many at a time.

A plan numbers the calls that pass it from 1 and decides for each whether something goes wrong.
``plan.fired`` is the list of what did, and a plan made from that list replays it.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import requests
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError as PoolConnectTimeout
from urllib3.exceptions import MaxRetryError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as PoolReadTimeout

from tests.proving.seam import Call, Forward, Reply


class Killed(BaseException):
    """The function's process ended here. No ``except Exception`` may stop it."""


class Kind(StrEnum):
    """What goes wrong with a call."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    LOST = "answer lost"
    UNSENT = "timeout before effect"
    THROTTLED = "throttled"
    CONFLICT = "transaction conflict"
    PARTIAL = "partial batch"
    RESET = "reset"
    TOO_MANY = "429"
    BROKEN = "5xx"
    GARBAGE = "garbage"
    SLOW = "slow"


KILLS = (Kind.KILLED_BEFORE, Kind.KILLED_AFTER)
STORE_KINDS = (*KILLS, Kind.LOST, Kind.UNSENT, Kind.THROTTLED, Kind.CONFLICT, Kind.PARTIAL)
HTTP_KINDS = (
    *KILLS,
    Kind.LOST,
    Kind.UNSENT,
    Kind.RESET,
    Kind.TOO_MANY,
    Kind.BROKEN,
    Kind.GARBAGE,
    Kind.SLOW,
)
SECRET_KINDS = (*KILLS, Kind.LOST, Kind.UNSENT, Kind.THROTTLED)
OBJECT_KINDS = (*KILLS, Kind.LOST, Kind.UNSENT)
_SINGLE_WRITES = frozenset(("PutItem", "UpdateItem", "DeleteItem"))
_BATCHES = frozenset(("BatchWriteItem", "BatchGetItem"))


def possible(call: Call, kind: Kind) -> bool:
    """Whether this kind of fault can happen to this call at all."""
    if kind is Kind.CONFLICT:
        return call.name in _SINGLE_WRITES or call.name.startswith("Transact")
    if kind is Kind.PARTIAL:
        return call.name in _BATCHES
    return kind in _POSSIBLE[call.kind]


_POSSIBLE = {
    "store": STORE_KINDS,
    "http": HTTP_KINDS,
    "secret": SECRET_KINDS,
    "object": OBJECT_KINDS,
}
_POOL = HTTPSConnectionPool("provider.invalid")

Chooser = Callable[[int, Call], Kind | None]


@dataclass
class Faults:
    """The layer that carries a plan out.

    ``count`` is the number of calls seen since the plan was set; ``sleep`` is how a slow answer
    spends its ``slow_seconds``; ``seen`` lists the calls, by number, for a report.
    """

    sleep: Callable[[float], None]
    slow_seconds: float = 60.0
    count: int = 0
    fired: list[tuple[int, Kind]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    _choose: Chooser | None = None

    def none(self) -> None:
        """Lets every call pass, and starts counting anew."""
        self._start(None)

    def at(self, plan: Mapping[int, Kind]) -> None:
        """Plans faults by call number, counted from 1 from now on."""
        fixed = dict(plan)
        self._start(lambda number, _: fixed.get(number))

    def randomly(self, seed: int, rate: float, kinds: tuple[Kind, ...]) -> None:
        """Plans faults of these kinds at random, the same ones for the same seed and calls."""
        dice = random.Random(seed)

        def choose(_: int, call: Call) -> Kind | None:
            if dice.random() >= rate:
                return None
            open_to = [kind for kind in kinds if possible(call, kind)]
            return dice.choice(open_to) if open_to else None

        self._start(choose)

    def when(self, choose: Chooser) -> None:
        """Plans faults by a rule over the call's number and the call."""
        self._start(choose)

    def _start(self, choose: Chooser | None) -> None:
        self._choose, self.count = choose, 0
        self.fired, self.seen = [], []

    def __call__(self, call: Call, forward: Forward) -> Reply:
        """Passes a call on, or lets it go wrong."""
        self.count += 1
        if self._choose is None:
            return forward(call)
        self.seen.append(f"{call.kind} {call.name}")
        kind = self._choose(self.count, call)
        if kind is None or not possible(call, kind):
            return forward(call)
        self.fired.append((self.count, kind))
        return self._act(kind, call, forward)

    def _act(self, kind: Kind, call: Call, forward: Forward) -> Reply:
        match kind:
            case Kind.KILLED_BEFORE:
                raise Killed(f"before {call.kind} {call.name}")
            case Kind.KILLED_AFTER:
                forward(call)
                raise Killed(f"after {call.kind} {call.name}")
            case Kind.LOST:
                forward(call)
                raise _timeout(call, sent=True)
            case Kind.UNSENT:
                raise _timeout(call, sent=False)
            case Kind.PARTIAL:
                return _partly(call, forward)
            case Kind.RESET:
                forward(call)
                broken = ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
                raise requests.ConnectionError(broken)
            case Kind.SLOW:
                return self._slowly(call, forward)
            case _:
                return _refusal(kind, call)

    def _slowly(self, call: Call, forward: Forward) -> Reply:
        reply = forward(call)
        if call.timeout is not None and call.timeout < self.slow_seconds:
            self.sleep(call.timeout)
            raise _timeout(call, sent=True)
        self.sleep(self.slow_seconds)
        return reply


def _timeout(call: Call, *, sent: bool) -> Exception:
    if call.kind == "http":
        # As requests raises them: the reason lies inside, and careful code looks at it.
        if sent:
            return requests.ReadTimeout(PoolReadTimeout(_POOL, call.url, "Read timed out."))
        reason = PoolConnectTimeout(None, "Connection timed out.")
        return requests.ConnectTimeout(MaxRetryError(_POOL, call.url, reason))
    failure = ReadTimeoutError if sent else ConnectTimeoutError
    return failure(endpoint_url=call.url)


def error(name: str, status: int = 400, **fields: Any) -> Reply:
    """An error of the store in the form in which it sends one."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": name, **fields}
    return Reply(status, json.dumps(body).encode())


def cancelled(call: Call, codes: Mapping[int, str]) -> Reply:
    """A cancelled transaction with a reason for the members of these positions."""
    members = len(call.request["TransactItems"])
    reasons = [{"Code": codes.get(position, "None")} for position in range(members)]
    return error("TransactionCanceledException", CancellationReasons=reasons)


def throttled(call: Call) -> Reply:
    """The store's refusal for want of throughput."""
    if call.name.startswith("Transact"):
        return cancelled(call, {0: "ThrottlingError"})
    return error("ProvisionedThroughputExceededException")


def conflict(call: Call, position: int = 0) -> Reply:
    """The store's refusal because another transaction holds an item of this call."""
    if call.name.startswith("Transact"):
        return cancelled(call, {position: "TransactionConflict"})
    return error("TransactionConflictException")


def _refusal(kind: Kind, call: Call) -> Reply:
    if kind is Kind.THROTTLED:
        return error("ThrottlingException") if call.kind == "secret" else throttled(call)
    if kind is Kind.CONFLICT:
        return conflict(call)
    if kind is Kind.TOO_MANY:
        return Reply(429, b'{"code":"FREQUENCY_LIMITED"}', {"Content-Type": "application/json"})
    if kind is Kind.BROKEN:
        return Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"})
    return Reply(200, b'{"code": "SUCC\xff', {"Content-Type": "application/json"})


def _partly(call: Call, forward: Forward) -> Reply:
    """Carries out the first half of a batch and returns the rest as not processed."""
    writes = call.name == "BatchWriteItem"
    done: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for table, wanted in call.request["RequestItems"].items():
        members = wanted if writes else wanted["Keys"]
        half = len(members) // 2
        for share, part in ((done, members[:half]), (rest, members[half:])):
            if part:
                share[table] = part if writes else {**wanted, "Keys": part}
    if done:
        request = {**call.request, "RequestItems": done}
        smaller = Call(call.kind, call.name, request, json.dumps(request).encode(), url=call.url)
        answer = forward(smaller).json()
        call.units = smaller.units
    else:
        answer = {} if writes else {"Responses": {}}
    answer["UnprocessedItems" if writes else "UnprocessedKeys"] = rest
    return Reply(200, json.dumps(answer).encode())
