"""A handler's first call in a fresh process, with the store's answers canned on loopback."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.proving.template import ROOT

_PROBE = """
import sys, time
began = time.process_time()
import json
from functions.{folder} import app
from shop import clock
clock.now = lambda: {now}
with open(sys.argv[1]) as file:
    event = json.load(file)
answer = app.lambda_handler(event, None)
print(json.dumps([answer["statusCode"], time.process_time() - began]))
"""


def first_call_seconds(
    folder: str,
    event: dict[str, Any],
    *,
    now: int,
    secrets: Mapping[str, Any],
    status: int,
    rounds: int,
) -> float:
    """Processor seconds from an empty process to the answer; the least of some rounds.

    The process inherits the environment of the open world; ``secrets`` are what
    ``GetSecretValue`` answers; every store call is answered with ``{}``.

    Raises:
        AssertionError: the answer has another status.
    """
    with _canned(secrets) as address, tempfile.TemporaryDirectory() as folder_of_event:
        file = Path(folder_of_event) / "event.json"
        file.write_text(json.dumps(event))
        variables = {
            **os.environ,
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/shop")]),
        }
        command = [sys.executable, "-W", "ignore", "-c", _PROBE.format(folder=folder, now=now)]
        command.append(str(file))
        found = []
        for _ in range(rounds):
            done = subprocess.run(
                command, env=variables, cwd=ROOT, capture_output=True, text=True, check=True
            )
            got, seconds = json.loads(done.stdout.splitlines()[-1])
            assert got == status, (got, done.stdout, done.stderr)
            found.append(float(seconds))
    return min(found)


@contextmanager
def _canned(secrets: Mapping[str, Any]) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            name = asked.get("SecretId")
            body = b"{}"
            if name:
                text = json.dumps(secrets[name])
                body = json.dumps({"Name": name, "SecretString": text}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
