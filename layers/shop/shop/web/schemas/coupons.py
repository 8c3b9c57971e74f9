"""Coupon shapes (`api-contract`: Coupons)."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from shop.domain.coupon import (
    ClaimStatus,
    CouponClaim,
    CouponKind,
    CouponTemplate,
    Exclusive,
    Obtained,
    Scope,
    ScopeType,
)
from shop.usecases.claim_coupon import Claimable
from shop.web.pages import PageQuery
from shop.web.schemas.times import rfc3339, rfc3339_or_none


class MyCouponsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which of the caller's claims."""

    status: ClaimStatus | None = None


class ExchangeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code as it was typed."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ScopeView(msgspec.Struct, frozen=True):
    """Which goods it is good for; `ids` are of categories or products, by `type`.

    What `but_products` and `but_categories` name is taken out of them.
    """

    type: ScopeType
    ids: Sequence[str]
    but_products: Sequence[str]
    but_categories: Sequence[str]

    @classmethod
    def of(cls, one: Scope) -> "ScopeView":
        """From the domain's."""
        return cls(one.type, one.ids, one.but_products, one.but_categories)


class CouponView(msgspec.Struct, frozen=True):
    """A coupon's terms. Either `valid_from` and `valid_until` are set, or `valid_days`."""

    id: str
    title: str
    kind: CouponKind
    threshold_fen: int
    amount_fen: int
    percent_off: int
    cap_fen: int
    scope: ScopeView
    claim_starts_at: str
    claim_ends_at: str
    valid_from: str | None
    valid_until: str | None
    valid_days: int | None
    per_customer: int
    obtained: Obtained
    new_customers_only: bool
    exclusive_with: Sequence[Exclusive]
    returns_on_full_refund: bool

    @classmethod
    def of(cls, one: CouponTemplate) -> "CouponView":
        """From the domain's."""
        return cls(
            id=one.id,
            title=one.title,
            kind=one.kind,
            threshold_fen=one.threshold_fen,
            amount_fen=one.amount_fen,
            percent_off=one.percent_off,
            cap_fen=one.cap_fen,
            scope=ScopeView.of(one.scope),
            claim_starts_at=rfc3339(one.claim_starts_at),
            claim_ends_at=rfc3339(one.claim_ends_at),
            valid_from=rfc3339_or_none(one.valid_from),
            valid_until=rfc3339_or_none(one.valid_until),
            valid_days=one.valid_days or None,
            per_customer=one.per_customer,
            obtained=one.obtained,
            new_customers_only=one.new_customers_only,
            exclusive_with=one.exclusive_with,
            returns_on_full_refund=one.returns_on_full_refund,
        )


class ClaimableView(CouponView, frozen=True, kw_only=True):
    """A coupon that can be claimed; `remaining_hint` may be some seconds old."""

    remaining_hint: int
    claimed_by_me: bool

    @classmethod
    def shown(cls, one: Claimable) -> "ClaimableView":
        """From the use case's."""
        terms = CouponView.of(one.template)
        return cls(
            **{name: getattr(terms, name) for name in CouponView.__struct_fields__},
            remaining_hint=one.remaining,
            claimed_by_me=one.claimed_by_me,
        )


class ClaimView(msgspec.Struct, frozen=True):
    """One coupon in the caller's hands."""

    claim_id: str
    coupon: CouponView
    status: ClaimStatus
    valid_from: str
    valid_until: str

    @classmethod
    def of(cls, one: CouponClaim, now: int) -> "ClaimView":
        """From the domain's, as it is now."""
        return cls(
            claim_id=one.claim_id,
            coupon=CouponView.of(one.template),
            status=one.status_at(now),
            valid_from=rfc3339(one.valid_from),
            valid_until=rfc3339(one.valid_until),
        )
