"""`wechatpay-axios-plugin`, written by others in another language, as the outside party.

`make oracle` installs it. Where Node or the package is missing these tests are skipped and say so.
"""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shop.domain.payment import Payment, PrepayRequest, Refund
from shop.errors import UnauthenticatedError
from shop.providers.wechatpay_bill_files import TradeBillFile
from tests.unit.emulators.pay_world import PayWorld
from tests.unit.providers import pay_platform as platform
from tests.unit.providers.pay_platform import NOW, ORDER, client, refused, signed

FOLDER = Path(__file__).parent / "node"
NODE = shutil.which("node")
INSTALLED = (FOLDER / "node_modules/wechatpay-axios-plugin").is_dir()
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="Node is not installed"),
    pytest.mark.skipif(not INSTALLED, reason="make oracle has not installed the npm package"),
]


def ask(question: str, **asked: object) -> Any:
    done = subprocess.run(
        [str(NODE), "judge.js"],
        cwd=FOLDER,
        input=json.dumps({"question": question, **asked}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["answer"]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_it_verifies_our_requests(method: str) -> None:
    if method == "POST":
        pay, transport = client(signed(200, {"prepay_id": "x"}))
        pay.prepay(PrepayRequest(ORDER, "明前龙井", 1, "oPayer", "", NOW + 900))
    else:
        pay, transport = client(refused(404, "ORDER_NOT_EXIST"))
        pay.query(ORDER)
    (request,) = transport.sent
    _, _, rest = request.headers["Authorization"].partition(" ")
    parts = {
        name: value.strip('"') for name, value in (one.split("=", 1) for one in rest.split(","))
    }
    asked = {
        "method": method,
        "target": request.url.removeprefix(platform.FIRST),
        "timestamp": parts["timestamp"],
        "nonce": parts["nonce_str"],
        "body": request.body.decode(),
        "signature": parts["signature"],
        "publicKey": platform.public_pem("merchant"),
    }
    assert ask("verifies", **asked) is True
    assert ask("verifies", **{**asked, "body": asked["body"] + " "}) is False


def test_it_signs_the_pay_sheet_as_we_do() -> None:
    pay, _ = client()
    ours = pay.sign_params("wx2014", now=NOW, nonce="abc")
    parts = [platform.APPID, str(NOW), "abc", "prepay_id=wx2014"]
    assert ours.pay_sign == ask("paySign", parts=parts, privateKey=platform.private_pem("merchant"))


def _theirs(content: dict[str, Any], kind: str, event: str) -> tuple[dict[str, str], bytes]:
    made = ask(
        "notice",
        content=content,
        kind=kind,
        event=event,
        apiv3Key=platform.APIV3_KEY,
        nonce="0123456789ab",
        timestamp=str(NOW),
        privateKey=platform.private_pem("platform"),
    )
    headers = {
        "wechatpay-timestamp": str(NOW),
        "wechatpay-nonce": "0123456789ab",
        "wechatpay-serial": platform.KEY_ID,
        "wechatpay-signature": made["signature"],
    }
    return headers, made["body"].encode()


def test_we_take_its_notices_and_not_changed_or_old_ones() -> None:
    paid = {
        "appid": platform.APPID, "mchid": platform.MCHID, "out_trade_no": ORDER,
        "transaction_id": "4200001", "trade_state": "SUCCESS", "attach": "顾客",
        "success_time": "2027-01-15T16:00:00+08:00", "payer": {"openid": "oPayer"},
        "amount": {"total": 1999, "currency": "CNY"},
    }  # fmt: skip
    headers, body = _theirs(paid, "transaction", "TRANSACTION.SUCCESS")
    pay, _ = client()
    told = pay.verify_notice(headers, body, now=NOW)
    assert isinstance(told, Payment)
    assert (told.out_trade_no, told.total_fen, told.attach) == (ORDER, 1999, "顾客")
    for changed, when in ((body + b" ", NOW), (body, NOW + 300)):
        with pytest.raises(UnauthenticatedError):
            pay.verify_notice(headers, changed, now=when)


def test_we_take_its_notice_of_a_refund() -> None:
    refunded = {
        "mchid": platform.MCHID, "out_trade_no": ORDER, "out_refund_no": f"{ORDER}-1",
        "refund_id": "503", "refund_status": "SUCCESS", "success_time": "2027-01-15T16:00:00+08:00",
        "amount": {"total": 1999, "refund": 500, "payer_total": 1999, "payer_refund": 500},
    }  # fmt: skip
    headers, body = _theirs(refunded, "refund", "REFUND.SUCCESS")
    pay, _ = client()
    told = pay.verify_notice(headers, body, now=NOW)
    assert isinstance(told, Refund)
    assert (told.out_refund_no, told.refund_fen) == (f"{ORDER}-1", 500)


def test_it_takes_the_emulator_s_notices() -> None:
    world = PayWorld()
    world.paid()
    world.pay.run_due()
    _, headers, body = world.notices[0]
    opened = ask(
        "opens",
        body=body.decode(),
        timestamp=headers["Wechatpay-Timestamp"],
        nonce=headers["Wechatpay-Nonce"],
        signature=headers["Wechatpay-Signature"],
        publicKey=world.merchant["public_keys"][headers["Wechatpay-Serial"]],
        apiv3Key=world.merchant["apiv3_key"],
    )
    assert (opened["out_trade_no"], opened["amount"]["total"]) == ("order0001", 9_900)


def test_both_read_the_same_bill() -> None:
    world = PayWorld({"refund_seconds": 0})
    world.paid()
    world.paid("order0002")
    world.advance(2 * 86_400)
    from scripts.emulators.wechatpay.clock import beijing_date

    day = beijing_date(world.now - 2 * 86_400)
    link = json.loads(world.call("GET", f"/v3/bill/tradebill?bill_date={day}").body)
    target = link["download_url"].removeprefix("https://api.mch.weixin.qq.com")
    content = world.call("GET", target).body
    theirs = ask("bill", content=base64.b64encode(content).decode())
    ours = list(TradeBillFile(content).rows(lambda _: True))
    assert [row.order_no for row in ours] == [row["商户订单号"] for row in theirs["rows"]]
    assert [f"{row.total_fen / 100:.2f}" for row in ours] == [
        row["订单金额"] for row in theirs["rows"]
    ]
    assert theirs["summary"]["总交易单数"] == str(TradeBillFile(content).survey().rows)
