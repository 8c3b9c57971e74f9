"""The emulators as processes: start, faults on the wire, notices over HTTP, state over a stop."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.emulators.pay_world import PayWorld, local_keys

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(name: str, folder: Path) -> Iterator[httpx.Client]:
    config = folder / f"{name}.json"
    config.write_text(json.dumps(local_keys().files()[f"{name}.json"]))
    port = free_port()
    command = [
        sys.executable, "-m", f"scripts.emulators.{name}", "--port", str(port),
        "--config", str(config), "--state", str(folder / "state.json"),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            wait_until_healthy(client)
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=DEADLINE_SECONDS) == 0


def wait_until_healthy(client: httpx.Client) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            assert client.get("/_control/health").json()["ok"]
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]], threading.Event]]:
    got: list[tuple[dict[str, str], bytes]] = []
    arrived = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/notify", got, arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_payment_over_http_and_a_restart(tmp_path: Path) -> None:
    world = PayWorld()
    world.now = time.time()
    with receiver() as (url, got, arrived):
        with running("wechatpay", tmp_path) as client:
            prepay_id = prepay(client, world, url)
            asked = world.payment(prepay_id)
            assert client.post("/_control/pay", json=asked).status_code == 200
            assert arrived.wait(DEADLINE_SECONDS)
        headers, body = got[0]
        world.verify({name.title(): value for name, value in headers.items()}, body)
        assert world.decrypted(body)["out_trade_no"] == "order0001"
        with running("wechatpay", tmp_path) as client:
            totals = client.get("/_control/ledger").json()["totals"]
            assert totals == {"orders": 1, "paid": 1, "paid_fen": 9_900, "refunded_fen": 0}


def prepay(client: httpx.Client, world: PayWorld, url: str) -> str:
    body = json.dumps(world.order(notify_url=url), ensure_ascii=False)
    target = "/v3/pay/transactions/jsapi"
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": "test",
        "Authorization": world.authorization("POST", target, body),
    }
    answer = client.post(target, content=body.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["prepay_id"])


def test_connection_faults_reach_the_wire(tmp_path: Path) -> None:
    with running("wechat", tmp_path) as client:
        fault = {"route": "stable_token", "kind": "reset"}
        assert client.post("/_control/faults", json=fault).status_code == 201
        with pytest.raises(httpx.ReadError):
            client.post("/cgi-bin/stable_token", json={})
        fault = {"route": "stable_token", "kind": "timeout"}
        client.post("/_control/faults", json=fault)
        with pytest.raises(httpx.ReadTimeout):
            client.post("/cgi-bin/stable_token", json={}, timeout=0.2)
        assert client.post("/cgi-bin/stable_token", json={}).json()["errcode"] == 41002


def test_kuaidi100_starts(tmp_path: Path) -> None:
    with running("kuaidi100", tmp_path) as client:
        assert client.post("/poll", data={"schema": "xml"}).json()["returnCode"] == "700"
