import json
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature

from scripts.emulators.openids import openid_for
from scripts.emulators.wire import ConnectionFaultError
from tests.unit.emulators.pay_world import PayWorld

JSAPI = "/v3/pay/transactions/jsapi"


@pytest.fixture
def world() -> PayWorld:
    return PayWorld()


def code(world: PayWorld, body: object) -> tuple[int, str]:
    reply = world.call("POST", JSAPI, body)
    return reply.status, json.loads(reply.body)["code"]


def test_prepay_answer_is_signed_by_the_platform_key(world: PayWorld) -> None:
    reply = world.call("POST", JSAPI, world.order())
    assert reply.status == 200
    assert reply.headers["Wechatpay-Serial"] == world.config.platform_key_id
    world.verify(reply.headers, reply.body)
    assert len(json.loads(reply.body)["prepay_id"]) <= 64


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"signature": "AAAA"}, "signature"),
        ({"signature": "no base64!"}, "signature"),
        ({"mchid": "1600000000"}, "mchid"),
        ({"serial_no": "00" * 20}, "serial_no"),
        ({"nonce_str": "n" * 33}, "nonce_str"),
        ({"timestamp": "1789999699"}, "timestamp"),
        ({"timestamp": "1790000301"}, "timestamp"),
        ({"timestamp": "soon"}, "timestamp"),
    ],
)
def test_bad_authorization_is_refused_with_401(
    world: PayWorld, changed: dict[str, str], field: str
) -> None:
    body = json.dumps(world.order(), ensure_ascii=False)
    header = world.authorization("POST", JSAPI, body, **changed)
    reply = world.call("POST", JSAPI, world.order(), Authorization=header)
    answer = json.loads(reply.body)
    assert (reply.status, answer["code"], answer["detail"]["field"]) == (401, "SIGN_ERROR", field)
    assert answer["detail"]["sign_information"]["method"] == "POST"
    assert world.pay.ledger()["orders"] == []


def test_signature_covers_the_raw_body_and_the_query(world: PayWorld) -> None:
    body = json.dumps(world.order())
    header = world.authorization("POST", JSAPI, body)
    spaced = world.order()
    assert world.call("POST", JSAPI, spaced, Authorization=header).status == 401
    world.prepay()
    target = f"/v3/pay/transactions/out-trade-no/order0001?mchid={world.config.mchid}"
    header = world.authorization("GET", target.partition("?")[0], "")
    assert world.call("GET", target, Authorization=header).status == 401


def test_headers_that_the_api_demands(world: PayWorld) -> None:
    for header in ({"Accept": "text/html"}, {"User-Agent": ""}, {"Content-Type": "text/plain"}):
        assert world.call("POST", JSAPI, world.order(), **header).status == 400
    other = {"Wechatpay-Serial": "PUB_KEY_ID_0"}
    assert world.call("POST", JSAPI, world.order(), **other).status == 400
    for serial in (world.config.platform_key_id, world.config.second_platform_key_id):
        named = {"Wechatpay-Serial": serial}
        reply = world.call("POST", JSAPI, world.order(), **named)
        assert (reply.status, reply.headers["Wechatpay-Serial"]) == (200, serial)
        world.verify(reply.headers, reply.body)


@pytest.mark.parametrize(
    "changed",
    [
        {"description": "x" * 128},
        {"description": None},
        {"out_trade_no": "short"},
        {"out_trade_no": "has space 1"},
        {"notify_url": "http://shop.example/notify"},
        {"notify_url": "https://shop.example/notify?x=1"},
        {"notify_url": "https://" + "x" * 250},
        {"amount": {"total": 0}},
        {"amount": {"total": "9900"}},
        {"amount": {"total": True}},
        {"amount": {"total": 1, "currency": "USD"}},
        {"amount": 9900},
        {"payer": {}},
        {"attach": "x" * 129},
        {"time_expire": "2026-11-05 10:00:00"},
        {"time_expire": "2036-11-05T10:00:00+08:00"},
    ],
)
def test_prepay_fields_are_checked(world: PayWorld, changed: dict[str, object]) -> None:
    assert code(world, world.order() | changed) == (400, "PARAM_ERROR")


def test_http_notify_url_only_to_this_machine_and_if_allowed() -> None:
    url = "http://127.0.0.1:4566/notify"
    assert PayWorld().prepay(notify_url=url)
    strict = PayWorld({"allow_http_notify": False})
    assert code(strict, strict.order(notify_url=url)) == (400, "PARAM_ERROR")


def test_foreign_appid_and_openid(world: PayWorld) -> None:
    assert code(world, world.order(appid="wx0")) == (400, "APPID_MCHID_NOT_MATCH")
    foreign = {"payer": {"openid": openid_for("wx0", "u1")}}
    assert code(world, world.order() | foreign) == (500, "OPENID_MISMATCH")


def test_repost_with_the_same_values_gives_a_fresh_prepay_id(world: PayWorld) -> None:
    assert world.prepay() != world.prepay()
    changed = world.order(description="another")
    assert code(world, changed) == (403, "OUT_TRADE_NO_USED")


def test_repost_after_payment_and_after_close(world: PayWorld) -> None:
    world.paid()
    assert code(world, world.order()) == (400, "ORDERPAID")
    world.prepay("order0002")
    assert world.close("order0002").status == 204
    assert code(world, world.order("order0002")) == (400, "ORDER_CLOSED")


