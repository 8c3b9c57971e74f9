import json

import pytest
from cryptography.exceptions import InvalidSignature

from tests.unit.emulators.pay_world import NOTIFY_URL, PayWorld

PLAN = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600]


@pytest.fixture
def world() -> PayWorld:
    return PayWorld()


def test_the_notice_is_signed_and_encrypted(world: PayWorld) -> None:
    transaction_id = world.paid()["transaction_id"]
    assert world.pay.run_due() == 1
    ((url, headers, body),) = world.notices
    assert url == NOTIFY_URL
    world.verify(headers, body)
    notice = json.loads(body)
    assert len(notice["id"]) == 36
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    content = world.decrypted(body)
    assert content["transaction_id"] == transaction_id
    assert content["attach"] == "c1"
    assert content["payer"] == {"openid": world.openid}
    assert content["amount"] == {
        "total": 9_900, "currency": "CNY", "payer_total": 9_900, "payer_currency": "CNY",
    }  # fmt: skip


def test_a_refused_notice_follows_the_whole_plan_signed_anew(world: PayWorld) -> None:
    world.answers = [(500, b"")] * 8 + [(0, b"")] * 4 + [(302, b"")] * 4
    world.paid()
    gaps, before = [], world.now
    while (due := world.pay.next_due()) is not None:
        world.now = due
        gaps.append(due - before)
        before = due
        assert world.pay.run_due() == 1
    assert gaps == [0, *PLAN]
    assert sum(PLAN) == 24 * 3600 + 4 * 60
    stamps = [headers["Wechatpay-Timestamp"] for _, headers, _ in world.notices]
    assert len(set(stamps)) == 16
    (notice,) = world.control("GET", "notices?subject=order0001")[1]["notices"]
    assert notice["state"] == "exhausted"


@pytest.mark.parametrize("status", [200, 204])
def test_an_accepted_notice_is_not_sent_again(world: PayWorld, status: int) -> None:
    world.answers = [(status, b"")]
    world.paid()
    world.pay.run_due()
    assert world.pay.next_due() is None


def test_a_held_notice_goes_out_on_demand(world: PayWorld) -> None:
    world.paid(notify=False)
    assert world.pay.run_due() == 0
    status, answer = world.control("POST", "notices/send", {"subject": "order0001"})
    assert (status, answer["attempts"][0]["answers"][0]["status"]) == (200, 204)
    assert world.control("POST", "notices/send", {"subject": "nothing"})[0] == 400


@pytest.mark.parametrize(
    "kind", ["forged_signature", "signtest", "altered_body", "stale_timestamp", "unknown_serial"]
)
def test_a_spoiled_notice_never_settles_and_the_true_one_follows(
    world: PayWorld, kind: str
) -> None:
    world.fault("notice", kind)
    world.paid()
    world.pay.run_due()
    _, headers, body = world.notices[0]
    if kind == "stale_timestamp":
        assert int(headers["Wechatpay-Timestamp"]) == int(world.now) - 301
    elif kind == "unknown_serial":
        assert headers["Wechatpay-Serial"] not in world.merchant["public_keys"]
    else:
        with pytest.raises(InvalidSignature):
            world.verify(headers, body)
    world.advance(15)
    world.pay.run_due()
    _, headers, body = world.notices[1]
    world.verify(headers, body)
    assert world.pay.next_due() is None


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("wrong_amount", ("amount", "total")),
        ("wrong_currency", ("amount", "currency")),
        ("wrong_appid", ("appid",)),
        ("wrong_mchid", ("mchid",)),
        ("wrong_openid", ("payer", "openid")),
        ("unknown_order", ("out_trade_no",)),
    ],
)
def test_wrong_content_is_rightly_signed(world: PayWorld, kind: str, path: tuple[str, ...]) -> None:
    world.fault("notice", kind)
    world.paid()
    world.pay.run_due()
    world.advance(15)
    world.pay.run_due()
    values = []
    for _, headers, body in world.notices:
        world.verify(headers, body)
        value = world.decrypted(body)
        for name in path:
            value = value[name]
        values.append(value)
    assert values[0] != values[1]


def test_duplicates_drops_and_the_second_key(world: PayWorld) -> None:
    world.fault("notice", "duplicate")
    world.paid()
    world.pay.run_due()
    assert world.notices[0] == world.notices[1]
    world.fault("notice", "drop")
    world.fault("notice", "second_key")
    world.paid("order0002")
    world.pay.run_due()
    assert len(world.notices) == 2
    world.advance(15)
    world.pay.run_due()
    _, headers, body = world.notices[2]
    assert headers["Wechatpay-Serial"] == world.config.second_platform_key_id
    world.verify(headers, body)


def test_the_notice_may_come_before_the_prepay_answer(world: PayWorld) -> None:
    world.fault("jsapi", "before_prepay_answer")
    world.prepay()
    assert len(world.notices) == 1
    assert world.query()[1]["trade_state"] == "SUCCESS"


def test_a_forged_notice_about_an_unpaid_order_changes_nothing_here(world: PayWorld) -> None:
    world.prepay()
    asked = {"out_trade_no": "order0001", "kind": "forged_signature"}
    status, answer = world.control("POST", "notices/forge", asked)
    assert (status, len(answer["answers"]), len(world.notices)) == (200, 1, 1)
    assert world.decrypted(world.notices[0][2])["trade_state"] == "SUCCESS"
    assert world.query()[1]["trade_state"] == "NOTPAY"
    assert world.pay.next_due() is None


def test_a_wechat_coupon_lowers_payer_total_only(world: PayWorld) -> None:
    world.paid(coupon_fen=500)
    world.pay.run_due()
    content = world.decrypted(world.notices[0][2])
    assert (content["amount"]["total"], content["amount"]["payer_total"]) == (9_900, 9_400)
    assert content["promotion_detail"][0]["amount"] == 500


def test_the_plan_clock_can_be_advanced_without_touching_signatures(world: PayWorld) -> None:
    world.answers = [(500, b"")]
    world.paid()
    world.pay.run_due()
    assert world.control("POST", "clock", {"advance_seconds": 15})[0] == 200
    assert world.pay.run_due() == 1
    stamps = {headers["Wechatpay-Timestamp"] for _, headers, _ in world.notices}
    assert len(stamps) == 1
