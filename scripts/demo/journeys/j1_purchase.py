"""Journey 1: from the first page to the parcel in hand."""

from typing import Any

from scripts.demo import amounts, stock
from scripts.demo.client import MiniProgram, fresh_key
from scripts.demo.report import Section
from scripts.demo.wire import Answer
from scripts.demo.world import HOME, World

KEY, TITLE = "j1", "1 · Purchase: from browsing to the parcel in hand"
SEARCHED, INITIALS, FOUND = "碧螺春", "blc", "p0002"
VISIBLE_SECONDS = 60.0
"""Within which a change by staff is seen."""
BASKET = {"p0002-2": 1, "p0006-1": 3}
COUPON, COUPON_FEN = "k-199-30", 3000
# Delivery to this province costs something even above the usual threshold, so a fee is computed.
ADDRESS = {**HOME, "province": "甘肃省", "city": "兰州市", "district": "城关区"}
COMPANY = "yuantong"


def run(world: World, section: Section) -> None:
    """Walks the journey."""
    shopper = world.shopper("walker")
    _browse(world, section, shopper)
    _sign_in(section, shopper)
    _fill_cart(world, section, shopper)
    claim_id = _claim(section, shopper)
    quote = _quote(world, section, shopper, claim_id)

    before = world.staff.stock_of(BASKET)
    order, payment = _order(section, shopper, quote)
    order_no = order["order_no"]
    sold = stock.after_sale(before, BASKET)
    after = stock.plain(world.staff.stock_of(BASKET).values())
    section.exactly("stock after the order (available, taken, in total)", sold, after)
    section.exactly("coupon while the order waits", "HELD", shopper.claim_status(claim_id))

    world.say(KEY, f"order {order_no}, {order['amounts']['payable_fen'] / 100:.2f} yuan to pay")
    _pay(world, section, shopper, order_no, payment)
    _after_payment(world, section, shopper, claim_id)
    _receive(world, section, shopper, order_no)
    settled = stock.plain(world.staff.stock_of(BASKET).values())
    section.exactly("stock at the end", sold, settled)


def _browse(world: World, section: Section, shopper: MiniProgram) -> None:
    world.say(KEY, "browsing without a sign-in: categories, pages, a search, a product")
    categories = shopper.expect(200, "GET", "/v1/categories")["items"]
    section.at_least("categories", world.goods.categories, len(categories))
    listed = [each["id"] for each in shopper.pages("/v1/products")]
    section.exactly("products on sale that no page lists", 0, len(world.goods.on_sale - {*listed}))
    section.exactly("products listed twice", 0, len(listed) - len({*listed}))
    parent = next(each for each in categories if each["parent_id"] is None)
    shelf = shopper.pages("/v1/products", category=parent["id"])
    section.at_least("products on the first shelf", 1, len(shelf))

    _search(world, section, shopper)

    first = shopper.call("GET", f"/v1/products/{FOUND}")
    prices = {each["id"]: each["price_fen"] for each in first.json["skus"]}
    expected = {sku_id: world.goods.prices[sku_id] for sku_id in prices}
    section.exactly("prices on the product's page", sorted(expected.items()), _pairs(prices))
    again = shopper.call(
        "GET", f"/v1/products/{FOUND}", headers={"If-None-Match": first.headers.get("etag", "")}
    )
    section.exactly("the same page asked for with its ETag", 304, again.status)


def _search(world: World, section: Section, shopper: MiniProgram) -> None:
    world.until(
        "the search index to hold what was imported",
        lambda: _found(shopper, SEARCHED),
        lambda found: FOUND in found,
        VISIBLE_SECONDS,
        1.0,
    )
    for text in (SEARCHED, INITIALS):
        found = _found(shopper, text)
        section.exactly(f"the search for {text} finds {FOUND}", True, FOUND in found)
    offered = shopper.expect(200, "GET", "/v1/search/suggestions", query={"q": SEARCHED[0]})
    section.exactly(f"{SEARCHED} is suggested", True, SEARCHED in offered["items"])
    hot = shopper.expect(200, "GET", "/v1/search/hot")["items"]
    section.at_least("hot words", 1, len(hot))


