"""The session between two commands: one file beside the shop's, for its owner only."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

MODE = 0o600


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a sign-in.

    Attributes:
        expires_at: UTC seconds.
        totp_step: The last 30-second step whose code was spent; a code opens only once.
    """

    base_url: str = ""
    username: str = ""
    access_token: str = ""
    expires_at: int = 0
    totp_step: int = 0


class SessionFile:
    """Reads and replaces the kept session; sign-ins of parallel commands take turns."""

    def __init__(self, shop_file: Path) -> None:
        self._path = shop_file.with_name(f"{shop_file.stem}.session")

    def read(self) -> Kept:
        """The kept session; an empty one when there is none or it cannot be understood."""
        try:
            return Kept(**json.loads(self._path.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return Kept()

    def write(self, kept: Kept) -> None:
        """Replaces it whole, so that no reader sees half a session."""
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE), "w") as file:
            json.dump(asdict(kept), file)
        new.replace(self._path)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until no other command is signing in."""
        lock = self._path.with_name(f"{self._path.name}.lock")
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
