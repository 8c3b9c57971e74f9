"""Coupons: what can be claimed, claiming it exactly once per key, and what a customer holds.

Whoever comes after the last one was claimed costs no write: the refusal is remembered for a second.
"""

from dataclasses import dataclass

from shop.domain.coupon import ClaimStatus, CouponClaim, CouponTemplate
from shop.errors import ConflictError, NotFoundError
from shop.recent import Recent
from shop.store import coupons
from shop.store.coupons import ClaimRow, Offering
from shop.store.writes import ConditionFailed

TEMPLATE_SECONDS = 30
LIST_SECONDS = 5
EXHAUSTED_SECONDS = 1
_templates: Recent[str, CouponTemplate] = Recent(TEMPLATE_SECONDS)
_offerings: Recent[str, list[Offering]] = Recent(LIST_SECONDS, most=1)
_exhausted: Recent[str, bool] = Recent(EXHAUSTED_SECONDS)


@dataclass(frozen=True, slots=True)
class Claimable:
    """A template, roughly how many are left, and whether this customer has one."""

    template: CouponTemplate
    remaining: int
    claimed_by_me: bool


def list_claimable(customer_id: str | None, now: int) -> list[Claimable]:
    """Templates whose claiming has not ended, by id; counts are at most 5 s old."""
    offerings = _offerings.get_or_load("", now, coupons.templates)
    mine = {claim.template.id for claim in coupons.claims_of(customer_id)} if customer_id else set()
    return [
        Claimable(
            template=one.template,
            remaining=max(0, one.template.quota - one.claimed),
            claimed_by_me=one.template.id in mine,
        )
        for one in offerings
        if now < one.template.claim_ends_at
    ]


def claims(customer_id: str, status: ClaimStatus | None, now: int) -> list[CouponClaim]:
    """A customer's claims in a state, or all of them, latest first."""
    held = [
        claim
        for claim in coupons.claims_of(customer_id)
        if status is None or claim.status_at(now) is status
    ]
    return sorted(held, key=lambda claim: (claim.claimed_at, claim.claim_id), reverse=True)


def claim_coupon(customer_id: str, coupon_id: str, idempotency_key: str, now: int) -> CouponClaim:
    """Give the customer one of the coupon, once per key.

    Usually one request of four units. A customer's claims are numbered without gaps, so that the
    number of the last one is how many there are.

    Raises:
        NotFoundError: There is no such coupon.
        ConflictError: `coupon_exhausted`, `claim_limit_reached`, `claim_not_open`.
    """
    template = _template(coupon_id, now)
    if not template.claim_starts_at <= now < template.claim_ends_at:
        return _known_or("claim_not_open", template, customer_id, idempotency_key)
    if _exhausted.get(coupon_id, now):
        return _known_or("coupon_exhausted", template, customer_id, idempotency_key)
    ordinal = 1
    while ordinal <= template.per_customer:
        made = _try(customer_id, template, ordinal, idempotency_key, now)
        if made:
            return made
        if template.per_customer == 1:
            break
        rows = coupons.claims_of_coupon(customer_id, coupon_id)
        known = coupons.known(rows, idempotency_key)
        if known:
            return known
        ordinal = len(rows) + 1
    raise _refusal("claim_limit_reached")


def _try(
    customer_id: str, template: CouponTemplate, ordinal: int, idempotency_key: str, now: int
) -> CouponClaim | None:
    """The claim of this number, made now or earlier with this key; None if another key made it."""
    try:
        return coupons.claim(customer_id, template, ordinal, idempotency_key, now)
    except ConditionFailed as failed:
        taken = failed.failed[0]
    if taken is None:
        _exhausted.keep(template.id, True, now)
        return _known_or("coupon_exhausted", template, customer_id, idempotency_key)
    row = ClaimRow.from_raw_data(dict(taken))
    return row.claim() if row.idempotency_key == idempotency_key else None


_DETAILS = {
    "claim_not_open": "不在领取时间内",
    "coupon_exhausted": "优惠券已被领完",
    "claim_limit_reached": "已达到领取上限",
}


def _known_or(
    code: str, template: CouponTemplate, customer_id: str, idempotency_key: str
) -> CouponClaim:
    """What this key claimed while that was possible; else the refusal."""
    rows = coupons.claims_of_coupon(customer_id, template.id)
    known = coupons.known(rows, idempotency_key)
    if known:
        return known
    raise _refusal("claim_limit_reached" if len(rows) >= template.per_customer else code)


def _refusal(code: str) -> ConflictError:
    return ConflictError(code, _DETAILS[code])


def _template(coupon_id: str, now: int) -> CouponTemplate:
    kept = _templates.get(coupon_id, now)
    if kept:
        return kept
    read = coupons.template_of(coupon_id)
    if read is None:
        raise NotFoundError
    return _templates.keep(coupon_id, read.template, now)
