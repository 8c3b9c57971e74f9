"""From lines, prices, coupons and freight to amounts: a pure function, exact to the fen.

The order of calculators is fixed: goods, goods coupon, freight (on goods after the coupon),
freight coupon, floor of 1 fen. `RULES_VERSION` changes when it does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.domain.address import Address
from shop.domain.coupon import CouponClaim, CouponKind, PricedGoods, Saving, Unusable, saving
from shop.domain.freight import FreightRules
from shop.domain.money import allocate

RULES_VERSION = 1


class Problem(StrEnum):
    """What stands between a basket and an order (`api-contract`: problems[].code)."""

    OFF_SALE = "off_sale"
    SOLD_OUT = "sold_out"
    INSUFFICIENT_STOCK = "insufficient_stock"
    PURCHASE_LIMIT = "purchase_limit"
    AREA_NOT_SERVED = "area_not_served"
    ADDRESS_NEEDED = "address_needed"
    COUPON_UNUSABLE = "coupon_unusable"


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU as it can be bought now. Prices in fen.

    `limit` is how many pieces one customer may buy in all; this one has `bought` some already.
    """

    sku_id: str
    product_id: str
    category_ids: tuple[str, ...]
    title: str
    spec: str
    image_url: str
    price_fen: int
    price_version: int
    on_sale: bool
    available: int
    limit: int | None
    bought: int = 0


@dataclass(frozen=True, slots=True)
class QuoteProblem:
    """One obstacle; `sku_id` is "" when it is not about one line."""

    code: Problem
    sku_id: str = ""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line with its exact share of every discount.

    `payable_fen = unit_price_fen * quantity - discount_fen`, never below 0.
    """

    sku_id: str
    quantity: int
    unit_price_fen: int
    discount_fen: int
    price_version: int
    title: str
    spec: str
    image_url: str
    limit: int | None

    @property
    def payable_fen(self) -> int:
        """What the buyer pays for this line."""
        return self.unit_price_fen * self.quantity - self.discount_fen


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost now.

    `payable_fen = goods_total_fen - discount_total_fen + freight_fen` where `freight_fen` is
    already reduced by a freight coupon. `claim_ids` are those that the amounts make use of.
    """

    lines: tuple[QuoteLine, ...]
    goods_total_fen: int
    discount_total_fen: int
    freight_fen: int
    payable_fen: int
    claim_ids: tuple[str, ...]
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


def quote(
    wanted: Sequence[Wanted],
    offers: Mapping[str, Offer],
    claims: Sequence[CouponClaim],
    chosen: Sequence[str],
    freight: FreightRules,
    address: Address | None,
    now: int,
) -> Quote:
    """Price a basket.

    Args:
        wanted: The lines.
        offers: By SKU; a missing SKU is off sale.
        claims: The customer's claims; each is told what it would save.
        chosen: Claim ids to use: at most one goods and one freight coupon.
        freight: The shop's fees.
        address: Where to; None leaves freight at 0 and is a problem.
        now: UTC seconds.

    Returns:
        Amounts and problems; the amounts count only lines that can be bought.
    """
    problems: list[QuoteProblem] = []
    buyable = _buyable(wanted, offers, problems)
    goods = [
        PricedGoods(offer.product_id, offer.category_ids, offer.price_fen * quantity)
        for offer, quantity in buyable
    ]
    goods_total = sum(line.amount_fen for line in goods)

    goods_saving = _chosen_saving(claims, chosen, goods, 0, now, freight_kind=False)
    discount = _floored(goods_saving, goods_total)
    shares = _shares(goods, goods_saving, discount)

    fee = _freight(freight, address, buyable, goods_total - discount, problems)
    freight_saving = _chosen_saving(claims, chosen, goods, fee, now, freight_kind=True)
    fee_off = min(freight_saving.discount_fen if freight_saving else 0, fee)
    if goods_total - discount + fee - fee_off < 1:
        fee_off = max(0, goods_total - discount + fee - 1)

    used = [one for one in (goods_saving, freight_saving) if one]
    refused = {one.claim_id: one for one in used if one.reason}
    savings = tuple(
        refused.get(claim.claim_id) or saving(claim, goods, fee, now) for claim in claims
    )
    unusable = any(one.reason for one in used) or len(used) < len(chosen)
    if unusable:
        problems.append(QuoteProblem(Problem.COUPON_UNUSABLE))
    lines = tuple(
        QuoteLine(
            sku_id=offer.sku_id,
            quantity=quantity,
            unit_price_fen=offer.price_fen,
            discount_fen=share,
            price_version=offer.price_version,
            title=offer.title,
            spec=offer.spec,
            image_url=offer.image_url,
            limit=offer.limit,
        )
        for (offer, quantity), share in zip(buyable, shares, strict=True)
    )
    return Quote(
        lines=lines,
        goods_total_fen=goods_total,
        discount_total_fen=discount,
        freight_fen=fee - fee_off,
        payable_fen=goods_total - discount + fee - fee_off,
        claim_ids=tuple(one.claim_id for one in used if one.discount_fen),
        savings=savings,
        problems=tuple(problems),
    )


