"""Subscribe messages: one accepted prompt allows one message; every value has its rule."""

import re
from collections import Counter
from typing import Any

from scripts.emulators.wechat.errors import WeChatError

_CHINESE = r"\u3400-\u9fff"
_PLAIN = r"[\x21-\x7e]"
_TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DATE = r"\d{4}(年|-|/)\d{1,2}(月|-|/)\d{1,2}日?"
RULES = {
    "thing": r".{1,20}",
    "number": r"(?=.{1,33}$)-?\d{1,32}(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": rf"[^\w\s{_CHINESE}]{{1,5}}",
    "character_string": rf"{_PLAIN}{{1,32}}",
    "phrase": rf"[{_CHINESE}]{{1,5}}",
    "time": rf"({_DATE} )?{_TIME}(~({_DATE} )?{_TIME})?",
    "date": rf"{_DATE}( {_TIME})?(~{_DATE}( {_TIME})?)?",
    "amount": r"[¥￥$€£]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[\d+\-() ]{1,17}",
    "car_number": r".{1,8}",
    "name": rf"[{_CHINESE}·]{{1,10}}|[A-Za-z .·]{{1,20}}",
}
STATES = {"developer", "trial", "formal"}
LANGUAGES = {"zh_CN", "en_US", "zh_HK", "zh_TW"}
_KEY = re.compile(r"([a-z_]+?)\d+")


class Messages:
    """Counts permissions and checks and keeps what was sent.

    Args:
        templates: Keys of each known template; empty means that any template id is known.
    """

    def __init__(self, templates: dict[str, list[str]]) -> None:
        self._templates = templates
        self._permissions: Counter[tuple[str, str]] = Counter()
        self._sent: list[dict[str, Any]] = []

    def allow(self, openid: str, template_id: str, count: int) -> int:
        """Adds permissions to send; returns how many there are."""
        self._permissions[openid, template_id] += count
        return self._permissions[openid, template_id]

    def send(self, body: dict[str, Any], *, known_user: bool) -> None:
        """Sends a message and spends one permission.

        Raises:
            WeChatError: A field or value breaks its rule, or no permission is left.
        """
        if not known_user:
            raise WeChatError(40003)
        template_id = body.get("template_id")
        if not isinstance(template_id, str) or not template_id:
            raise WeChatError(40037)
        if self._templates and template_id not in self._templates:
            raise WeChatError(40037)
        self._check_options(body)
        self._check_data(template_id, body.get("data"))
        owner = (str(body["touser"]), template_id)
        if self._permissions[owner] < 1:
            raise WeChatError(43101)
        self._permissions[owner] -= 1
        self._sent.append(body)

    def sent(self) -> list[dict[str, Any]]:
        """The messages that reached their user, oldest first."""
        return list(self._sent)

    def dump(self) -> dict[str, Any]:
        """The state as plain data."""
        counts = [[*owner, count] for owner, count in self._permissions.items()]
        return {"permissions": counts, "sent": self._sent}

    def load(self, state: dict[str, Any]) -> None:
        """Restores what ``dump`` gave."""
        self._permissions = Counter({(o, t): count for o, t, count in state["permissions"]})
        self._sent = list(state["sent"])

    @staticmethod
    def _check_options(body: dict[str, Any]) -> None:
        page = body.get("page", "")
        if not isinstance(page, str) or page.startswith(("/", "http")):
            raise WeChatError(41030)
        if str(body.get("miniprogram_state", "formal")) not in STATES:
            raise WeChatError(40097, "miniprogram_state")
        if str(body.get("lang", "zh_CN")) not in LANGUAGES:
            raise WeChatError(40097, "lang")

    def _check_data(self, template_id: str, data: object) -> None:
        if not isinstance(data, dict) or not data:
            raise WeChatError(47003, "data")
        for key in self._templates.get(template_id, []):
            if key not in data:
                raise WeChatError(47003, f"data.{key} is missing")
        for key, part in data.items():
            value = part.get("value") if isinstance(part, dict) else None
            kind = _KEY.fullmatch(key)
            rule = RULES.get(kind.group(1)) if kind else None
            if rule is None or not isinstance(value, str) or not re.fullmatch(rule, value):
                raise WeChatError(47003, f"data.{key}.value invalid")
