"""The best choice of coupons is the cheapest of all that may be chosen (hypothesis)."""

import dataclasses
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shop.domain.address import Address
from shop.domain.coupon import (
    ClaimStatus,
    CouponClaim,
    CouponKind,
    CouponTemplate,
    Exclusive,
    PricedGoods,
    Saving,
    Scope,
    ScopeType,
    Unusable,
    saving,
)
from shop.domain.coupon_choice import Choice
from shop.domain.freight import FreightBook, FreightBy, FreightRate, FreightTemplate
from shop.domain.offer import Offer
from shop.domain.pricing import Terms
from shop.domain.quote import Quote, Wanted, quote
from tests.unit.domain.baskets import seeded

NOW = 1_790_000_000
HOME = Address("张三", "13800138000", "浙江省", "杭州市", "西湖区", "龙井路1号")
BOOK = FreightBook(
    (FreightTemplate("f", "快递", FreightBy.PIECE, FreightRate((), 1, 800, 1, 300, 9_900), (), ()),)
)
BASE = CouponTemplate(
    id="k",
    title="券",
    kind=CouponKind.AMOUNT,
    threshold_fen=0,
    amount_fen=0,
    percent_off=0,
    cap_fen=0,
    scope=Scope(),
    claim_starts_at=0,
    claim_ends_at=NOW,
    valid_from=0,
    valid_until=0,
    valid_days=7,
    quota=1,
    per_customer=1,
)


@st.composite
def claims_of(draw: st.DrawFn, number: int) -> CouponClaim:
    kind = draw(st.sampled_from(CouponKind))
    is_percent = kind is CouponKind.PERCENT
    template = dataclasses.replace(
        BASE,
        id=f"k{number}",
        kind=kind,
        threshold_fen=draw(st.sampled_from([0, 3_000, 12_000])),
        amount_fen=0 if is_percent else draw(st.integers(1, 9_000)),
        percent_off=draw(st.integers(1, 99)) if is_percent else 0,
        cap_fen=draw(st.sampled_from([0, 700])) if is_percent else 0,
        exclusive_with=draw(st.sampled_from([(), (Exclusive.COUPONS,)])),
    )
    status = draw(st.sampled_from([ClaimStatus.UNUSED, ClaimStatus.UNUSED, ClaimStatus.HELD]))
    return CouponClaim(f"k{number}-1", template, status, NOW - 1, NOW + number + 1, NOW - 1)


@st.composite
def hands(draw: st.DrawFn) -> list[CouponClaim]:
    return [draw(claims_of(number)) for number in range(draw(st.integers(0, 5)))]


def held(end: int, **terms: Any) -> CouponClaim:
    """A claim that ends so many seconds from now."""
    template = dataclasses.replace(BASE, **terms)
    return CouponClaim(f"{template.id}-1", template, ClaimStatus.UNUSED, 0, NOW + end, 0)


def offer(price_fen: int) -> Offer:
    return Offer(
        sku_id="p1-1",
        product_id="p1",
        category_ids=("c",),
        title="题",
        spec="",
        image_url="",
        price_fen=price_fen,
        price_version=1,
        on_sale=True,
        available=99,
        limit=None,
    )


def priced(price_fen: int, claims: list[CouponClaim], *chosen: str) -> Quote:
    terms = Terms(claims, chosen, BOOK, HOME, NOW)
    return quote([Wanted("p1-1", 1)], {"p1-1": offer(price_fen)}, terms)


@seeded
@given(st.integers(1, 20_000), hands())
def test_nothing_that_may_be_chosen_is_cheaper(price: int, claims: list[CouponClaim]) -> None:
    plain = priced(price, claims)
    best = priced(price, claims, *plain.best.claim_ids)
    assert best.orderable
    assert plain.payable_fen - best.payable_fen == plain.best.saves_fen
    ids = [claim.claim_id for claim in claims]
    for chosen in product([None, *ids], repeat=2):
        other = priced(price, claims, *dict.fromkeys(one for one in chosen if one))
        assert other.payable_fen >= 1
        if other.orderable:
            assert other.payable_fen >= best.payable_fen


def test_of_equal_ones_the_one_that_ends_first_is_named() -> None:
    twins = [held(end, id=name, amount_fen=500) for name, end in (("a", 9), ("b", 5), ("c", 9))]
    assert priced(2_000, twins).best.claim_ids == ("b-1",)


def test_of_equal_ones_fewer_coupons_are_spent_though_they_end_later() -> None:
    claims = [
        held(9, id="one", amount_fen=500, exclusive_with=(Exclusive.COUPONS,)),
        held(5, id="goods", amount_fen=300),
        held(5, id="fee", kind=CouponKind.FREIGHT, amount_fen=200),
    ]
    assert priced(2_000, claims).best == Choice(("one-1",), 500)


def test_a_coupon_that_cannot_be_used_hides_none_of_its_kind() -> None:
    good = held(5, amount_fen=500)
    past = dataclasses.replace(good, claim_id="k-0", valid_until=NOW)
    assert priced(2_000, [past, good]).best == Choice(("k-1",), 500)


def test_a_coupon_that_costs_the_free_delivery_is_not_worth_it() -> None:
    assert priced(9_900, [held(5, amount_fen=799)]).best == Choice((), 0)
    assert priced(9_900, [held(5, amount_fen=801)]).best == Choice(("k-1",), 1)


def test_what_is_not_chosen_is_told_its_own_worth_beside_one_of_its_sort() -> None:
    claims = [held(5, id="a", amount_fen=500), held(5, id="b", amount_fen=300)]
    made = priced(2_000, claims, "a-1")
    assert made.savings == (Saving("a-1", 500, (0,)), Saving("b-1", 300, (0,)))


def test_an_exclusive_coupon_stands_alone_and_others_say_why() -> None:
    claims = [
        held(9, id="a", amount_fen=500, exclusive_with=(Exclusive.COUPONS,)),
        held(9, id="f", kind=CouponKind.FREIGHT),
    ]
    made = priced(2_000, claims, "a-1")
    assert made.orderable
    assert made.savings == (
        Saving("a-1", 500, (0,)),
        Saving("f-1", 0, (), Unusable.NOT_STACKABLE),
    )
    assert not priced(2_000, claims, "a-1", "f-1").orderable


def test_exclusions_and_campaigns_take_lines_out_of_reach() -> None:
    goods = [
        PricedGoods("p1", ("c-tea",), 1_000),
        PricedGoods("p2", ("c-tea", "c-gift"), 2_000),
        PricedGoods("p3", ("c-tea",), 4_000, reduced=True),
    ]
    scope = Scope(ScopeType.CATEGORIES, ("c-tea",), ("p9",), ("c-gift",))
    template = dataclasses.replace(BASE, amount_fen=9_000, scope=scope)
    claim = CouponClaim("k-1", template, ClaimStatus.UNUSED, 0, NOW + 9, 0)
    assert saving(claim, goods, 0, NOW).lines == (0, 2)
    assert saving(claim, goods, 0, NOW).discount_fen == 5_000
    strict = dataclasses.replace(template, exclusive_with=(Exclusive.CAMPAIGNS,))
    only = dataclasses.replace(claim, template=strict)
    assert saving(only, goods, 0, NOW).lines == (0,)
    assert saving(only, goods[2:], 0, NOW).reason is Unusable.NOT_STACKABLE