def _found(shopper: MiniProgram, text: str) -> list[str]:
    return [each["id"] for each in shopper.pages("/v1/products", q=text)]


def _sign_in(section: Section, shopper: MiniProgram) -> None:
    shopper.sign_in()
    section.exactly("the first sign-in makes a new customer", True, shopper.customer["is_new"])
    shopper.spoil_access_token()
    shopper.expect(200, "GET", "/v1/me")
    section.exactly("sign-in renewed when the access token ended", 1, shopper.refreshed)
    _found(shopper, SEARCHED)
    kept = shopper.expect(200, "GET", "/v1/me/searches")["items"]
    section.exactly("the shopper's own searches", SEARCHED, ", ".join(kept))
    shopper.expect(204, "DELETE", "/v1/me/searches")
    kept = shopper.expect(200, "GET", "/v1/me/searches")["items"]
    section.exactly("searches kept after they were removed", 0, len(kept))


def _fill_cart(world: World, section: Section, shopper: MiniProgram) -> None:
    for sku_id, quantity in BASKET.items():
        shopper.put_in_cart(sku_id, quantity)
    cart = shopper.cart()
    total = sum(world.goods.prices[sku_id] * quantity for sku_id, quantity in BASKET.items())
    section.exactly("lines in the cart", len(BASKET), len(cart["items"]))
    section.exactly("selected total of the cart, fen", total, cart["selected_total_fen"])


def _claim(section: Section, shopper: MiniProgram) -> str:
    key = fresh_key()
    claim = shopper.claim_coupon(COUPON, key)
    again = shopper.claim_coupon(COUPON, key)
    section.exactly("a repeated claim is the same claim", claim["claim_id"], again["claim_id"])
    section.exactly("coupons held after it", 1, len(shopper.pages("/v1/me/coupons")))
    return str(claim["claim_id"])


def _quote(world: World, section: Section, shopper: MiniProgram, claim_id: str) -> dict[str, Any]:
    address_id = shopper.add_address(ADDRESS)
    items = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in BASKET.items()]
    quote = shopper.quote(items, address_id, claim_id=claim_id, from_cart=True)
    lines = quote["lines"]
    ours = amounts.recomputed(lines, world.goods.prices)
    payable_goods = ours["goods_total_fen"] - COUPON_FEN
    freight = world.goods.freight_fen(ADDRESS["province"], sum(BASKET.values()), payable_goods)
    section.exactly("problems of the quote", [], quote["problems"])
    section.exactly("goods, recomputed from the catalogue, fen",
                    ours["goods_total_fen"], quote["goods_total_fen"])  # fmt: skip
    section.exactly("discount of the quote, fen", COUPON_FEN, quote["discount_total_fen"])
    section.exactly("discounts of the lines, summed, fen", COUPON_FEN, ours["discount_total_fen"])
    section.exactly("delivery, recomputed from the table, fen", freight, quote["freight_fen"])
    section.exactly("payable, recomputed, fen", payable_goods + freight, quote["payable_fen"])
    section.exactly(
        "lines that do not add up", [], amounts.inexact_lines(lines, world.goods.prices)
    )
    section.exactly("lines with an unfair share", [], amounts.unfair_shares(lines, COUPON_FEN))
    return quote


