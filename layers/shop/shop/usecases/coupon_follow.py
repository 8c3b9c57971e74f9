"""What follows for coupons from stored changes; every step repeats harmlessly."""

from shop.domain.coupon_pool import Entry
from shop.errors import NotFoundError
from shop.store import coupon_pools, coupons
from shop.store.writes import Raw
from shop.usecases import coupon_terms


def pool_changed(old: Raw | None, new: Raw, now: int) -> None:
    """Put into their customers' hands what a pool has given out, where that was cut short.

    Half a unit for each claim that is there already.
    """
    row = coupon_pools.of_raw(new)
    before = coupon_pools.entries_of(old or {})
    coupon_id = coupon_pools.coupon_of(row)
    for customer_id, packed in row.packed.items():
        if packed == before.get(customer_id):
            continue
        known = {one.ordinal for one in Entry.read(before.get(customer_id)).attempts if one.here}
        for attempt in Entry.read(packed).attempts:
            if attempt.here and attempt.ordinal not in known:
                _hand_out(customer_id, coupon_id, attempt.ordinal, attempt.at, now)


def _hand_out(customer_id: str, coupon_id: str, ordinal: int, at: int, now: int) -> None:
    if coupons.claim_at(customer_id, coupon_id, ordinal) is not None:
        return
    try:
        template = coupon_terms.template(coupon_id, now)
    except NotFoundError:
        return
    coupons.hand_out(customer_id, coupons.new_claim(template, ordinal, at))
