import hashlib
import hmac
import json
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest

from scripts.emulators.wechat import WeChat
from scripts.emulators.wire import ConnectionFaultError
from tests.unit.emulators.control import control

APPID, SECRET = "wx0123456789abcdef", "s" * 32
START = 1_790_000_000.0


class World:
    def __init__(self, **config: object) -> None:
        self.now = START
        self.wechat = WeChat(
            {"appid": APPID, "secret": SECRET, **config},
            now=lambda: self.now,
            sleep=self.sleep,
            rng=Random(7),
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def get(self, path: str, **query: str) -> Any:
        reply = self.wechat.handle("GET", f"{path}?{urlencode(query)}", {}, b"")
        assert reply.status == 200
        return json.loads(reply.body)

    def post(self, path: str, body: object) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        reply = self.wechat.handle("POST", path, {"Content-Type": "application/json"}, raw)
        assert reply.status == 200
        return json.loads(reply.body)

    def login(self, code: str, **changed: str) -> Any:
        query = {
            "appid": APPID, "secret": SECRET, "js_code": code, "grant_type": "authorization_code",
        } | changed  # fmt: skip
        return self.get("/sns/jscode2session", **query)

    def code(self, user: str = "u1", **more: str) -> str:
        return str(control(self.wechat, "POST", "codes", {"user": user, **more})["code"])

    def stable(self, **more: object) -> Any:
        asked = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET, **more}
        return self.post("/cgi-bin/stable_token", asked)

    def api(self, path: str, body: object) -> Any:
        return self.post(f"{path}?access_token={self.stable()['access_token']}", body)


@pytest.fixture
def world() -> World:
    return World()


def test_login_has_no_errcode_and_keeps_the_openid(world: World) -> None:
    first, second = world.login(world.code()), world.login(world.code())
    assert set(first) == {"openid", "session_key"}
    assert first["openid"] == second["openid"] != world.login(world.code("u2"))["openid"]
    assert first["session_key"] != second["session_key"]


def test_a_code_works_once_for_five_minutes_and_its_own_app(world: World) -> None:
    code = world.code()
    world.login(code)
    assert world.login(code)["errcode"] == 40029
    old = world.code()
    world.now += 301
    assert world.login(old)["errcode"] == 40029
    assert world.login(world.code(appid="wxother"))["errcode"] == 40029
    assert world.login("invented")["errcode"] == 40029


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"js_code": ""}, 41008),
        ({"appid": "wx1"}, 40013),
        ({"secret": "x"}, 40125),
        ({"grant_type": "x"}, 40002),
    ],
)
def test_login_parameters(world: World, changed: dict[str, str], errcode: int) -> None:
    answer = world.login(world.code(), **changed)
    assert answer["errcode"] == errcode
    assert "rid: " in answer["errmsg"]


def test_login_limit_and_block(world: World) -> None:
    for _ in range(100):
        world.login(world.code())
    assert world.login(world.code())["errcode"] == 45011
    control(world.wechat, "POST", "users/block", {"user": "u2"})
    assert world.login(world.code("u2"))["errcode"] == 40226


def test_stable_token_in_plain_mode(world: World) -> None:
    first = world.stable()
    assert first["expires_in"] == 7200
    world.now += 6_899
    assert world.stable()["access_token"] == first["access_token"]
    assert world.stable()["expires_in"] >= 300
    world.now += 1
    second = world.stable()
    assert second["access_token"] != first["access_token"]
    target = "/wxa/business/getuserphonenumber?access_token="
    assert world.post(target + first["access_token"], {})["errcode"] == 40029
    world.now += 300
    assert world.post(target + first["access_token"], {})["errcode"] == 42001


def test_stable_token_by_force(world: World) -> None:
    first = world.stable()["access_token"]
    second = world.stable(force_refresh=True)["access_token"]
    path = "/wxa/business/getuserphonenumber?access_token="
    assert world.post(path + first, {})["errcode"] == 40001
    assert world.post(path + second, {})["errcode"] == 40029
    assert world.stable(force_refresh=True)["errcode"] == 45011
    for _ in range(19):
        world.now += 30
        assert "access_token" in world.stable(force_refresh=True)
    world.now += 30
    assert world.stable(force_refresh=True)["errcode"] == 45009


def test_old_and_stable_tokens_are_isolated(world: World) -> None:
    stable = world.stable()["access_token"]
    query = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
    world.get("/cgi-bin/token", **query)
    assert world.stable()["access_token"] == stable


def test_stable_token_takes_json_only(world: World) -> None:
    form = urlencode({"grant_type": "client_credential", "appid": APPID, "secret": SECRET})
    assert world.post("/cgi-bin/stable_token", form.encode())["errcode"] == 47001
    assert world.post("/wxa/business/getuserphonenumber", {})["errcode"] == 41001


