"""Coupons: what a template promises, how a claim moves, and what it is worth on given lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.domain.money import percent_of


class CouponKind(StrEnum):
    """What a coupon takes off."""

    AMOUNT = "amount"
    PERCENT = "percent"
    FREIGHT = "freight"


class ClaimStatus(StrEnum):
    """A claim's stored state; EXPIRED is judged by time and never stored."""

    UNUSED = "UNUSED"
    HELD = "HELD"
    USED = "USED"
    EXPIRED = "EXPIRED"


class ClaimEvent(StrEnum):
    """What can happen to a claim."""

    ORDERED = "ordered"
    PAID = "paid"
    ORDER_CLOSED = "order_closed"
    REFUNDED_WHOLE = "refunded_whole"


@dataclass(frozen=True, slots=True)
class ClaimMove:
    """One row of the claim's state table.

    Attributes:
        sources: States the move may start from.
        target: The state after it.
        guard: What else must hold in the same write, in words.
    """

    sources: tuple[ClaimStatus, ...]
    target: ClaimStatus
    guard: str


CLAIM_MOVES: Mapping[ClaimEvent, ClaimMove] = {
    ClaimEvent.ORDERED: ClaimMove(
        (ClaimStatus.UNUSED,),
        ClaimStatus.HELD,
        "valid now, or when the order was made that is paid late; with the order and its stock",
    ),
    ClaimEvent.PAID: ClaimMove(
        (ClaimStatus.HELD,), ClaimStatus.USED, "held by this order, which was paid"
    ),
    ClaimEvent.ORDER_CLOSED: ClaimMove(
        (ClaimStatus.HELD,), ClaimStatus.UNUSED, "held by this order, which closes unpaid with it"
    ),
    ClaimEvent.REFUNDED_WHOLE: ClaimMove(
        (ClaimStatus.HELD, ClaimStatus.USED),
        ClaimStatus.UNUSED,
        "held or used by this order, which is refunded whole before shipping; the terms say so",
    ),
}
"""Every way a claim's stored state changes. A claim's own end of validity stays what it was."""


class ScopeType(StrEnum):
    """Which goods a coupon is good for."""

    ALL = "all"
    CATEGORIES = "categories"
    PRODUCTS = "products"


class Obtained(StrEnum):
    """How a customer gets a coupon; staff may give any of them away besides."""

    CLAIM = "claim"
    CODE = "code"
    GIFT = "gift"
    FIRST_ORDER = "first_order"


class Exclusive(StrEnum):
    """What a coupon does not go together with. A flash-sale order takes no coupon at all."""

    CAMPAIGNS = "campaigns"
    COUPONS = "coupons"


@dataclass(frozen=True, slots=True)
class Scope:
    """`ids` are category or product ids, by `type`; empty for ALL.

    `but_products` and `but_categories` are taken out of what `type` and `ids` name.
    """

    type: ScopeType = ScopeType.ALL
    ids: tuple[str, ...] = ()
    but_products: tuple[str, ...] = ()
    but_categories: tuple[str, ...] = ()

    def covers(self, product_id: str, category_ids: Sequence[str]) -> bool:
        """Whether a product of these categories (parents included) is in scope."""
        if product_id in self.but_products:
            return False
        if any(category in self.but_categories for category in category_ids):
            return False
        if self.type is ScopeType.ALL:
            return True
        if self.type is ScopeType.PRODUCTS:
            return product_id in self.ids
        return any(category in self.ids for category in category_ids)


@dataclass(frozen=True, slots=True)
class CouponTemplate:
    """What staff set up. Amounts in fen, times in UTC seconds.

    Attributes:
        threshold_fen: Goods in scope must cost at least this.
        amount_fen: Taken off for AMOUNT and FREIGHT; 0 for a FREIGHT coupon means all of it.
        percent_off: 1-99 for PERCENT, else 0.
        cap_fen: The most a PERCENT coupon takes off; 0 means no cap.
        valid_from, valid_until: Fixed validity; both 0 when `valid_days` counts from the claim.
        quota: How many can be got in all; staff can raise it.
        per_customer: How many one customer can get.
        obtained: How it is got.
        new_customers_only: Only somebody who has not paid for an order yet gets it.
        exclusive_with: What it does not go together with.
        returns_on_full_refund: It comes back when its order is refunded whole before shipping.
        pools: Over how many pools the quota is spread, for good.
    """

    id: str
    title: str
    kind: CouponKind
    threshold_fen: int
    amount_fen: int
    percent_off: int
    cap_fen: int
    scope: Scope
    claim_starts_at: int
    claim_ends_at: int
    valid_from: int
    valid_until: int
    valid_days: int
    quota: int
    per_customer: int
    obtained: Obtained = Obtained.CLAIM
    new_customers_only: bool = False
    exclusive_with: tuple[Exclusive, ...] = ()
    returns_on_full_refund: bool = False
    pools: int = 1

    @property
    def is_freight(self) -> bool:
        """Whether it takes off freight, and not off goods."""
        return self.kind is CouponKind.FREIGHT

    def is_open(self, now: int) -> bool:
        """Whether it can be got at that time."""
        return self.claim_starts_at <= now < self.claim_ends_at

    def validity(self, claimed_at: int) -> tuple[int, int]:
        """From when until when a claim made now can be used (until is exclusive)."""
        if self.valid_days:
            return claimed_at, claimed_at + self.valid_days * 86_400
        return self.valid_from, self.valid_until


