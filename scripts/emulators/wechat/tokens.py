"""Access tokens: the stable kind and the old kind, isolated from each other."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from scripts.emulators.wechat.errors import WeChatError

LIFE_SECONDS = 7200
OVERLAP_SECONDS = 300
FORCED_PER_DAY = 20
FORCED_GAP_SECONDS = 30
DAY_SECONDS = 86400
TOKEN_DIGITS = 136


@dataclass
class Family:
    """The tokens of one kind.

    Attributes:
        current: The token handed out now.
        issued_at: When it was made, plan clock.
        valid_until: End of life of each token that still works, plan clock.
    """

    current: str = ""
    issued_at: float = 0.0
    valid_until: dict[str, float] = field(default_factory=dict)

    def renew(self, token: str, now: float, former_lives_until: float) -> None:
        """Replaces the current token; the former one works until the given time."""
        self.valid_until = {self.current: former_lives_until} if self.current else {}
        self.current, self.issued_at = token, now
        self.valid_until[token] = now + LIFE_SECONDS


class Tokens:
    """Issues and checks access tokens.

    Args:
        new_token: Makes a fresh token.
    """

    def __init__(self, new_token: Callable[[], str]) -> None:
        self._new_token = new_token
        self._stable = Family()
        self._old = Family()
        self._forced: list[float] = []
        self._dead: set[str] = set()

    def stable(self, now: float, *, force: bool) -> tuple[str, int]:
        """The stable token and its remaining life in seconds.

        Plain mode keeps the token until its last 5 minutes; then a new one comes and both work
        for 5 minutes. Forced mode kills the former token at once.

        Raises:
            WeChatError: Forced too often.
        """
        if force:
            self._count_forced(now)
            former = self._stable.current
            self._stable.renew(self._new_token(), now, now)
            self._dead.add(former)
        elif not self._stable.current or now >= self._stable.issued_at + (
            LIFE_SECONDS - OVERLAP_SECONDS
        ):
            self._stable.renew(self._new_token(), now, now + OVERLAP_SECONDS)
        return self._stable.current, int(self._stable.issued_at + LIFE_SECONDS - now)

    def old(self, now: float) -> tuple[str, int]:
        """A new token of the old kind on each call; the former one works 5 minutes more."""
        self._old.renew(self._new_token(), now, now + OVERLAP_SECONDS)
        return self._old.current, LIFE_SECONDS

    def check(self, token: str | None, now: float) -> None:
        """Raises WeChatError unless the token works."""
        if not token:
            raise WeChatError(41001)
        ends = self._stable.valid_until.get(token, self._old.valid_until.get(token))
        if ends is None or token in self._dead:
            raise WeChatError(40001)
        if now >= ends:
            raise WeChatError(42001)

    def dump(self) -> dict[str, Any]:
        """The state as plain data."""
        return {
            "stable": asdict(self._stable),
            "old": asdict(self._old),
            "forced": self._forced,
            "dead": sorted(self._dead),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""
        self._stable, self._old = Family(**state["stable"]), Family(**state["old"])
        self._forced, self._dead = list(state["forced"]), set(state["dead"])

    def _count_forced(self, now: float) -> None:
        self._forced = [at for at in self._forced if now - at < DAY_SECONDS]
        if self._forced and now - self._forced[-1] < FORCED_GAP_SECONDS:
            raise WeChatError(45011, "force_refresh needs 30 s between calls")
        if len(self._forced) >= FORCED_PER_DAY:
            raise WeChatError(45009)
        self._forced.append(now)
