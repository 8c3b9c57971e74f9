"""The calculators of a quote, in the order in which they work on a basket.

    1 campaign        reduces lines by price campaigns and member prices
    2 goods_coupon    takes the chosen goods coupon off what campaigns left
    3 freight         charges delivery on what the goods still cost
    4 freight_coupon  takes the chosen freight coupon off the fee

`RULES_VERSION` changes when their order or a rule of one of them does.

How a reduction is split: over the lines it covers, in proportion to what each still costs, by
largest remainder (`money.allocate`), so the parts sum to the whole and no line falls below 0. The
reductions of all goods together leave at least 1 fen, so that no order is ever free.

A coupon's threshold is held against the goods after campaigns and before any coupon.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shop.domain.address import Address
from shop.domain.campaign import Campaign, best
from shop.domain.coupon import (
    CouponClaim,
    PricedGoods,
    Saving,
    Unusable,
    go_together,
    saving,
)
from shop.domain.freight import FreightBook, Load
from shop.domain.money import allocate
from shop.domain.offer import Offer, Problem, QuoteProblem

RULES_VERSION = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What a quote is asked for beside its lines; `now` is UTC seconds."""

    claims: Sequence[CouponClaim]
    chosen: Sequence[str]
    freight: FreightBook
    address: Address | None
    now: int
    campaigns: Sequence[Campaign] = ()
    is_member: bool = False


@dataclass(frozen=True, slots=True)
class Basket:
    """What the calculators have come to so far.

    Attributes:
        lines: Offers and quantities.
        goods: The lines as coupons see them: at their prices, after campaigns.
        left: What each line still costs, in fen.
        freight_fen: The fee for delivery.
        freight_off_fen: What a coupon takes off it.
        used: What the chosen coupons come to, unusable ones included.
    """

    lines: tuple[tuple[Offer, int], ...]
    goods: tuple[PricedGoods, ...]
    left: tuple[int, ...]
    freight_fen: int = 0
    freight_off_fen: int = 0
    used: tuple[Saving, ...] = ()
    problems: tuple[QuoteProblem, ...] = ()

    @classmethod
    def of(cls, lines: Sequence[tuple[Offer, int]]) -> "Basket":
        """Lines at their prices."""
        left = tuple(offer.price_fen * quantity for offer, quantity in lines)
        return cls(tuple(lines), _goods(lines, left), left)

    def less(self, covered: Sequence[int], amount_fen: int) -> "Basket":
        """With an amount taken off the covered lines, but never the last fen of all goods."""
        amount = min(amount_fen, max(0, sum(self.left) - 1))
        weights = [left if index in covered else 0 for index, left in enumerate(self.left)]
        parts = allocate(amount, weights)
        left = tuple(have - part for have, part in zip(self.left, parts, strict=True))
        return replace(self, left=left)


Calculator = Callable[[Basket, Terms], Basket]


def campaign(basket: Basket, terms: Terms) -> Basket:
    """The one campaign that takes most off this basket; the first named of equal ones."""
    found = best(terms.campaigns, basket.goods, terms.now, is_member=terms.is_member)
    if found is None:
        return basket
    less = basket.less(found.lines, found.amount_fen)
    return replace(less, goods=_goods(less.lines, less.left))


def goods_coupon(basket: Basket, terms: Terms) -> Basket:
    """The chosen goods coupon."""
    one = _chosen(basket, terms, freight_kind=False)
    if one is None:
        return basket
    less = basket.less(one.lines, one.discount_fen)
    taken = replace(one, discount_fen=sum(basket.left) - sum(less.left))
    return replace(less, used=(*basket.used, taken))


def freight(basket: Basket, terms: Terms) -> Basket:
    """The fee for delivery; lines whose template does not serve the province are problems."""
    if terms.address is None:
        return replace(basket, problems=(QuoteProblem(Problem.ADDRESS_NEEDED),))
    province = terms.address.province
    loads = [
        Load(offer.freight, count, offer.weight_g * count, offer.volume_cm3 * count, left)
        for (offer, count), left in zip(basket.lines, basket.left, strict=True)
    ]
    stranded = tuple(
        QuoteProblem(Problem.AREA_NOT_SERVED, offer.sku_id)
        for offer, _ in basket.lines
        if not terms.freight.serves(offer.freight, province)
    )
    return replace(basket, freight_fen=terms.freight.fee(province, loads), problems=stranded)


def freight_coupon(basket: Basket, terms: Terms) -> Basket:
    """The chosen freight coupon."""
    one = _chosen(basket, terms, freight_kind=True)
    if one is None:
        return basket
    return replace(basket, freight_off_fen=one.discount_fen, used=(*basket.used, one))


CALCULATORS: tuple[Calculator, ...] = (campaign, goods_coupon, freight, freight_coupon)


def _chosen(basket: Basket, terms: Terms, *, freight_kind: bool) -> Saving | None:
    """The chosen claim of one sort, unless another that is chosen does not go with it."""
    chosen = [claim for claim in terms.claims if claim.claim_id in terms.chosen]
    mine = [one for one in chosen if one.template.is_freight is freight_kind]
    if not mine:
        return None
    for other in chosen:
        if other is not mine[-1] and not go_together(mine[-1].template, other.template):
            return Saving(mine[-1].claim_id, 0, (), Unusable.NOT_STACKABLE)
    return saving(mine[0], basket.goods, basket.freight_fen, terms.now)


def _goods(lines: Sequence[tuple[Offer, int]], left: Sequence[int]) -> tuple[PricedGoods, ...]:
    return tuple(
        PricedGoods(
            offer.product_id, offer.category_ids, amount, amount < offer.price_fen * quantity
        )
        for (offer, quantity), amount in zip(lines, left, strict=True)
    )
