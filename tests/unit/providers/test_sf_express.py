"""SF's interface, letter by letter: what is sent, and what each kind of answer means."""

import json
from typing import Any

import pytest

from shop.domain.shipment import ParcelState, Tracking
from shop.errors import MisconfiguredError, ProviderError
from shop.providers.sf_express import SfExpress, digest
from shop.providers.transport import Answer
from tests.unit.providers.scripted import Scripted, ScriptedTransport, plain

NOW = 1_800_000_000
NUMBER = "SF1000000001"


def adapter(*answers: Scripted) -> tuple[SfExpress, ScriptedTransport]:
    transport = ScriptedTransport(list(answers))
    made = SfExpress(
        partner_id="partner",
        check_word="word",
        base_url="https://sf.invalid",
        clock=lambda: NOW,
        request_id=lambda: "r1",
        transport=transport,
    )
    return made, transport


def told(data: object, code: str = "A1000") -> Answer:
    return plain({"apiResultCode": code, "apiResultData": json.dumps(data, ensure_ascii=False)})


def found(*parcels: object) -> Answer:
    return told({"success": True, "errorCode": "S0000", "msgData": {"routeResps": list(parcels)}})


def test_one_signed_form_is_sent() -> None:
    sf, transport = adapter(found())
    sf.query("shunfeng", NUMBER, "5678")
    (sent,) = transport.sent
    assert (sent.method, sent.url) == ("POST", "https://sf.invalid/std/service")
    assert sent.headers == {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    form = sent.form()
    text = form.pop("msgData")
    assert json.loads(text) == {
        "language": "zh-CN",
        "trackingType": "1",
        "trackingNumber": [NUMBER],
        "methodType": "1",
        "checkPhoneNo": "5678",
    }
    assert form == {
        "partnerID": "partner",
        "requestID": "r1",
        "serviceCode": "EXP_RECE_SEARCH_ROUTES",
        "timestamp": "1800000000000",
        "msgDigest": digest(text, "1800000000000", "word"),
    }


ROUTE = {"acceptTime": "2027-01-01 10:00:00", "remark": "已收件", "opCode": "50"}


@pytest.mark.parametrize(
    "answer",
    [
        found(),
        found({"mailNo": "SF2", "routes": [ROUTE]}),
        found({"mailNo": NUMBER, "routes": []}),
        found({"mailNo": NUMBER}),
        told({"errorCode": "S0000", "msgData": {}}),
    ],
    ids=["no parcel", "another parcel", "no routes", "routes absent", "nothing at all"],
)
def test_a_parcel_without_routes_is_on_its_way(answer: Answer) -> None:
    sf, _ = adapter(answer)
    assert sf.query("shunfeng", NUMBER, "5678") == Tracking(
        "shunfeng", NUMBER, ParcelState.IN_TRANSIT, (), finished=False
    )


def test_the_number_is_found_whatever_its_case() -> None:
    sf, _ = adapter(found({"mailNo": "SF2"}, {"mailNo": NUMBER.lower(), "routes": [ROUTE]}))
    story = sf.query("shunfeng", NUMBER, "5678")
    assert [one.text for one in story.events] == ["已收件"]
    assert story.tracking_no == NUMBER


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (plain({}, 503), "503", True),
        (Answer(200, {}, b"<html>"), "UNREADABLE", True),
        (plain({"apiResultCode": "A1000"}), "UNREADABLE", True),
        (told([]), "UNREADABLE", True),
        (told({"errorCode": "S0001" + "x" * 40}), "S0001" + "x" * 27, False),
        (told({"errorCode": "S0000"}), "S0000", False),
        (told({}), "NO_DATA", False),
        (told({}, "A1005"), "A1005", True),
    ],
    ids=[
        "busy", "no JSON", "no data", "another shape", "a long code", "no message", "no code",
        "too many at once",
    ],
)  # fmt: skip
def test_a_failure_tells_its_code_and_whether_to_come_again(
    answer: Answer, code: str, retryable: bool
) -> None:
    sf, transport = adapter(answer)
    with pytest.raises(ProviderError) as failed:
        sf.query("shunfeng", NUMBER, "5678")
    error: Any = failed.value
    assert (error.provider, error.provider_code, error.retryable) == ("sf_express", code, retryable)
    assert len(transport.sent) == 1


def test_a_refused_account_is_a_wrong_setting() -> None:
    sf, _ = adapter(told({}, "A1006"))
    with pytest.raises(MisconfiguredError):
        sf.query("shunfeng", NUMBER, "5678")
