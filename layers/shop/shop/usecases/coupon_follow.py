"""What follows for coupons from stored changes; every step repeats harmlessly."""

from contextlib import suppress

from shop.domain.calendar import business_day
from shop.domain.coupon import Obtained
from shop.domain.coupon_pool import Entry
from shop.errors import ConflictError, NotFoundError
from shop.store import coupon_pools, coupon_uses, coupons, customers
from shop.store.order_row import OrderRow
from shop.store.table import customer_of, order_no_of
from shop.store.writes import Raw
from shop.usecases import coupon_grant, coupon_terms

FIRST_ORDER_KEY = "event#first_order"
"""What a coupon for a first order is asked for with; no `Idempotency-Key` looks like it."""


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


def order_paid(row: OrderRow, now: int) -> None:
    """What a paid order means for coupons: their effect, and those for a first order.

    Half a unit, and one for each coupon that it used.
    """
    customer_id, order_no = customer_of(str(row.PK)), order_no_of(str(row.SK))
    day = business_day(int(row.created_at))
    for claim_id, saved in row.claim_savings:
        coupon_id = claim_id.rpartition("-")[0]
        coupon_uses.note(coupon_id, day, order_no, saved, int(row.payable_fen))
    if not customers.note_paid(customer_id, order_no):
        return
    for template in coupon_terms.templates(now):
        if template.obtained is Obtained.FIRST_ORDER and template.is_open(now):
            # Nothing left, or the customer's already: there is nothing to give.
            with suppress(ConflictError):
                coupon_grant.grant(customer_id, template, FIRST_ORDER_KEY, now)


def _hand_out(customer_id: str, coupon_id: str, ordinal: int, at: int, now: int) -> None:
    if coupons.claim_at(customer_id, coupon_id, ordinal) is not None:
        return
    try:
        template = coupon_terms.template(coupon_id, now)
    except NotFoundError:
        return
    coupons.hand_out(customer_id, coupons.new_claim(template, ordinal, at))
