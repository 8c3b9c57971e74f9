"""The thin HTTP server round an emulator: one process, one port on loopback."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.emulators.base import Emulator
from scripts.emulators.wire import ConnectionFaultError, Deliver, DeliveryError

HOST = "127.0.0.1"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Make(Protocol):
    """Builds an emulator from its configuration for a live process."""

    def __call__(
        self,
        config: dict[str, Any],
        *,
        now: Callable[[], float],
        wire_now: Callable[[], float],
        deliver: Deliver,
        base_url: str,
    ) -> Emulator:
        """Returns the emulator."""


def deliver_with(timeout_seconds: float) -> Deliver:
    """A sender that waits as long as the provider does and follows no redirects."""
    # A connection kept open may be closed by the shop just as the next message is sent.
    limits = httpx.Limits(max_keepalive_connections=0)
    client = httpx.Client(timeout=timeout_seconds, trust_env=False, limits=limits)

    def deliver(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            answer = client.post(url, headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(f"{type(error).__name__}: {error}") from error
        return answer.status_code, answer.content

    return deliver


def main(make: Make, delivery_timeout_seconds: float, argv: list[str] | None = None) -> None:
    """Runs an emulator until SIGTERM or SIGINT; then its state is written, if a file is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--state", type=Path, help="file that keeps the state over restarts")
    parser.add_argument("--time-scale", type=float, default=1.0, help="plan seconds per second")
    options = parser.parse_args(argv)
    started = time.time()
    scale: float = options.time_scale

    def plan_now() -> float:
        return started + (time.time() - started) * scale

    emulator = make(
        json.loads(options.config.read_text()),
        now=plan_now,
        wire_now=time.time,
        deliver=deliver_with(delivery_timeout_seconds),
        base_url=f"http://{HOST}:{options.port}",
    )
    if options.state and options.state.exists():
        emulator.load(json.loads(options.state.read_text()))
    serve(emulator, options.port)
    if options.state:
        save(emulator, options.state)


def save(emulator: Emulator, path: Path) -> None:
    """Writes the state so that a crash while writing leaves the former file whole."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(emulator.dump(), ensure_ascii=False))
    draft.replace(path)


def serve(emulator: Emulator, port: int) -> None:
    """Serves the emulator and sends what falls due, until a signal ends it."""
    servers: list[uvicorn.Server] = []
    application = build_application(emulator, lambda client: _drop(servers[0], client))
    config = uvicorn.Config(
        application,
        host=HOST,
        port=port,
        access_log=False,
        log_config=_LOG_TO_STDERR,
        lifespan="on",
        timeout_graceful_shutdown=2,
        # As providers do: longer than a client of theirs keeps an idle connection.
        timeout_keep_alive=75,
    )
    servers.append(uvicorn.Server(config))
    # uvicorn raises the signal again once it has shut down; the state must still be written.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    servers[0].run()


def build_application(emulator: Emulator, drop: Callable[[object], None]) -> Starlette:
    """The ASGI application; ``drop`` breaks the connection of a client that gets no answer."""

    async def endpoint(request: Request) -> Response:
        target = request.scope["raw_path"].decode("ascii")
        if request.scope["query_string"]:
            target += "?" + request.scope["query_string"].decode("ascii")
        body = await request.body()
        try:
            reply = await run_in_threadpool(
                emulator.handle, request.method, target, dict(request.headers), body
            )
        except ConnectionFaultError as fault:
            await _hold(request, fault.hold_seconds)
            drop(request.scope["client"])
            return Response(status_code=503)
        return Response(reply.body, reply.status, reply.headers)

    @contextlib.asynccontextmanager
    async def lifespan(_application: Starlette) -> AsyncIterator[None]:
        stop = threading.Event()
        sender = threading.Thread(target=_send_due, args=(emulator, stop), daemon=True)
        sender.start()
        yield
        stop.set()

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)], lifespan=lifespan)


async def _hold(request: Request, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not await request.is_disconnected():
        await asyncio.sleep(0.05)


def _drop(server: uvicorn.Server, client: object) -> None:
    for connection in list(server.server_state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None and getattr(connection, "client", None) == client:
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()


def _send_due(emulator: Emulator, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        emulator.run_due()


_LOG_TO_STDERR = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": f"%(asctime)s {os.getpid()} %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
