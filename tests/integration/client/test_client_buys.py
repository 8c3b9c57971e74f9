"""The JavaScript client buys from the shop: real handlers over HTTP, Node on the other side."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from shop.usecases import publish
from tests.proving.gateway import Gateway, StartResponse
from tests.proving.shop import Shop, keys

SEED = 20261122
CLIENT = Path(__file__).parents[2] / "client"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed")


class Site:
    """The shop behind its gateway, and beside it what WeChat does on a phone."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._gateway = Gateway(shop)

    def __call__(self, environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        controls: dict[str, Callable[..., Any]] = {
            "/_control/codes": self._shop.wechat.handle,
            "/_control/pay": self._shop.pay.handle,
        }
        if path not in controls:
            return self._gateway(environ, start)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        answer = controls[path]("POST", path, {}, environ["wsgi.input"].read(size))
        start(f"{answer.status} OK", [("content-type", "application/json")])
        return [answer.body]


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test prints what failed."""


@pytest.fixture
def address() -> Iterator[str]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(1_000, 3, None), (2_500, 3, None)])
        publish.publish(shop.now)
        shop.put_coupon("c1")
        server = make_server("127.0.0.1", 0, Site(shop), handler_class=Quiet)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()
            server.server_close()


@needs_node
def test_the_client_knows_what_to_send_again() -> None:
    _node("client.test.js", {})


@needs_node
def test_the_client_buys_something(address: str) -> None:
    _node(
        "buy.test.js",
        {
            "SHOP_URL": address,
            "WECHAT_URL": address,
            "WECHATPAY_URL": address,
            "WECHAT_APPID": keys().wechat["appid"],
        },
    )


def _node(name: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [str(NODE), "--test", str(CLIENT / name)],
        env={**environment},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# skipped 0" in done.stdout, done.stdout
