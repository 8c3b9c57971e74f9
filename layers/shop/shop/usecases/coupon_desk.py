"""What staff do with a coupon that is out: raise its quota, end its claiming, see its effect."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shop.domain.calendar import begins_at, business_day
from shop.domain.coupon import CouponTemplate
from shop.domain.coupon_pool import MOST_PER_POOL, Entry
from shop.errors import ConflictError, NotFoundError, UnavailableError
from shop.store import coupon_pools, coupon_uses, coupons
from shop.store.staff import StaffWrite
from shop.store.writes import ConditionFailed, together
from shop.usecases import staff_writes
from shop.usecases.notes import Note, Outcome

MOST_DAYS = 31
MOST_POOLS = 10_000
"""Pools that are read to tell the claims of each day; larger coupons do not tell them."""
_ROUNDS = 5
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class DayEffect:
    """One Shanghai day of a coupon; `claimed` is None where it has too many pools to tell."""

    day: str
    claimed: int | None
    used: int
    discount_fen: int
    sales_fen: int


def change(
    write: StaffWrite, coupon_id: str, quota: int | None, claim_ends_at: int | None
) -> tuple[CouponTemplate, Outcome]:
    """Raise the quota, or end claiming earlier; known everywhere within five seconds.

    Raises:
        NotFoundError: There is no such coupon.
        ConflictError: `quota_only_rises`, `quota_too_high`, `claiming_only_ends_earlier`.
        ValidationError: `idempotency_key_reused`.
        UnavailableError: Others kept changing it.
    """

    def make(note: Note) -> Outcome:
        for _ in range(_ROUNDS):
            was = _template(coupon_id)
            then = _changed(was, quota, claim_ends_at)
            outcome = Outcome.UNCHANGED if then == was else Outcome.CHANGED
            notes = [*note(_facts(was), _facts(then), outcome)]
            try:
                together([*notes, coupons.change(was, then)])
            except ConditionFailed as refused:
                if any(one is not None for one in refused.failed[: len(notes)]):
                    raise
                continue
            return outcome
        raise UnavailableError

    outcome = staff_writes.carry_out(write, make)
    return _template(coupon_id), outcome


def effect(coupon_id: str, first_day: str, days: int) -> tuple[CouponTemplate, Sequence[DayEffect]]:
    """A coupon's days from one on: claimed, used in paid orders, given away, and sold.

    A day counts orders by when they were placed; a refund does not take one back.

    Args:
        coupon_id: Which coupon.
        first_day: `YYYYMMDD`, Shanghai.
        days: How many, at most 31.

    Raises:
        NotFoundError: There is no such coupon.
        ValueError: That is no day.
    """
    template = _template(coupon_id)
    begin = begins_at(first_day)
    named = [business_day(begin + _DAY_SECONDS * step) for step in range(days)]
    claimed = _claimed(template, named)
    found = []
    for day in named:
        uses = list(coupon_uses.of_day(coupon_id, day))
        found.append(
            DayEffect(
                day,
                None if claimed is None else claimed[day],
                len(uses),
                sum(int(one.discount_fen) for one in uses),
                sum(int(one.paid_fen) for one in uses),
            )
        )
    return template, found


def _claimed(template: CouponTemplate, days: Sequence[str]) -> dict[str, int] | None:
    """How many each day gave out, by the pools' own entries: exact, and nobody counts twice."""
    if template.pools > MOST_POOLS:
        return None
    counts = dict.fromkeys(days, 0)
    for row in coupon_pools.pools(template.id, range(template.pools)).values():
        for packed in row.packed.values():
            for attempt in Entry.read(packed).attempts:
                day = business_day(attempt.at)
                if attempt.here and day in counts:
                    counts[day] += 1
    return counts


def _template(coupon_id: str) -> CouponTemplate:
    found = coupons.template_of(coupon_id)
    if found is None:
        raise NotFoundError
    return found


def _changed(was: CouponTemplate, quota: int | None, claim_ends_at: int | None) -> CouponTemplate:
    if quota is not None and quota < was.quota:
        raise ConflictError("quota_only_rises", "发放总量只能增加")
    if quota is not None and quota > was.pools * MOST_PER_POOL:
        raise ConflictError("quota_too_high", "发放总量超出可增加的范围，请新建优惠券")
    if claim_ends_at is not None and claim_ends_at > was.claim_ends_at:
        raise ConflictError("claiming_only_ends_earlier", "领取时间只能提前结束")
    return replace(
        was,
        quota=was.quota if quota is None else quota,
        claim_ends_at=was.claim_ends_at if claim_ends_at is None else claim_ends_at,
    )


def _facts(one: CouponTemplate) -> dict[str, int]:
    return {"quota": one.quota, "claim_ends_at": one.claim_ends_at}
