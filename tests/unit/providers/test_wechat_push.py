"""WeChat's pushes: what is taken, and that anything spoiled is refused alike."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from scripts.emulators.faults import Fault
from scripts.emulators.wechat.pushes import KINDS, Composer, message
from shop.domain.wechat_event import SETTLEMENT
from shop.errors import MisconfiguredError, UnauthenticatedError
from shop.providers.wechat_push import WechatPush

NOW = 1_714_036_504
APPID, TOKEN = "wx0123456789abcdef", "AAAAA"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
EVENT = {
    "Event": SETTLEMENT,
    "transaction_id": "4200001",
    "merchant_trade_no": "1xR",
    "confirm_receive_method": 1,
    "confirm_receive_time": NOW,
}


def verifier(**other: str) -> WechatPush:
    given = {"appid": APPID, "token": TOKEN, "encoding_aes_key": AES_KEY}
    return WechatPush(**(given | other))


def sent(kind: str = "", event: dict[str, Any] | None = None, **other: str) -> Any:
    given = {"appid": APPID, "token": TOKEN, "aes_key": AES_KEY} | other
    composer = Composer(**given, wire_now=lambda: float(NOW))
    fault = Fault("push", kind) if kind else None
    made = composer.compose(message("1", "https://s/v1", event or EVENT, APPID, NOW), fault)[0]
    return dict(parse_qsl(urlsplit(made.url).query)), made.body


def test_the_address_is_proved_as_wechats_own_sample_says() -> None:
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "timestamp": "1714036504",
        "nonce": "1514711492",
        "echostr": "4375120948345356249",
    }
    assert verifier().echo(query, now=NOW) == "4375120948345356249"
    bad: list[dict[str, str]] = [
        {"signature": "f464b24fc39322e44b38aa78f5edd27bd1441697"},
        {"timestamp": "1714036505"},
        {"nonce": "é"},
        {"signature": "é"},
        {"echostr": ""},
        {"echostr": "<script>"},
        {"echostr": "1" * 65},
    ]
    for change in bad:
        with pytest.raises(UnauthenticatedError):
            verifier().echo(query | change, now=NOW)
    for late in (-301, 301):
        with pytest.raises(UnauthenticatedError):
            verifier().echo(query, now=NOW + late)
    with pytest.raises(UnauthenticatedError):
        verifier().echo({}, now=NOW)


def test_a_settlement_is_read() -> None:
    query, body = sent()
    event = verifier().open(query, body, now=NOW)
    assert (event.name, event.order_no, event.transaction_id) == (SETTLEMENT, "1xR", "4200001")
    assert event.receipt_confirmed
    assert verifier().open(*sent(), now=NOW + 299).key == event.key
    other = verifier().open(*sent(event=EVENT | {"confirm_receive_time": NOW + 1}), now=NOW)
    assert other.key != event.key
    shipped = {"Event": SETTLEMENT, "transaction_id": "4200001", "merchant_trade_no": "1xR"}
    assert not verifier().open(*sent(event=shipped), now=NOW).receipt_confirmed


def test_events_of_other_kinds_are_read_as_far_as_they_go() -> None:
    event = {"Event": "wxa_trade_controlled", "transaction_id": 7, "what": {"ever": [1]}}
    assert verifier().open(*sent(event=event), now=NOW).name == "wxa_trade_controlled"


@pytest.mark.parametrize("kind", sorted(set(KINDS.split("|")) - {"drop", "duplicate"}))
def test_a_spoiled_push_is_refused(kind: str) -> None:
    with pytest.raises(UnauthenticatedError) as refused:
        verifier().open(*sent(kind), now=NOW)
    assert refused.value.code == "push_rejected"


def test_another_key_token_or_app_is_refused() -> None:
    other_key = base64.b64encode(bytes(32)).decode().rstrip("=")
    for query, body in (sent(token="BBBBB"), sent(aes_key=other_key), sent(appid="wxother")):
        with pytest.raises(UnauthenticatedError):
            verifier().open(query, body, now=NOW)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"Encrypt": 1}', b'{"Encrypt": ""}', b'{"Encrypt": "!"}', b"\xff"]
)
def test_a_body_that_is_no_push_is_refused(body: bytes) -> None:
    query, _ = sent()
    with pytest.raises(UnauthenticatedError):
        verifier().open(query, body, now=NOW)


@pytest.mark.parametrize("sealed", ["", "A", "!!", "QUFB", base64.b64encode(bytes(32)).decode()])
def test_a_signed_body_that_does_not_decrypt_is_refused(sealed: str) -> None:
    composer = Composer(APPID, TOKEN, AES_KEY, lambda: float(NOW))
    query = {
        "timestamp": str(NOW),
        "nonce": "1",
        "msg_signature": composer.sign(str(NOW), "1", sealed),
    }
    with pytest.raises(UnauthenticatedError):
        verifier().open(query, json.dumps({"Encrypt": sealed}).encode(), now=NOW)


@pytest.mark.parametrize("other", [{"token": ""}, {"encoding_aes_key": "short"}])
def test_a_push_that_is_not_set_up_is_our_mistake(other: dict[str, str]) -> None:
    with pytest.raises(MisconfiguredError):
        verifier(**other)
