"""Coupons for a shopper: what can be claimed, claiming it, and what a customer holds."""

from dataclasses import dataclass

from shop.domain.coupon import ClaimStatus, CouponClaim, CouponTemplate, Obtained
from shop.domain.coupon_pool import share_of
from shop.errors import NotFoundError
from shop.recent import Recent
from shop.store import coupon_pools, coupons, customers
from shop.usecases import coupon_grant, coupon_terms

HINT_POOLS = 10
"""How many of a coupon's pools are looked at to tell roughly what is left."""
HINT_SECONDS = 5
_hints: Recent[str, int] = Recent(HINT_SECONDS)


@dataclass(frozen=True, slots=True)
class Claimable:
    """A template, roughly how many are left, and whether this customer has one."""

    template: CouponTemplate
    remaining: int
    claimed_by_me: bool


def list_claimable(customer_id: str | None, now: int) -> list[Claimable]:
    """Templates whose claiming has not ended, by id; counts are some seconds old.

    What is left is exact for a quota of up to ten pools, else judged by ten of them.
    """
    mine = {claim.template.id for claim in coupons.claims_of(customer_id)} if customer_id else set()
    return [
        Claimable(
            template=one,
            remaining=_remaining(one, now),
            claimed_by_me=one.id in mine,
        )
        for one in coupon_terms.templates(now)
        if one.obtained is Obtained.CLAIM and now < one.claim_ends_at
    ]


def claims(customer_id: str, status: ClaimStatus | None, now: int) -> list[CouponClaim]:
    """A customer's claims in a state, or all of them, latest first."""
    held = [
        claim
        for claim in coupons.claims_of(customer_id)
        if status is None or claim.status_at(now) is status
    ]
    return sorted(held, key=place)


def place(claim: CouponClaim) -> tuple[int, str]:
    """Where a claim stands among its customer's."""
    return -claim.claimed_at, claim.claim_id


def claim_coupon(customer_id: str, coupon_id: str, idempotency_key: str, now: int) -> CouponClaim:
    """Give the customer one of the coupon, once per key.

    Raises:
        NotFoundError: There is no such coupon, or it is not to be had by claiming.
        ConflictError: `coupon_exhausted`, `claim_limit_reached`, `claim_not_open`,
            `new_customers_only`.
    """
    template = coupon_terms.template(coupon_id, now)
    if template.obtained is not Obtained.CLAIM:
        raise NotFoundError
    return obtain(customer_id, template, idempotency_key, now)


def obtain(customer_id: str, template: CouponTemplate, key: str, now: int) -> CouponClaim:
    """Give the customer one as the terms allow; a key that was given one is told so for good.

    Raises:
        ConflictError: As `claim_coupon`.
    """
    code = refused(customer_id, template, now)
    if not code:
        return coupon_grant.grant(customer_id, template, key, now)
    known, count = coupon_grant.granted(customer_id, template, key, now)
    if known:
        return known
    raise coupon_grant.refusal("claim_limit_reached" if count >= template.per_customer else code)


def refused(customer_id: str, template: CouponTemplate, now: int) -> str:
    """Why the terms give this customer none now, quota and limit aside; "" if they do."""
    if not template.is_open(now):
        return "claim_not_open"
    if template.new_customers_only and customers.has_paid(customer_id):
        return "new_customers_only"
    return ""


def _remaining(template: CouponTemplate, now: int) -> int:
    if coupon_grant.is_exhausted(template, now):
        return 0
    return _hints.get_or_load(template.id, now, lambda: _looked(template))


def _looked(template: CouponTemplate) -> int:
    looked = min(template.pools, HINT_POOLS)
    numbers = [template.pools * step // looked for step in range(looked)]
    rows = coupon_pools.pools(template.id, numbers)
    given = sum(int(row.given) for row in rows.values())
    shares = sum(share_of(template.quota, template.pools, number) for number in numbers)
    return max(0, template.quota * (shares - given) // shares)
