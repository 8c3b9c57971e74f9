"""What is owed to WeChat and told to the buyer after shipping: cut short, and met by each other."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress

from shop.domain.ids import CustomerId
from tests.proving.cases.stage import Direct, Scene, ends, ordered, paid
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.events import stream_event
from tests.proving.shop import TABLE, Answer, Buyer, Shop
from tests.proving.template import load_handler

NUMBER = "SF1000000001"
TEMPLATES = {
    "paid": {"id": "T-paid", "fields": {"amount1": "amount"}},
    "shipped": {"id": "T-shipped", "fields": {"character_string1": "tracking_no"}},
}
LOOK_SECONDS = 310
"""When a told report is looked at again."""


def _sold(shop: Shop) -> tuple[Buyer, str]:
    wang = shop.buyer("wang")
    return wang, paid(shop, wang, ordered(shop, wang), told=True)


def _ship(shop: Shop, buyer: Buyer, number: str) -> None:
    from shop.errors import ConflictError
    from shop.usecases import fulfil

    with suppress(ConflictError):
        fulfil.ship(
            CustomerId(buyer.customer_id), number, "shunfeng", NUMBER, actor="li", now=shop.now
        )


def _known_once(number: str, *states: str) -> Callable[[Shop], Sequence[str]]:
    """WeChat has the parcel, uncorrected, and the shop knows that it has."""
    at_rest = ends(number, *states)

    def finish(shop: Shop) -> Sequence[str]:
        from shop.store import reports

        shop.world.clock.advance(LOOK_SECONDS)
        shop.follow_up()
        (order,) = [one for one in shop.wechat.dump()["shipping"] if one["out_trade_no"] == number]
        told = [(one["tracking_no"], one["express_company"]) for one in order["parcels"]]
        row = reports.read(number)
        lines = [*at_rest(shop)]
        if told != [(NUMBER, "SF")] or order["changed_after"]:
            lines.append(f"WeChat was told {told}, corrected {order['changed_after']}")
        if row is None or row.state != "CONFIRMED":
            lines.append(f"the report is {row.state if row else 'absent'}")
        return lines

    return finish


def shipped_and_told(shop: Shop) -> Step:
    """Staff ship, and the stream tells WeChat."""
    wang, number = _sold(shop)

    def ship() -> None:
        _ship(shop, wang, number)
        shop.pump()

    return Step(ship, ship, _known_once(number, "TO_RECEIVE"))


def told_by_the_schedule(shop: Shop) -> Step:
    """The index lags, so the schedule tells WeChat, and looks once more."""
    wang, number = _sold(shop)
    shop.wechat_control("faults", route="get_order", kind="errcode:10060001")
    _ship(shop, wang, number)
    shop.pump()

    def twice() -> None:
        shop.world.clock.advance(61)
        shop.follow_up()
        shop.world.clock.advance(LOOK_SECONDS)
        shop.follow_up()

    return Step(twice, finish=_known_once(number, "TO_RECEIVE"))


def settled(shop: Shop) -> Step:
    """WeChat pushes that the buyer has the goods."""
    wang, number = _sold(shop)
    _ship(shop, wang, number)
    shop.pump()
    sent: list[int] = []

    def push() -> None:
        # Once pushed, it is WeChat that sends it again.
        if not sent:
            sent.append(1)
            shop.settles(number)
            shop.follow_up()
        else:
            shop.world.clock.advance(6)
            shop.deliver_due()
            shop.follow_up()

    def first() -> None:
        sent.clear()
        push()

    return Step(first, push, ends(number, "DONE"))


def _allowed(shop: Shop, buyer: Buyer, user: str) -> None:
    """The buyer allows two messages of each kind."""
    from shop.domain.messages import MessageKind
    from shop.store import messages

    shop.offer_messages(TEMPLATES)
    for template in TEMPLATES:
        shop.wechat_control("subscriptions", user=user, template_id=f"T-{template}", count=2)
        body = {"template": template, "accepted": True}
        answer = shop.call("account", "PUT /v1/me/subscriptions", buyer, body=body)
        assert answer.status == 200, answer
        kind = MessageKind(template)
        known = messages.permission(buyer.customer_id, kind)
        assert known
        messages.allow(buyer.customer_id, kind, known.openid, "another", shop.now)


def _told_at_most_once(shop: Shop) -> Sequence[str]:
    told = [one["template_id"] for one in shop.wechat.dump()["messages"]["sent"]]
    return [f"told {told}"] if len(told) != len(set(told)) else []


def message_sent(shop: Shop) -> Step:
    """The buyer is told of the payment and of the parcel, each at most once."""
    wang = shop.buyer("wang")
    _allowed(shop, wang, "wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)

    def ship() -> None:
        shop.pump()
        _ship(shop, wang, number)
        shop.pump()

    return Step(ship, ship, _told_at_most_once)


def shipped_unseen(shop: Shop) -> Step:
    """The buyer looks at a parcel of which nothing was heard for a while."""
    wang, number = _sold(shop)
    _ship(shop, wang, number)
    shop.pump()
    told = {"num": NUMBER, "com": "shunfeng", "events": [{"context": "运输中"}]}
    shop.courier.handle("POST", "/_control/parcels", {}, json.dumps(told).encode())
    shop.world.clock.advance(1_801)

    def look() -> Answer:
        route = "GET /v1/orders/{order_no}/shipments"
        return shop.call("logistics", route, shop.buyer("wang"), path={"order_no": number})

    def finish(shop: Shop) -> Sequence[str]:
        shop.world.clock.advance(1_801)
        answer = look()
        events = answer.body["items"][0]["events"] if answer.status == 200 else []
        return () if events else [f"at the end the buyer sees {answer}"]

    return Step(look, look, finish)


def pushed(shop: Shop) -> Step:
    """Kuaidi100 pushes a story, and again half an hour later when it is not taken."""
    wang, number = _sold(shop)
    _ship(shop, wang, number)
    shop.pump()
    news = {"num": NUMBER, "events": [{"context": "派件中"}], "com_new": "zhongtong", "state": "5"}

    def first() -> None:
        shop.courier.handle("POST", "/_control/push", {}, json.dumps(news).encode())

    def again() -> None:
        shop.world.clock.advance(1_801)
        shop.deliver_due()

    def finish(shop: Shop) -> Sequence[str]:
        from shop.store import parcels

        (row,) = parcels.of_order(CustomerId(wang.customer_id), number)
        told = row.tracking()
        texts = [one.text for one in told.events] if told else []
        right = texts == ["派件中"] and row.company == "zhongtong"
        return () if right else [f"the parcel of {row.company} says {texts}"]

    return Step(first, again, finish)


FULFILMENT_STEPS: dict[str, DirectStep] = {
    "ship and tell WeChat": shipped_and_told,
    "tell WeChat, by schedule": told_by_the_schedule,
    "settled at WeChat": settled,
    "messages": message_sent,
    "parcel pushed": pushed,
    "parcel looked at": shipped_unseen,
}


def _outbox(shop: Shop) -> Callable[[], object]:
    records = shop.world.engine.take_stream(TABLE)
    return lambda: shop.world.invoke(load_handler("outbox"), stream_event(records), name="outbox")


def stream_and_schedule(shop: Shop) -> Scene:
    """The stream and the schedule tell WeChat of the same parcel."""
    wang, number = _sold(shop)
    shop.pump()
    _ship(shop, wang, number)
    return Scene([_outbox(shop), shop.follow_up], finish=_known_once(number, "TO_RECEIVE"))


def schedule_and_schedule(shop: Shop) -> Scene:
    """Two runs of the schedule meet on one report."""
    wang, number = _sold(shop)
    shop.wechat_control("faults", route="get_order", kind="errcode:10060001")
    _ship(shop, wang, number)
    shop.pump()
    shop.world.clock.advance(61)
    return Scene([shop.follow_up, shop.follow_up], finish=_known_once(number, "TO_RECEIVE"))


def receipt_and_settlement(shop: Shop) -> Scene:
    """The buyer confirms while WeChat says that the buyer did."""
    wang, number = _sold(shop)
    _ship(shop, wang, number)
    shop.pump()

    def confirm() -> Answer:
        return shop.order("POST /v1/orders/{order_no}/receipt", wang, number)

    shop.settles(number)
    return Scene([confirm, shop.follow_up], finish=ends(number, "DONE"))


def message_and_message(shop: Shop) -> Scene:
    """One record of the stream is delivered to two processes at once."""
    wang = shop.buyer("wang")
    _allowed(shop, wang, "wang")
    number = paid(shop, wang, ordered(shop, wang), told=True)
    deliver = _outbox(shop)

    def finish(shop: Shop) -> Sequence[str]:
        return [*_told_at_most_once(shop), *ends(number, "TO_SHIP")(shop)]

    return Scene([deliver, deliver], finish=finish)


FULFILMENT_PAIRS: dict[str, Direct] = {
    "tell WeChat x tell WeChat, stream and schedule": stream_and_schedule,
    "tell WeChat x tell WeChat, schedule twice": schedule_and_schedule,
    "receipt x settlement": receipt_and_settlement,
    "message x message": message_and_message,
}
