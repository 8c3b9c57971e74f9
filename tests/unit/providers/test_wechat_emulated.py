"""Whole stories between the WeChat client and its emulator, which share no code."""

import pytest

from scripts.emulators.wechat.emulator import WeChat
from shop.domain.customer import PhoneNumber
from shop.errors import (
    ForbiddenError,
    InvalidError,
    MisconfiguredError,
    ProviderError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from shop.providers.wechat import Wechat
from tests.unit.providers.emulated import KEYS, NOW, EmulatorTransport, control, fault, seeded


class World:
    def __init__(self, secret: str | None = None) -> None:
        self.now = NOW
        self.emulator = WeChat(KEYS.wechat, now=lambda: float(self.now), rng=seeded())
        self.wechat = Wechat(
            appid=str(KEYS.wechat["appid"]),
            secret=secret or str(KEYS.wechat["secret"]),
            base_url="https://api.weixin.qq.com",
            clock=lambda: self.now,
            transport=EmulatorTransport(self.emulator),
            pause=lambda _: None,
        )

    def code(self, user: str = "buyer", **more: object) -> str:
        return str(control(self.emulator, "POST", "codes", user=user, **more)["code"])

    def phone_code(self, phone: str) -> str:
        asked = {"user": "buyer", "phone": phone}
        return str(control(self.emulator, "POST", "phone_codes", **asked)["code"])


def test_a_code_signs_in_once() -> None:
    world = World()
    code = world.code()
    first = world.wechat.identify(code)
    with pytest.raises(UnauthenticatedError):
        world.wechat.identify(code)
    assert world.wechat.identify(world.code()) == first
    assert world.wechat.identify(world.code("other")) != first


def test_codes_expire_and_belong_to_one_app() -> None:
    world = World()
    code = world.code()
    world.now += 301
    for bad in (code, world.code(appid="wxother"), "made-up"):
        with pytest.raises(UnauthenticatedError):
            world.wechat.identify(bad)


def test_a_blocked_user_is_told_apart() -> None:
    world = World()
    control(world.emulator, "POST", "users/block", user="buyer")
    with pytest.raises(ForbiddenError):
        world.wechat.identify(world.code())


def test_a_wrong_secret_is_misconfiguration() -> None:
    with pytest.raises(MisconfiguredError):
        World("wrong").wechat.identify("code")


def test_busy_once_goes_unnoticed_and_limits_are_told() -> None:
    world = World()
    fault(world.emulator, "code2session", "errcode:-1")
    assert world.wechat.identify(world.code())
    fault(world.emulator, "code2session", "errcode:45011")
    with pytest.raises(TooManyRequestsError):
        world.wechat.identify(world.code())


@pytest.mark.parametrize("kind", ["timeout_after", "reset_after", "garbage", "http_502_after"])
def test_after_an_unknown_outcome_the_code_is_not_sent_again(kind: str) -> None:
    world = World()
    fault(world.emulator, "code2session", kind)
    with pytest.raises(ProviderError):
        world.wechat.identify(world.code())
    received = control(world.emulator, "GET", "received")["received"]
    assert isinstance(received, list)
    assert len(received) == 1


@pytest.mark.parametrize("errcode", [40001, 42001])
def test_a_phone_number_is_read_past_a_dead_token(errcode: int) -> None:
    world = World()
    code = world.phone_code("13800000000")
    fault(world.emulator, "phone", f"errcode:{errcode}")
    assert world.wechat.phone_number(code) == PhoneNumber("13800000000", "86")
    with pytest.raises(InvalidError):
        world.wechat.phone_number(code)


def test_one_permission_is_one_message() -> None:
    world = World()
    openid = world.wechat.identify(world.code()).openid
    control(world.emulator, "POST", "subscriptions", user="buyer", template_id="T1")
    values = {"thing1": "龙井茶", "time2": "2027-01-15 16:00"}
    assert world.wechat.send_subscribe(openid, "T1", "pages/order?id=1", values)
    assert not world.wechat.send_subscribe(openid, "T1", "", values)
    with pytest.raises(MisconfiguredError):
        world.wechat.send_subscribe(openid, "T1", "", {"thing1": "长" * 21})
