"""Quotes: every split exact, nothing negative, no order ever free, calculators in their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.domain import pricing
from shop.domain.campaign import Campaign
from shop.domain.coupon import (
    ClaimStatus,
    CouponClaim,
    CouponKind,
    Exclusive,
    Saving,
    Scope,
    ScopeType,
    Unusable,
)
from shop.domain.offer import Offer, Problem, QuoteProblem
from shop.domain.pricing import CALCULATORS, RULES_VERSION, Terms
from shop.domain.quote import Wanted, quote
from shop.domain.quote_line import QuoteLine
from tests.unit.domain.baskets import (
    BOOK,
    FAR,
    HOME,
    IN_SCOPE,
    ISLAND,
    NOW,
    baskets,
    campaign_lists,
    campaign_of,
    claim_of,
    freight_claims,
    goods_claims,
    offer_of,
    priced,
    seeded,
)

Bought = list[tuple[Offer, int]]


@seeded
@given(baskets(), goods_claims, freight_claims, campaign_lists, st.booleans())
def test_every_quote_adds_up(
    bought: Bought,
    goods: CouponClaim,
    freight: CouponClaim,
    campaigns: list[Campaign],
    is_member: bool,
) -> None:
    made = priced(bought, [goods, freight], campaigns=campaigns, is_member=is_member)
    assert made.goods_total_fen == sum(offer.price_fen * count for offer, count in bought)
    assert made.discount_total_fen == sum(line.discount_fen for line in made.lines)
    assert all(line.discount_fen >= 0 and line.payable_fen >= 0 for line in made.lines)
    assert made.freight_fen >= 0
    assert made.payable_fen == sum(line.payable_fen for line in made.lines) + made.freight_fen
    assert made.payable_fen == made.goods_total_fen - made.discount_total_fen + made.freight_fen
    assert made.payable_fen >= 1
    covers = [goods.template.scope, *(one.scope for one in campaigns)]
    for line, (offer, _) in zip(made.lines, bought, strict=True):
        if not any(scope.covers(offer.product_id, offer.category_ids) for scope in covers):
            assert line.discount_fen == 0


@seeded
@given(baskets(), goods_claims, campaign_lists)
def test_the_order_of_lines_changes_no_total(
    bought: Bought, claim: CouponClaim, campaigns: list[Campaign]
) -> None:
    forth = priced(bought, [claim], campaigns=campaigns)
    back = priced(bought[::-1], [claim], campaigns=campaigns)
    assert forth.payable_fen == back.payable_fen
    assert forth.discount_total_fen == back.discount_total_fen
    assert forth.freight_fen == back.freight_fen


@seeded
@given(baskets(), goods_claims, freight_claims, campaign_lists)
def test_no_coupon_makes_an_order_dearer_than_its_price_before_delivery(
    bought: Bought, goods: CouponClaim, freight: CouponClaim, campaigns: list[Campaign]
) -> None:
    with_all = priced(bought, [goods, freight], campaigns=campaigns)
    without = priced(bought, [], campaigns=campaigns)
    cost = with_all.goods_total_fen - with_all.discount_total_fen
    assert cost <= without.goods_total_fen - without.discount_total_fen


def test_the_calculators_are_declared_in_this_order() -> None:
    declared = (
        pricing.campaign,
        pricing.goods_coupon,
        pricing.freight,
        pricing.freight_coupon,
    )
    assert declared == CALCULATORS
    assert RULES_VERSION == 2


def test_each_calculator_works_on_what_those_before_it_left() -> None:
    bought = [(offer_of(1, 10_000), 1), (offer_of(2, 1_000, category="c-out"), 1)]
    tenth = campaign_of(percent_off=10, scope=IN_SCOPE)
    fifth = claim_of(CouponKind.PERCENT, percent_off=20, threshold_fen=10_000)
    free = claim_of(CouponKind.FREIGHT, "k-2", amount_fen=500, threshold_fen=10_000)
    made = priced(bought, [fifth, free], campaigns=[tenth])
    # 11,000 less 1,000 is 10,000: the coupon's threshold is met exactly, and it takes 2,000.
    assert [line.discount_fen for line in made.lines] == [1_000 + 1_800, 200]
    # 8,000 is below the threshold of free delivery: 800, less 500.
    assert (made.discount_total_fen, made.freight_fen, made.payable_fen) == (3_000, 300, 8_300)
    assert (made.claim_ids, made.claim_savings) == (("k-1", "k-2"), (2_000, 500))
    assert made.savings == (Saving("k-1", 2_000, (0, 1)), Saving("k-2", 500, (0, 1)))
    deeper = campaign_of(percent_off=11, scope=IN_SCOPE)
    below = priced(bought, [fifth], campaigns=[deeper])
    assert below.savings == (Saving("k-1", 0, (0, 1), Unusable.BELOW_THRESHOLD),)


def test_a_coupon_that_goes_with_no_campaign_takes_only_from_lines_at_their_price() -> None:
    bought = [(offer_of(1, 100), 2), (offer_of(2, 100, category="c-out"), 2)]
    strict = claim_of(amount_fen=500, exclusive_with=(Exclusive.CAMPAIGNS,))
    made = priced(bought, [strict], campaigns=[campaign_of(amount_fen=10, scope=IN_SCOPE)])
    assert [line.discount_fen for line in made.lines] == [10, 200]
    assert made.savings == (Saving("k-1", 200, (1,)),)
    assert priced(bought, [strict]).savings == (Saving("k-1", 400, (0, 1)),)


def test_a_member_price_is_for_members() -> None:
    mine = campaign_of(amount_fen=10, members_only=True)
    bought = [(offer_of(1, 100), 1)]
    assert priced(bought, campaigns=[mine]).discount_total_fen == 0
    assert priced(bought, campaigns=[mine], is_member=True).discount_total_fen == 10


def test_an_order_is_never_free() -> None:
    made = priced([(offer_of(1, 500), 1)], [claim_of(amount_fen=500)], None)
    assert (made.discount_total_fen, made.claim_savings, made.payable_fen) == (499, (499,), 1)
    both = priced(
        [(offer_of(1, 300), 1), (offer_of(2, 200), 1)],
        [claim_of(amount_fen=900)],
        None,
        campaigns=[campaign_of(amount_fen=600)],
    )
    assert (both.discount_total_fen, both.payable_fen) == (499, 1)
    one_fen = priced(
        [(offer_of(1, 1), 1)], [claim_of(amount_fen=500), claim_of(CouponKind.FREIGHT, "k-2")]
    )
    assert (one_fen.discount_total_fen, one_fen.freight_fen, one_fen.payable_fen) == (0, 0, 1)


def test_percent_is_rounded_down_and_capped() -> None:
    tenth = claim_of(CouponKind.PERCENT, percent_off=10, cap_fen=3_000)
    assert priced([(offer_of(1, 12_805), 1)], [tenth]).discount_total_fen == 1_280
    assert priced([(offer_of(1, 56_800), 1)], [tenth]).discount_total_fen == 3_000


def test_a_discount_is_split_over_the_lines_it_covers() -> None:
    bought = [
        (offer_of(1, 100), 1),
        (offer_of(2, 100, category="c-out"), 1),
        (offer_of(3, 100), 1),
        (offer_of(4, 100), 1),
    ]
    made = priced(bought, [claim_of(amount_fen=100, scope=IN_SCOPE)])
    assert [line.discount_fen for line in made.lines] == [34, 0, 33, 33]
    assert [line.payable_fen for line in made.lines] == [66, 100, 67, 67]


def test_delivery_looks_at_goods_after_their_coupon() -> None:
    assert priced([(offer_of(1, 1_000), 3)]).freight_fen == 800
    assert priced([(offer_of(1, 1_000), 4)]).freight_fen == 1_100
    assert priced([(offer_of(1, 9_900), 1)]).freight_fen == 0
    assert priced([(offer_of(1, 9_900), 1)], [claim_of(amount_fen=1)]).freight_fen == 800
    assert priced([(offer_of(1, 9_900), 7)], [], FAR).freight_fen == 1_800 + 2 * 900


def test_delivery_counts_weight_and_volume_of_every_piece() -> None:
    heavy = offer_of(1, 100, freight="heavy", weight_g=600, volume_cm3=7)
    bulky = offer_of(2, 100, freight="bulky", weight_g=7, volume_cm3=15_000)
    assert priced([(heavy, 3)]).freight_fen == 600 + 2 * 200
    assert priced([(bulky, 3)]).freight_fen == 1_000 + 3 * 400
    assert priced([(heavy, 3), (bulky, 3)]).freight_fen == 1_000 + 2_200


def test_lines_that_are_not_sent_there_are_named_and_not_charged() -> None:
    made = priced([(offer_of(1, 100, freight="heavy"), 1), (offer_of(2, 100), 1)], [], FAR)
    assert made.problems == (QuoteProblem(Problem.AREA_NOT_SERVED, "p1-1"),)
    assert made.freight_fen == 1_800
    assert not made.orderable
    nowhere = priced([(offer_of(1, 100), 1), (offer_of(2, 100), 1)], [], ISLAND)
    assert [one.sku_id for one in nowhere.problems] == ["p1-1", "p2-1"]
    assert (nowhere.freight_fen, nowhere.payable_fen) == (0, 200)


def test_without_an_address_there_is_no_fee_and_no_order() -> None:
    made = priced([(offer_of(1, 100), 1)], [], None)
    assert made.problems == (QuoteProblem(Problem.ADDRESS_NEEDED),)
    assert (made.freight_fen, made.payable_fen) == (0, 100)


@pytest.mark.parametrize(
    ("other", "quantity", "problem"),
    [
        ({"on_sale": False, "available": 0}, 1, Problem.OFF_SALE),
        ({"available": 0}, 1, Problem.SOLD_OUT),
        ({"available": -1}, 1, Problem.SOLD_OUT),
        ({"available": 1}, 2, Problem.INSUFFICIENT_STOCK),
        ({"available": 2}, 2, None),
        ({"limit": 3}, 3, None),
        ({"limit": 3}, 4, Problem.PURCHASE_LIMIT),
        ({"limit": 3, "bought": 1}, 3, Problem.PURCHASE_LIMIT),
        ({"limit": 3, "bought": 1}, 2, None),
    ],
)
def test_what_stands_in_the_way_of_a_line(
    other: dict[str, int], quantity: int, problem: Problem | None
) -> None:
    made = priced([(offer_of(1, 100, **other), quantity), (offer_of(2, 50), 1)])
    assert made.problems == ((QuoteProblem(problem, "p1-1"),) if problem else ())
    assert made.orderable is (problem is None)
    counted = 50 if problem is Problem.OFF_SALE else 50 + 100 * quantity
    assert made.goods_total_fen == counted


def test_an_unknown_sku_is_off_sale() -> None:
    terms = Terms((), (), BOOK, HOME, NOW)
    made = quote([Wanted("p9-9", 1), Wanted("p1-1", 2)], {"p1-1": offer_of(1, 100)}, terms)
    assert made.problems == (QuoteProblem(Problem.OFF_SALE, "p9-9"),)
    assert [(line.sku_id, line.quantity) for line in made.lines] == [("p1-1", 2)]
    nothing = quote([Wanted("p9-9", 1)], {}, terms)
    assert (nothing.goods_total_fen, nothing.freight_fen, nothing.payable_fen) == (0, 0, 0)


def test_a_line_carries_what_the_order_keeps() -> None:
    made = priced([(offer_of(1, 100, limit=5), 2)], [claim_of(amount_fen=30)])
    assert made.lines == (
        QuoteLine(
            sku_id="p1-1",
            quantity=2,
            unit_price_fen=100,
            discount_fen=30,
            price_version=7,
            title="题1",
            spec="规格1",
            image_url="https://img.example.com/1.jpg",
            limit=5,
        ),
    )


def test_a_coupon_that_cannot_be_used_stands_in_the_way() -> None:
    bought = [(offer_of(1, 100), 1)]
    refused = QuoteProblem(Problem.COUPON_UNUSABLE)
    held = claim_of(amount_fen=5, status=ClaimStatus.HELD)
    made = priced(bought, [held])
    assert made.problems == (refused,)
    assert made.claim_ids == ()
    assert made.savings == (Saving("k-1", 0, (0,), Unusable.HELD),)
    assert priced(bought, [held], chosen=[]).problems == ()
    assert priced(bought, [], chosen=["k-9"]).problems == (refused,)


def test_two_coupons_of_one_sort_do_not_stack() -> None:
    bought = [(offer_of(1, 1_000), 1)]
    for kind in (CouponKind.AMOUNT, CouponKind.FREIGHT):
        two = [claim_of(kind, f"k-{n}", amount_fen=n) for n in (1, 2)]
        made = priced(bought, two)
        assert made.problems == (QuoteProblem(Problem.COUPON_UNUSABLE),)
        assert made.savings == (
            Saving("k-1", 1, (0,)),
            Saving("k-2", 0, (), Unusable.NOT_STACKABLE),
        )
        assert (made.discount_total_fen, made.freight_fen) == (0, 800)


def test_a_coupon_that_saves_nothing_is_not_spent() -> None:
    free = claim_of(CouponKind.FREIGHT, "k-2")
    assert priced([(offer_of(1, 9_900), 1)], [free]).claim_ids == ()
    paid = priced([(offer_of(1, 100), 1)], [free])
    assert (paid.claim_ids, paid.freight_fen, paid.payable_fen) == (("k-2",), 0, 100)


def test_coupons_that_are_not_chosen_tell_what_they_would_save() -> None:
    other = claim_of(claim_id="k-9", amount_fen=7, scope=Scope(ScopeType.PRODUCTS, ("p2",)))
    made = priced([(offer_of(1, 100), 1), (offer_of(2, 50), 1)], [other], chosen=[])
    assert made.savings == (Saving("k-9", 7, (1,)),)
    assert made.discount_total_fen == 0
