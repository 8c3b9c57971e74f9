"""Journey 7: an order in two parcels, a late index, an old push, and a message WeChat refuses."""

from typing import Any

from scripts.demo.client import MiniProgram
from scripts.demo.journeys.buying import buy
from scripts.demo.report import Section
from scripts.demo.world import World

KEY, TITLE = "j7", "7 · Two parcels: told to WeChat late, tracked in any order"
USER = "patient"
BASKET = {"p0007-1": 2, "p0007-2": 1}
COMPANY = "zhongtong"
LAG_SECONDS = 20
PATIENCE_SECONDS = 240.0
"""The index's lag, then the report's next turn, which the schedule takes once a minute."""


def run(world: World, section: Section) -> None:
    """Walks the journey."""
    shopper = world.signed_in(USER)
    # The shop is told that the prompt was accepted; WeChat knows of no permission.
    body = {"template": "shipped", "accepted": True}
    allowed = shopper.expect(200, "PUT", "/v1/me/subscriptions", body=body)
    section.exactly("messages the shop may send", 1, allowed["left"])
    purchase = buy(shopper, BASKET)
    number = purchase.order_no
    world.wechat.post("index_lag", {"seconds": LAG_SECONDS})
    world.pay(shopper, purchase.payment)
    world.wechat.post("index_lag", {"seconds": 0})
    paid = world.until_status(shopper, number, "TO_SHIP")
    first, second = (f"73{world.rng.randrange(10**11):011d}" for _ in range(2))
    world.say(KEY, f"order {number} goes out as {first} and {second}")
    line = paid["lines"][0]
    part = f"{line['line_id']}x1"
    world.staff.ship(number, COMPANY, first, part)
    section.exactly("status after a part", "TO_SHIP", shopper.order(number)["status"])
    section.exactly("on the staff's work list", True, number in world.staff.work())
    world.staff.ship(number, COMPANY, second)
    section.exactly("status after the rest", "TO_RECEIVE", shopper.order(number)["status"])
    section.exactly("still on the work list", False, number in world.staff.work())
    packed = [[one["quantity"] for one in each["lines"]] for each in _parcels(shopper, number)]
    section.exactly("pieces in the parcels", [[1], [1, 1]], packed)
    _track(world, section, shopper, number, first)
    _refused_message(world, section)
    told = world.until("WeChat to be told of both parcels", lambda: _told(world, number),
                       lambda one: bool(one["finished"]), PATIENCE_SECONDS)  # fmt: skip
    section.exactly("parcels WeChat knows of", sorted([first, second]),
                    sorted(one["tracking_no"] for one in told["parcels"]))  # fmt: skip
    section.exactly("corrections WeChat had to take", False, bool(told["changed_after"]))
    section.exactly("status at the end", "TO_RECEIVE", shopper.order(number)["status"])


def _track(
    world: World, section: Section, shopper: MiniProgram, number: str, tracking_no: str
) -> None:
    """The courier's second push arrives before the first comes once more."""
    world.until("the courier to be asked for news", lambda: world.courier.subscribed(tracking_no),
                lambda subscribed: subscribed)  # fmt: skip
    world.courier.report(tracking_no, "in_transit")
    world.courier.report(tracking_no, "signed")
    seen = _parcels(shopper, number)[0]
    sent = world.courier.post("push", {"num": tracking_no, "upto": 1, "state": "0"})
    answers = [one["status"] for one in sent["attempt"]["answers"]]
    section.exactly("an outdated push is acknowledged", [200], answers)
    after = _parcels(shopper, number)[0]
    section.exactly("and changes nothing", [seen["state"], seen["events"]],
                    [after["state"], after["events"]])  # fmt: skip
    section.exactly("the parcel", ["signed", 2], [after["state"], len(after["events"])])


def _refused_message(world: World, section: Section) -> None:
    """WeChat was asked to tell the shopper, and said no; the order went on all the same."""
    openid = world.wechat.post("codes", {"user": f"{world.run_id}-{USER}"})["openid"]
    calls = world.until(
        "the message to be tried",
        lambda: [one for one in world.wechat.get("received", route="subscribe_send")["received"]
                 if openid in str(one["body"])],
        bool,
    )  # fmt: skip
    section.exactly("tries of a message that WeChat refuses", 1, len(calls))
    reached = [one for one in world.wechat.get("messages")["messages"] if openid in str(one)]
    section.exactly("messages that reached the shopper", [], reached)


def _parcels(shopper: MiniProgram, number: str) -> list[dict[str, Any]]:
    return list(shopper.expect(200, "GET", f"/v1/orders/{number}/shipments")["items"])


def _told(world: World, number: str) -> dict[str, Any]:
    listed = world.wechat.get("pay_orders")["pay_orders"]
    return next(one for one in listed if one["out_trade_no"] == number)