def test_query_before_and_after_payment(world: PayWorld) -> None:
    assert world.query()[0] == 404
    world.prepay()
    status, unpaid = world.query()
    assert (status, unpaid["trade_state"]) == (200, "NOTPAY")
    assert "transaction_id" not in unpaid
    transaction_id = world.paid()["transaction_id"]
    _, paid = world.query()
    assert (paid["trade_state"], paid["transaction_id"]) == ("SUCCESS", transaction_id)
    assert paid["amount"]["payer_total"] == 9_900
    target = f"/v3/pay/transactions/id/{transaction_id}?mchid={world.config.mchid}"
    assert json.loads(world.call("GET", target).body) == paid
    assert world.call("GET", target.partition("?")[0]).status == 400


def test_close_is_signed_repeatable_and_refused_once_paid(world: PayWorld) -> None:
    assert world.close().status == 404
    world.prepay()
    for _ in range(2):
        reply = world.close()
        assert (reply.status, reply.body) == (204, b"")
        world.verify(reply.headers, b"")
    world.paid("order0002")
    reply = world.close("order0002")
    assert json.loads(reply.body)["code"] == "ORDERPAID"


def test_the_buyer_refuses_what_the_client_would_refuse(world: PayWorld) -> None:
    prepay_id = world.prepay()
    good = world.payment(prepay_id)
    for changed in (
        {"paySign": "AAAA"},
        {"appId": "wx0"},
        {"signType": "MD5"},
        {"timeStamp": 1},
        {"nonceStr": "x" * 33},
        {"package": "prepay_id=unknown"},
        {"openid": openid_for(world.config.appid, "u2")},
    ):
        status, answer = world.control("POST", "pay", good | changed)
        assert (status, answer["errMsg"]) == (409, "requestPayment:fail")
    assert world.query()[1]["trade_state"] == "NOTPAY"
    assert world.control("POST", "pay", good)[0] == 200
    assert world.control("POST", "pay", good)[1]["reason"] == "the order is already paid"


def test_a_prepay_id_lives_two_hours_and_an_order_until_time_expire(world: PayWorld) -> None:
    old = world.prepay()
    world.advance(7_201)
    assert world.control("POST", "pay", world.payment(old))[0] == 409
    expiry = datetime.fromtimestamp(world.now + 900, UTC).isoformat()
    prepay_id = world.prepay("order0002", time_expire=expiry)
    world.advance(901)
    answer = world.control("POST", "pay", world.payment(prepay_id))[1]
    assert answer["reason"] == "the order has expired"
    assert world.query("order0002")[1]["trade_state"] == "NOTPAY"


def test_the_ledger_counts_in_fen(world: PayWorld) -> None:
    world.paid()
    world.prepay("order0002")
    ledger = world.control("GET", "ledger")[1]
    assert ledger["totals"] == {"orders": 2, "paid": 1, "paid_fen": 9_900, "refunded_fen": 0}


def test_faults_before_do_not_act_and_faults_after_do(world: PayWorld) -> None:
    world.fault("jsapi", "timeout_before")
    with pytest.raises(ConnectionFaultError):
        world.prepay()
    assert world.pay.ledger()["orders"] == []
    world.fault("jsapi", "reset_after")
    with pytest.raises(ConnectionFaultError):
        world.prepay()
    assert len(world.pay.ledger()["orders"]) == 1
    world.fault("jsapi", "http_429")
    world.fault("jsapi", "code:SYSTEM_ERROR:500")
    assert world.call("POST", JSAPI, world.order()).status == 429
    assert code(world, world.order()) == (500, "SYSTEM_ERROR")
    assert world.prepay()


def test_a_probe_answer_acts_but_does_not_verify(world: PayWorld) -> None:
    world.fault("jsapi", "signtest")
    reply = world.call("POST", JSAPI, world.order())
    assert reply.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    with pytest.raises(InvalidSignature):
        world.verify(reply.headers, reply.body)
    assert world.query()[0] == 200


def test_payment_can_beat_the_close(world: PayWorld) -> None:
    world.prepay()
    world.fault("close", "paid_during_close")
    assert json.loads(world.close().body)["code"] == "ORDERPAID"
    assert world.query()[1]["trade_state"] == "SUCCESS"
    assert world.pay.run_due() == 1


def test_received_shows_requests_without_secrets(world: PayWorld) -> None:
    world.prepay()
    (entry,) = world.control("GET", "received?route=jsapi")[1]["received"]
    assert entry["body"]["out_trade_no"] == "order0001"
    assert 'signature="***"' in entry["headers"]["authorization"]
    world.control("DELETE", "received")
    assert world.control("GET", "received")[1]["received"] == []


def test_unknown_faults_are_refused(world: PayWorld) -> None:
    for wrong in ({"route": "none", "kind": "slow"}, {"route": "notice", "kind": "http_500"}):
        assert world.control("POST", "faults", wrong)[0] == 400


def test_state_survives_a_restart() -> None:
    first = PayWorld()
    prepay_id = first.prepay("order0002")
    first.paid()
    second = PayWorld()
    second.pay.load(json.loads(json.dumps(first.pay.dump())))
    assert second.query()[1]["trade_state"] == "SUCCESS"
    assert second.control("POST", "pay", second.payment(prepay_id))[0] == 200
    assert second.pay.run_due() == 2
