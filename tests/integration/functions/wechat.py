"""WeChat's sign-in as these tests need it: codes that were handed out, each good once."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest

from shop.providers.transport import Answer, HttpTransport


class FakeWechat:
    """Codes by openid; `code` hands one out."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, object]] = {}
        self.answers: dict[str, dict[str, object]] = {}

    def code(self, openid: str, **more: object) -> str:
        made = f"code-{len(self._codes)}-{openid}"
        self._codes[made] = {"openid": openid, "session_key": "canary-session-key", **more}
        return made

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str],
        body: bytes = b"", max_bytes: int = 0,
    ) -> Answer:  # fmt: skip
        parts = urlsplit(url)
        assert (method, parts.path) == ("GET", "/sns/jscode2session")
        code = parse_qs(parts.query)["js_code"][0]
        said = self.answers.get(code) or self._codes.pop(code, {"errcode": 40029})
        return Answer(200, {}, json.dumps(said).encode())


def install(monkeypatch: pytest.MonkeyPatch) -> FakeWechat:
    fake = FakeWechat()
    monkeypatch.setattr(HttpTransport, "send", fake.send)
    return fake
