"""Login codes, session keys and phone numbers of test users."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from scripts.emulators.openids import openid_for
from scripts.emulators.wechat.errors import WeChatError

CODE_LIFE_SECONDS = 300
LOGINS_PER_MINUTE = 100
MINUTE_SECONDS = 60
SESSION_KEY_BYTES = 16


@dataclass
class Code:
    """A one-use code.

    Attributes:
        appid: The only app that may use it.
        user: The test user.
        made_at: Plan clock.
        used: Whether it was used.
        phone: The number it stands for, if it is a phone code.
    """

    appid: str
    user: str
    made_at: float
    used: bool = False
    phone: str | None = None


@dataclass
class User:
    """A test user.

    Attributes:
        name: What the test calls them.
        openid: Their openid in the app.
        session_key: base64 of 16 bytes, replaced by each login.
        logins: Times of the newest logins, plan clock.
        blocked: Judged high-risk: login answers 40226.
    """

    name: str
    openid: str
    session_key: str = ""
    logins: list[float] = field(default_factory=list)
    blocked: bool = False


class Login:
    """Issues codes to test users and exchanges them.

    Args:
        appid: The mini-program.
        now: Plan clock.
        hex_id: Makes fresh hexadecimal text.
    """

    def __init__(self, appid: str, now: Callable[[], float], hex_id: Callable[[int], str]) -> None:
        self._appid = appid
        self._now = now
        self._hex = hex_id
        self._codes: dict[str, Code] = {}
        self._users: dict[str, User] = {}

    def user(self, name: str) -> User:
        """The named test user, made if need be."""
        if name not in self._users:
            self._users[name] = User(name, openid_for(self._appid, name))
        return self._users[name]

    def by_openid(self, openid: object) -> User | None:
        """The user of an openid."""
        return next((user for user in self._users.values() if user.openid == openid), None)

    def issue(self, name: str, *, appid: str | None = None, phone: str | None = None) -> str:
        """A fresh code of a user: a phone code if a number is given, else a login code."""
        self.user(name)
        code = self._hex(32)
        self._codes[code] = Code(appid or self._appid, name, self._now(), phone=phone)
        return code

    def exchange(self, js_code: str) -> User:
        """Uses up a login code and starts a session.

        Raises:
            WeChatError: 40029 for a code that is unknown, used, expired or another app's.
        """
        user = self._users[self._use(js_code, phone=False).user]
        if user.blocked:
            raise WeChatError(40226)
        now = self._now()
        user.logins = [at for at in user.logins if now - at < MINUTE_SECONDS]
        if len(user.logins) >= LOGINS_PER_MINUTE:
            raise WeChatError(45011)
        user.logins.append(now)
        self.renew_session(user)
        return user

    def phone_of(self, code: str) -> str:
        """Uses up a phone code.

        Raises:
            WeChatError: 40029 as for login codes.
        """
        return str(self._use(code, phone=True).phone)

    def renew_session(self, user: User) -> None:
        """Gives the user a fresh session key."""
        raw = bytes.fromhex(self._hex(2 * SESSION_KEY_BYTES))
        user.session_key = base64.b64encode(raw).decode()

    def check_session(self, query: dict[str, str]) -> User:
        """The user whose session key signed the empty text.

        Raises:
            WeChatError: Wrong method, openid or signature.
        """
        if query.get("sig_method") != "hmac_sha256":
            raise WeChatError(87008)
        user = self.by_openid(query.get("openid"))
        if user is None:
            raise WeChatError(40003)
        due = hmac.new(user.session_key.encode(), b"", hashlib.sha256).hexdigest()
        if not hmac.compare_digest(due, query.get("signature", "")):
            raise WeChatError(87009)
        return user

    def dump(self) -> dict[str, Any]:
        """The state as plain data."""
        return {
            "codes": {code: asdict(each) for code, each in self._codes.items()},
            "users": [asdict(user) for user in self._users.values()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""
        self._codes = {code: Code(**plain) for code, plain in state["codes"].items()}
        self._users = {plain["name"]: User(**plain) for plain in state["users"]}

    def _use(self, text: str, *, phone: bool) -> Code:
        code = self._codes.get(text)
        if (
            code is None
            or code.used
            or code.appid != self._appid
            or (code.phone is not None) != phone
            or self._now() - code.made_at > CODE_LIFE_SECONDS
        ):
            raise WeChatError(40029)
        code.used = True
        return code
