"""What stands before the handlers on AWS: the API's token bucket and the functions' concurrency.

The numbers are the template's. A request beyond the bucket is answered 429 by the gateway, one that
finds no free instance of its function 503; neither reaches a handler. The account's instances are
those of a new one, less what is reserved (AWS, "Lambda quotas": 1,000).
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from tests.proving.shop import Shop
from tests.proving.simulation import Simulation
from tests.proving.template import ROOT, Template
from tests.proving.world import Handler

ACCOUNT = 1_000
CPU_SECONDS = 0.012
"""What a request keeps its instance busy for beside its calls: a checkout's 2,400 Python calls on
the third of a processor that 512 MB buy."""


def reserving() -> Template:
    """The template of a shop whose account is large enough to keep instances for a sale."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    return Template(text, {"ReserveConcurrency": "true"})


@dataclass
class Throttle:
    """One stage's limits.

    Attributes:
        rate: Requests a second; what one second leaves unused fills the bucket.
        burst: The bucket.
        reserved: Instances kept for single functions, by folder.
        shared: Instances for all others together.
        answered: Statuses that never came to a handler, and ``let in``.
    """

    rate: float
    burst: float
    reserved: dict[str, int]
    shared: int
    answered: Counter[str] = field(default_factory=Counter)
    most_busy: Counter[str] = field(default_factory=Counter)
    _left: float = 0.0
    _seen: float | None = None
    _busy: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, template: Template, scale: float = 1.0) -> "Throttle":
        """The template's, or a share of each number for a smaller crowd."""
        (api,) = template.resources("AWS::Serverless::HttpApi").values()
        route = api["DefaultRouteSettings"]
        reserved = {
            one.folder: int(one.properties["ReservedConcurrentExecutions"])
            for one in template.functions.values()
            if "ReservedConcurrentExecutions" in one.properties
        }
        return cls(
            rate=route["ThrottlingRateLimit"] * scale,
            burst=route["ThrottlingBurstLimit"] * scale,
            reserved={name: max(1, round(kept * scale)) for name, kept in reserved.items()},
            shared=max(1, round((ACCOUNT - sum(reserved.values())) * scale)),
        )

    @contextmanager
    def installed(self, shop: Shop, simulation: Simulation) -> Iterator[None]:
        """Every HTTP request of the shop comes through here for the length of the block."""
        through = shop.world.invoke

        def invoke(
            handler: Handler, event: dict[str, Any], *, name: str = "", seconds: float = 29.0
        ) -> Any:
            if "http" not in event.get("requestContext", {}):
                return through(handler, event, name=name, seconds=seconds)
            refused = self._refused(name, shop.world.clock.now)
            self.answered[str(refused["statusCode"]) if refused else "let in"] += 1
            if refused:
                return refused
            place = self._place(name)
            self._busy[place] += 1
            self.most_busy[place] = max(self.most_busy[place], self._busy[place])
            try:
                simulation.wait(CPU_SECONDS)
                return through(handler, event, name=name, seconds=seconds)
            finally:
                self._busy[place] -= 1

        with mock.patch.object(shop.world, "invoke", invoke):
            yield

    def _refused(self, folder: str, now: float) -> dict[str, Any] | None:
        """The gateway's own answer; None lets the request in."""
        if self._seen is None:
            self._left = self.burst
        else:
            self._left = min(self.burst, self._left + (now - self._seen) * self.rate)
        self._seen = now
        if self._left < 1.0:
            return _answer(429, "Too Many Requests")
        self._left -= 1.0
        if self._busy[self._place(folder)] >= self.reserved.get(folder, self.shared):
            return _answer(503, "Service Unavailable")
        return None

    def _place(self, folder: str) -> str:
        return folder if folder in self.reserved else ""


def _answer(status: int, message: str) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": f'{{"message":"{message}"}}'}
