"""Whole stories between the WeChat Pay client and its emulator, which share no code."""

import itertools
from dataclasses import replace
from datetime import date

import pytest

from scripts.emulators.openids import openid_for
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.emulator import WeChatPay
from shop.domain.payment import (
    Payment,
    PayParams,
    PrepayRequest,
    Refund,
    RefundRequest,
    RefundState,
    TradeState,
)
from shop.errors import ConflictError, MisconfiguredError, ProviderError, ShopError
from shop.providers.wechatpay import WechatPay
from tests.unit.providers.emulated import KEYS, NOW, EmulatorTransport, control, fault, seeded

ORDER = "20270115ABCDEFGH"
APPID = str(KEYS.wechatpay["appid"])
OPENID = openid_for(APPID, "buyer")
PREPAY = PrepayRequest(ORDER, "云铺-龙井茶", 1999, OPENID, "yunpu", NOW + 900)


class World:
    """A merchant with WeChat Pay, and every notice it got, as read."""

    def __init__(self) -> None:
        self.now = float(NOW)
        self.read: list[Payment | Refund | ShopError] = []
        self.emulator = WeChatPay(
            PayConfig.from_json(KEYS.wechatpay),
            deliver=self._deliver,
            now=lambda: self.now,
            sleep=self._pass,
            rng=seeded(),
        )
        own = KEYS.shop_secrets["wechatpay"]
        numbers = itertools.count()
        self.pay = WechatPay(
            appid=APPID,
            mchid=str(own["mchid"]),
            serial_no=str(own["serial_no"]),
            private_key_pem=str(own["private_key_pem"]),
            apiv3_keys=(str(own["apiv3_key"]),),
            public_keys=own["public_keys"],
            base_urls=("https://api.mch.weixin.qq.com",),
            public_base_url="https://shop.invalid",
            clock=lambda: int(self.now),
            nonce=lambda: f"nonce{next(numbers):020d}",
            transport=EmulatorTransport(self.emulator),
        )

    def _pass(self, seconds: float) -> None:
        self.now += seconds

    def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        assert url == "https://shop.invalid/v1/notify/wechatpay"
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            self.read.append(self.pay.verify_notice(lower, body, now=int(self.now)))
        except ShopError as failure:
            self.read.append(failure)
            return 401, b'{"code":"FAIL"}'
        return 204, b""

    def buy(self, prepay_id: str, **options: object) -> dict[str, object]:
        """The mini-program pays, after checking our signature."""
        params = self.pay.sign_params(prepay_id, now=int(self.now), nonce="client-nonce")
        return control(self.emulator, "POST", "pay", openid=OPENID, **_client(params), **options)

    @property
    def transaction_id(self) -> str:
        """WeChat Pay's number of the payment."""
        return self.pay.query(ORDER).transaction_id

    def paid(self) -> "World":
        self.buy(self.pay.prepay(PREPAY))
        self.emulator.run_due()
        return self


def _client(params: PayParams) -> dict[str, str]:
    return {
        "appId": APPID,
        "timeStamp": params.time_stamp,
        "nonceStr": params.nonce_str,
        "package": params.package,
        "signType": params.sign_type,
        "paySign": params.pay_sign,
    }


def test_an_order_is_paid_and_told_the_same_by_notice_and_query() -> None:
    world = World()
    assert world.pay.query(ORDER).state == TradeState.NOT_FOUND
    prepay_id = world.pay.prepay(PREPAY)
    assert world.pay.query(ORDER).state == TradeState.NOTPAY
    told = world.buy(prepay_id, coupon_fen=100)
    world.emulator.run_due()
    (notice,) = world.read
    assert isinstance(notice, Payment)
    assert notice == world.pay.query(ORDER)
    assert notice == world.pay.query_transaction(notice.transaction_id)
    assert notice == Payment(
        out_trade_no=ORDER,
        state=TradeState.SUCCESS,
        transaction_id=str(told["transaction_id"]),
        total_fen=1999,
        currency="CNY",
        openid=OPENID,
        attach="yunpu",
        paid_at=NOW,
        appid=APPID,
        mchid=str(KEYS.wechatpay["mchid"]),
    )