def test_session_checks(world: World) -> None:
    session = world.login(world.code())
    query = {
        "access_token": world.stable()["access_token"],
        "openid": session["openid"],
        "signature": hmac.new(session["session_key"].encode(), b"", hashlib.sha256).hexdigest(),
        "sig_method": "hmac_sha256",
    }
    assert world.get("/wxa/checksession", **query)["errcode"] == 0
    assert world.get("/wxa/checksession", **(query | {"sig_method": "md5"}))["errcode"] == 87008
    fresh = world.get("/wxa/resetusersessionkey", **query)
    assert fresh["session_key"] != session["session_key"]
    assert world.get("/wxa/checksession", **query)["errcode"] == 87009


def test_phone_codes_are_their_own_kind(world: World) -> None:
    asked = {"user": "u1", "phone": "13812345678"}
    code = control(world.wechat, "POST", "phone_codes", asked)["code"]
    path = "/wxa/business/getuserphonenumber"
    assert world.login(code)["errcode"] == 40029
    info = world.api(path, {"code": code})["phone_info"]
    assert info["purePhoneNumber"] == "13812345678"
    assert info["watermark"]["appid"] == APPID
    assert world.api(path, {"code": code})["errcode"] == 40029
    assert world.api(path, {"code": world.code()})["errcode"] == 40029


def message(world: World, **changed: object) -> dict[str, Any]:
    openid = control(world.wechat, "POST", "codes", {"user": "u1"})["openid"]
    data = {"thing1": {"value": "白茶饼"}, "amount2": {"value": "¥99.00"}}
    return {"touser": openid, "template_id": "t1", "data": data, **changed}


SEND = "/cgi-bin/message/subscribe/send"


def test_one_permission_sends_one_message(world: World) -> None:
    assert world.api(SEND, message(world))["errcode"] == 43101
    control(world.wechat, "POST", "subscriptions", {"user": "u1", "template_id": "t1"})
    assert world.api(SEND, message(world))["errcode"] == 0
    assert world.api(SEND, message(world))["errcode"] == 43101
    assert len(control(world.wechat, "GET", "messages")["messages"]) == 1


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", "字" * 20, "字" * 21),
        ("number1", "12.50", "12a"),
        ("letter1", "abc", "ab1"),
        ("character_string1", "SF123-9", "单号1"),
        ("phrase1", "已发货", "已发货了没有"),
        ("time1", "2026年11月5日 10:30", "25:00"),
        ("date1", "2026-11-05", "tomorrow"),
        ("amount1", "￥99.90元", "about 99"),
        ("phone_number1", "+86-13812345678", "1" * 18),
        ("car_number1", "粤A12345", "粤A12345678"),
        ("name1", "王小明", "王" * 11),
    ],
)
def test_template_values_have_limits(world: World, key: str, good: str, bad: str) -> None:
    asked = {"user": "u1", "template_id": "t1", "count": 5}
    control(world.wechat, "POST", "subscriptions", asked)
    answer = world.api(SEND, message(world, data={key: {"value": bad}}))
    assert answer["errcode"] == 47003
    assert key in answer["errmsg"]
    assert world.api(SEND, message(world, data={key: {"value": good}}))["errcode"] == 0


def test_message_fields(world: World) -> None:
    for changed, errcode in (
        ({"touser": "o" + "x" * 27}, 40003),
        ({"template_id": ""}, 40037),
        ({"page": "/pages/order"}, 41030),
        ({"miniprogram_state": "beta"}, 40097),
        ({"data": {}}, 47003),
        ({"data": {"thing1": "plain"}}, 47003),
        ({"data": {"unknown1": {"value": "x"}}}, 47003),
    ):
        assert world.api(SEND, message(world, **changed))["errcode"] == errcode


def test_known_templates_demand_their_keys() -> None:
    world = World(templates={"t1": ["thing1", "time3"]})
    assert world.api(SEND, message(world))["errcode"] == 47003
    assert world.api(SEND, message(world, template_id="t2"))["errcode"] == 40037


UPLOAD = "/wxa/sec/order/upload_shipping_info"


def payment(world: World, **more: object) -> str:
    openid = control(world.wechat, "POST", "codes", {"user": "u1"})["openid"]
    known = {"transaction_id": "4200", "out_trade_no": "order1", "mchid": "1600", "openid": openid}
    control(world.wechat, "POST", "pay_orders", known | more)
    return str(openid)