@dataclass(frozen=True, slots=True)
class CouponClaim:
    """One coupon in one customer's hands, with the terms it was claimed under."""

    claim_id: str
    template: CouponTemplate
    status: ClaimStatus
    valid_from: int
    valid_until: int
    claimed_at: int

    def status_at(self, now: int) -> ClaimStatus:
        """The state a reader is told: an unused claim past its time is EXPIRED."""
        if self.status is ClaimStatus.UNUSED and now >= self.valid_until:
            return ClaimStatus.EXPIRED
        return self.status


class Unusable(StrEnum):
    """Why a claim cannot be used on this quote (`api-contract`: coupons[].reason)."""

    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    BELOW_THRESHOLD = "below_threshold"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_STACKABLE = "not_stackable"
    HELD = "held"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Saving:
    """What one claim saves: `discount_fen` over the lines at `lines`, or why not."""

    claim_id: str
    discount_fen: int
    lines: tuple[int, ...]
    reason: Unusable | None = None


@dataclass(frozen=True, slots=True)
class PricedGoods:
    """One line as a coupon sees it; `reduced` if a campaign has lowered it."""

    product_id: str
    category_ids: tuple[str, ...]
    amount_fen: int
    reduced: bool = False


def go_together(one: CouponTemplate, other: CouponTemplate) -> bool:
    """Whether one order may use both: one of them takes off goods, the other freight."""
    of_both_sorts = one.is_freight is not other.is_freight
    alone = Exclusive.COUPONS in (*one.exclusive_with, *other.exclusive_with)
    return of_both_sorts and not alone


def saving(claim: CouponClaim, goods: Sequence[PricedGoods], freight_fen: int, now: int) -> Saving:
    """What a claim would save on these goods.

    A goods coupon never takes more than the goods in scope cost; that the order as a whole stays
    at 1 fen or more is the quote's business. Lines that a campaign has lowered are out of reach of
    a coupon that does not go with campaigns.
    """
    reason = _blocked(claim, now)
    in_scope = tuple(
        index
        for index, line in enumerate(goods)
        if claim.template.scope.covers(line.product_id, line.category_ids)
    )
    covered = in_scope
    if Exclusive.CAMPAIGNS in claim.template.exclusive_with:
        covered = tuple(index for index in in_scope if not goods[index].reduced)
    amount = sum(goods[index].amount_fen for index in covered)
    if reason is None and not covered:
        reason = Unusable.NOT_STACKABLE if in_scope else Unusable.OUT_OF_SCOPE
    if reason is None and amount < claim.template.threshold_fen:
        reason = Unusable.BELOW_THRESHOLD
    if reason is not None:
        return Saving(claim.claim_id, 0, covered, reason)
    return Saving(claim.claim_id, _discount(claim.template, amount, freight_fen), covered)


def _blocked(claim: CouponClaim, now: int) -> Unusable | None:
    if claim.status is ClaimStatus.HELD:
        return Unusable.HELD
    if claim.status is ClaimStatus.USED:
        return Unusable.USED
    if now < claim.valid_from:
        return Unusable.NOT_STARTED
    if now >= claim.valid_until:
        return Unusable.EXPIRED
    return None


def _discount(template: CouponTemplate, amount_fen: int, freight_fen: int) -> int:
    if template.kind is CouponKind.FREIGHT:
        return min(template.amount_fen or freight_fen, freight_fen)
    if template.kind is CouponKind.AMOUNT:
        return min(template.amount_fen, amount_fen)
    off = percent_of(amount_fen, template.percent_off)
    return min(off, template.cap_fen) if template.cap_fen else off
