"""Signing in as staff: rarely, because a token lives ten minutes and a one-time code opens once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from scripts.operator_cli.errors import NotSignedInError, RefusedError, ShopFileError
from scripts.operator_cli.line import Line
from scripts.operator_cli.session_file import Kept, SessionFile
from scripts.operator_cli.shop_file import Account, Shop

LOGIN = "/v1/admin/login"
STEP_SECONDS = 30
LEAST_LIFE_SECONDS = 30
"""A token with less life left is not begun with: a command may take a while."""


@dataclass
class Session:
    """The staff token of one shop; safe to share between threads.

    Attributes:
        say: Tells the operator why it takes a while.
        clock: UTC seconds.
        sleep: Waits; seconds.
    """

    shop: Shop
    line: Line
    say: Callable[[str], None]
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    _kept: Kept | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._file = SessionFile(self.shop.file)

    def token(self, refused: str = "") -> str:
        """A token to work with, the kept one if it lives.

        Args:
            refused: A token that the shop no longer takes; another one is wanted.

        Raises:
            NotSignedInError: It needs a sign-in, and the shop file does not say how.
            RefusedError: The shop does not take the configured account.
        """
        with self._lock:
            if self._kept is None or not self._lives(self._kept, refused):
                self._kept = self._from_file(refused)
            return self._kept.access_token

    def sign_in(self, account: Account, code: str | None) -> Kept:
        """Signs in and keeps the session.

        Args:
            account: With username and password; with the secret as well if ``code`` is None.
            code: What the operator read from the authenticator.

        Raises:
            RefusedError: Wrong username, password or code, or a code that was spent before.
        """
        with self._file.turn():
            self._kept = self._sign_in(account, code)
            return self._kept

    def unspent_code(self) -> str | None:
        """A code that no sign-in of this machine has spent, for what asks for one besides a token.

        Returns:
            None where the shop file does not tell the code secret.
        """
        account = self.shop.account
        if account.totp_secret is None:
            return None
        with self._lock, self._file.turn():
            step = self._unspent_step()
            self._file.write(replace(self._file.read(), totp_step=step))
            return _code(account, step)

    def _from_file(self, refused: str) -> Kept:
        kept = self._file.read()
        if self._lives(kept, refused):
            return kept
        account = self.shop.account
        if not account.complete:
            raise NotSignedInError("You are not signed in, or no longer. Run: shopctl login")
        with self._file.turn():
            kept = self._file.read()
            return kept if self._lives(kept, refused) else self._sign_in(account, None)

    def _lives(self, kept: Kept, refused: str) -> bool:
        return (
            kept.access_token not in ("", refused)
            and kept.base_url == self.shop.base_url
            and kept.username == (self.shop.account.username or kept.username)
            and kept.expires_at - self.clock() >= LEAST_LIFE_SECONDS
        )

    def _sign_in(self, account: Account, code: str | None) -> Kept:
        if code is not None:
            return self._spend(account, code, 0)
        step = self._unspent_step()
        try:
            return self._spend(account, _code(account, step), step)
        except RefusedError as refused:
            if refused.status != HTTPStatus.UNAUTHORIZED:
                raise
        # Another machine may have spent this step's code; the answer does not tell.
        self._wait_for(step + 1)
        return self._spend(account, _code(account, step + 1), step + 1)

    def _unspent_step(self) -> int:
        step = int(self.clock()) // STEP_SECONDS
        kept = self._file.read()
        if kept.base_url == self.shop.base_url and kept.totp_step in (step, step + 1):
            step = kept.totp_step + 1
            self._wait_for(step)
        return step

    def _wait_for(self, step: int) -> None:
        seconds = step * STEP_SECONDS - self.clock()
        if seconds > 0:
            self.say(f"waiting {seconds:.0f} s for the next one-time code")
            self.sleep(seconds)

    def _spend(self, account: Account, code: str, step: int) -> Kept:
        spent = Kept(self.shop.base_url, account.username or "", totp_step=step)
        self._file.write(spent)
        body = {"username": account.username, "password": account.password, "code": code}
        answer = self.line.send("POST", LOGIN, body=body).body
        kept = replace(
            spent,
            access_token=str(answer["access_token"]),
            expires_at=int(self.clock()) + int(answer["expires_in"]),
        )
        self._file.write(kept)
        return kept


def _code(account: Account, step: int) -> str:
    import pyotp

    try:
        return pyotp.TOTP(account.totp_secret or "").at(step * STEP_SECONDS)
    except ValueError as bad:
        raise ShopFileError(f"staff.totp_secret: {bad}") from bad
