import hashlib
import json
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from scripts.emulators.kuaidi100 import Kuaidi100
from tests.unit.emulators.control import control

CUSTOMER, KEY, SALT = "C" * 32, "k3yk3yk3yk3y", "5a17"
CALLBACK = "https://shop.example/logistics/push?t=1"
ACK = (200, '{"result":true,"returnCode":"200","message":"成功"}'.encode())


class World:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0
        self.answers: list[tuple[int, bytes]] = []
        self.pushed: list[dict[str, str]] = []
        self.courier = Kuaidi100(
            {"customer": CUSTOMER, "key": KEY},
            deliver=self.deliver,
            now=lambda: self.now,
            rng=Random(7),
        )

    def deliver(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        assert url == CALLBACK
        assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")
        self.pushed.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
        return self.answers.pop(0) if self.answers else ACK

    def post(self, path: str, form: dict[str, str]) -> Any:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = self.courier.handle("POST", path, headers, urlencode(form).encode())
        assert reply.status == 200
        return json.loads(reply.body)

    def query(self, num: str = "YT12345678", com: str = "yuantong", **more: str) -> Any:
        text = json.dumps({"com": com, "num": num, **more}, ensure_ascii=False)
        sign = hashlib.md5((text + KEY + CUSTOMER).encode()).hexdigest().upper()
        form = {"customer": CUSTOMER, "sign": sign, "param": text}
        return self.post("/poll/query.do", form)

    def subscribe(self, **changed: object) -> Any:
        param = {
            "company": "yuantong",
            "number": "YT12345678",
            "key": KEY,
            "parameters": {"callbackurl": CALLBACK, "salt": SALT},
        } | changed
        return self.post("/poll", {"schema": "json", "param": json.dumps(param)})

    def push(self, **more: object) -> Any:
        asked = {"num": "YT12345678", "events": [{"context": "已揽收"}], "state": "1", **more}
        return control(self.courier, "POST", "push", asked)["attempt"]

    def param(self, index: int = -1) -> Any:
        return json.loads(self.pushed[index]["param"])


@pytest.fixture
def world() -> World:
    return World()


def parcel(world: World, **more: object) -> None:
    events = [{"context": "已揽收", "time": "2026-11-05 10:00:00"}, {"context": "运输中"}]
    asked = {"com": "yuantong", "num": "YT12345678", "events": events, "state": "0", **more}
    control(world.courier, "POST", "parcels", asked)


def test_a_query_shows_the_newest_trace_first(world: World) -> None:
    parcel(world)
    answer = world.query()
    assert (answer["message"], answer["status"], answer["ischeck"]) == ("ok", "200", "0")
    assert [each["context"] for each in answer["data"]] == ["运输中", "已揽收"]


def test_the_sign_covers_the_exact_text(world: World) -> None:
    parcel(world)
    text = '{"com": "yuantong", "num": "YT12345678"}'
    sign = hashlib.md5((text + KEY + CUSTOMER).encode()).hexdigest()
    form = {"customer": CUSTOMER, "sign": sign.upper(), "param": text}
    for wrong in ({"param": text + " "}, {"sign": sign}, {"signType": "SM9"}):
        assert world.post("/poll/query.do", form | wrong)["returnCode"] == "503"
    assert world.post("/poll/query.do", form | {"customer": "x"})["returnCode"] == "400"
    assert world.post("/poll/query.do", form)["status"] == "200"


def test_a_number_is_locked_for_thirty_minutes(world: World) -> None:
    parcel(world)
    world.query()
    world.now += 1_799
    assert world.query()["returnCode"] == "601"
    world.now += 1
    assert world.query()["status"] == "200"
    (shown,) = control(world.courier, "GET", "parcels")["parcels"]
    assert shown["too_early"] == 1


def test_sf_and_zto_want_the_phone(world: World) -> None:
    parcel(world, com="shunfeng", num="SF1234567", phone="13812345678")
    assert world.query("SF1234567", "shunfeng")["returnCode"] == "408"
    assert world.query("SF1234567", "shunfeng", phone="0000")["returnCode"] == "408"
    assert world.query("SF1234567", "shunfeng", phone="5678")["status"] == "200"


def test_query_parameters(world: World) -> None:
    for com, num in (("YUANTONG", "YT12345678"), ("nobody", "YT12345678"), ("yuantong", "1")):
        assert world.query(num, com)["returnCode"] == "400"
    assert world.query(resultv2="8")["returnCode"] == "400"
    assert world.query()["returnCode"] == "500"


def test_subscription_codes(world: World) -> None:
    good = {"callbackurl": CALLBACK, "salt": SALT}
    for changed, code in (
        ({"key": "x"}, "600"),
        ({"number": "1"}, "700"),
        ({"parameters": {"callbackurl": "shop"}}, "700"),
        ({"company": "nobody"}, "701"),
        ({"company": "shunfeng", "number": "SF1234567"}, "700"),
        ({"company": None, "number": "????????", "parameters": good | {"autoCom": "1"}}, "702"),
    ):
        assert world.subscribe(**changed)["returnCode"] == code
    assert world.subscribe() == {"result": True, "returnCode": "200", "message": "提交成功"}
    assert world.subscribe()["returnCode"] == "501"


def test_resubscribing_waits_after_an_abort(world: World) -> None:
    world.subscribe()
    world.push(status="abort", message="3天查询无记录")
    assert world.subscribe()["returnCode"] == "501"
    world.now += 1_800
    assert world.subscribe()["returnCode"] == "200"


def test_pushes_carry_the_full_signed_list(world: World) -> None:
    world.subscribe()
    world.push()
    attempt = world.push(events=[{"context": "已签收"}], state="3", status="shutdown")
    assert attempt["answers"][0]["accepted"] is True
    text = world.pushed[1]["param"]
    assert world.pushed[1]["sign"] == hashlib.md5((text + SALT).encode()).hexdigest().upper()
    result = world.param()["lastResult"]
    assert [each["context"] for each in result["data"]] == ["已签收", "已揽收"]
    assert (result["state"], result["ischeck"]) == ("3", "1")


@pytest.mark.parametrize(
    "answer",
    [(500, b""), (200, b"ok"), (200, b'{"result":false,"returnCode":"500"}'), (200, b"[]")],
)
def test_an_unacknowledged_push_comes_again(world: World, answer: tuple[int, bytes]) -> None:
    world.subscribe()
    world.answers = [answer]
    assert world.push()["answers"][0]["accepted"] is False
    assert world.courier.run_due() == 0
    world.now += 1_800
    assert world.courier.run_due() == 1
    assert world.pushed[0] == world.pushed[1]
    assert world.courier.next_due() is None


def test_old_lists_corrections_and_repushes(world: World) -> None:
    world.subscribe()
    world.push()
    world.push(events=[{"context": "运输中"}], state="0")
    world.push(events=[], upto=1)
    assert len(world.param()["lastResult"]["data"]) == 1
    world.push(events=[], com_new="yunda")
    shown = world.param()
    assert (shown["autoCheck"], shown["comOld"], shown["comNew"]) == ("1", "yuantong", "yunda")
    control(world.courier, "POST", "repush", {"num": "YT12345678", "index": 0})
    assert world.pushed[-1] == world.pushed[0]


def test_push_faults_do_not_settle(world: World) -> None:
    world.subscribe()
    fault = {"route": "push", "kind": "forged_signature"}
    control(world.courier, "POST", "faults", fault)
    world.push()
    text = world.pushed[0]["param"]
    assert world.pushed[0]["sign"] != hashlib.md5((text + SALT).encode()).hexdigest().upper()
    assert world.courier.next_due() == world.now + 1_800


def test_numbers_are_recognised(world: World) -> None:
    target = f"/autonumber/auto?num=SF1234567&key={KEY}"
    reply = world.courier.handle("GET", target, {}, b"")
    assert json.loads(reply.body)[0]["comCode"] == "shunfeng"
    (entry,) = control(world.courier, "GET", "received")["received"]
    assert KEY not in json.dumps(entry)


def test_return_code_faults(world: World) -> None:
    parcel(world)
    control(world.courier, "POST", "faults", {"route": "query", "kind": "return:503"})
    assert world.query()["returnCode"] == "503"
    assert world.query()["status"] == "200"


def test_state_survives_a_restart(world: World) -> None:
    world.subscribe()
    world.answers = [(500, b"")]
    world.push()
    other = World()
    other.courier.load(json.loads(json.dumps(world.courier.dump())))
    assert other.subscribe()["returnCode"] == "501"
    other.now += 1_800
    assert other.courier.run_due() == 1
