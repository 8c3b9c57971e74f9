"""R5: a repeated request has one effect, however often, late or crowded it comes.

Replays walk every keyed request again and again over days; the crowd is 64 sendings of one request
at the same moment, in seeded orders. A token of another customer never hits, a changed body never
passes.
"""

from collections.abc import Callable, Iterable

from tests.proving.cases.stage import COUPON, PLENTY, SALE, Scene, encounter, furnish
from tests.proving.interleave import some_schedules
from tests.proving.invariants import broken, totals
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Answer, Buyer, Shop

promise, target = PROOFS["R5"]

REPLAYS, QUICK_REPLAYS = 10_000, 240
CROWD, QUICK_CROWD = 64, 16
CROWDS, QUICK_CROWDS = 50, 1
DAY = 86_400
SPREAD_DAYS = 6
"""A token stays good for finding its order for at least seven days."""


def run(seed: int, quick: bool) -> Result:
    """Replays first, then the crowds."""
    details: list[str] = []
    replays = 0
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        replays = _replays(shop, QUICK_REPLAYS if quick else REPLAYS, details)
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        crowded = _crowds(shop, seed, quick, details)
    crowd = QUICK_CROWD if quick else CROWD
    return Result(
        f"{len(details)} second effects in {replays:,} replays and {crowded:,} crowds of {crowd}",
        not details,
        {"replays": replays, "crowds": crowded},
        details[:20],
    )


def _replays(shop: Shop, wanted: int, details: list[str]) -> int:
    """Every request of a buyer's day again, while the order moves on and the days pass."""
    initial = totals(shop)
    buyer, stranger = shop.buyer("wang"), shop.buyer("li")
    token, ticket = shop.quote_token(buyer, {PLENTY: 2}), shop.ticket(buyer, SALE)
    requests: dict[str, Callable[[Buyer], Answer]] = {
        "order": lambda who: shop.place(who, token),
        "flash order": lambda who: shop.place_flash(who, SALE, ticket),
        "claim": lambda who: _claim(shop, who, "key-1"),
    }
    first = {name: request(buyer) for name, request in requests.items()}
    details += [f"{name}: {one.status}" for name, one in first.items() if one.status != 201]
    payment = first["order"].payment
    if payment:
        shop.pay_now(buyer, payment)
        shop.deliver_due()
        shop.pump()
    done = 0
    while done < wanted:
        shop.world.clock.advance(SPREAD_DAYS * DAY / (wanted / len(requests)))
        # A fresh access token each time; the sign-in outlives the keyed requests.
        buyer, stranger = shop.buyer("wang"), shop.buyer("li")
        for name, request in requests.items():
            again = request(buyer)
            done += 1
            details += _differs(name, first[name], again)
        if done % (30 * len(requests)) == 0:
            details += _strangers(requests, stranger)
            shop.sweep()
            shop.pump()
    details += broken(shop, initial)
    return done


def _differs(name: str, first: Answer, again: Answer) -> Iterable[str]:
    """What a replay must repeat: numbers and amounts; the status may be the present one."""
    if again.status not in {200, 201}:
        yield f"{name}: replay answered {again.status} {again.body.get('code')}"
    elif name == "claim":
        if again.body["claim_id"] != first.body["claim_id"]:
            yield f"{name}: another claim"
    elif (again.order_no, again.body["order"]["amounts"]) != (
        first.order_no,
        first.body["order"]["amounts"],
    ):
        yield f"{name}: another order or other amounts"


def _strangers(requests: dict[str, Callable[[Buyer], Answer]], stranger: Buyer) -> Iterable[str]:
    """Another customer's token is a 404."""
    for name in ("order", "flash order"):
        answer = requests[name](stranger)
        if answer.status != 404:
            yield f"{name}: another customer's token answered {answer.status}"


def _claim(shop: Shop, who: Buyer, key: str) -> Answer:
    return shop.call(
        "coupons",
        "POST /v1/coupons/{coupon_id}/claims",
        who,
        path={"coupon_id": COUPON},
        headers={"idempotency-key": key},
    )


def _crowds(shop: Shop, seed: int, quick: bool, details: list[str]) -> int:
    """One request sent many times at once, in seeded orders, for each kind of request."""
    base = shop.moment()
    count = QUICK_CROWDS if quick else CROWDS
    crowd = QUICK_CROWD if quick else CROWD
    scenes: dict[str, Callable[[Shop], Scene]] = {
        "64 x one quote token": lambda one: _tokens(one, crowd),
        "64 x one ticket": lambda one: _tickets(one, crowd),
        "64 x one claim": lambda one: _claims(one, crowd),
        "64 x one cancel": lambda one: _cancels(one, crowd),
    }
    held = 0
    for name, direct in scenes.items():
        met = encounter(shop, base, name, direct)
        explored = some_schedules(shop.world, met, seed=seed, count=count)
        held += explored.schedules
        details += [f"{name}: {line}" for line in explored.violations[:3]]
    return held


def _tokens(shop: Shop, crowd: int) -> Scene:
    buyer = shop.buyer("wang")
    token = shop.quote_token(buyer, {PLENTY: 2})
    return Scene([lambda: shop.place(buyer, token)] * crowd, _one_order, stalls=True)


def _tickets(shop: Shop, crowd: int) -> Scene:
    buyer = shop.buyer("wang")
    ticket = shop.ticket(buyer, SALE)
    send = [lambda: shop.place_flash(buyer, SALE, ticket)] * crowd
    return Scene(send, _one_order, flash=True, stalls=True)


def _claims(shop: Shop, crowd: int) -> Scene:
    buyer = shop.buyer("wang")
    return Scene([lambda: _claim(shop, buyer, "key-1")] * crowd, _one_claim, stalls=True)


def _cancels(shop: Shop, crowd: int) -> Scene:
    buyer = shop.buyer("wang")
    placed = shop.place(buyer, shop.quote_token(buyer, {PLENTY: 3}))
    return Scene([lambda: shop.cancel(buyer, placed.order_no)] * crowd, stalls=True)


def _one_order(answers: list[Answer]) -> list[str]:
    numbers = {one.order_no for one in answers if one.status in {200, 201}}
    made = sum(one.status == 201 for one in answers)
    return [] if len(numbers) <= 1 and made <= 1 else [f"{made} made, {len(numbers)} orders"]


def _one_claim(answers: list[Answer]) -> list[str]:
    claims = {one.body["claim_id"] for one in answers if one.status in {200, 201}}
    return [] if len(claims) <= 1 else [f"{len(claims)} claims"]
