"""Work of the processor, as counts and as ratios to a yardstick of the same minutes.

Absolute times say more about the machine than about the code, so none is reported. The store is
taken out: a tape answers with what the engine answered once.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import botocore.session

from tests.proving.seam import Call, Forward, Reply, Seam
from tests.proving.template import ROOT

Work = Callable[[], object]
ROUNDS = 7


class Tape:
    """A layer that records the replies of one run and then plays them without the store."""

    def __init__(self) -> None:
        self._replies: list[Reply] = []
        self._at: int | None = None

    def rewind(self) -> None:
        """Plays from the beginning from now on."""
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        """Whether every reply was played."""
        return self._at == len(self._replies)

    def __call__(self, call: Call, forward: Forward) -> Reply:
        """Records or plays one reply.

        Raises:
            AssertionError: the code makes a call that it did not make when it was recorded.
        """
        if self._at is None:
            self._replies.append(forward(call))
            return self._replies[-1]
        if self._at >= len(self._replies):
            raise AssertionError(f"{call.name} was not on the tape")
        self._at += 1
        return self._replies[self._at - 1]


def python_calls(work: Work) -> int:
    """How many Python functions one run enters."""
    count = 0

    def enter(_: FrameType, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(enter)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def ratio(work: Work, yardstick: Work, *, repeats: int = 60, rounds: int = ROUNDS) -> float:
    """Processor time of one run over that of the yardstick: the least of alternating rounds."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_seconds(work, repeats))
        theirs.append(_seconds(yardstick, repeats))
    return min(ours) / min(theirs)


def _seconds(work: Work, repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - began


def bare_put() -> Work:
    """The yardstick: one ``put_item`` of plain botocore, answered at once."""
    session = botocore.session.get_session()
    client: Any = session.create_client(
        "dynamodb",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    seam = Seam(lambda _: Reply(200, b"{}"))
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}, "body": {"S": "x" * 200}}

    def put() -> None:
        with seam.open():
            client.put_item(TableName="t", Item=item)

    return put


@dataclass(frozen=True)
class ColdStart:
    """What a fresh process does to run a statement: modules loaded and processor seconds."""

    modules: int
    seconds: float


_PROBE = """
import sys, time
before, began = len(sys.modules), time.process_time()
{statement}
print(len(sys.modules) - before, time.process_time() - began)
"""


_LOADED = """
import sys
before = set(sys.modules)
{statement}
print("loaded", *(one for one in sys.modules if one not in before))
"""


def cold_start(statement: str, *, path: str = "", environment: dict[str, str]) -> ColdStart:
    """Runs a statement in a fresh process with ``path`` before the usual module path."""
    words = _fresh(_PROBE.format(statement=statement), path, environment)
    modules, seconds = words[-2:]
    return ColdStart(int(modules), float(seconds))


def modules_loaded(statement: str, *, environment: dict[str, str]) -> list[str]:
    """Names of the modules that a statement loads in a fresh process, as they are begun."""
    words = _fresh(_LOADED.format(statement=statement), "", environment)
    return words[words.index("loaded") + 1 :]


def _fresh(program: str, path: str, environment: dict[str, str]) -> list[str]:
    """The words that a program prints in a process of its own."""
    paths = os.pathsep.join(filter(None, [path, str(ROOT), str(ROOT / "layers/shop")]))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment, "PYTHONPATH": paths},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def cold_ratio(
    statement: str, yardstick: str, *, environment: dict[str, str], rounds: int = 15
) -> tuple[int, float]:
    """Modules that a statement loads, and its processor time over that of the yardstick.

    Fresh processes alternate and the least of each counts.
    """
    pairs = [
        tuple(cold_start(text, environment=environment) for text in (statement, yardstick))
        for _ in range(rounds)
    ]
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    least = [min(start.seconds for start in side) for side in (ours, theirs)]
    return ours[0].modules, least[0] / least[1]
