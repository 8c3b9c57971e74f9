"""The recorded events of the staff functions are answered."""

import json
from pathlib import Path

import pytest
from pyotp import TOTP

from tests.integration.functions.calls import answer_of
from tests.integration.functions.desk.people import FIRST, Clock, sign_in
from tests.proving.template import load_handler

EVENTS = Path(__file__).parents[4] / "events"


@pytest.mark.parametrize("folder", ["merchandise", "promotions", "fulfilment"])
def test_the_example_events_are_answered(clock: Clock, folder: str) -> None:
    token = sign_in(clock).body["access_token"]
    events = sorted((EVENTS / folder).glob("*.json"))
    assert events
    for path in events:
        text = path.read_text(encoding="utf-8").replace("{access_token}", token)
        answer = answer_of(load_handler(folder)(json.loads(text), None))
        expected = {404} if path.stem.endswith("_absent") else {200, 201}
        assert answer.status in expected, (path.name, answer.body)


def test_the_sign_in_event_is_answered(clock: Clock) -> None:
    text = (EVENTS / "staff" / "login.json").read_text(encoding="utf-8")
    text = text.replace("{password}", FIRST["password"])
    text = text.replace("{code}", TOTP(FIRST["totp_secret"]).at(clock.now))
    assert answer_of(load_handler("staff")(json.loads(text), None)).status == 200
