"""Journey 8: a client author's mini-program buys with the JavaScript client, over a bad line."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from scripts.demo import stock
from scripts.demo.report import Section
from scripts.demo.world import World

KEY, TITLE = "j8", "8 · A client author's mini-program, in JavaScript"
PROGRAM = Path(__file__).parents[1] / "mini_program.js"
PRODUCT, SKU, PIECES = "p0013", "p0013-1", 3
COUPON, COUPON_FEN = "k-199-30", 3000
TIMEOUT_SECONDS = 180.0


class ProgramError(Exception):
    """The program failed; the text is what it printed."""


def run(world: World, section: Section) -> None:
    """Walks the journey; without Node it says so."""
    node = shutil.which("node")
    if node is None:
        section.skipped = "Node is not installed"
        return
    before = world.staff.stock_of([SKU])
    seen = _run(world, node)
    for status in seen["statuses"]:
        world.traffic.answered("ANY", "of the JavaScript client", status)
    _bought(world, section, seen)
    order = seen["order"]
    books = world.wechatpay.books(order["order_no"])
    section.exactly("payments in WeChat Pay's books, fen", [order["amounts"]["payable_fen"]],
                    [one["total"] for one in books["payments"]])  # fmt: skip
    section.exactly("stock at the end (available, taken, in total)",
                    stock.after_sale(before, {SKU: PIECES}),
                    stock.plain(world.staff.stock_of([SKU]).values()))  # fmt: skip
    section.exactly("on the staff's work list", True, order["order_no"] in world.staff.work())
    section.exactly(
        "answers that were lost, of all", (len(seen["statuses"]) + 1) // 2, seen["lost"]
    )
    section.note("requests sent", len(seen["statuses"]))


def _bought(world: World, section: Section, seen: dict[str, Any]) -> None:
    quote, order, payable = seen["quote"], seen["order"], seen["quote"]["payable_fen"]
    goods = PIECES * world.goods.prices[SKU]
    section.exactly("products on a page of one", 1, seen["listed"])
    section.exactly("the product again comes from the client's own pages", True, seen["unchanged"])
    section.exactly("the nickname after it was changed", "云铺", seen["nickname"])
    section.exactly("addresses after one was added", 1, seen["addresses"])
    section.exactly("coupons after one was claimed", 1, len(seen["coupons"]))
    section.exactly("selected total of the cart, fen", goods, seen["cart"]["selected_total_fen"])
    section.exactly("problems of the quote", [], quote["problems"])
    section.exactly("goods and discount of the quote, fen", [goods, COUPON_FEN],
                    [quote["goods_total_fen"], quote["discount_total_fen"]])  # fmt: skip
    section.exactly("the order's payable, fen", payable, order["amounts"]["payable_fen"])
    section.exactly("paySign holds", True, world.check.holds_for(seen["payment"]))
    section.exactly("the payment sheet", "requestPayment:ok", seen["paid"]["errMsg"])
    section.exactly("status the client sees", "TO_SHIP", seen["after"]["status"])
    section.exactly("the shopper's orders", [[order["order_no"], "TO_SHIP"]], seen["orders"])
    section.exactly("orders to be shipped", 1, seen["counts"]["to_ship"])
    section.exactly("an order that is nobody's", [404, "not_found"], seen["refused"])


def _run(world: World, node: str) -> dict[str, Any]:
    asked = {
        "shop": world.site.base_url,
        "wechat": world.site.wechat,
        "wechatpay": world.site.wechatpay,
        "appid": world.site.appid,
        "shopper": f"{world.run_id}-mini-program",
        "product": PRODUCT,
        "coupon": COUPON,
        "pieces": PIECES,
    }
    world.say(KEY, f"node {PROGRAM.name}: every other answer is lost on the way")
    done = subprocess.run(
        [node, str(PROGRAM), json.dumps(asked)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ProgramError(done.stderr[-400:])
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
