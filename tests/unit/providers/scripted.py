"""A transport that plays given answers and remembers what was sent."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from shop.errors import ProviderError
from shop.providers.transport import MAX_ANSWER_BYTES, Answer


@dataclass(frozen=True)
class Sent:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query))

    def json(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


Scripted = Answer | ProviderError | Callable[[Sent], Answer]


@dataclass
class ScriptedTransport:
    """Plays the given answers in order and remembers what was sent."""

    answers: list[Scripted] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        assert max_bytes >= MAX_ANSWER_BYTES
        request = Sent(method, url, headers, body)
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        return answer if isinstance(answer, Answer) else answer(request)


def plain(value: object, status: int = 200) -> Answer:
    """An unsigned JSON answer."""
    return Answer(status, {}, json.dumps(value, ensure_ascii=False).encode())