def report(openid: str, second: int = 0, **changed: object) -> dict[str, Any]:
    parcel = {"tracking_no": "YT1", "express_company": "YTO", "item_desc": "白茶饼*1"}
    return {
        "order_key": {"order_number_type": 2, "transaction_id": "4200"},
        "logistics_type": 1,
        "delivery_mode": 1,
        "shipping_list": [parcel],
        "upload_time": f"2026-11-05T10:00:{second:02d}.000+08:00",
        "payer": {"openid": openid},
        **changed,
    }


def test_shipping_is_reported_once_and_corrected_once(world: World) -> None:
    openid = payment(world)
    other = [{"tracking_no": "YT2", "express_company": "YTO", "item_desc": "白茶饼*1"}]
    third = [{"tracking_no": "YT3", "express_company": "YTO", "item_desc": "白茶饼*1"}]
    assert world.api(UPLOAD, report(openid))["errcode"] == 0
    assert world.api(UPLOAD, report(openid, 1))["errcode"] == 10060023
    assert world.api(UPLOAD, report(openid, 0, shipping_list=other))["errcode"] == 40097
    assert world.api(UPLOAD, report(openid, 2, shipping_list=other))["errcode"] == 0
    assert world.api(UPLOAD, report(openid, 3, shipping_list=third))["errcode"] == 10060003
    shown = world.api("/wxa/sec/order/get_order", {"transaction_id": "4200"})["order"]
    assert (shown["order_state"], shown["shipping"]["shipping_list"]) == (2, other)


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"logistics_type": 9}, 10060005),
        ({"logistics_type": 2, "delivery_mode": 2}, 10060006),
        ({"delivery_mode": 2}, 10060007),
        ({"shipping_list": {"item_desc": "x"}}, 47001),
        ({"shipping_list": [{}]}, 10060008),
        ({"shipping_list": [{"item_desc": "字" * 121}]}, 10060009),
        ({"shipping_list": [{"item_desc": "x"}]}, 268485226),
        ({"shipping_list": [{"item_desc": "x", "tracking_no": "1"}]}, 268485227),
        (
            {"shipping_list": [{"item_desc": "x", "tracking_no": "1", "express_company": "SF"}]},
            40097,
        ),
        ({"upload_time": "2026-11-05 10:00:00"}, 47001),
        ({"payer": {"openid": "o2"}}, 10060031),
        ({"order_key": {"order_number_type": 2, "transaction_id": "9"}}, 10060001),
    ],
)
def test_shipping_reports_are_checked(
    world: World, changed: dict[str, object], errcode: int
) -> None:
    assert world.api(UPLOAD, report(payment(world)) | changed)["errcode"] == errcode


def test_split_shipping_the_lag_of_the_index_and_refunded_orders(world: World) -> None:
    openid = payment(world, lag_seconds=30)
    assert world.api(UPLOAD, report(openid))["errcode"] == 10060001
    world.now += 30
    split = report(openid, delivery_mode=2, is_all_delivered=False)
    assert world.api(UPLOAD, split)["errcode"] == 0
    last = [{"tracking_no": "YT2", "express_company": "YTO", "item_desc": "白茶饼*1"}]
    split = report(openid, 1, delivery_mode=2, is_all_delivered=True, shipping_list=last)
    assert world.api(UPLOAD, split)["errcode"] == 0
    (known,) = control(world.wechat, "GET", "pay_orders")["pay_orders"]
    assert (len(known["parcels"]), known["finished"]) == (2, True)
    control(world.wechat, "POST", "order_state", {"transaction_id": "4200", "order_state": 5})
    assert world.api(UPLOAD, report(openid, 2))["errcode"] == 10060004


def test_faults(world: World) -> None:
    def fault(kind: str) -> None:
        control(world.wechat, "POST", "faults", {"route": "code2session", "kind": kind})

    fault("errcode:-1")
    code = world.code()
    assert world.login(code)["errcode"] == -1
    fault("timeout_after")
    with pytest.raises(ConnectionFaultError):
        world.login(code)
    assert world.login(code)["errcode"] == 40029
    before = world.now
    fault("slow")
    assert "openid" in world.login(world.code())
    assert world.now == before + 3


def test_received_blackens_secrets(world: World) -> None:
    world.login(world.code())
    (entry,) = control(world.wechat, "GET", "received?route=code2session")["received"]
    assert SECRET not in json.dumps(entry)


def test_state_survives_a_restart(world: World) -> None:
    code, token = world.code(), world.stable()["access_token"]
    control(world.wechat, "POST", "subscriptions", {"user": "u1", "template_id": "t1"})
    payment(world)
    other = World()
    other.wechat.load(json.loads(json.dumps(world.wechat.dump())))
    assert "openid" in other.login(code)
    assert other.stable()["access_token"] == token
    assert other.api(SEND, message(other))["errcode"] == 0
