"""A background process that outlives its starter and is told apart from any later process.

The process holds a lock on a file for as long as it lives. The kernel drops the lock at its end,
whatever that end is, so neither a crash nor a reused process number can mislead.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.local.profile import ROOT

POLL_SECONDS = 0.05
LOG_TAIL_LINES = 20


class ServiceError(Exception):
    """A process did not start or did not stop; the text says which, with the end of its log."""


@dataclass(frozen=True)
class Service:
    """One named process of a local shop.

    Attributes:
        name: Names its lock and its log.
        run: Folder of the lock.
        logs: Folder of the log.
    """

    name: str
    run: Path
    logs: Path

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self.logs / f"{self.name}.log"

    @property
    def _lock(self) -> Path:
        return self.run / f"{self.name}.lock"

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts the process in a session of its own.

        Raises:
            ServiceError: It runs already.
        """
        self.run.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as lock, self.log.open("w") as log:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ServiceError(f"{self.name} runs already") from error
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            lock.truncate(0)
            lock.write(str(process.pid))

    def running(self) -> bool:
        """Whether the process lives."""
        if not self._lock.exists():
            return False
        with self._lock.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Waits until ``ready()``.

        Raises:
            ServiceError: The process ended, or the time did.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running():
                raise ServiceError(f"{self.name} ended at once:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} is not ready:\n{self._log_tail()}")
            time.sleep(POLL_SECONDS)

    def stop(self, seconds: float) -> bool:
        """Asks the process to end, waits, and at last kills it.

        Returns:
            Whether it ended by itself within ``seconds``, or did not run.
        """
        if not self.running():
            return True
        os.kill(self._pid(), signal.SIGTERM)
        if self._gone_within(seconds):
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """Ends the process and its children without asking: nothing of its state is saved."""
        if not self.running():
            return
        os.killpg(self._pid(), signal.SIGKILL)
        if not self._gone_within(10):
            raise ServiceError(f"{self.name} (process {self._pid()}) cannot be ended")

    def _pid(self) -> int:
        return int(self._lock.read_text())

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
