"""Give a coupon to many customers, each once, in pages that may be sent again.

A gift is announced first; to many it waits for a second person, whom its pages then hold to the
number that was announced.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shop.errors import ConflictError, NotFoundError
from shop.store import coupon_gifts, coupons, customers, staff
from shop.store.coupon_gifts import GiftRow
from shop.store.staff import StaffWrite
from shop.store.writes import ConditionFailed, together
from shop.usecases import approvals, claim_coupon

PAGE = 100
MOST_CUSTOMERS = 100_000


@dataclass(frozen=True, slots=True)
class Given:
    """What became of a page: how many have it, and who has not and why."""

    given: int
    refused: Sequence[tuple[str, str]]


def announce(
    write: StaffWrite, coupon_id: str, gift_id: str, count: int, *, most: int
) -> tuple[GiftRow, str | None]:
    """Announce a gift to so many customers; above `most` it waits for a second person.

    Returns:
        The gift, and the request that waits, if one does.

    Raises:
        NotFoundError: There is no such coupon.
        ConflictError: `gift_exists`: another gift has this id.
        ValidationError: `idempotency_key_reused`.
    """
    if coupons.template_of(coupon_id) is None:
        raise NotFoundError
    row = GiftRow(
        customers=count,
        is_allowed=count <= most,
        announced_by=f"{write.actor}#{write.key}",
        reason=write.reason,
        announced_at=write.at,
    )
    announced = coupon_gifts.announce(coupon_id, gift_id, row)
    approval_id = None
    try:
        if row.is_allowed:
            together([*staff.guard(replace(write, after={"customers": count})), announced])
        else:
            asked = approvals.ask(
                write,
                approvals.Kind.COUPON_GIFT,
                {"customers": count},
                subject=f"{coupon_id}/{gift_id}",
                also=[announced],
            )
            approval_id = str(asked.SK)
    except ConditionFailed as refused:
        staff.replayed(write, refused.failed[0] if row.is_allowed else None)
    found = coupon_gifts.find(coupon_id, gift_id)
    if found is None or found.announced_by != row.announced_by:
        raise ConflictError("gift_exists", "该赠送编号已被使用")
    return found, approval_id


def give(coupon_id: str, gift_id: str, page: int, customer_ids: Sequence[str], now: int) -> Given:
    """Give the coupon to one page of a gift's customers; at most a hundred times two units.

    Sent again, it gives to nobody twice and goes on where it was cut off.

    Raises:
        NotFoundError: There is no such gift.
        ConflictError: `gift_not_allowed`: a second person has not agreed yet; `gift_page_taken`:
            the page names others, or is beyond what was announced.
    """
    gift, template = coupon_gifts.find(coupon_id, gift_id), coupons.template_of(coupon_id)
    if gift is None or template is None:
        raise NotFoundError
    if not gift.is_allowed:
        raise ConflictError("gift_not_allowed", "该赠送还需另一位同事审批")
    names = hashlib.sha256(",".join(customer_ids).encode()).hexdigest()[:32]
    fits = page * PAGE + len(customer_ids) <= int(gift.customers)
    if not fits or not coupon_gifts.name_page(coupon_id, gift_id, page, names):
        raise ConflictError("gift_page_taken", "该页已用于其他客户，或超出申报人数")
    people = customers.people_among(customer_ids)
    refused = []
    for customer_id in customer_ids:
        if customer_id not in people:
            refused.append((customer_id, "not_found"))
            continue
        try:
            claim_coupon.obtain(customer_id, template, f"gift#{gift_id}", now)
        except ConflictError as why:
            refused.append((customer_id, why.code))
    return Given(len(customer_ids) - len(refused), refused)