def _buyable(
    wanted: Sequence[Wanted], offers: Mapping[str, Offer], problems: list[QuoteProblem]
) -> list[tuple[Offer, int]]:
    buyable = []
    for line in wanted:
        offer = offers.get(line.sku_id)
        problem = _obstacle(line, offer)
        if problem:
            problems.append(QuoteProblem(problem, line.sku_id))
        if offer and offer.on_sale:
            buyable.append((offer, line.quantity))
    return buyable


def _obstacle(line: Wanted, offer: Offer | None) -> Problem | None:
    if offer is None or not offer.on_sale:
        return Problem.OFF_SALE
    if offer.available <= 0:
        return Problem.SOLD_OUT
    if offer.available < line.quantity:
        return Problem.INSUFFICIENT_STOCK
    if offer.limit is not None and line.quantity + offer.bought > offer.limit:
        return Problem.PURCHASE_LIMIT
    return None


def _chosen_saving(
    claims: Sequence[CouponClaim],
    chosen: Sequence[str],
    goods: Sequence[PricedGoods],
    freight_fen: int,
    now: int,
    *,
    freight_kind: bool,
) -> Saving | None:
    """The chosen claim of one sort; a second of the same sort is not stackable."""
    mine = [
        claim
        for claim in claims
        if claim.claim_id in chosen and (claim.template.kind is CouponKind.FREIGHT) is freight_kind
    ]
    if not mine:
        return None
    if len(mine) > 1:
        return Saving(mine[1].claim_id, 0, (), Unusable.NOT_STACKABLE)
    return saving(mine[0], goods, freight_fen, now)


def _floored(one: Saving | None, goods_total_fen: int) -> int:
    """A discount that leaves at least 1 fen of goods to pay, so that no order is ever free."""
    return min(one.discount_fen, max(0, goods_total_fen - 1)) if one else 0


def _shares(goods: Sequence[PricedGoods], one: Saving | None, discount_fen: int) -> list[int]:
    weights = [
        line.amount_fen if one and index in one.lines else 0 for index, line in enumerate(goods)
    ]
    return allocate(discount_fen, weights)


def _freight(
    freight: FreightRules,
    address: Address | None,
    buyable: Sequence[tuple[Offer, int]],
    goods_fen: int,
    problems: list[QuoteProblem],
) -> int:
    if address is None:
        problems.append(QuoteProblem(Problem.ADDRESS_NEEDED))
        return 0
    if not freight.serves(address.province):
        problems.append(QuoteProblem(Problem.AREA_NOT_SERVED))
        return 0
    pieces = sum(quantity for _, quantity in buyable)
    return freight.fee(address.province, pieces, goods_fen) if pieces else 0
