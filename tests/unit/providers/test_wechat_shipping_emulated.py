"""Shipping reports between the client and the emulator, which share no code."""

import pytest

from shop.domain.shipping_report import Report, ReportedParcel
from shop.errors import ConflictError, MisconfiguredError, ProviderError
from shop.providers.wechat_shipping import WechatShipping
from tests.unit.providers.emulated import control, fault
from tests.unit.providers.test_wechat_emulated import World

TX = "4200001234"
A = ReportedParcel("SF1234567890", "SF", "云雾绿茶×1", "138****5678")
B = ReportedParcel("7312345678901", "ZTO", "龙井×2", "138****5678")


def paid(world: World, lag_seconds: int = 0) -> tuple[WechatShipping, str]:
    openid = str(control(world.emulator, "POST", "codes", user="buyer")["openid"])
    control(
        world.emulator, "POST", "pay_orders", transaction_id=TX, out_trade_no="1", mchid="16",
        openid=openid, lag_seconds=lag_seconds,
    )  # fmt: skip
    return WechatShipping(world.wechat), openid


def whole(*parcels: ReportedParcel) -> Report:
    return Report(parcels, split=len(parcels) > 1, all_delivered=True)


def test_what_was_told_is_read_back() -> None:
    world = World()
    duty, openid = paid(world)
    before = duty.known(TX)
    assert before
    assert (before.state, before.openid, before.finished, before.parcels) == (1, openid, False, ())
    duty.tell(TX, openid, whole(A), now=world.now, serial=1)
    after = duty.known(TX)
    assert after
    assert (after.state, after.finished) == (2, True)
    assert [one.name for one in after.parcels] == [A.name]
    # Sent again as it was: WeChat has it.
    duty.tell(TX, openid, whole(A), now=world.now, serial=1)


def test_a_split_order_is_told_parcel_by_parcel_and_corrected_once() -> None:
    world = World()
    duty, openid = paid(world)
    duty.tell(TX, openid, Report((A,), split=True, all_delivered=False), now=world.now, serial=1)
    duty.tell(TX, openid, Report((B,), split=True, all_delivered=True), now=world.now, serial=2)
    both = duty.known(TX)
    assert both
    assert ([one.name for one in both.parcels], both.finished) == ([A.name, B.name], True)
    mended = ReportedParcel("SF0000000001", "SF", "茶", "138****5678")
    duty.tell(TX, openid, whole(mended, B), now=world.now + 1, serial=1)
    with pytest.raises(ConflictError) as refused:
        duty.tell(TX, openid, whole(A, B), now=world.now + 2, serial=1)
    assert refused.value.context["provider_code"] == "10060003"


def test_a_payment_that_the_index_does_not_know_yet_is_not_known() -> None:
    world = World()
    duty, openid = paid(world, lag_seconds=40)
    assert duty.known(TX) is None
    with pytest.raises(ProviderError) as early:
        duty.tell(TX, openid, whole(A), now=world.now, serial=1)
    assert early.value.retryable
    world.now += 41
    assert duty.known(TX)


@pytest.mark.parametrize(
    ("errcode", "meaning"),
    [
        (10060002, None),
        (10060023, None),
        (268440065, None),
        (10060004, ConflictError),
        (44990, ProviderError),
        (10060031, ProviderError),
        (40164, MisconfiguredError),
    ],
)
def test_refusals_mean_what_the_notes_say(errcode: int, meaning: type[Exception] | None) -> None:
    world = World()
    duty, openid = paid(world)
    fault(world.emulator, "upload_shipping", f"errcode:{errcode}")
    if meaning is None:
        duty.tell(TX, openid, whole(A), now=world.now, serial=1)
        return
    with pytest.raises(meaning):
        duty.tell(TX, openid, whole(A), now=world.now, serial=1)
