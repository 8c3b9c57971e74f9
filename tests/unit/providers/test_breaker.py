"""A host that is down is left alone for a while, then tried once (E1)."""

from collections.abc import Mapping

import pytest

from shop.errors import ProviderError
from shop.providers.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, BreakingTransport
from shop.providers.transport import Answer
from tests.unit.providers.scripted import Scripted, ScriptedTransport

OK = Answer(200, {}, b"")
DOWN = Answer(503, {}, b"")
TIMEOUT = ProviderError("wechat", "CONNECTION", retryable=True, outcome_unknown=True)
NO_TIME = ProviderError("wechat", "NO_TIME", retryable=True)
HEADERS: Mapping[str, str] = {}


class World:
    def __init__(self, *answers: Scripted) -> None:
        self.inner = ScriptedTransport(list(answers))
        self.now = 1_800_000_000
        self.transport = BreakingTransport("wechat", self.inner, lambda: self.now)

    def send(self, host: str = "a.invalid") -> str:
        try:
            answer = self.transport.send("GET", f"https://{host}/x", headers=HEADERS)
        except ProviderError as failure:
            return failure.provider_code
        return str(answer.status)


def _broken(*after: Scripted) -> World:
    world = World(*[TIMEOUT] * FAILURES_TO_OPEN, *after)
    for _ in range(FAILURES_TO_OPEN):
        assert world.send() == "CONNECTION"
    return world


def test_a_failing_host_is_left_alone() -> None:
    world = _broken()
    assert [world.send(), world.send()] == ["OPEN", "OPEN"]
    assert len(world.inner.sent) == FAILURES_TO_OPEN


def test_a_call_not_made_is_known_not_to_have_happened() -> None:
    world = _broken()
    with pytest.raises(ProviderError) as caught:
        world.transport.send("POST", "https://a.invalid/", headers=HEADERS, body=b"x")
    assert caught.value.retryable
    assert not caught.value.outcome_unknown


def test_one_good_call_after_the_pause_opens_the_way() -> None:
    world = _broken(OK, TIMEOUT, OK)
    world.now += OPEN_SECONDS
    assert [world.send(), world.send(), world.send()] == ["200", "CONNECTION", "200"]


def test_a_clock_that_goes_back_makes_no_pause_longer() -> None:
    world = _broken(OK)
    world.now -= 600
    assert world.send() == "200"


def test_one_bad_call_after_the_pause_closes_it_again() -> None:
    world = _broken(DOWN, OK)
    world.now += OPEN_SECONDS
    assert [world.send(), world.send()] == ["503", "OPEN"]
    world.now += OPEN_SECONDS
    assert world.send() == "200"


def test_hosts_are_judged_for_themselves() -> None:
    world = _broken(OK)
    assert world.send("b.invalid") == "200"


def test_failures_must_come_in_a_row() -> None:
    few = [DOWN] * (FAILURES_TO_OPEN - 1)
    world = World(*few, OK, *few, OK)
    assert [world.send() for _ in range(2 * FAILURES_TO_OPEN)].count("OPEN") == 0


def test_refusals_and_our_own_lack_of_time_are_not_the_hosts_failures() -> None:
    refusal = Answer(500, {}, b'{"code":"SYSTEM_ERROR"}')
    answers: list[Scripted] = [refusal, NO_TIME]
    world = World(*answers * FAILURES_TO_OPEN)
    codes = [world.send() for _ in range(2 * FAILURES_TO_OPEN)]
    assert codes == ["500", "NO_TIME"] * FAILURES_TO_OPEN
