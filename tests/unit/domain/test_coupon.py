"""What a claim is worth on given goods, and why it is not."""

import pytest
from hypothesis import given

from shop.domain.coupon import (
    ClaimStatus,
    CouponClaim,
    CouponKind,
    PricedGoods,
    Saving,
    Scope,
    ScopeType,
    Unusable,
    saving,
)
from shop.domain.money import percent_of
from shop.domain.offer import Offer
from tests.unit.domain.baskets import IN_SCOPE, NOW, baskets, claim_of, goods_claims, seeded

GOODS = [PricedGoods("p1", ("c-in", "c-top"), 700), PricedGoods("p2", ("c-out",), 300)]


@seeded
@given(baskets(), goods_claims)
def test_a_coupon_takes_no_more_than_it_promises(
    bought: list[tuple[Offer, int]], claim: CouponClaim
) -> None:
    goods = [
        PricedGoods(offer.product_id, offer.category_ids, offer.price_fen * count)
        for offer, count in bought
    ]
    saved = saving(claim, goods, 0, NOW)
    terms = claim.template
    covered = sum(goods[index].amount_fen for index in saved.lines)
    assert 0 <= saved.discount_fen <= covered
    if terms.kind is CouponKind.PERCENT:
        assert saved.discount_fen <= percent_of(covered, terms.percent_off)
        assert not terms.cap_fen or saved.discount_fen <= terms.cap_fen
    else:
        assert saved.discount_fen <= terms.amount_fen
    if covered < terms.threshold_fen:
        assert saved.reason in {Unusable.BELOW_THRESHOLD, Unusable.OUT_OF_SCOPE}
        assert saved.discount_fen == 0


@pytest.mark.parametrize(
    ("claim", "freight_fen", "off", "lines"),
    [
        (claim_of(amount_fen=50), 0, 50, (0, 1)),
        (claim_of(amount_fen=5_000), 0, 1_000, (0, 1)),
        (claim_of(amount_fen=5_000, scope=IN_SCOPE), 0, 700, (0,)),
        (claim_of(amount_fen=9, scope=Scope(ScopeType.CATEGORIES, ("c-top",))), 0, 9, (0,)),
        (claim_of(amount_fen=9, scope=Scope(ScopeType.PRODUCTS, ("p2",))), 0, 9, (1,)),
        (claim_of(CouponKind.PERCENT, percent_off=15), 0, 150, (0, 1)),
        (claim_of(CouponKind.PERCENT, percent_off=15, cap_fen=100), 0, 100, (0, 1)),
        (claim_of(CouponKind.PERCENT, percent_off=15, cap_fen=151), 0, 150, (0, 1)),
        (claim_of(CouponKind.FREIGHT), 800, 800, (0, 1)),
        (claim_of(CouponKind.FREIGHT, amount_fen=500), 800, 500, (0, 1)),
        (claim_of(CouponKind.FREIGHT, amount_fen=900), 800, 800, (0, 1)),
        (claim_of(amount_fen=9, threshold_fen=1_000), 0, 9, (0, 1)),
    ],
)
def test_what_a_claim_saves(
    claim: CouponClaim, freight_fen: int, off: int, lines: tuple[int, ...]
) -> None:
    assert saving(claim, GOODS, freight_fen, NOW) == Saving("k-1", off, lines)


@pytest.mark.parametrize(
    ("claim", "now", "reason", "lines"),
    [
        (claim_of(amount_fen=5), NOW - 2, Unusable.NOT_STARTED, (0, 1)),
        (claim_of(amount_fen=5), NOW + 1, Unusable.EXPIRED, (0, 1)),
        (claim_of(amount_fen=5, status=ClaimStatus.HELD), NOW + 1, Unusable.HELD, (0, 1)),
        (claim_of(amount_fen=5, status=ClaimStatus.USED), NOW + 1, Unusable.USED, (0, 1)),
        (claim_of(amount_fen=5, threshold_fen=1_001), NOW, Unusable.BELOW_THRESHOLD, (0, 1)),
        (
            claim_of(amount_fen=5, threshold_fen=1_001, scope=Scope(ScopeType.PRODUCTS, ("p9",))),
            NOW,
            Unusable.OUT_OF_SCOPE,
            (),
        ),
        (
            claim_of(amount_fen=5, scope=Scope(ScopeType.CATEGORIES, ("p1",))),
            NOW,
            Unusable.OUT_OF_SCOPE,
            (),
        ),
        (
            claim_of(scope=Scope(ScopeType.PRODUCTS, ("p9",)), status=ClaimStatus.USED),
            NOW,
            Unusable.USED,
            (),
        ),
    ],
)
def test_why_a_claim_cannot_be_used(
    claim: CouponClaim, now: int, reason: Unusable, lines: tuple[int, ...]
) -> None:
    assert saving(claim, GOODS, 0, now) == Saving("k-1", 0, lines, reason)


@pytest.mark.parametrize("now", [NOW - 1, NOW])
def test_a_claim_is_good_from_its_first_second_to_its_last(now: int) -> None:
    assert saving(claim_of(amount_fen=5), GOODS, 0, now).reason is None


def test_an_unused_claim_past_its_time_reads_as_expired() -> None:
    assert claim_of().status_at(NOW) is ClaimStatus.UNUSED
    assert claim_of().status_at(NOW + 1) is ClaimStatus.EXPIRED
    assert claim_of().status_at(NOW + 2) is ClaimStatus.EXPIRED
    assert claim_of(status=ClaimStatus.HELD).status_at(NOW + 1) is ClaimStatus.HELD


def test_validity_is_by_dates_or_by_days_after_the_claim() -> None:
    days = claim_of(valid_days=2, valid_from=3, valid_until=4).template
    assert days.validity(1_000) == (1_000, 1_000 + 2 * 86_400)
    assert claim_of(valid_days=0, valid_from=3, valid_until=4).template.validity(1_000) == (3, 4)


@pytest.mark.parametrize(
    ("product", "categories", "covered"),
    [
        ("p1", ("c-in",), True),
        ("p2", ("c-in",), False),
        ("p1", ("c-in", "c-out"), False),
        ("p1", ("c-other",), False),
    ],
)
def test_what_is_excluded_is_out_of_scope(
    product: str, categories: tuple[str, ...], covered: bool
) -> None:
    scope = Scope(ScopeType.CATEGORIES, ("c-in",), ("p2", "p3"), ("c-out",))
    assert scope.covers(product, categories) is covered


def test_a_template_is_open_from_its_first_second_to_its_last() -> None:
    template = claim_of().template
    assert [template.is_open(now) for now in (-1, 0, NOW - 1, NOW)] == [False, True, True, False]


def test_without_ids_everything_is_in_scope() -> None:
    assert Scope() == Scope(ScopeType.ALL, ())
    assert Scope().covers("p", ())
