"""Journey 4: the notice that comes eight times at once, and the notice that WeChat never sent."""

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from scripts.demo.journeys.buying import Purchase, buy
from scripts.demo.report import Section
from scripts.demo.stock import plain
from scripts.demo.world import World

KEY, TITLE = "j4", "4 · Notices: duplicates have one effect, forgeries none"
BASKET = {"p0006-2": 1}
COPIES = 8
# WeChat Pay waits 5 s only: so many new instances start within that time, even on a small machine.
WARMED_AT_ONCE = 2
WARMING_PAUSE_SECONDS = 5.0
ACCEPTED = 2
"""First digit of a status that settles a notice."""
FORGERIES = (
    "forged_signature", "altered_body", "stale_timestamp", "future_timestamp", "unknown_serial",
    "missing_signature", "signtest",
)  # fmt: skip
UNTRUE = ("wrong_amount", "wrong_currency", "wrong_appid", "wrong_mchid", "wrong_openid")


def run(world: World, section: Section) -> None:
    """Walks the journey."""
    shopper = world.signed_in("patient")
    purchase = buy(shopper, BASKET)
    _warm(world, purchase)
    world.say(KEY, f"{len(FORGERIES) + len(UNTRUE)} forged notices for an unpaid order")
    for kind in FORGERIES:
        _forge(world, section, purchase, kind)
    for kind in UNTRUE:
        _lie(world, section, purchase, kind)
    _self_made(world, section, purchase)
    _duplicates(world, section, purchase)
    world.say(KEY, "the forged notices once more, now that the order is paid")
    before = shopper.order_as_sent(purchase.order_no)
    accepted = [
        kind for kind in FORGERIES if _any_accepted(world.wechatpay.forge_notice(
            purchase.order_no, kind))
    ]  # fmt: skip
    section.exactly("forgeries accepted for the paid order", [], accepted)
    unchanged = shopper.order_as_sent(purchase.order_no) == before
    section.exactly("paid order unchanged, byte for byte", True, unchanged)


def _forge(world: World, section: Section, purchase: Purchase, kind: str) -> None:
    before = purchase.shopper.order_as_sent(purchase.order_no)
    answers = world.wechatpay.forge_notice(purchase.order_no, kind)
    after = purchase.shopper.order_as_sent(purchase.order_no)
    section.exactly(f"{kind}: refused, order unchanged", [True, True],
                    [bool(answers) and not _any_accepted(answers), after == before])  # fmt: skip


def _lie(world: World, section: Section, purchase: Purchase, kind: str) -> None:
    """Rightly signed, but of another amount or account: taken note of at best, never believed."""
    before = purchase.shopper.order_as_sent(purchase.order_no)
    answers = world.wechatpay.forge_notice(purchase.order_no, kind)
    after = purchase.shopper.order_as_sent(purchase.order_no)
    section.exactly(f"{kind}, rightly signed: order unchanged", True, after == before)
    section.note(f"answer to {kind}", answers)


def _self_made(world: World, section: Section, purchase: Purchase) -> None:
    """A body without any signature, as a passer-by would post it."""
    before = purchase.shopper.order_as_sent(purchase.order_no)
    body = {"event_type": "TRANSACTION.SUCCESS", "out_trade_no": purchase.order_no}
    answer = world.line.send("POST", "/v1/notify/wechatpay", body=body, repeat=False)
    after = purchase.shopper.order_as_sent(purchase.order_no)
    section.exactly("an unsigned post: refused, order unchanged", [True, True],
                    [not answer.ok, after == before])  # fmt: skip


def _duplicates(world: World, section: Section, purchase: Purchase) -> None:
    shopper, order_no = purchase.shopper, purchase.order_no
    stock = plain(world.staff.stock_of(BASKET).values())
    world.pay(shopper, purchase.payment, notify=False)
    world.say(KEY, f"the true notice, {COPIES} times at once")

    def send() -> list[int]:
        return world.until(
            "a copy to be answered", lambda: world.wechatpay.send_notice(order_no), all
        )

    answers = _at_once(COPIES, send)
    section.exactly(
        "answers to the copies, each sent until it is answered", [204] * COPIES, sorted(answers)
    )
    paid = world.until_status(shopper, order_no, "TO_SHIP")
    once = shopper.order_as_sent(order_no)
    section.exactly("status after the copies", "TO_SHIP", paid["status"])
    section.exactly("late copy: answer, order unchanged", [[204], True],
                    [world.wechatpay.send_notice(order_no),
                     shopper.order_as_sent(order_no) == once])  # fmt: skip
    section.exactly("payments in WeChat Pay's books", 1,
                    len(world.wechatpay.books(order_no)["payments"]))  # fmt: skip
    section.exactly("stock, not touched by a payment",
                    stock, plain(world.staff.stock_of(BASKET).values()))  # fmt: skip
    counts = shopper.expect(200, "GET", "/v1/orders/counts")
    section.exactly("orders to pay, to ship", [0, 1], [counts["to_pay"], counts["to_ship"]])


def _warm(world: World, purchase: Purchase) -> None:
    """Sends more and more untrue notices at once until all of them are answered in time.

    They are rightly signed, so that the whole way to the store is walked.
    """
    world.say(KEY, "the notice function is warmed with untrue notices")

    def lie() -> list[int]:
        return world.wechatpay.forge_notice(purchase.order_no, UNTRUE[0])

    for copies in range(WARMED_AT_ONCE, COPIES + 1, WARMED_AT_ONCE):
        world.until(
            f"{copies} notices at once to be answered",
            functools.partial(_at_once, copies, lie),
            all,
            pause_seconds=WARMING_PAUSE_SECONDS,
        )


def _at_once(copies: int, send: Callable[[], list[int]]) -> list[int]:
    gate = threading.Barrier(copies)

    def one(_: int) -> list[int]:
        gate.wait()
        return send()

    with ThreadPoolExecutor(copies) as pool:
        return [status for answers in pool.map(one, range(copies)) for status in answers]


def _any_accepted(answers: list[int]) -> bool:
    return any(status // 100 == ACCEPTED for status in answers)
