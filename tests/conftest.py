"""For every test: no way out of this machine, and no word that is not written down."""

import ipaddress
import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.vocabulary import Vocabulary

NEW_WORDS = "--new-words"
_connect = socket.socket.connect


class OutsideError(AssertionError):
    """A test tried to reach another machine."""


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(str(address[0])):
        raise OutsideError(f"a test tried to reach {address}")
    _connect(self, address)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session", autouse=True)
def _no_way_out() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _loopback_only)
        yield


@pytest.fixture(scope="session", autouse=True)
def _vocabulary() -> Iterator[None]:
    with _words.listening():
        yield


_words = Vocabulary.read()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(NEW_WORDS, action="store_true", help="write down words that are new; with -n0")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    if item.config.getoption(NEW_WORDS):
        return (yield)
    _words.unknown = {}
    done = yield
    if _words.unknown:
        told = f"new words, not in tests/vocabulary.yaml: {_words.unknown}"
        pytest.fail(f"{told}; meant? then pytest -n0 {NEW_WORDS}", pytrace=False)
    return done


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption(NEW_WORDS):
        _words.write()
