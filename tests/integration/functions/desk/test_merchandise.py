"""Stock by staff: a key acts once and leaves its trace."""

import json

import pytest

from shop.domain.calendar import business_day
from shop.store import staff
from tests.integration.functions.calls import Answer
from tests.integration.functions.desk.people import Clock, send

STOCK = "GET /v1/admin/stock/{sku_id}"
ADJUST = "POST /v1/admin/stock/{sku_id}/adjustments"


def adjust(token: str, key: str, delta: object, reason: object = "盘点") -> Answer:
    return send(token, ADJUST, {"delta": delta, "reason": reason}, key, sku_id="p0001-1")


def test_a_keyed_adjustment_happens_once_and_is_audited_once(clock: Clock, token: str) -> None:
    before = send(token, STOCK, sku_id="p0001-1").body
    for _ in range(3):
        answer = adjust(token, "k1", -6)
        assert (answer.status, answer.body["available"]) == (201, before["available"] - 6)
    trace = [one for one in staff.audits(business_day(clock.now)) if one.subject == "p0001-1"]
    (one,) = trace
    was, now = json.loads(one.before)["in_total"], json.loads(one.after)["in_total"]
    assert (one.actor, one.reason, now - was) == ("owner", "盘点", -6)
    after = send(token, STOCK, sku_id="p0001-1").body
    assert after["in_total"] == after["available"] + after["taken"] == before["in_total"] - 6


@pytest.mark.parametrize(
    ("delta", "reason"),
    [(0, "x"), (True, "x"), ("1", "x"), (1.0, "x"), (1, ""), (1, " "), (1, "a\u202eb"), (1, 5)],
)
def test_a_bad_adjustment_changes_nothing(token: str, delta: object, reason: object) -> None:
    before = send(token, STOCK, sku_id="p0001-1").body
    assert adjust(token, "k1", delta, reason).status == 422
    assert send(token, STOCK, sku_id="p0001-1").body == before
    assert adjust(token, "k1", 1).status == 201


def test_a_write_needs_a_key(token: str) -> None:
    assert adjust(token, "", 1).status == 400
