import gzip
import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.emulators.pay_world import PayWorld

BEIJING = timezone(timedelta(hours=8))


@pytest.fixture
def world() -> PayWorld:
    world = PayWorld({"refund_seconds": 0})
    world.now = datetime(2026, 11, 5, 10, 0, tzinfo=BEIJING).timestamp()
    world.paid(coupon_fen=500)
    world.paid("order0002")
    world.advance(60)
    refund = {
        "out_trade_no": "order0002", "out_refund_no": "r1",
        "amount": {"refund": 1, "total": 9_900, "currency": "CNY"},
    }  # fmt: skip
    assert world.call("POST", "/v3/refund/domestic/refunds", refund).status == 200
    world.now = datetime(2026, 11, 6, 8, 0, tzinfo=BEIJING).timestamp()
    return world


def bill(world: PayWorld, query: str) -> tuple[int, Any]:
    reply = world.call("GET", f"/v3/bill/tradebill?{query}")
    return reply.status, json.loads(reply.body)


def download(world: PayWorld, url: str) -> bytes:
    reply = world.call("GET", url.removeprefix("https://api.mch.weixin.qq.com"))
    assert reply.status == 200
    assert "Wechatpay-Signature" not in reply.headers
    return reply.body


def test_the_bill_is_in_yuan_with_backticks(world: PayWorld) -> None:
    status, link = bill(world, "bill_date=2026-11-05&bill_type=ALL")
    assert (status, link["hash_type"]) == (200, "SHA1")
    content = download(world, link["download_url"])
    assert hashlib.sha1(content).hexdigest() == link["hash_value"]
    header, *rows, summary_header, summary = content.decode("utf-8-sig").splitlines()
    assert len(header.split(",")) == 27
    assert [len(row.split(",`")) for row in rows] == [27, 27, 27]
    assert all(row.startswith("`") for row in rows)
    paid = dict(zip(header.split(","), rows[0][1:].split(",`"), strict=True))
    assert (paid["交易状态"], paid["订单金额"], paid["手续费"]) == ("SUCCESS", "99.00", "0.59400")
    refunded = dict(zip(header.split(","), rows[2][1:].split(",`"), strict=True))
    assert (refunded["交易状态"], refunded["退款金额"]) == ("REFUND", "0.01")
    assert (refunded["商户订单号"], refunded["商户退款单号"]) == ("order0002", "r1")
    assert summary_header.startswith("总交易单数")
    assert summary.split(",`")[1:3] == ["198.00", "0.01"]


def test_a_zipped_bill_is_hashed_unzipped(world: PayWorld) -> None:
    link = bill(world, "bill_date=2026-11-05&bill_type=SUCCESS&tar_type=GZIP")[1]
    content = gzip.decompress(download(world, link["download_url"]))
    assert hashlib.sha1(content).hexdigest() == link["hash_value"]


def test_bill_errors(world: PayWorld) -> None:
    def code(query: str) -> str:
        return str(bill(world, query)[1]["code"])

    assert code("bill_date=2026-11-04") == "NO_STATEMENT_EXIST"
    assert code("bill_date=2026-11-06") == "INVALID_REQUEST"
    assert code("bill_date=2026-01-01") == "INVALID_REQUEST"
    assert code("bill_date=5.11.2026") == "PARAM_ERROR"
    assert code("bill_date=2026-11-05&bill_type=SOME") == "PARAM_ERROR"
    world.now -= 1
    assert code("bill_date=2026-11-05") == "STATEMENT_CREATING"


def test_a_link_lives_five_minutes(world: PayWorld) -> None:
    link = bill(world, "bill_date=2026-11-05")[1]
    world.advance(301)
    target = link["download_url"].removeprefix("https://api.mch.weixin.qq.com")
    assert world.call("GET", target).status == 400


def test_the_fund_flow_bill_tells_what_moved_and_what_was_left(world: PayWorld) -> None:
    target = "/v3/bill/fundflowbill?bill_date=2026-11-05&account_type=BASIC"
    early = world.call("GET", target)
    assert json.loads(early.body)["code"] == "STATEMENT_CREATING"
    world.advance(2 * 3_600)
    link = json.loads(world.call("GET", target).body)
    content = download(world, link["download_url"])
    assert hashlib.sha1(content).hexdigest() == link["hash_value"]
    header, *rows, closing, sums = content.decode("utf-8-sig").splitlines()
    assert len(header.split(",")) == 11
    cells = [row[1:].split(",`") for row in rows]
    assert [(row[3], row[5], row[6]) for row in cells] == [
        ("交易", "收入", "99.00"),
        ("扣除交易手续费", "支出", "0.59"),
        ("交易", "收入", "99.00"),
        ("扣除交易手续费", "支出", "0.59"),
        ("退款", "支出", "0.01"),
    ]
    assert cells[-1][7] == "196.81"
    assert closing == "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
    assert sums == "`5,`2,`198.00,`3,`1.19"
    other = world.call("GET", target.replace("BASIC", "FEES"))
    assert json.loads(other.body)["code"] == "NO_STATEMENT_EXIST"
    wrong = world.call("GET", target.replace("BASIC", "MINE"))
    assert json.loads(wrong.body)["code"] == "PARAM_ERROR"
