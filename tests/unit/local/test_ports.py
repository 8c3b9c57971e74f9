import socket
from collections.abc import Iterator

import pytest

from scripts.local import ports
from scripts.local.ports import NoFreePortError


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_busy_port_is_passed_over(busy: int) -> None:
    assert ports.answers(busy)
    assert not ports.is_free(busy)
    assert ports.choose(busy) > busy


def test_a_port_promised_to_another_is_passed_over(busy: int) -> None:
    first = ports.choose(busy)
    assert ports.choose(busy, {first}) > first


def test_when_none_is_free_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(NoFreePortError, match="4566"):
        ports.choose(4566)
