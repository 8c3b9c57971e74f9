"""A shop that keeps what staff send it, and can lose answers, in memory."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp

from scripts.operator_cli.desk import Desk
from scripts.operator_cli.main import main

SECRET = "JBSWY3DPEHPK3PXP" * 2
NOW = 1_800_000_000.0
Trouble = Callable[[httpx.Request], httpx.Response | None]


@dataclass
class StubShop:
    """Answers the staff routes; ``trouble`` may answer in its place or raise."""

    clock: Callable[[], float]
    rows: dict[str, Any] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    trouble: Trouble = lambda _request: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.requests.append(request)
            return self.trouble(request) or self._answer(request)

    def writes(self, path: str = "") -> list[httpx.Request]:
        return [r for r in self.requests if r.method != "GET" and r.url.path.endswith(path)]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        body = json.loads(request.content) if request.content else {}
        if path == "/v1/admin/login":
            return self._login(body)
        if request.headers.get("authorization", "")[7:] not in self.tokens:
            return problem(401, "unauthenticated")
        if request.method == "GET":
            return httpx.Response(200, json={"sku_id": "a-1", "available": 3, "price_fen": 990})
        if not request.headers.get("idempotency-key"):
            return problem(400, "invalid_request")
        return httpx.Response(200, json=self._written(path, body))

    def _written(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/publish"):
            return {"products": 1, "lists": 1}
        if path.endswith("/adjustments"):
            return {"sku_id": "a-1", "available": 3 + body["delta"]}
        name = f"{path}/{body.get('id', '')}"
        known = self.rows.get(name)
        self.rows[name] = body
        first = "changed" if path.endswith(("/categories", "/freight")) else "created"
        outcome = first if known is None else "unchanged" if known == body else "changed"
        return {"outcome": outcome}

    def _login(self, body: dict[str, Any]) -> httpx.Response:
        code = body["code"]
        right = pyotp.TOTP(SECRET).at(int(self.clock()))
        if body["password"] != "pw" or code != right or code in self.spent:
            return problem(401, "staff_login_failed")
        self.spent.add(code)
        token = f"t{len(self.tokens)}"
        self.tokens.add(token)
        return httpx.Response(200, json={"access_token": token, "expires_in": 600})


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    body = {"status": status, "code": code, "detail": f"故障 {code}", "request_id": "req-1"}
    return httpx.Response(status, json=body | more)


@dataclass
class Bench:
    """``shopctl`` in front of a stub, with a clock that only sleeping moves."""

    file: Path
    now: float = NOW
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shop = StubShop(lambda: self.now)
        self.configure({"username": "owner", "password": "pw", "totp_secret": SECRET})

    def configure(self, staff: dict[str, str]) -> None:
        self.file.write_text(json.dumps({"base_url": "http://127.0.0.1:1", "staff": staff}))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def run(self, *words: str) -> int:
        desk = Desk(
            transport=httpx.MockTransport(self.shop), clock=lambda: self.now, sleep=self.sleep
        )
        return main([*words, "--shop", str(self.file)], desk)
