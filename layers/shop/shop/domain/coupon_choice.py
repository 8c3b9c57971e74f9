"""Which of a customer's coupons together save most on a basket."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from shop.domain.coupon import CouponClaim, go_together, saving
from shop.domain.pricing import Basket, Terms, freight, freight_coupon, goods_coupon

MOST_OF_A_SORT = 50
"""Coupons of each sort that are weighed, those that end first; of equal terms only one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """At most one goods and one freight coupon, and what they take off the price together."""

    claim_ids: tuple[str, ...] = ()
    saves_fen: int = 0


def best_choice(basket: Basket, terms: Terms) -> Choice:
    """The combination that leaves least to pay, found by trying all of them.

    Of equal ones the one with fewer coupons, then the one whose coupons end first, then the one
    whose claim ids come first in order.

    Args:
        basket: After campaigns, before any coupon.
        terms: Every claim of the customer, whatever is chosen.
    """
    usable = [
        claim
        for claim in terms.claims
        if saving(claim, basket.goods, 1, terms.now).discount_fen > 0
    ]
    goods = _weighed([one for one in usable if not one.template.is_freight])
    fees = _weighed([one for one in usable if one.template.is_freight])
    pairs = [(one, other) for one in goods for other in fees]
    allowed = [pair for pair in pairs if go_together(pair[0].template, pair[1].template)]
    options = [(), *((one,) for one in (*goods, *fees)), *allowed]
    without = _payable(basket, terms, ())
    best = min(_Ranked.of(without - _payable(basket, terms, one), one) for one in options)
    return Choice(best.claim_ids, -best.costs)


class _Ranked(NamedTuple):
    """A combination, so that the smallest is the one to take."""

    costs: int
    coupons: int
    ends: tuple[int, ...]
    claim_ids: tuple[str, ...]

    @classmethod
    def of(cls, saves_fen: int, chosen: Sequence[CouponClaim]) -> "_Ranked":
        ids = tuple(one.claim_id for one in chosen)
        return cls(-saves_fen, len(chosen), tuple(one.valid_until for one in chosen), ids)


def _weighed(claims: Sequence[CouponClaim]) -> list[CouponClaim]:
    """One claim of each template, soonest end first."""
    ordered = sorted(claims, key=lambda claim: (claim.valid_until, claim.claim_id))
    each = {claim.template.id: claim for claim in reversed(ordered)}
    return [one for one in ordered if each[one.template.id] is one][:MOST_OF_A_SORT]


def _payable(basket: Basket, terms: Terms, chosen: Sequence[CouponClaim]) -> int:
    mine = replace(terms, claims=chosen, chosen=tuple(one.claim_id for one in chosen))
    for calculate in (goods_coupon, freight, freight_coupon):
        basket = calculate(basket, mine)
    return sum(basket.left) + basket.freight_fen - basket.freight_off_fen
