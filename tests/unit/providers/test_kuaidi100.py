"""Parcels: what Kuaidi100 answers and pushes, and what a stranger may try (E2)."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from shop.domain.shipment import ParcelState, Tracking, TrackingEvent
from shop.errors import (
    InvalidError,
    MisconfiguredError,
    ProviderError,
    ShopError,
    UnauthenticatedError,
)
from shop.providers.kuaidi100 import Kuaidi100
from shop.providers.transport import Answer
from tests.unit.providers.scripted import Scripted, ScriptedTransport, plain

BASE = "https://parcels.invalid"
SALT = "5a17"
NUMBER = "SF1234567890123"
DELIVERED = int(datetime(2027, 1, 15, 2, 30, 5, tzinfo=UTC).timestamp())
LINES = [
    {
        "time": "2027-01-15 10:30:05",
        "ftime": "2027-01-15 10:30:05",
        "context": "已签收",
        "areaName": "浙江,杭州市",
        "status": "签收",
    },
    {"time": "2027-01-14 00:00:00", "context": "已揽收", "areaName": None},
]
RESULT = {
    "message": "ok",
    "nu": NUMBER,
    "ischeck": "1",
    "condition": "F00",
    "com": "shunfeng",
    "status": "200",
    "state": "3",
    "data": LINES,
}
TRACKING = Tracking(
    company="shunfeng",
    tracking_no=NUMBER,
    state=ParcelState.SIGNED,
    events=(
        TrackingEvent(DELIVERED, "已签收", "浙江,杭州市"),
        TrackingEvent(int(datetime(2027, 1, 13, 16, tzinfo=UTC).timestamp()), "已揽收", ""),
    ),
    finished=True,
)


def _client(*answers: Scripted) -> tuple[Kuaidi100, ScriptedTransport]:
    transport = ScriptedTransport(list(answers))
    client = Kuaidi100(
        customer="CUSTOMER", key="KEY", salt=SALT, base_url=BASE, transport=transport
    )
    return client, transport


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _push(value: object, salt: str = SALT) -> dict[str, str]:
    param = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return {"param": param, "sign": _md5(param + salt).upper()}


def _pushed(**changes: object) -> dict[str, str]:
    return _push({"status": "polling", "message": "", "lastResult": RESULT} | changes)


def test_a_look_up_is_signed_over_the_text_that_is_sent() -> None:
    client, transport = _client(plain(RESULT))
    assert client.query("shunfeng", NUMBER, "1234") == TRACKING
    (sent,) = transport.sent
    form = sent.form()
    assert (sent.method, sent.url) == ("POST", f"{BASE}/poll/query.do")
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form["customer"] == "CUSTOMER"
    assert form["sign"] == _md5(form["param"] + "KEY" + "CUSTOMER").upper()
    assert json.loads(form["param"]) == {
        "com": "shunfeng",
        "num": NUMBER,
        "resultv2": "4",
        "phone": "1234",
    }


def test_a_look_up_without_phone_sends_none() -> None:
    client, transport = _client(plain(RESULT))
    client.query("shunfeng", NUMBER, "")
    assert "phone" not in json.loads(transport.sent[0].form()["param"])


def test_a_parcel_without_trace_has_no_events() -> None:
    client, _ = _client(plain({"result": False, "returnCode": "500", "message": "查询无结果"}))
    tracking = client.query("shunfeng", NUMBER, "")
    assert tracking == Tracking("shunfeng", NUMBER, ParcelState.IN_TRANSIT, (), finished=False)
    assert tracking.as_of == 0


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("400", ProviderError, False),
        ("408", ProviderError, False),
        ("501", ProviderError, True),
        ("502", ProviderError, True),
        ("503", MisconfiguredError, False),
        ("601", MisconfiguredError, False),
        ("999", ProviderError, False),
    ],
)
def test_look_up_refusals(code: str, kind: type[ShopError], retryable: bool) -> None:
    client, transport = _client(plain({"result": False, "returnCode": code, "message": "x"}))
    with pytest.raises(kind) as caught:
        client.query("shunfeng", NUMBER, "")
    if isinstance(caught.value, ProviderError):
        assert (caught.value.provider, caught.value.provider_code) == ("kuaidi100", code)
        assert caught.value.retryable is retryable
        assert not caught.value.outcome_unknown
    assert len(transport.sent) == 1


BROKEN = [
    plain(RESULT, 500),
    plain(RESULT, 302),
    Answer(200, {}, b"<html/>"),
    Answer(200, {}, b""),
    Answer(200, {}, b"[" * 100_000),
    plain([]),
    plain({}),
    plain({"result": False}),
]


@pytest.mark.parametrize(
    "answer",
    [
        *BROKEN,
        plain(RESULT | {"nu": "OTHER"}),
        plain(RESULT | {"data": "none"}),
        plain(RESULT | {"data": [1]}),
    ],
)
def test_an_unreadable_look_up_is_a_failure(answer: Answer) -> None:
    client, _ = _client(answer)
    with pytest.raises(ProviderError) as caught:
        client.query("shunfeng", NUMBER, "")
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("code", ["200", "501", 200])
def test_a_subscription_tells_where_to_push(code: str | int) -> None:
    client, transport = _client(plain({"result": True, "returnCode": code, "message": "提交成功"}))
    client.subscribe("shunfeng", NUMBER, "1234", "https://shop.invalid/v1/notify/kuaidi100/t")
    (sent,) = transport.sent
    form = sent.form()
    assert (sent.url, form["schema"]) == (f"{BASE}/poll", "json")
    assert json.loads(form["param"]) == {
        "company": "shunfeng",
        "number": NUMBER,
        "key": "KEY",
        "parameters": {
            "callbackurl": "https://shop.invalid/v1/notify/kuaidi100/t",
            "salt": SALT,
            "resultv2": "4",
            "autoCom": "1",
            "phone": "1234",
        },
    }


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("500", ProviderError, True),
        ("600", MisconfiguredError, False),
        ("601", MisconfiguredError, False),
        ("700", ProviderError, False),
        ("701", ProviderError, False),
        ("702", ProviderError, False),
    ],
)
def test_subscription_refusals(code: str, kind: type[ShopError], retryable: bool) -> None:
    client, _ = _client(plain({"result": False, "returnCode": code, "message": "x"}))
    with pytest.raises(kind) as caught:
        client.subscribe("shunfeng", NUMBER, "", "https://shop.invalid/cb")
    if isinstance(caught.value, ProviderError):
        assert caught.value.retryable is retryable


@pytest.mark.parametrize("answer", BROKEN)
def test_an_unreadable_subscription_may_have_happened(answer: Answer) -> None:
    client, _ = _client(answer)
    with pytest.raises(ProviderError) as caught:
        client.subscribe("shunfeng", NUMBER, "", "https://shop.invalid/cb")
    assert caught.value.outcome_unknown


def test_a_push_is_read() -> None:
    client, transport = _client()
    form = _pushed()
    assert client.verify_push(form) == TRACKING
    assert client.verify_push(form | {"sign": form["sign"].lower()}) == TRACKING
    assert transport.sent == []


def test_the_list_is_sorted_newest_first_whatever_its_order() -> None:
    client, _ = _client()
    result = RESULT | {"data": list(reversed(LINES))}
    assert client.verify_push(_pushed(lastResult=result)).events == TRACKING.events


def test_lines_that_cannot_be_dated_are_left_out() -> None:
    client, _ = _client()
    bad = ["", "yesterday", "2027-02-30 10:00:00", "2027-01-15", "2027-01-15T10:00:00Z", None]
    lines = [*LINES, *({"time": time, "context": "x"} for time in bad)]
    tracking = client.verify_push(_pushed(lastResult=RESULT | {"data": lines}))
    assert tracking.events == TRACKING.events


def test_a_story_is_cut_to_its_newest_two_hundred_lines() -> None:
    client, _ = _client()
    lines = [
        {"ftime": f"2027-01-{day:02} {hour:02}:00:00", "context": "长" * 600}
        for day in range(1, 29)
        for hour in range(24)
    ]
    events = client.verify_push(_pushed(lastResult=RESULT | {"data": lines})).events
    assert len(events) == 200
    assert events[0].time == int(datetime(2027, 1, 28, 15, tzinfo=UTC).timestamp())
    assert {len(event.text) for event in events} == {500}


def test_a_corrected_company_is_taken() -> None:
    client, _ = _client()
    corrected = _pushed(autoCheck="1", comOld="shunfeng", comNew="zhongtong")
    assert client.verify_push(corrected).company == "zhongtong"
    kept = _pushed(autoCheck="0", comOld="", comNew="zhongtong")
    assert client.verify_push(kept).company == "shunfeng"


def test_an_ended_subscription_without_trace_is_not_finished() -> None:
    client, _ = _client()
    last = {"nu": NUMBER, "com": "shunfeng", "state": "0", "ischeck": "0", "data": None}
    tracking = client.verify_push(_pushed(status="abort", lastResult=last))
    assert (tracking.events, tracking.finished) == ((), False)


STATES = {
    "0": ParcelState.IN_TRANSIT,
    "1": ParcelState.COLLECTED,
    "2": ParcelState.PROBLEM,
    "3": ParcelState.SIGNED,
    "4": ParcelState.RETURNED,
    "5": ParcelState.OUT_FOR_DELIVERY,
    "6": ParcelState.RETURNING,
    "7": ParcelState.IN_TRANSIT,
    "8": ParcelState.CUSTOMS,
    "10": ParcelState.CUSTOMS,
    "13": ParcelState.CUSTOMS,
    "14": ParcelState.REFUSED,
    "101": ParcelState.COLLECTED,
    "103": ParcelState.COLLECTED,
    "1001": ParcelState.IN_TRANSIT,
    "1003": ParcelState.IN_TRANSIT,
    "201": ParcelState.PROBLEM,
    "210": ParcelState.PROBLEM,
    "301": ParcelState.SIGNED,
    "304": ParcelState.SIGNED,
    "401": ParcelState.RETURNED,
    "501": ParcelState.OUT_FOR_DELIVERY,
    "": ParcelState.IN_TRANSIT,
    "99": ParcelState.IN_TRANSIT,
    "999": ParcelState.IN_TRANSIT,
    "3x": ParcelState.IN_TRANSIT,
}


@pytest.mark.parametrize("state", STATES)
def test_states_fold(state: str) -> None:
    client, _ = _client()
    assert client.verify_push(_pushed(lastResult=RESULT | {"state": state})).state == STATES[state]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"param": _pushed()["param"]},
        {"sign": _pushed()["sign"]},
        _pushed() | {"sign": ""},
        _pushed() | {"sign": _pushed()["sign"][:-1]},
        _pushed() | {"sign": _pushed()["sign"] + "0"},
        _pushed() | {"sign": "签名"},
        _pushed() | {"sign": "\ud800"},
        _pushed() | {"param": "\ud800"},
        _pushed() | {"param": _pushed()["param"] + " "},
        _push({"lastResult": RESULT}, salt=""),
        _push({"lastResult": RESULT}, salt="other"),
        _push("x" * (512 * 1024 + 1)),
    ],
)
def test_a_forged_push_is_refused(form: dict[str, str]) -> None:
    client, transport = _client()
    with pytest.raises(UnauthenticatedError) as caught:
        client.verify_push(form)
    assert caught.value.code == "push_rejected"
    assert transport.sent == []


@pytest.mark.parametrize(
    "value",
    [
        "no json",
        "[]",
        "[" * 100_000,
        {},
        {"lastResult": None},
        {"lastResult": {}},
        {"lastResult": RESULT | {"data": {}}},
        {"lastResult": RESULT | {"nu": 5}},
        {"lastResult": RESULT | {"nu": "9" * 65}},
    ],
)
def test_a_signed_push_that_cannot_be_read_is_told_apart(value: object) -> None:
    client, _ = _client()
    with pytest.raises(InvalidError) as caught:
        client.verify_push(_push(value))
    assert caught.value.code == "push_unreadable"


def test_an_empty_salt_would_let_anybody_push() -> None:
    with pytest.raises(MisconfiguredError):
        Kuaidi100(customer="C", key="K", salt="", base_url=BASE, transport=ScriptedTransport())
