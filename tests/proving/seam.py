"""The one seam between the code under test and the world outside.

botocore lets a ``before-send`` handler answer a request in place of the network; the handler is
put among botocore's built-in ones, which every session registers when it is made, PynamoDB's own
included. ``requests`` has the same place in ``HTTPAdapter.send``. Both hand the request to the
seam that is open, where it passes the layers, outermost first, to whatever answers it.
Without an open seam both do nothing, so other tests of the process are not touched.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Literal, cast
from unittest import mock
from urllib.parse import urlsplit

import requests
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from botocore.useragent import UserAgentString
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse

from tests.proving.units import Units

CallKind = Literal["store", "secret", "object", "http"]


@dataclass(slots=True)
class Reply:
    """What came back: the status, the headers and the body as bytes."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return self.status < 300

    def json(self) -> dict[str, Any]:
        """The body read as a JSON object."""
        return cast(dict[str, Any], json.loads(self.body))


@dataclass(slots=True)
class Call:
    """One request on its way out.

    ``name`` is the operation (``PutItem``) or the method and address (``POST host/path``);
    ``request`` holds the parsed body of a store or secret call and is empty for HTTP;
    ``units`` is filled in by the engine while the call is carried out.
    """

    kind: CallKind
    name: str
    request: dict[str, Any]
    body: bytes
    method: str = "POST"
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    units: Units | None = None

    @property
    def host(self) -> str:
        """The host and port an HTTP call is addressed to."""
        return urlsplit(self.url).netloc

    @property
    def target(self) -> str:
        """The path of an HTTP call with its query."""
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


Forward = Callable[[Call], Reply]
Layer = Callable[[Call, Forward], Reply]


class Seam:
    """A chain of layers before whatever answers.

    ``layers`` is outermost first. A layer gets the call and the rest of the chain; it may answer
    by itself, raise what the transport would raise, or pass the call on. A ``lean`` seam
    spares the SDK what means nothing here and costs a fifth of a call: signature and user agent.
    """

    def __init__(
        self, answer: Forward, layers: list[Layer] | None = None, *, lean: bool = False
    ) -> None:
        self.lean = lean
        self._answer = answer
        self._layers = list(layers or [])
        self._compose()

    def _compose(self) -> None:
        chain = self._answer
        for layer in reversed(self._layers):
            chain = _bind(layer, chain)
        self._chain = chain

    def __call__(self, call: Call) -> Reply:
        """Sends a call through the layers."""
        return self._chain(call)

    @contextmanager
    def layer(self, layer: Layer, *, outermost: bool = True) -> Iterator[None]:
        """Adds a layer for the length of the block, outside or inside all the others."""
        self._layers.insert(0 if outermost else len(self._layers), layer)
        self._compose()
        try:
            yield
        finally:
            self._layers.remove(layer)
            self._compose()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Makes this the seam that all calls of the process pass, for the length of the block."""
        previous = _open[0]
        _open[0] = self
        with ExitStack() as stack:
            if self.lean:
                stack.enter_context(mock.patch.object(UserAgentString, "to_string", _no_agent))
            try:
                yield
            finally:
                _open[0] = previous


def _bind(layer: Layer, rest: Forward) -> Forward:
    return lambda call: layer(call, rest)


_open: list[Seam | None] = [None]


class _Raw:
    """A body in the form in which botocore reads one from a socket."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body

    def read(self, size: int | None = None) -> bytes:
        end = len(self._body) if size is None else size
        chunk, self._body = self._body[:end], self._body[end:]
        return chunk


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        return bytes(body.read())
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _aws(kind: CallKind) -> Callable[..., AWSResponse | None]:
    def answer(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        seam = _open[0]
        if seam is None:
            return None
        body = _bytes(request.body)
        asked = {} if kind == "object" else json.loads(body)
        call = Call(kind, event_name.rpartition(".")[2], asked, body, url=str(request.url))
        reply = seam(call)
        raw: Any = _Raw(reply.body)
        headers: Any = reply.headers
        return AWSResponse(request.url, reply.status, headers, raw)

    return answer


_send = HTTPAdapter.send


def _http(
    self: HTTPAdapter,
    request: requests.PreparedRequest,
    stream: bool = False,
    timeout: Any = None,
    verify: Any = True,
    cert: Any = None,
    proxies: Any = None,
) -> requests.Response:
    seam = _open[0]
    if seam is None:
        return _send(self, request, stream, timeout, verify, cert, proxies)
    body = _bytes(request.body)
    url = str(request.url)
    parts = urlsplit(url)
    read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout
    call = Call(
        "http",
        f"{request.method} {parts.netloc}{parts.path}",
        {},
        body,
        method=str(request.method),
        url=url,
        headers=dict(request.headers),
        timeout=float(read_timeout) if isinstance(read_timeout, int | float) else None,
    )
    reply = seam(call)
    raw = HTTPResponse(
        body=BytesIO(reply.body), headers=reply.headers, status=reply.status, preload_content=False
    )
    return self.build_response(request, raw)


def _no_agent(_: UserAgentString) -> str:
    return "proving"


def _signer(**_: object) -> object:
    seam = _open[0]
    return UNSIGNED if seam is not None and seam.lean else None


def _install() -> None:
    BUILTIN_HANDLERS.append(("choose-signer.dynamodb", _signer))
    BUILTIN_HANDLERS.append(("before-send.dynamodb", _aws("store")))
    BUILTIN_HANDLERS.append(("before-send.secrets-manager", _aws("secret")))
    BUILTIN_HANDLERS.append(("before-send.s3", _aws("object")))
    HTTPAdapter.send = _http  # type: ignore[method-assign]


_install()
