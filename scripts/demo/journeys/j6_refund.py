"""Journey 6: two of three pieces go back before shipping, decided by the staff; the rest ships."""

from typing import Any

from scripts.demo.client import fresh_key
from scripts.demo.journeys.buying import buy
from scripts.demo.report import Section
from scripts.demo.stock import Stock
from scripts.demo.world import World

KEY, TITLE = "j6", "6 · Refund: two of three pieces, to the fen"
SKU, PIECES, BACK = "p0005-1", 3, 2
BASKET = {SKU: PIECES}


def run(world: World, section: Section) -> None:
    """Walks the journey."""
    shopper = world.signed_in("undecided")
    before = world.staff.stock_of(BASKET)[SKU]
    purchase = buy(shopper, BASKET)
    number = purchase.order_no
    world.pay(shopper, purchase.payment)
    paid = world.until_status(shopper, number, "TO_SHIP")
    section.exactly("what may be done now", ["cancel", "request_refund"], paid["actions"])
    line = paid["lines"][0]

    world.say(KEY, f"{BACK} of {PIECES} pieces of order {number} are asked back")
    path, key = f"/v1/orders/{number}/refund-requests", fresh_key()
    body = {"lines": [{"line_id": line["line_id"], "quantity": BACK}], "reason": "买多了"}
    asked = shopper.expect(201, "POST", path, body=body, key=key)
    share = line["payable_fen"] * BACK // PIECES
    section.exactly("the request", [f"{number}-1", share, "REQUESTED"],
                    [asked["refund_no"], asked["amount_fen"], asked["status"]])  # fmt: skip
    section.exactly("the same request again", asked,
                    shopper.expect(201, "POST", path, body=body, key=key))  # fmt: skip
    more = shopper.call("POST", path, body=body, key=fresh_key())
    section.exactly("two more of the one that is left", [409, "refund_exceeds_rest"],
                    [more.status, more.json["code"]])  # fmt: skip
    section.exactly("the stock until WeChat has accepted", before.sold(PIECES).plain(),
                    world.staff.stock_of(BASKET)[SKU].plain())  # fmt: skip

    waiting = [one["refund_no"] for one in world.staff.refunds()]
    section.exactly("it waits for the staff", True, asked["refund_no"] in waiting)
    granted = world.staff.approve_refund(asked["refund_no"], "七天无理由")
    section.exactly("approved", ["PENDING", share], [granted["status"], granted["amount_fen"]])
    order = world.until("the refund to be made", lambda: shopper.order(number), _is_refunded, 30.0)
    section.exactly("order and refund", ["TO_SHIP", share],
                    [order["status"], order["refunds"][0]["amount_fen"]])  # fmt: skip
    books = world.wechatpay.books(number)
    section.exactly("WeChat Pay's books", [[paid["amounts"]["payable_fen"]], [share]],
                    [[one["total"] for one in books["payments"]],
                     [one["amount"] for one in books["refunds"]]])  # fmt: skip
    _stock(world, section, before)

    world.staff.ship(number, "shunfeng", f"SF{number[-10:]}")
    section.exactly("status after the rest is shipped", "TO_RECEIVE",
                    shopper.order(number)["status"])  # fmt: skip


def _is_refunded(order: dict[str, Any]) -> bool:
    return [one["status"] for one in order["refunds"]] == ["SUCCESS"]


def _stock(world: World, section: Section, before: Stock) -> None:
    section.exactly("the stock, with the two back", before.sold(PIECES - BACK).plain(),
                    world.staff.stock_of(BASKET)[SKU].plain())  # fmt: skip