def test_the_same_prepay_may_be_repeated_and_another_may_not() -> None:
    world = World()
    assert world.pay.prepay(PREPAY) != world.pay.prepay(PREPAY)
    with pytest.raises(ConflictError) as caught:
        world.pay.prepay(replace(PREPAY, total_fen=1))
    assert caught.value.code == "out_trade_no_used"


def test_prepay_past_its_time_after_closing_and_after_payment() -> None:
    world = World()
    prepay_id = world.pay.prepay(PREPAY)
    world.now = NOW + 901.0
    with pytest.raises(ConflictError) as late:
        world.pay.prepay(PREPAY)
    assert late.value.code == "payment_closed"
    world.now = float(NOW)
    world.buy(prepay_id)
    with pytest.raises(ConflictError) as paid:
        world.pay.prepay(PREPAY)
    assert paid.value.code == "already_paid"
    closed = World()
    closed.pay.prepay(PREPAY)
    closed.pay.close(ORDER)
    with pytest.raises(ConflictError) as caught:
        closed.pay.prepay(PREPAY)
    assert caught.value.code == "payment_closed"


def test_closing_is_repeatable_and_yields_to_payment() -> None:
    world = World()
    world.pay.close(ORDER)
    world.pay.prepay(PREPAY)
    world.pay.close(ORDER)
    world.pay.close(ORDER)
    assert world.pay.query(ORDER).state == TradeState.CLOSED
    paid = World().paid()
    with pytest.raises(ConflictError) as caught:
        paid.pay.close(ORDER)
    assert caught.value.code == "already_paid"


def test_the_buyer_may_pay_between_our_query_and_our_close() -> None:
    world = World()
    world.pay.prepay(PREPAY)
    fault(world.emulator, "close", "paid_during_close")
    with pytest.raises(ConflictError):
        world.pay.close(ORDER)
    assert world.pay.query(ORDER).state == TradeState.SUCCESS


def test_a_refund_is_accepted_repeated_and_told() -> None:
    world = World().paid()
    request = RefundRequest("R1", world.transaction_id, 500, 1999, "少件")
    accepted = world.pay.refund(request)
    assert accepted.state == RefundState.PROCESSING
    assert world.pay.refund(request) == accepted
    world.now += 5
    world.emulator.run_due()
    notice = world.read[-1]
    assert isinstance(notice, Refund)
    assert notice == replace(world.pay.query_refund("R1"), accepted_at=0)
    assert (notice.state, notice.refund_fen, notice.total_fen) == (RefundState.SUCCESS, 500, 1999)
    assert notice.succeeded_at > 0
    assert world.pay.query(ORDER).state == TradeState.REFUND
    assert world.pay.query_refund("R2").state == RefundState.NOT_FOUND
    with pytest.raises(MisconfiguredError):
        world.pay.refund(replace(request, refund_fen=501))


@pytest.mark.parametrize(
    ("kind", "state"),
    [("abnormal", RefundState.ABNORMAL), ("refund_closed", RefundState.CLOSED)],
)
def test_refunds_that_fail_are_told(kind: str, state: RefundState) -> None:
    world = World().paid()
    fault(world.emulator, "refund", kind)
    accepted = world.pay.refund(RefundRequest("R1", world.transaction_id, 500, 1999, "少件"))
    world.now += 5
    world.emulator.run_due()
    notice = world.read[-1]
    assert isinstance(notice, Refund)
    assert (notice.state, notice.succeeded_at) == (state, 0)
    if state is RefundState.ABNORMAL:
        settled = world.pay.settle_abnormal_refund(accepted.refund_id, "R1")
        assert settled.state == RefundState.PROCESSING


