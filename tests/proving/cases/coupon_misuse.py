"""Coupons in wrong hands, at the wrong time and on wrong baskets: refused, and nothing written."""

import random
from collections.abc import Callable, Iterator

from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import PLENTY
from tests.proving.invariants import tables_of
from tests.proving.shop import Answer, Buyer, Shop

CHEAP = "cheap-1"
CODES_A_DAY = 30
KINDS = ("amount", "percent", "freight")


def amounts(shop: Shop, seed: int, wanted: int, lines: list[str]) -> int:
    """Random coupons on random baskets: the order that is placed costs at least 1 fen.

    Prices begin at 1 fen and coupons take off up to a thousand times as much.
    """
    from shop.domain.coupon import CouponKind

    dice = random.Random(seed)
    prices = [(dice.choice([1, 2, 99, 1_000]), 10**6, None) for _ in range(4)]
    skus = shop.put_product("cheap", prices)  # type: ignore[arg-type]
    wang = shop.buyer("wang")
    for number in range(wanted):
        if number % 50 == 0:
            shop.world.clock.advance(60)
            wang = shop.buyer(f"w{number}")
        kind = CouponKind(dice.choice(KINDS))
        coupon = f"q{number}"
        shop.put_coupon(
            coupon,
            amount_fen=0 if kind is CouponKind.PERCENT else dice.choice([1, 100, 10**6]),
            quota=1,
            kind=kind,
            percent_off=dice.randint(1, 99) if kind is CouponKind.PERCENT else 0,
        )
        mine = str(claim(shop, wang, coupon, f"k{number}").body["claim_id"])
        basket = {sku: dice.randint(1, 5) for sku in dice.sample(skus, dice.randint(1, 4))}
        placed = shop.place(wang, shop.quote_token(wang, basket, (mine,)))
        paid = placed.body["order"]["amounts"]["payable_fen"] if placed.status == 201 else 0
        if paid < 1:
            lines.append(f"basket {number}: {placed}")
    return wanted


def guessed(shop: Shop, wanted: int, lines: list[str]) -> int:
    """One customer tries so many codes: a few are looked at, then none; nothing comes of it."""
    wang = shop.buyer("wang")
    tried = []
    for number in range(wanted):
        body = {"code": f"{number:016d}"}
        headers = {"idempotency-key": f"g{number}"}
        route = "POST /v1/coupons/exchange"
        tried.append(shop.call("coupons", route, wang, body=body, headers=headers))
    first = {(one.status, one.body["code"]) for one in tried[:CODES_A_DAY]}
    later = {one.status for one in tried[CODES_A_DAY:]}
    if first != {(409, "code_invalid")} or later != {429}:
        lines.append(f"codes tried are answered {first}, then {later}")
    if tables_of(shop).claims:
        lines.append("a guessed code was good")
    return wanted


def refused(shop: Shop, lines: list[str]) -> int:
    """Each misuse is refused by the contract's code and leaves the table equal to the byte."""
    done = 0
    for name, misuse, code in misuses(shop):
        before = shop.world.snapshot()
        answer = misuse()
        done += 1
        found = answer.body.get("code") or [one["code"] for one in answer.body.get("problems", ())]
        if answer.status >= 500 or code not in found:
            lines.append(f"{name}: {answer}, not {code}")
        lines += [
            f"{name} changed {one[:200]}" for one in before.differences(shop.world.snapshot())
        ]
    return done


def misuses(shop: Shop) -> Iterator[tuple[str, Callable[[], Answer], str]]:
    """Each misuse: its name, what tries it, and the code that it is refused with."""
    wang, li = shop.buyer("wang"), shop.buyer("li")
    shop.put_coupon("m-high", threshold_fen=10**8)
    shop.put_coupon("m-short", quota=1, valid_days=1)
    shop.put_coupon("m-gone", quota=1, claim_ends_at=shop.now)
    shop.put_coupon("m-gift", quota=1, obtained=_gift())
    mine, high, short = (
        str(claim(shop, wang, one, "k").body["claim_id"]) for one in ("k-many", "m-high", "m-short")
    )
    yield "another's claim", lambda: _quoted(shop, li, mine), "coupon_unusable"
    yield "below its threshold", lambda: _quoted(shop, wang, high), "coupon_unusable"
    yield "no claim at all", lambda: _quoted(shop, wang, "m-none-1"), "coupon_unusable"
    yield "two of one sort", lambda: _quoted(shop, wang, mine, short), "coupon_unusable"
    yield "after claiming", lambda: claim(shop, wang, "m-gone", "k"), "claim_not_open"
    yield "what is only given", lambda: claim(shop, wang, "m-gift", "k"), "not_found"
    yield "no such coupon", lambda: claim(shop, wang, "m-none", "k"), "not_found"
    shop.world.clock.advance(86_399)
    in_time = shop.buyer("wang")
    token = shop.quote_token(in_time, {PLENTY: 1}, (short,))
    shop.world.clock.advance(1)
    yield "ended since the quote", lambda: shop.place(in_time, token), "coupon_unavailable"
    late = shop.buyer("wang")
    yield "after its end", lambda: _quoted(shop, late, short), "coupon_unusable"


def _gift() -> object:
    from shop.domain.coupon import Obtained

    return Obtained.GIFT


def _quoted(shop: Shop, buyer: Buyer, *claims: str) -> Answer:
    names = ("coupon_claim_id", "freight_coupon_claim_id")
    body = {"items": [{"sku_id": PLENTY, "quantity": 1}], **dict(zip(names, claims, strict=False))}
    return shop.call("cart", "POST /v1/quotes", buyer, body=body)
