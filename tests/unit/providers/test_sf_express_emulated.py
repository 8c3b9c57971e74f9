"""SF's routes between the adapter and the emulator, which share no code."""

import pytest

from scripts.emulators.sf_express import SfExpress as Emulator
from shop.domain.shipment import ParcelState
from shop.errors import MisconfiguredError, ProviderError
from shop.providers.sf_express import SfExpress, digest
from tests.unit.providers.emulated import KEYS, NOW, EmulatorTransport, control, fault, seeded

NUMBER = "SF1000000001"


class World:
    def __init__(self, **other: str) -> None:
        self.now = NOW
        self.emulator = Emulator(KEYS.sf_express, now=lambda: float(NOW), rng=seeded())
        self.sf = SfExpress(
            partner_id=str(KEYS.sf_express["partner_id"]),
            check_word=other.get("check_word", str(KEYS.sf_express["check_word"])),
            base_url="https://sfapi.sf-express.com",
            clock=lambda: self.now,
            request_id=lambda: "r1",
            transport=EmulatorTransport(self.emulator),
        )

    def parcel(self, *routes: dict[str, str], phone: str = "13812345678") -> None:
        control(self.emulator, "POST", "parcels", num=NUMBER, phone=phone, routes=list(routes))


def test_the_digest_is_what_a_java_client_makes() -> None:
    # md5 of "a%2Bb+c*d%7E%E9%A1%BA1700000000000word", by hand with URLEncoder's rules.
    import base64
    import hashlib

    text = b"a%2Bb+c*d%7E%E9%A1%BA1700000000000word"
    due = base64.b64encode(hashlib.md5(text, usedforsecurity=False).digest()).decode()
    assert digest("a+b c*d~顺", "1700000000000", "word") == due


def test_routes_become_a_story_newest_first() -> None:
    world = World()
    world.parcel(
        {"time": "2027-01-01 10:00:00", "remark": "已收件", "code": "50", "address": "深圳市"},
        {"time": "2027-01-03 09:00:00", "remark": "已签收", "code": "80", "address": "北京市"},
        {"time": "2027-01-02 10:00:00", "remark": "运输中", "code": "31"},
        {"time": "nonsense", "remark": "?", "code": "1"},
    )
    told = world.sf.query("shunfeng", NUMBER, "5678")
    assert (told.company, told.tracking_no, told.state) == ("shunfeng", NUMBER, ParcelState.SIGNED)
    assert [one.text for one in told.events] == ["已签收", "运输中", "已收件"]
    assert told.finished
    assert told.events[0].area == "北京市"


def test_a_wrong_phone_or_number_tells_nothing() -> None:
    world = World()
    world.parcel({"remark": "已收件", "code": "50"})
    assert world.sf.query("shunfeng", NUMBER, "0000").events == ()
    assert world.sf.query("shunfeng", "SF2", "5678").events == ()
    assert world.sf.query("shunfeng", NUMBER, "5678").state is ParcelState.COLLECTED


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("code:A1005", ProviderError),
        ("code:A1006", MisconfiguredError),
        ("code:A1004", MisconfiguredError),
        ("error:8016", ProviderError),
        ("http_502", ProviderError),
        ("garbage", ProviderError),
        ("timeout", ProviderError),
    ],
)
def test_refusals_and_failures_mean_what_they_should(kind: str, meaning: type[Exception]) -> None:
    world = World()
    fault(world.emulator, "service", kind)
    with pytest.raises(meaning):
        world.sf.query("shunfeng", NUMBER, "5678")


def test_a_wrong_word_or_clock_is_our_mistake() -> None:
    with pytest.raises(MisconfiguredError):
        World(check_word="wrong").sf.query("shunfeng", NUMBER, "5678")
    late = World()
    late.now += 301
    with pytest.raises(MisconfiguredError):
        late.sf.query("shunfeng", NUMBER, "5678")
