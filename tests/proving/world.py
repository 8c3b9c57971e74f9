"""One run of the proving ground: store, secrets, providers, clock, ledger and faults together."""

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from tests.proving.clock import Clock
from tests.proving.engine import Engine, Snapshot
from tests.proving.faults import Faults
from tests.proving.ledger import Ledger
from tests.proving.objects import Objects
from tests.proving.providers import Emulator, Router
from tests.proving.quotas import Quotas
from tests.proving.seam import Call, Reply, Seam

Handler = Callable[[dict[str, Any], Any], Any]
Chance = tuple[Any, ...]
_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


class Context:
    """The Lambda context that a handler gets: its name, its request id and the time it has."""

    def __init__(self, name: str, clock: Clock, seconds: float) -> None:
        self.function_name = name
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
        self.memory_limit_in_mb = 256
        self.aws_request_id = "00000000-0000-4000-8000-000000000000"
        self._clock = clock
        self._ends = clock.now + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left before Lambda ends the function."""
        return max(0, int((self._ends - self._clock.now) * 1000))


class World:
    """A store with the given tables, and everything around it. Use it as a context manager.

    ``tables`` maps table names to properties of ``AWS::DynamoDB::Table``; ``secrets`` maps secret
    names to the values that ``GetSecretValue`` returns as JSON; ``emulators`` maps hosts to
    providers; ``environment`` is set for the length of the run; ``keep`` keeps each call of the
    ledger; ``lean`` saves a fifth of each call's time in long runs.
    """

    def __init__(
        self,
        *,
        seed: int,
        tables: Mapping[str, Mapping[str, Any]],
        secrets: Mapping[str, Any] | None = None,
        emulators: Mapping[str, Emulator] | None = None,
        environment: Mapping[str, str] | None = None,
        keep: bool = False,
        lean: bool = False,
    ) -> None:
        self.seed = seed
        self.clock = Clock()
        self.engine = Engine()
        for name, properties in tables.items():
            self.engine.create_table(name, properties)
        self.secrets = dict(secrets or {})
        self.objects = Objects()
        self.http = Router(dict(emulators or {}))
        self.ledger = Ledger(keep=keep)
        self.faults = Faults(sleep=self.clock.sleep)
        self.seam = Seam(self._answer, [self.ledger, self.faults], lean=lean)
        self._environment = {**_AWS, **(environment or {})}
        self._quotas = Quotas()
        self._dice = random.Random(seed)
        self._stack = ExitStack()

    def __enter__(self) -> "World":
        self._stack.enter_context(mock.patch.dict(os.environ, self._environment))
        self._dice.seed(self.seed)
        self._stack.enter_context(_seeded(self.seed, self._dice))
        self._stack.enter_context(self._quotas.installed())
        self._stack.enter_context(self.clock.installed())
        self._stack.enter_context(self.seam.open())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def invoke(
        self, handler: Handler, event: dict[str, Any], *, name: str = "", seconds: float = 29.0
    ) -> Any:
        """Runs a handler as Lambda would, with ``seconds`` to go, and returns what it returns.

        The calls it makes are booked under ``name``, by default the folder of the function.
        """
        label = name or handler.__module__.split(".")[-2]
        with self.ledger.function(label):
            return handler(event, Context(label, self.clock, seconds))

    def snapshot(self) -> Snapshot:
        """All tables at this moment."""
        return self.engine.snapshot()

    def chance(self) -> Chance:
        """Where the source of chance stands, so that what comes next can come again."""
        return self._dice.getstate()

    def restore(
        self, snapshot: Snapshot, *, now: float | None = None, chance: Chance | None = None
    ) -> None:
        """Puts tables, clock, chance and faults back to the same beginning.

        Without ``chance`` the process's random bytes go on, so that no nonce comes twice.
        """
        self.engine.restore(snapshot)
        if chance is not None:
            self._dice.setstate(chance)
        self.clock.move_to(self.clock.start if now is None else now)
        self.faults.none()
        self._quotas.forget()
        random.seed(self.seed)

    def _answer(self, call: Call) -> Reply:
        if call.kind == "store":
            return self.engine.execute(call)
        if call.kind == "http":
            return self.http(call)
        if call.kind == "object":
            return self.objects(call)
        return self._secret(call)

    def _secret(self, call: Call) -> Reply:
        value = self.secrets.get(call.request.get("SecretId", ""))
        if call.name != "GetSecretValue" or value is None:
            missing = {"__type": "ResourceNotFoundException", "message": "no such secret"}
            return Reply(400, json.dumps(missing).encode())
        text = value if isinstance(value, str) else json.dumps(value)
        name = call.request["SecretId"]
        body = {"ARN": name, "Name": name, "SecretString": text, "VersionId": "1"}
        return Reply(200, json.dumps(body).encode())


@contextmanager
def _seeded(seed: int, dice: random.Random) -> Iterator[None]:
    """Makes the process's sources of chance repeatable, ``secrets`` and ``uuid4`` included."""
    state = random.getstate()
    random.seed(seed)
    try:
        with (
            mock.patch("os.urandom", dice.randbytes),
            mock.patch("random._urandom", dice.randbytes),
        ):
            yield
    finally:
        random.setstate(state)
