"""Who signs in, as WeChat says it, with every errcode it may answer (A3, E1)."""

import pytest

from shop.domain.customer import Identity, PhoneNumber
from shop.errors import (
    ForbiddenError,
    InvalidError,
    MisconfiguredError,
    ProviderError,
    ShopError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from shop.providers.transport import Answer
from shop.providers.wechat import Wechat
from shop.telemetry import metrics
from tests.unit.providers.scripted import Scripted, ScriptedTransport, plain

BASE = "https://wechat.invalid"
CODE = "0b3xYz1w3QyAbC2dEf"
SESSION = {"openid": "oBuyer", "session_key": "HyVFkGl5F5OQWJZZaNzBBg=="}
CONNECT = ProviderError("wechat", "CONNECT", retryable=True)
TIMEOUT = ProviderError("wechat", "CONNECTION", retryable=True, outcome_unknown=True)


class World:
    def __init__(self, *answers: Scripted) -> None:
        self.transport = ScriptedTransport(list(answers))
        self.now = 1_800_000_000
        self.pauses: list[float] = []
        self.wechat = Wechat(
            appid="wx01",
            secret="s3cret",
            base_url=BASE,
            clock=lambda: self.now,
            transport=self.transport,
            pause=self.pauses.append,
        )

    def paths(self) -> list[str]:
        return [sent.url.removeprefix(BASE).partition("?")[0] for sent in self.transport.sent]


def _token(text: str = "T1", expires_in: int = 7200) -> Answer:
    return plain({"access_token": text, "expires_in": expires_in})


def _error(errcode: int) -> Answer:
    return plain({"errcode": errcode, "errmsg": "text, rid: 6478-12"})


def test_a_login_code_becomes_an_identity() -> None:
    world = World(plain(SESSION))
    assert world.wechat.identify(CODE) == Identity("oBuyer", None)
    (sent,) = world.transport.sent
    assert (sent.method, world.paths(), sent.body) == ("GET", ["/sns/jscode2session"], b"")
    assert sent.query == {
        "appid": "wx01",
        "secret": "s3cret",
        "js_code": CODE,
        "grant_type": "authorization_code",
    }


@pytest.mark.parametrize(
    ("unionid", "expected"), [("oU", "oU"), ("", None), (None, None)], ids=["set", "empty", "null"]
)
def test_a_union_id_is_optional(unionid: str | None, expected: str | None) -> None:
    world = World(plain(SESSION | {"unionid": unionid, "errcode": 0, "errmsg": "ok"}))
    assert world.wechat.identify(CODE) == Identity("oBuyer", expected)


def test_the_session_key_leaves_no_trace() -> None:
    world = World(plain(SESSION))
    assert "HyVF" not in repr(world.wechat.identify(CODE))
    assert "HyVF" not in repr(vars(world.wechat))


REFUSALS: list[tuple[int, type[ShopError], str]] = [
    (40029, UnauthenticatedError, "login_code_invalid"),
    (40163, UnauthenticatedError, "login_code_invalid"),
    (45011, TooManyRequestsError, "too_many_requests"),
    (40226, ForbiddenError, "forbidden"),
    (40013, MisconfiguredError, "internal_error"),
    (40125, MisconfiguredError, "internal_error"),
    (41002, MisconfiguredError, "internal_error"),
    (41004, MisconfiguredError, "internal_error"),
    (41008, MisconfiguredError, "internal_error"),
    (40164, MisconfiguredError, "internal_error"),
    (45009, ProviderError, "provider_unavailable"),
    (61024, ProviderError, "provider_unavailable"),
]


@pytest.mark.parametrize(("errcode", "kind", "code"), REFUSALS)
def test_login_refusals(errcode: int, kind: type[ShopError], code: str) -> None:
    world = World(_error(errcode))
    with pytest.raises(kind) as caught:
        world.wechat.identify(CODE)
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert len(world.transport.sent) == 1


@pytest.mark.parametrize(
    ("errcode", "alarms"), [(40125, 1), (41002, 1), (40164, 1), (40029, 0), (40226, 0), (45011, 0)]
)
def test_what_is_ours_to_mend_raises_an_alarm(
    errcode: int, alarms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(metrics, "add_metric", lambda name, unit, value: counted.append(name))
    with pytest.raises(ShopError):
        World(_error(errcode)).wechat.identify(CODE)
    assert counted == ["Misconfigured"] * alarms


def test_a_bad_code_tells_the_shopper_what_to_do() -> None:
    with pytest.raises(UnauthenticatedError) as caught:
        World(_error(40029)).wechat.identify(CODE)
    assert caught.value.detail == "登录凭证无效或已过期，请重试"


@pytest.mark.parametrize("code", ["", "x" * 129, "a\nb", "代码", "a\x00"])
def test_a_code_that_cannot_be_one_is_not_sent(code: str) -> None:
    world = World()
    with pytest.raises(UnauthenticatedError):
        world.wechat.identify(code)
    with pytest.raises(InvalidError):
        world.wechat.phone_number(code)
    assert world.transport.sent == []


@pytest.mark.parametrize("first", [_error(-1), CONNECT])
def test_busy_or_unreachable_is_tried_once_more(first: Answer | ProviderError) -> None:
    world = World(first, plain(SESSION))
    assert world.wechat.identify(CODE).openid == "oBuyer"
    assert len(world.pauses) == 1
    assert world.transport.sent[0].url == world.transport.sent[1].url


def test_busy_twice_is_a_failure() -> None:
    world = World(_error(-1), _error(-1))
    with pytest.raises(ProviderError) as caught:
        world.wechat.identify(CODE)
    assert (caught.value.provider, caught.value.provider_code) == ("wechat", "-1")
    assert caught.value.retryable
    assert len(world.transport.sent) == 2


UNKNOWN: list[Answer | ProviderError] = [
    TIMEOUT,
    plain(SESSION, 502),
    plain(SESSION, 302),
    Answer(200, {}, b"<html>busy</html>"),
    Answer(200, {}, b""),
    Answer(200, {}, b"[]"),
    Answer(200, {}, b"[" * 100_000),
    Answer(200, {}, b'{"openid":"o'),
    Answer(200, {}, b'{"openid":"\xff"}'),
    plain({}),
    plain({"openid": ""}),
    plain({"openid": 1}),
    plain({"openid": "o" * 513}),
    plain({"openid": "o", "errcode": "0"}),
    plain({"openid": "o", "errcode": True}),
]


@pytest.mark.parametrize("answer", UNKNOWN)
def test_a_code_is_never_sent_again_after_an_unknown_outcome(
    answer: Answer | ProviderError,
) -> None:
    world = World(answer)
    with pytest.raises(ProviderError) as caught:
        world.wechat.identify(CODE)
    assert caught.value.outcome_unknown
    assert len(world.transport.sent) == 1
    assert world.pauses == []


PHONE = {
    "errcode": 0,
    "errmsg": "ok",
    "phone_info": {
        "phoneNumber": "13800000000",
        "purePhoneNumber": "13800000000",
        "countryCode": "86",
        "watermark": {"timestamp": 1_800_000_000, "appid": "wx01"},
    },
}


def test_a_phone_code_becomes_a_number() -> None:
    world = World(_token(), plain(PHONE))
    assert world.wechat.phone_number("p1") == PhoneNumber("13800000000", "86")
    assert world.paths() == ["/cgi-bin/stable_token", "/wxa/business/getuserphonenumber"]
    asked, used = world.transport.sent
    assert asked.json() == {
        "grant_type": "client_credential",
        "appid": "wx01",
        "secret": "s3cret",
        "force_refresh": False,
    }
    assert (used.query, used.json()) == ({"access_token": "T1"}, {"code": "p1"})
    assert used.headers["Content-Type"] == "application/json"


def test_the_token_is_kept_until_shortly_before_its_end() -> None:
    phone = plain(PHONE)
    world = World(_token("T1", 300), phone, phone, _token("T2"), phone)
    world.wechat.phone_number("p1")
    world.now += 239
    world.wechat.phone_number("p2")
    world.now += 1
    world.wechat.phone_number("p3")
    assert [sent.query.get("access_token") for sent in world.transport.sent] == [
        None,
        "T1",
        "T1",
        None,
        "T2",
    ]


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_dead_token_is_replaced_once(errcode: int) -> None:
    world = World(_token("T1"), _error(errcode), _token("T2"), plain(PHONE))
    assert world.wechat.phone_number("p1").number == "13800000000"
    assert world.transport.sent[3].query == {"access_token": "T2"}
    again = World(_token("T1"), _error(errcode), _token("T2"), _error(errcode))
    with pytest.raises(ProviderError):
        again.wechat.phone_number("p1")
    assert len(again.transport.sent) == 4


@pytest.mark.parametrize("errcode", [40029, 40163])
def test_a_used_phone_code_is_refused(errcode: int) -> None:
    with pytest.raises(InvalidError) as caught:
        World(_token(), _error(errcode)).wechat.phone_number("p1")
    assert caught.value.code == "phone_code_invalid"


@pytest.mark.parametrize(
    "answer",
    [
        plain({"errcode": 0}),
        plain({"errcode": 0, "phone_info": {}}),
        plain({"errcode": 0, "phone_info": {"purePhoneNumber": 1, "countryCode": "86"}}),
    ],
)
def test_an_unreadable_phone_answer_is_a_failure(answer: Answer) -> None:
    with pytest.raises(ProviderError) as caught:
        World(_token(), answer).wechat.phone_number("p1")
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("answer", [plain({}), plain({"access_token": "", "expires_in": 7200})])
def test_no_token_is_a_failure(answer: Answer) -> None:
    with pytest.raises(ProviderError):
        World(answer).wechat.phone_number("p1")


def test_a_refused_token_is_misconfiguration() -> None:
    with pytest.raises(MisconfiguredError):
        World(_error(40125)).wechat.phone_number("p1")


def test_a_message_is_sent_in_plain_chinese() -> None:
    world = World(_token(), plain({"errcode": 0, "errmsg": "ok"}))
    sent = world.wechat.send_subscribe("oBuyer", "T", "pages/order", {"thing1": "龙井茶"})
    assert sent is True
    assert "龙井茶".encode() in world.transport.sent[1].body
    assert world.transport.sent[1].json() == {
        "touser": "oBuyer",
        "template_id": "T",
        "page": "pages/order",
        "data": {"thing1": {"value": "龙井茶"}},
    }


@pytest.mark.parametrize("errcode", [43101, 40003])
def test_an_unwanted_message_is_dropped(errcode: int) -> None:
    assert World(_token(), _error(errcode)).wechat.send_subscribe("o", "T", "", {}) is False


@pytest.mark.parametrize("errcode", [40037, 41030, 47001, 47003])
def test_a_wrong_message_is_our_fault(errcode: int) -> None:
    with pytest.raises(MisconfiguredError):
        World(_token(), _error(errcode)).wechat.send_subscribe("o", "T", "", {})
