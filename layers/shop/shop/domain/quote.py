"""From lines, prices, member, coupons, freight and campaigns to amounts: a pure function.

The amounts are exact to the fen. Which calculators work on a basket, in which order, and how a
reduction is split over lines is declared in `shop.domain.pricing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from shop.domain.coupon import CouponClaim, Saving, Unusable, go_together, saving
from shop.domain.coupon_choice import Choice, best_choice
from shop.domain.offer import Offer, Problem, QuoteProblem
from shop.domain.pricing import CALCULATORS, Basket, Terms
from shop.domain.quote_line import QuoteLine


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost now.

    `payable_fen = goods_total_fen - discount_total_fen + freight_fen` where `freight_fen` is
    already reduced by a freight coupon. `claim_ids` are those that the amounts make use of, and
    `claim_savings` what each of them takes off. `best` saves most, whatever was chosen.
    """

    lines: tuple[QuoteLine, ...]
    goods_total_fen: int
    discount_total_fen: int
    freight_fen: int
    payable_fen: int
    claim_ids: tuple[str, ...]
    claim_savings: tuple[int, ...]
    best: Choice
    savings: tuple[Saving, ...]
    problems: tuple[QuoteProblem, ...]

    @property
    def orderable(self) -> bool:
        """Nothing stands in the way of an order."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the buyer asks for: quantities 1-99, no SKU twice, at most 20 lines."""

    sku_id: str
    quantity: int


def quote(wanted: Sequence[Wanted], offers: Mapping[str, Offer], terms: Terms) -> Quote:
    """Price a basket.

    Args:
        wanted: The lines.
        offers: By SKU; a missing SKU is off sale.
        terms: Coupons, fees, where to, when. Without an address freight stays at 0, which is a
            problem. At most one goods and one freight coupon can be chosen; each claim is told
            what it would save.

    Returns:
        Amounts and problems; the amounts count only lines that are on sale.
    """
    lines = tuple(
        (offer, line.quantity)
        for line in wanted
        if (offer := offers.get(line.sku_id)) and offer.on_sale
    )
    start = Basket.of(lines)
    first, *further = CALCULATORS
    before_coupons = first(start, terms)
    end = reduce(lambda basket, calculate: calculate(basket, terms), further, before_coupons)
    goods, left = sum(start.left), sum(end.left)
    fee = end.freight_fen - end.freight_off_fen
    taken = [one for one in end.used if one.discount_fen]
    return Quote(
        lines=tuple(
            _line(offer, quantity, before - after)
            for (offer, quantity), before, after in zip(lines, start.left, end.left, strict=True)
        ),
        goods_total_fen=goods,
        discount_total_fen=goods - left,
        freight_fen=fee,
        payable_fen=left + fee,
        claim_ids=tuple(one.claim_id for one in taken),
        claim_savings=tuple(one.discount_fen for one in taken),
        best=best_choice(before_coupons, terms),
        savings=_savings(end, terms),
        problems=(*_obstacles(wanted, offers), *end.problems, *_unusable(end, terms)),
    )


def _line(offer: Offer, quantity: int, discount_fen: int) -> QuoteLine:
    return QuoteLine(
        sku_id=offer.sku_id,
        quantity=quantity,
        unit_price_fen=offer.price_fen,
        discount_fen=discount_fen,
        price_version=offer.price_version,
        title=offer.title,
        spec=offer.spec,
        image_url=offer.image_url,
        limit=offer.limit,
    )


def _obstacles(wanted: Sequence[Wanted], offers: Mapping[str, Offer]) -> list[QuoteProblem]:
    found = []
    for line in wanted:
        offer = offers.get(line.sku_id)
        problem = offer.obstacle(line.quantity) if offer else Problem.OFF_SALE
        if problem:
            found.append(QuoteProblem(problem, line.sku_id))
    return found


def _unusable(basket: Basket, terms: Terms) -> list[QuoteProblem]:
    """A chosen coupon that is refused, or that the customer has not."""
    refused = any(one.reason for one in basket.used) or len(basket.used) < len(terms.chosen)
    return [QuoteProblem(Problem.COUPON_UNUSABLE)] if refused else []


def _savings(end: Basket, terms: Terms) -> tuple[Saving, ...]:
    """What each claim would save if it were chosen beside those of the other sort that are.

    A chosen one that is refused says why.
    """
    refused = {one.claim_id: one for one in end.used if one.reason}
    chosen = [
        claim
        for claim in terms.claims
        if claim.claim_id in terms.chosen and claim.claim_id not in refused
    ]

    def alone(claim: CouponClaim) -> Saving:
        one = saving(claim, end.goods, end.freight_fen, terms.now)
        others = [
            other
            for other in chosen
            if other is not claim and other.template.is_freight is not claim.template.is_freight
        ]
        if one.reason or all(go_together(claim.template, other.template) for other in others):
            return one
        return Saving(claim.claim_id, 0, (), Unusable.NOT_STACKABLE)

    return tuple(refused.get(claim.claim_id) or alone(claim) for claim in terms.claims)
