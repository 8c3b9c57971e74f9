"""Every shipped order is told to WeChat, whatever happens on the way."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shop.domain.ids import CustomerId
from shop.store import reports
from shop.usecases import fulfil
from tests.integration.flows.mishaps import anomalies
from tests.proving.faults import Killed, Kind
from tests.proving.shop import Buyer, Shop

SEED = 20270120


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(12_800, 10, None)])
        yield shop


def paid(shop: Shop, buyer: Buyer) -> str:
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    assert placed.payment
    shop.pay_now(buyer, placed.payment)
    shop.deliver_due()
    shop.pump()
    return placed.order_no


def ships(shop: Shop, buyer: Buyer, number: str, company: str = "zhongtong") -> None:
    customer_id = CustomerId(buyer.customer_id)
    fulfil.ship(customer_id, number, company, "7312345678901", actor="li", now=shop.now)


def fault(shop: Shop, route: str, kind: str, times: int = 1) -> None:
    body = json.dumps({"route": route, "kind": kind, "times": times}).encode()
    assert shop.wechat.handle("POST", "/_control/faults", {}, body).status == 201


def told(shop: Shop) -> list[Any]:
    return [
        (one["state"], [parcel["express_company"] for parcel in one["parcels"]])
        for one in shop.wechat.dump()["shipping"]
    ]


def state(number: str) -> str | None:
    row = reports.read(number)
    return row.state if row else None


def uploads(shop: Shop) -> int:
    return len(shop.wechat.received.listed("upload_shipping"))


def follow(shop: Shop, seconds: int) -> None:
    """Some time passes, the schedule firing each minute."""
    for _ in range(seconds // 60):
        shop.world.clock.advance(60)
        shop.follow_up()


def test_a_shipped_order_is_told_once_and_looked_at_again(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang)
    ships(shop, wang, number)
    shop.pump()
    assert (told(shop), state(number)) == ([(2, ["ZTO"])], "TOLD")
    follow(shop, 360)
    assert (state(number), uploads(shop)) == ("CONFIRMED", 1)
    follow(shop, 600)
    assert len(shop.wechat.received.listed("get_order")) == 2


def test_an_index_that_lags_is_waited_for(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang)
    fault(shop, "get_order", "errcode:10060001", times=3)
    ships(shop, wang, number)
    shop.pump()
    assert (told(shop), state(number)) == ([(1, [])], "TO_TELL")
    follow(shop, 900)
    assert (told(shop), state(number)) == ([(2, ["ZTO"])], "CONFIRMED")
    assert anomalies(shop) == []


def test_each_wait_is_twice_as_long_as_the_one_before(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang)
    fault(shop, "get_order", "errcode:10060001", times=99)
    ships(shop, wang, number)
    shop.pump()
    minutes, asked = [], 1
    for minute in range(1, 20):
        follow(shop, 60)
        now_asked = len(shop.wechat.received.listed("get_order"))
        minutes += [minute] * (now_asked - asked)
        asked = now_asked
    # 30 seconds are over at the first minute; then 1, 2, 4 and 8 minutes.
    assert minutes == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    "kind", ["timeout_after", "http_502_after", "garbage_after", "reset_before"]
)
def test_a_lost_answer_is_one_report_and_never_a_correction(shop: Shop, kind: str) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang)
    fault(shop, "upload_shipping", kind)
    ships(shop, wang, number)
    shop.pump()
    follow(shop, 900)
    assert (told(shop), state(number)) == ([(2, ["ZTO"])], "CONFIRMED")
    assert not shop.wechat.dump()["shipping"][0]["changed_after"]


def test_a_refusal_for_good_is_an_anomaly_and_is_not_sent_again(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang)
    fault(shop, "upload_shipping", "errcode:10060004")
    ships(shop, wang, number)
    shop.pump()
    follow(shop, 600)
    assert (state(number), uploads(shop)) == ("REFUSED", 1)
    assert anomalies(shop) == ["shipping_refused"]


def test_our_own_mistake_alarms_and_goes_on_when_it_is_mended(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang)
    fault(shop, "upload_shipping", "errcode:40164")
    ships(shop, wang, number)
    shop.pump()
    assert anomalies(shop) == ["shipping_untold"]
    follow(shop, 4_200)
    assert (told(shop), state(number)) == ([(2, ["ZTO"])], "CONFIRMED")


def test_a_process_that_dies_while_telling_is_followed_by_another(shop: Shop) -> None:
    wang = shop.buyer("wang")
    number = paid(shop, wang)
    ships(shop, wang, number)
    shop.world.faults.when(
        lambda _, call: Kind.KILLED_AFTER if "upload_shipping" in call.name else None
    )
    with pytest.raises(Killed):
        shop.pump()
    shop.world.faults.none()
    follow(shop, 900)
    assert (told(shop), state(number)) == ([(2, ["ZTO"])], "CONFIRMED")
    assert not shop.wechat.dump()["shipping"][0]["changed_after"]
