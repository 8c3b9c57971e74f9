"""The way out against real sockets that misbehave (I4, E1)."""

import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shop.errors import MisconfiguredError, ProviderError
from shop.providers.transport import HttpTransport

Serve = Callable[[socket.socket], None]
SECRET = "s3cret"
SECRET_PATH, BODY = f"/x?k={SECRET}", SECRET.encode()
SHORT_SECONDS = 0.8
AMPLE_SECONDS = 20.0


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def _server(serve: Serve) -> Iterator[str]:
    """Serves each connection with `serve`, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stopping = threading.Event()

        def run() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if stopping.is_set():
                        return
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            stopping.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


@contextmanager
def _transport(base_url: str, seconds: float = AMPLE_SECONDS) -> Iterator[HttpTransport]:
    transport = HttpTransport("wechat", [base_url], lambda: seconds)
    try:
        yield transport
    finally:
        transport.close()


def _answer(body: bytes, status: str = "200 OK", extra: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n".encode()
    return head + extra + b"\r\n" + body


def _fails(serve: Serve, seconds: float = AMPLE_SECONDS, max_bytes: int = 2**20) -> ProviderError:
    with (
        _server(serve) as url,
        _transport(url, seconds) as transport,
        pytest.raises(ProviderError) as caught,
    ):
        transport.send("POST", url + SECRET_PATH, headers={}, body=BODY, max_bytes=max_bytes)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_exactly_the_given_bytes_are_sent() -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        seen.append(_request(connection))
        connection.sendall(_answer(b"\x00\xff", extra=b"X-Mixed-Case: Value\r\n"))

    with _server(serve) as url, _transport(url) as transport:
        answer = transport.send(
            "POST", url + "/a%2Fb?c=d%20e", headers={"X-Own": "1"}, body="茶".encode()
        )
    assert (answer.status, answer.body) == (200, b"\x00\xff")
    assert answer.headers["x-mixed-case"] == "Value"
    (request,) = seen
    assert request.startswith(b"POST /a%2Fb?c=d%20e HTTP/1.1\r\n")
    assert b"\r\nX-Own: 1\r\n" in request
    assert b"\r\nAccept-Encoding: identity\r\n" in request
    assert request.endswith("茶".encode())


def test_a_chunked_answer_is_read_whole() -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )

    with _server(serve) as url, _transport(url) as transport:
        assert transport.send("GET", url + "/", headers={}).body == b"abcde"


def test_an_empty_answer_is_an_answer() -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    with _server(serve) as url, _transport(url) as transport:
        answer = transport.send("GET", url + "/", headers={})
    assert (answer.status, answer.body) == (204, b"")


def test_one_connection_carries_several_calls() -> None:
    connections: list[int] = []

    def serve(connection: socket.socket) -> None:
        connections.append(1)
        for _ in range(2):
            _request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with _server(serve) as url, _transport(url) as transport:
        for _ in range(2):
            assert transport.send("GET", url + "/", headers={}).body == b"ok"
    assert len(connections) == 1


def test_a_long_idle_connection_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[int] = []

    def serve(connection: socket.socket) -> None:
        connections.append(1)
        _request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    wall = [1_800_000_000.0]
    monkeypatch.setattr("shop.providers.transport.time.time", lambda: wall[0])
    with _server(serve) as url, _transport(url) as transport:
        transport.send("GET", url + "/", headers={})
        wall[0] += 21
        transport.send("GET", url + "/", headers={})
    assert len(connections) == 2


def test_a_redirect_is_not_followed() -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(_answer(b"", "302 Found", b"Location: http://127.0.0.1:1/\r\n"))

    with _server(serve) as url, _transport(url) as transport:
        assert transport.send("GET", url + "/", headers={}).status == 302


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(_answer(b"direct"))

    with _server(serve) as url, _transport(url) as transport:
        assert transport.send("GET", url + "/", headers={}).body == b"direct"


def test_what_was_never_sent_is_known_not_to_have_happened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with _transport(url) as transport, pytest.raises(ProviderError) as caught:
        transport.send("POST", url + SECRET_PATH, headers={}, body=b"x")
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_without_time_left_nothing_is_sent() -> None:
    with _transport("http://127.0.0.1:1", 0.4) as transport, pytest.raises(ProviderError) as caught:
        transport.send("POST", "http://127.0.0.1:1/", headers={}, body=b"x")
    assert caught.value.provider_code == "NO_TIME"
    assert caught.value.retryable
    assert not caught.value.outcome_unknown


def _silent(connection: socket.socket) -> None:
    _request(connection)
    while connection.recv(1024):
        pass


def _reset(connection: socket.socket) -> None:
    _request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00" + bytes(4))


def _hangs_up(connection: socket.socket) -> None:
    _request(connection)


def _truncated(connection: socket.socket) -> None:
    _request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def _no_http(connection: socket.socket) -> None:
    _request(connection)
    connection.sendall(b"SSH-2.0-OpenSSH_9.0\r\n\r\n")


def _bad_chunks(connection: socket.socket) -> None:
    _request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")


def test_no_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(b"HTTP/1.1 204 No Content\r\nno colon here\r\n\r\n")

    caplog.set_level("DEBUG")
    with _server(serve) as url, _transport(url) as transport:
        transport.send("GET", url + SECRET_PATH, headers={})
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("serve", "seconds"),
    [
        (_silent, SHORT_SECONDS),
        (_reset, AMPLE_SECONDS),
        (_hangs_up, AMPLE_SECONDS),
        (_truncated, AMPLE_SECONDS),
        (_no_http, AMPLE_SECONDS),
        (_bad_chunks, AMPLE_SECONDS),
    ],
)
def test_what_was_sent_and_not_answered_may_have_happened(serve: Serve, seconds: float) -> None:
    failure = _fails(serve, seconds)
    assert failure.retryable
    assert failure.outcome_unknown


def test_a_slow_drip_meets_the_total_deadline() -> None:
    stopped = threading.Event()

    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while not stopped.wait(0.02):
                connection.sendall(b".")
        except OSError:
            return

    failure = _fails(serve, SHORT_SECONDS)
    stopped.set()
    assert failure.provider_code == "TIMEOUT"
    assert failure.outcome_unknown


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        try:
            connection.sendall(_answer(bytes(4 * 2**20)))
        except OSError:
            return

    failure = _fails(serve, max_bytes=2**16)
    assert failure.provider_code == "TOO_LARGE"
    assert failure.outcome_unknown


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.invalid/x",
        "https://api.weixin.qq.com.evil.invalid/x",
        "https://api.weixin.qq.com@evil.invalid/x",
        "https://user@api.weixin.qq.com/x",
        "http://api.weixin.qq.com/x",
        "https://api.weixin.qq.com:8443/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//api.weixin.qq.com/x",
        "",
    ],
)
def test_only_configured_hosts_are_called(url: str) -> None:
    with (
        _transport("https://api.weixin.qq.com") as transport,
        pytest.raises(MisconfiguredError),
    ):
        transport.send("GET", url, headers={})


@pytest.mark.parametrize("url", ["http://pay.invalid", "http://10.0.0.1", "ftp://127.0.0.1", ""])
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    with pytest.raises(MisconfiguredError):
        HttpTransport("wechat", [url], lambda: AMPLE_SECONDS)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "https://pay.invalid"])
def test_loopback_and_https_are_allowed(url: str) -> None:
    HttpTransport("wechat", [url], lambda: AMPLE_SECONDS)