def test_refunds_are_limited() -> None:
    world = World().paid()
    world.pay.refund(RefundRequest("R1", world.transaction_id, 500, 1999, ""))
    with pytest.raises(ProviderError) as soon:
        world.pay.refund(RefundRequest("R2", world.transaction_id, 500, 1999, ""))
    assert (soon.value.provider_code, soon.value.retryable) == ("FREQUENCY_LIMITED", True)
    world.now += 61
    with pytest.raises(ProviderError) as much:
        world.pay.refund(RefundRequest("R3", world.transaction_id, 1500, 1999, ""))
    assert (much.value.provider_code, much.value.retryable) == ("RULE_LIMIT", False)
    fault(world.emulator, "refund", "code:NOT_ENOUGH:403")
    with pytest.raises(ProviderError) as poor:
        world.pay.refund(RefundRequest("R4", world.transaction_id, 1, 1999, ""))
    assert (poor.value.retryable, poor.value.outcome_unknown) == (True, False)


@pytest.mark.parametrize(
    "kind",
    ["signtest", "timeout_after", "reset_after", "http_500_after", "http_502_after", "garbage"],
)
def test_after_an_unknown_outcome_the_same_prepay_continues(kind: str) -> None:
    world = World()
    fault(world.emulator, "jsapi", kind)
    with pytest.raises(ProviderError) as caught:
        world.pay.prepay(PREPAY)
    assert caught.value.outcome_unknown
    assert world.pay.prepay(PREPAY)


def test_the_notice_may_come_before_the_prepay_answer() -> None:
    world = World()
    fault(world.emulator, "jsapi", "before_prepay_answer")
    world.pay.prepay(PREPAY)
    (notice,) = world.read
    assert isinstance(notice, Payment)
    assert notice.state == TradeState.SUCCESS


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("stale_timestamp", "stale"),
        ("future_timestamp", "stale"),
        ("forged_signature", "signature"),
        ("altered_body", "signature"),
        ("signtest", "probe"),
        ("unknown_serial", "unknown_serial"),
        ("missing_signature", "missing_header"),
    ],
)
def test_a_spoiled_notice_is_refused_and_its_resend_taken(kind: str, reason: str) -> None:
    world = World()
    fault(world.emulator, "notice", kind)
    world.paid()
    world.now += 15
    world.emulator.run_due()
    refused, taken = world.read
    assert isinstance(refused, ShopError)
    assert refused.context["reason"] == reason
    assert isinstance(taken, Payment)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("wrong_amount", "total_fen"),
        ("wrong_currency", "currency"),
        ("wrong_appid", "appid"),
        ("wrong_mchid", "mchid"),
        ("wrong_openid", "openid"),
        ("wrong_state", "state"),
        ("unknown_order", "out_trade_no"),
    ],
)
def test_genuine_but_wrong_content_reaches_the_caller_unchanged(kind: str, field: str) -> None:
    world = World()
    fault(world.emulator, "notice", kind)
    world.paid()
    told, known = world.read[0], world.pay.query(ORDER)
    assert isinstance(told, Payment)
    assert getattr(told, field) != getattr(known, field)


def test_notices_of_both_platform_keys_are_taken() -> None:
    world = World()
    fault(world.emulator, "notice", "second_key")
    world.paid()
    assert isinstance(world.read[0], Payment)


def test_the_days_bill_is_fetched() -> None:
    world = World().paid()
    world.now += 86400
    day = date(2027, 1, 15)
    bill = world.pay.bills.trade(day)
    assert bill is not None
    assert [row.order_no for row in bill.rows(lambda _: True)] == [ORDER]
    assert world.pay.bills.trade(date(2027, 1, 10)) is None


def test_a_clock_ten_minutes_off_is_misconfiguration() -> None:
    world = World()
    emulator_clock = world.emulator.wire_now
    world.emulator.wire_now = lambda: emulator_clock() + 600
    with pytest.raises(MisconfiguredError):
        world.pay.query(ORDER)
