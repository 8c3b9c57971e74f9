"""The mini-program's manners on a bad line, against a stub of the shop."""

import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scripts.demo.client import MiniProgram
from scripts.demo.providers import WeChat
from scripts.demo.wire import Line, NoAnswerError, Traffic, UnexpectedAnswerError

Handler = Callable[[httpx.Request], httpx.Response]
TOKENS = {"expires_in": 600, "refresh_expires_in": 86400, "customer": {"id": "c1", "is_new": True}}


class CodeMachine(WeChat):
    """Gives a new code each time."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def login_code(self, user: str) -> str:
        self.given.append(f"{user}-{len(self.given)}")
        return self.given[-1]


class Shop:
    """Plays answers in order; an exception stands for a lost answer."""

    def __init__(self, *script: httpx.Response | Exception) -> None:
        self.script = list(script)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.traffic = Traffic()
        self.line = Line(
            "http://shop/stage/",
            self.traffic,
            transport=httpx.MockTransport(self._answer),
            sleep=self.waits.append,
            rng=random.Random(7),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def sent(self, number: int) -> Any:
        return json.loads(self.requests[number].content)


def tokens(access: str, refresh: str) -> httpx.Response:
    return httpx.Response(200, json={"access_token": access, "refresh_token": refresh, **TOKENS})


def lost() -> Exception:
    return httpx.ReadError("reset")


def test_a_lost_answer_is_asked_for_again_with_the_same_request() -> None:
    shop = Shop(lost(), lost(), httpx.Response(200, json={"items": []}))
    answer = shop.line.send("POST", "/v1/x", body={"a": "茶"}, headers={"Idempotency-Key": "k"})
    assert answer.json == {"items": []}
    assert {(r.content, r.headers["idempotency-key"], str(r.url)) for r in shop.requests} == {
        ('{"a": "茶"}'.encode(), "k", "http://shop/stage/v1/x")
    }
    assert len(shop.waits) == 2
    assert shop.waits[0] < shop.waits[1]
    assert shop.traffic.repeats == {"ReadError": 2}


def test_busy_waits_as_long_as_it_is_told() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "3"})
    shop = Shop(busy, httpx.Response(503), httpx.Response(204))
    answer = shop.line.send("DELETE", "/v1/x")
    assert (answer.status, answer.json, answer.ok) == (204, None, True)
    assert shop.waits[0] == 3.0
    assert shop.traffic.server_errors == ["503 DELETE /v1/x"]


def test_patience_ends() -> None:
    shop = Shop(*[lost()] * 6)
    with pytest.raises(NoAnswerError):
        shop.line.send("GET", "/v1/x")
    assert Shop(*[httpx.Response(503)] * 6).line.send("GET", "/v1/x").status == 503


def test_other_errors_are_not_repeated() -> None:
    shop = Shop(httpx.Response(500), httpx.Response(409, json={"code": "sold_out"}))
    assert shop.line.send("GET", "/v1/x").status == 500
    assert shop.line.send("POST", "/v1/x").code == "sold_out"
    assert shop.waits == []


def test_what_must_not_be_repeated_is_sent_once() -> None:
    shop = Shop(lost())
    with pytest.raises(NoAnswerError):
        shop.line.send("POST", "/v1/login", repeat=False)


def signed_in(*script: httpx.Response | Exception) -> tuple[Shop, MiniProgram, CodeMachine]:
    shop, codes = Shop(tokens("access-one", "r1"), *script), CodeMachine()
    shopper = MiniProgram(shop.line, codes, "u", sleep=shop.waits.append)
    shopper.sign_in()
    return shop, shopper, codes


def test_a_lost_sign_in_brings_another_code() -> None:
    shop, codes = Shop(lost(), httpx.Response(503), tokens("a", "r")), CodeMachine()
    MiniProgram(shop.line, codes, "u", sleep=shop.waits.append).sign_in()
    assert [shop.sent(n)["code"] for n in range(3)] == ["u-0", "u-1", "u-2"]


def test_a_refused_sign_in_ends() -> None:
    shop = Shop(httpx.Response(403, json={"code": "forbidden"}))
    with pytest.raises(UnexpectedAnswerError, match="forbidden"):
        MiniProgram(shop.line, CodeMachine(), "u").sign_in()


def test_an_ended_access_token_is_renewed_once_and_the_request_repeated() -> None:
    shop, shopper, codes = signed_in(
        httpx.Response(401), tokens("access-two", "r2"), httpx.Response(200, json={"id": "c1"})
    )
    assert shopper.expect(200, "GET", "/v1/me", key="k") == {"id": "c1"}
    assert shop.sent(2) == {"refresh_token": "r1"}
    assert [shop.requests[n].headers["authorization"] for n in (1, 3)] == [
        "Bearer access-one",
        "Bearer access-two",
    ]
    assert {shop.requests[n].headers["idempotency-key"] for n in (1, 3)} == {"k"}
    assert shopper.refreshed == 1
    assert len(codes.given) == 1


def test_an_ended_refresh_token_means_a_new_sign_in() -> None:
    _, shopper, codes = signed_in(
        httpx.Response(401), httpx.Response(401), tokens("access-two", "r2"), httpx.Response(200)
    )
    assert shopper.call("GET", "/v1/me").status == 200
    assert len(codes.given) == 2


def test_a_visitor_sends_no_token_and_is_not_signed_in_by_a_401() -> None:
    shop = Shop(httpx.Response(401))
    visitor = MiniProgram(shop.line, CodeMachine(), "u")
    assert visitor.call("GET", "/v1/me").status == 401
    assert "authorization" not in shop.requests[0].headers


def test_a_list_is_read_to_its_end() -> None:
    shop = Shop(
        httpx.Response(200, json={"items": [{"id": 1}], "next_cursor": "c"}),
        httpx.Response(200, json={"items": [{"id": 2}], "next_cursor": None}),
    )
    visitor = MiniProgram(shop.line, CodeMachine(), "u")
    assert [each["id"] for each in visitor.pages("/v1/products", q="茶")] == [1, 2]
    assert dict(shop.requests[1].url.params) == {"limit": "50", "q": "茶", "cursor": "c"}


def test_an_unexpected_answer_tells_what_came() -> None:
    _, shopper, _ = signed_in(httpx.Response(409, json={"code": "quote_changed"}))
    with pytest.raises(UnexpectedAnswerError, match=r"POST /v1/orders answered 409.*quote_changed"):
        shopper.expect(201, "POST", "/v1/orders", body={"quote_token": "t"})