def _order(
    section: Section, shopper: MiniProgram, quote: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    order, payment = shopper.place_order(quote, remark="放门口就好")
    again: Answer = shopper.call("POST", "/v1/orders", body={"quote_token": quote["quote_token"]})
    section.exactly("status of a new order", "TO_PAY", order["status"])
    section.exactly(
        "the order's payable, fen", quote["payable_fen"], order["amounts"]["payable_fen"]
    )
    section.exactly("the same token again", [200, order["order_no"]],
                    [again.status, again.json["order"]["order_no"]])  # fmt: skip
    return order, payment


def _pay(
    world: World, section: Section, shopper: MiniProgram, order_no: str, payment: dict[str, Any]
) -> None:
    section.exactly("paySign holds", True, world.check.holds_for(payment))
    altered = {**payment, "package": payment["package"] + "0"}
    section.exactly("paySign holds for another package", False, world.check.holds_for(altered))
    transaction_id = world.pay(shopper, payment)
    order = world.until_status(shopper, order_no, "TO_SHIP")
    books = world.wechatpay.books(order_no)
    section.exactly("status after the signed notice", "TO_SHIP", order["status"])
    section.exactly("time of payment is told", True, order["paid_at"] is not None)
    section.exactly("payments in WeChat Pay's books (number, fen)",
                    [[transaction_id, order["amounts"]["payable_fen"]]],
                    [[one["transaction_id"], one["total"]] for one in books["payments"]],
                    )  # fmt: skip
    notices = world.until(
        "the notice to be settled",
        lambda: world.wechatpay.notices(order_no),
        lambda notices: all(one["state"] == "accepted" for one in notices),
    )
    answers = [a["status"] for one in notices for t in one["attempts"] for a in t["answers"]]
    section.exactly("answer that settled the notice", 204, answers[-1])
    # A cold function may be slower than the 5 s that WeChat Pay waits; then it sends again.
    section.note("answers to the notice (0: none in 5 s)", answers)
    stranger = world.signed_in("stranger")
    section.exactly("another customer asking for the order",
                    404, stranger.call("GET", f"/v1/orders/{order_no}").status)  # fmt: skip


def _after_payment(world: World, section: Section, shopper: MiniProgram, claim_id: str) -> None:
    status = world.until(
        "the coupon to be used",
        lambda: shopper.claim_status(claim_id),
        lambda status: status == "USED",
    )
    section.exactly("coupon after the payment", "USED", status)
    cart = world.until("the cart to be emptied", shopper.cart, lambda cart: not cart["items"])
    section.exactly("lines left in the cart", 0, len(cart["items"]))


def _receive(world: World, section: Section, shopper: MiniProgram, order_no: str) -> None:
    tracking_no = f"YT{world.rng.randrange(10**13):013d}"
    world.say(KEY, f"the staff ships it as {tracking_no}; the courier reports")
    world.staff.ship(order_no, COMPANY, tracking_no)
    order = world.until_status(shopper, order_no, "TO_RECEIVE")
    section.exactly("status after shipping", "TO_RECEIVE", order["status"])
    world.until(
        "the courier to be asked for news",
        lambda: world.courier.subscribed(tracking_no),
        lambda subscribed: subscribed,
    )
    for state in ("in_transit", "signed"):
        world.courier.report(tracking_no, state)
        parcel = world.until(
            f"the parcel to be {state}",
            lambda: _parcel(shopper, order_no, tracking_no),
            lambda parcel, state=state: parcel.get("state") == state,  # type: ignore[misc]
        )
        section.exactly(f"parcel after the courier's push '{state}'", state, parcel["state"])
        section.at_least(f"events the buyer sees when {state}", 1, len(parcel["events"]))
    done = shopper.expect(200, "POST", f"/v1/orders/{order_no}/receipt")
    section.exactly("status after receipt", "DONE", done["status"])
    counts = shopper.expect(200, "GET", "/v1/orders/counts")
    section.exactly("the shopper's counts", {"to_pay": 0, "to_ship": 0, "to_receive": 0, "done": 1,
                    "closed": 0}, counts)  # fmt: skip


def _parcel(shopper: MiniProgram, order_no: str, tracking_no: str) -> dict[str, Any]:
    items = shopper.expect(200, "GET", f"/v1/orders/{order_no}/shipments")["items"]
    return next((each for each in items if each["tracking_no"] == tracking_no), {})


def _pairs(prices: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(prices.items())
