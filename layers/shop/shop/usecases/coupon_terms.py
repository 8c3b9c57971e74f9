"""Coupon templates as a process knows them, for some seconds."""

from shop.domain.coupon import CouponTemplate
from shop.errors import NotFoundError
from shop.recent import Recent
from shop.store import coupons

TERMS_SECONDS = 5
"""How long an end of claiming or a raised quota takes to be known everywhere."""
_templates: Recent[str, CouponTemplate] = Recent(TERMS_SECONDS)
_all: Recent[str, list[CouponTemplate]] = Recent(TERMS_SECONDS, most=1)


def template(coupon_id: str, now: int) -> CouponTemplate:
    """One template.

    Raises:
        NotFoundError: There is no such coupon.
    """
    kept = _templates.get(coupon_id, now)
    if kept:
        return kept
    read = coupons.template_of(coupon_id)
    if read is None:
        raise NotFoundError
    return _templates.keep(coupon_id, read, now)


def templates(now: int) -> list[CouponTemplate]:
    """Every template by id."""
    return _all.get_or_load("", now, coupons.templates)
