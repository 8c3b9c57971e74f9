"""Journey 2: an order that nobody pays."""

import time
from datetime import datetime
from http import HTTPStatus

from scripts.demo import stock
from scripts.demo.journeys.buying import Purchase, buy
from scripts.demo.report import Section
from scripts.demo.world import World

KEY, TITLE = "j2", "2 · Unpaid order: closed by the schedule, everything back"
BASKET = {"p0003-1": 2}
COUPON = "k-welcome"
# The schedule runs every minute; closing asks WeChat twice and may wait for the next run.
SCHEDULE_SECONDS, SPARE_SECONDS, PAUSE_SECONDS = 60, 90, 2.0


def run(world: World, section: Section) -> None:
    """Walks the journey."""
    shopper = world.signed_in("forgetful")
    claim_id = str(shopper.claim_coupon(COUPON)["claim_id"])
    before = world.staff.stock_of(BASKET)
    purchase = buy(shopper, BASKET, claim_id=claim_id)
    waiting = stock.plain(world.staff.stock_of(BASKET).values())
    section.exactly("stock while the order waits (available, taken, in total)",
                    stock.after_sale(before, BASKET), waiting)  # fmt: skip
    section.exactly("coupon while the order waits", "HELD", shopper.claim_status(claim_id))

    window = world.site.pay_window_seconds
    world.say(KEY, f"order {purchase.order_no} is left unpaid; its window is {window} s")
    closed = world.until_status(
        shopper,
        purchase.order_no,
        "CLOSED",
        window + SCHEDULE_SECONDS + SPARE_SECONDS,
        PAUSE_SECONDS,
    )
    seen_at = time.time()
    section.exactly("reason it was closed", "expired", closed["close_reason"])
    section.exactly("closed before its window had passed",
                    False, _seconds(closed["closed_at"]) < _seconds(closed["pay_before"]),
                    )  # fmt: skip
    _closed_at_wechat_first(world, section, purchase, seen_at)
    section.exactly("stock afterwards, as before the order",
                    stock.plain(before.values()),
                    stock.plain(world.staff.stock_of(BASKET).values()))  # fmt: skip
    section.exactly("coupon afterwards", "UNUSED", shopper.claim_status(claim_id))
    refusal = shopper.call("POST", f"/v1/orders/{purchase.order_no}/payment")
    section.exactly("asking to pay it now", 409, refusal.status)


def _closed_at_wechat_first(
    world: World, section: Section, purchase: Purchase, seen_at: float
) -> None:
    """The shop's moves and WeChat Pay's log, both in order, and the two clocks side by side."""
    number = purchase.order_no
    section.exactly("state in WeChat Pay's books",
                    "CLOSED", world.wechatpay.books(number)["trade_state"])  # fmt: skip
    moves = [move["status"] for move in world.staff.order(number)["history"]]
    section.exactly("moves of the order", ["TO_PAY", "CLOSING", "CLOSED"], moves)
    calls = world.wechatpay.received(number)
    section.exactly("WeChat Pay was asked, then told to close",
                    [["query", HTTPStatus.OK], ["close", HTTPStatus.NO_CONTENT]],
                    [[call["route"], call["status"]] for call in calls[-2:]])  # fmt: skip
    section.exactly("closed at WeChat before the shop said so",
                    True, 0 < calls[-1]["at"] <= seen_at)  # fmt: skip
    reason = world.wechatpay.refuses(purchase.shopper.user, world.site.appid, purchase.payment)
    section.exactly("the payment sheet, opened now", "the order is closed", reason)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
