"""Whole stories between the Kuaidi100 client and its emulator, which share no code."""

from urllib.parse import parse_qsl

import pytest

from scripts.emulators.kuaidi100.emulator import Kuaidi100 as Emulator
from shop.domain.shipment import ParcelState, Tracking
from shop.errors import InvalidError, MisconfiguredError, ProviderError, ShopError
from shop.providers.kuaidi100 import Kuaidi100
from tests.unit.providers.emulated import KEYS, NOW, EmulatorTransport, control, fault, seeded

NUMBER = "SF1234567890123"
CALLBACK = "https://shop.invalid/v1/notify/kuaidi100/token"


class World:
    """A shop that follows parcels, and every push it got, as read."""

    def __init__(self, key: str | None = None) -> None:
        self.now = float(NOW)
        self.read: list[Tracking | ShopError] = []
        self.emulator = Emulator(
            KEYS.kuaidi100, deliver=self._deliver, now=lambda: self.now, rng=seeded()
        )
        own = KEYS.shop_secrets["kuaidi100"]
        self.kuaidi = Kuaidi100(
            customer=str(own["customer"]),
            key=key or str(own["key"]),
            salt=str(own["salt"]),
            base_url="https://poll.kuaidi100.com",
            transport=EmulatorTransport(self.emulator),
        )

    def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        assert url == CALLBACK
        assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")
        try:
            self.read.append(self.kuaidi.verify_push(dict(parse_qsl(body.decode()))))
        except ShopError as failure:
            self.read.append(failure)
            return 401, b"{}"
        return 200, '{"result":true,"returnCode":"200","message":"成功"}'.encode()

    def scan(self, context: str, **more: object) -> None:
        event = {"context": context, "areaName": "浙江,杭州市"}
        asked = {"num": NUMBER, "com": "shunfeng", "phone": "13800001234", "events": [event]}
        control(self.emulator, "POST", "parcels", **asked | more)
        self.now += 60

    def push(self, **asked: object) -> None:
        control(self.emulator, "POST", "push", num=NUMBER, **asked)


def test_a_look_up_tells_the_story_newest_first() -> None:
    world = World()
    world.scan("已揽收", state="103")
    world.scan("运输中", state="1002")
    tracking = world.kuaidi.query("shunfeng", NUMBER, "1234")
    assert (tracking.state, tracking.finished) == (ParcelState.IN_TRANSIT, False)
    assert [(event.time, event.text, event.area) for event in tracking.events] == [
        (NOW + 60, "运输中", "浙江,杭州市"),
        (NOW, "已揽收", "浙江,杭州市"),
    ]
    assert tracking.as_of == NOW + 60


def test_an_unseen_parcel_has_no_story_and_a_wrong_phone_no_answer() -> None:
    world = World()
    assert world.kuaidi.query("shunfeng", NUMBER, "1234").events == ()
    world.scan("已揽收")
    with pytest.raises(ProviderError) as caught:
        world.kuaidi.query("shunfeng", NUMBER, "9999")
    assert (caught.value.provider_code, caught.value.retryable) == ("408", False)


def test_a_wrong_key_is_misconfiguration() -> None:
    world = World("wrong")
    with pytest.raises(MisconfiguredError):
        world.kuaidi.query("shunfeng", NUMBER, "1234")
    with pytest.raises(MisconfiguredError):
        world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)


@pytest.mark.parametrize("kind", ["timeout_after", "reset_after", "garbage", "http_502_after"])
def test_an_unreadable_answer_may_have_subscribed_and_repeating_is_harmless(kind: str) -> None:
    world = World()
    fault(world.emulator, "subscribe", kind)
    with pytest.raises(ProviderError) as caught:
        world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)
    assert caught.value.outcome_unknown
    world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)
    world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)


def test_pushes_tell_the_same_story_as_look_ups() -> None:
    world = World()
    world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)
    world.scan("已揽收", state="1")
    world.scan("已签收", state="304")
    world.push(status="shutdown")
    assert world.read == [world.kuaidi.query("shunfeng", NUMBER, "1234")]
    (tracking,) = world.read
    assert isinstance(tracking, Tracking)
    assert (tracking.state, tracking.finished) == (ParcelState.SIGNED, True)


def test_a_corrected_company_and_an_abort_are_read() -> None:
    world = World()
    world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)
    world.push(status="abort", message="3天查询无记录")
    world.push(com_new="zhongtong", events=[{"context": "已揽收"}])
    aborted, corrected = world.read
    assert isinstance(aborted, Tracking)
    assert (aborted.events, aborted.finished) == ((), False)
    assert isinstance(corrected, Tracking)
    assert corrected.company == "zhongtong"


@pytest.mark.parametrize("kind", ["forged_signature", "altered_body", "missing_signature"])
def test_a_spoiled_push_is_refused_and_its_repeat_taken(kind: str) -> None:
    world = World()
    world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)
    fault(world.emulator, "push", kind)
    world.push(events=[{"context": "已揽收"}])
    world.now += 1800
    world.emulator.run_due()
    refused, taken = world.read
    assert isinstance(refused, ShopError)
    assert refused.code == "push_rejected"
    assert isinstance(taken, Tracking)


def test_a_signed_push_cut_in_half_is_told_apart() -> None:
    world = World()
    world.kuaidi.subscribe("shunfeng", NUMBER, "1234", CALLBACK)
    fault(world.emulator, "push", "garbage_param")
    world.push(events=[{"context": "已揽收"}])
    assert isinstance(world.read[0], InvalidError)
