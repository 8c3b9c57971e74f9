"""Bills: the hash of a signed answer vouches for unsigned bytes."""

import hashlib
from collections.abc import Callable
from datetime import date

import pytest

from shop.errors import ProviderError
from shop.providers.transport import Answer
from shop.providers.wechatpay_bill_files import FundFlowFile, TradeBillFile
from tests.unit.providers import pay_platform as platform
from tests.unit.providers.pay_platform import client, refused, signed

DAY = date(2027, 1, 14)
CONTENT = "\ufeff交易时间,公众账号ID\r\n`2027-01-14 10:00:00,`wx01\r\n".encode()
URL = f"{platform.FIRST}/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd6kwvyKLG2uY2"


def _ticket(**changes: str) -> Answer:
    ticket = {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest(),
        "download_url": URL,
    }
    return signed(200, ticket | changes)


def fetched(file: TradeBillFile | FundFlowFile | None) -> bytes:
    assert file is not None
    return file.content


def test_a_trade_bill_is_fetched_and_checked() -> None:
    pay, transport = client(_ticket(), Answer(200, {}, CONTENT))
    assert fetched(pay.bills.trade(DAY)) == CONTENT
    assert transport.sent[0].url.endswith("/v3/bill/tradebill?bill_date=2027-01-14&bill_type=ALL")
    assert transport.sent[1].url == URL
    assert transport.sent[1].headers["Authorization"].startswith("WECHATPAY2-SHA256-RSA2048 ")


def test_a_fund_flow_bill_is_fetched_and_checked() -> None:
    pay, transport = client(_ticket(), Answer(200, {}, CONTENT))
    assert fetched(pay.bills.fund_flow(DAY)) == CONTENT
    assert transport.sent[0].url.endswith(
        "/v3/bill/fundflowbill?bill_date=2027-01-14&account_type=BASIC"
    )


@pytest.mark.parametrize("status", [400, 404])
def test_a_day_without_trade_has_no_bill(status: int) -> None:
    pay, _ = client(refused(status, "NO_STATEMENT_EXIST"))
    assert pay.bills.trade(DAY) is None


def test_a_bill_in_the_making_can_be_asked_for_again() -> None:
    pay, _ = client(refused(400, "STATEMENT_CREATING"))
    with pytest.raises(ProviderError) as caught:
        pay.bills.trade(DAY)
    assert (caught.value.provider_code, caught.value.retryable) == ("STATEMENT_CREATING", True)


@pytest.mark.parametrize(
    "answers",
    [
        lambda: (_ticket(), Answer(200, {}, CONTENT + b" ")),
        lambda: (_ticket(), Answer(200, {}, b"")),
        lambda: (_ticket(), Answer(502, {}, b"")),
        lambda: (_ticket(), Answer(302, {"location": "https://elsewhere.invalid/"}, b"")),
        lambda: (_ticket(hash_type="MD5"),),
        lambda: (signed(200, {"hash_type": "SHA1"}),),
    ],
    ids=["changed", "empty", "gateway", "redirect", "other hash", "no address"],
)
def test_a_bill_that_cannot_be_checked_is_refused(
    answers: Callable[[], tuple[Answer, ...]],
) -> None:
    pay, _ = client(*answers())
    with pytest.raises(ProviderError):
        pay.bills.trade(DAY)
