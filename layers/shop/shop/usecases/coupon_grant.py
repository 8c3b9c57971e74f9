"""Give a customer one of a coupon: exactly once per key, within its quota and the customer's limit.

Usually two writes: the customer's home pool gives one out, then the claim is put into their hands.
The first decides; the second follows from it, by this call or by the stream (`coupon_follow`). A
home pool with nothing left notes the attempt and sends it to a pool that has (`docs/adr`: coupon
pools). Once all have given out everything, a refusal costs at most one read, kept for a second.
"""

from collections.abc import Iterator
from dataclasses import replace

from shop.domain.coupon import CouponClaim, CouponTemplate
from shop.domain.coupon_pool import Attempt, Entry, mark_of, share_of
from shop.errors import ConflictError, UnavailableError
from shop.recent import Recent
from shop.store import coupon_pools, coupons
from shop.store.coupon_pools import PoolRow
from shop.store.table import shard_of
from shop.store.writes import ConditionFailed, Write, apply

SEEN_SECONDS = 1
FULL_SECONDS = 86_400
POOLS_AT_ONCE = 100
MOST_LOOKS = 20
"""Requests that look for a pool with something left; what they learned stays with the process."""
_ROUNDS = 8
_full: Recent[tuple[str, int], set[int]] = Recent(FULL_SECONDS)
_seen: Recent[tuple[str, int], PoolRow | bool] = Recent(SEEN_SECONDS)
_DETAILS = {
    "claim_not_open": "不在领取时间内",
    "coupon_exhausted": "优惠券已被领完",
    "claim_limit_reached": "已达到领取上限",
    "new_customers_only": "仅限新客户领取",
}


def refusal(code: str) -> ConflictError:
    """Why a coupon cannot be had."""
    return ConflictError(code, _DETAILS[code])


def grant(customer_id: str, template: CouponTemplate, key: str, now: int) -> CouponClaim:
    """Give the customer one, or find the one that this key was given.

    A repeat is answered with the claim as it is by now; half a read unit more.

    Args:
        customer_id: Who gets it.
        template: Its terms, which may be some seconds old.
        key: Names this wish among the customer's; also tells where it comes from.
        now: UTC seconds.

    Raises:
        ConflictError: `coupon_exhausted`, `claim_limit_reached`.
        UnavailableError: The store is busy, or it takes longer to find one that is left.
    """
    return _Grant(customer_id, template, now).make(key)


def granted(
    customer_id: str, template: CouponTemplate, key: str, now: int
) -> tuple[CouponClaim | None, int]:
    """What this key was given before, and how many the customer has; may be a second old."""
    row = _home_seen(customer_id, template, now)
    entry = row.entry(customer_id) if row else Entry()
    attempt = entry.find(mark_of(customer_id, key))
    if attempt and not attempt.here:
        # Only its pool knows whether it came to anything.
        there = coupon_pools.pool(template.id, attempt.pool)
        attempt = there.entry(customer_id).find(attempt.mark) if there else None
    known = _as_it_is(customer_id, template, attempt) if attempt else None
    return known, len(entry.attempts)


def is_exhausted(template: CouponTemplate, now: int) -> bool:
    """Whether this process knows that everything has been given out."""
    return len(_known_full(template, now)) >= template.pools


class _NothingLeftError(Exception):
    """Every pool has given out its share."""


class _Grant:
    """One wish for one coupon."""

    def __init__(self, customer_id: str, template: CouponTemplate, now: int) -> None:
        self._customer = customer_id
        self._template = template
        self._now = now
        self._home = shard_of(customer_id, template.pools)
        self._full = _known_full(template, now)

    def make(self, key: str) -> CouponClaim:
        mark = mark_of(self._customer, key)
        old: bytes | None = None
        if self._home in self._full:
            old = self._home_entry()
        for _ in range(_ROUNDS):
            entry = Entry.read(old)
            mine = entry.find(mark)
            if mine and mine.here:
                return _as_it_is(self._customer, self._template, mine)
            try:
                return self._elsewhere(old, mine) if mine else self._new(old, entry, mark)
            except ConditionFailed as refused:
                old = self._entry_in(refused)
            except _NothingLeftError:
                # The last one may have gone to this very key, by another sending of the request.
                found = self._home_entry()
                if found == old:
                    raise refusal("coupon_exhausted") from None
                old = found
        raise UnavailableError

    def _new(self, old: bytes | None, entry: Entry, mark: bytes) -> CouponClaim:
        """One more attempt; ConditionFailed when the home pool has changed."""
        limit = self._template.per_customer
        if len(entry.attempts) >= limit:
            for waiting in entry.away:
                # It may have come to nothing; whose key it was gets it, if anybody.
                self._elsewhere(old, waiting)
            raise refusal("claim_limit_reached")
        attempt = Attempt(mark, self._now, entry.next_ordinal, here=True, pool=self._home)
        if self._home not in self._full:
            try:
                apply(self._gives(self._home, old, entry.adding(attempt)))
            except ConditionFailed as refused:
                if self._entry_in(refused) != old or not self._is_full(refused, self._home):
                    raise
                self._full.add(self._home)
            else:
                return self._handed_out(attempt)
        away = replace(attempt, here=False, pool=self._with_some_left())
        noted = entry.adding(away)
        apply(coupon_pools.note(self._template.id, self._home, self._customer, old, noted))
        return self._elsewhere(noted.packed(), away)

    def _elsewhere(self, home: bytes | None, attempt: Attempt) -> CouponClaim:
        """Take from the pool that the home pool has sent an attempt to, or send it on."""
        here = replace(attempt, here=True)
        old: bytes | None = None
        for _ in range(_ROUNDS):
            try:
                apply(self._gives(attempt.pool, old, Entry.read(old).adding(here)))
            except ConditionFailed as refused:
                found = self._entry_in(refused)
                if Entry.read(found).find(attempt.mark):
                    return _as_it_is(self._customer, self._template, attempt)
                if found == old and self._is_full(refused, attempt.pool):
                    self._full.add(attempt.pool)
                    home, attempt = self._sent_on(home, attempt)
                    here, found = replace(attempt, here=True), None
                old = found
            else:
                return self._handed_out(here)
        raise UnavailableError

    def _sent_on(self, home: bytes | None, attempt: Attempt) -> tuple[bytes, Attempt]:
        number = self._with_some_left()
        entry = Entry.read(home).sending(attempt, number)
        apply(coupon_pools.note(self._template.id, self._home, self._customer, home, entry))
        return entry.packed(), replace(attempt, pool=number)

    def _gives(self, number: int, old: bytes | None, new: Entry) -> Write:
        share = share_of(self._template.quota, self._template.pools, number)
        return coupon_pools.give(self._template.id, number, self._customer, old, new, share=share)

    def _handed_out(self, attempt: Attempt) -> CouponClaim:
        claim = coupons.new_claim(self._template, attempt.ordinal, attempt.at)
        coupons.hand_out(self._customer, claim)
        return claim

    def _home_entry(self) -> bytes | None:
        row = _home_seen(self._customer, self._template, self._now)
        return row.packed.get(self._customer) if row else None

    def _entry_in(self, refused: ConditionFailed) -> bytes | None:
        return coupon_pools.entries_of(refused.old).get(self._customer)

    def _is_full(self, refused: ConditionFailed, number: int) -> bool:
        given = int(coupon_pools.of_raw(refused.old).given) if refused.old else 0
        return given >= share_of(self._template.quota, self._template.pools, number)

    def _with_some_left(self) -> int:
        """A pool that gives one out, by a look that may be a moment old."""
        for numbers in self._unknown():
            rows = coupon_pools.pools(self._template.id, numbers)
            for number in numbers:
                row = rows.get(number)
                share = share_of(self._template.quota, self._template.pools, number)
                if row is None or int(row.given) < share:
                    return number
                self._full.add(number)
        if len(self._full | {self._home}) < self._template.pools:
            raise UnavailableError
        raise _NothingLeftError

    def _unknown(self) -> Iterator[list[int]]:
        """Pools that are not known to be full, from the home on, some at a time."""
        batch: list[int] = []
        looks = 0
        for step in range(1, self._template.pools):
            number = (self._home + step) % self._template.pools
            if number in self._full:
                continue
            batch.append(number)
            if len(batch) == POOLS_AT_ONCE:
                yield batch
                batch, looks = [], looks + 1
                if looks == MOST_LOOKS:
                    return
        if batch:
            yield batch


def _as_it_is(customer_id: str, template: CouponTemplate, attempt: Attempt) -> CouponClaim:
    """What was given out before; as it was made, while it is not in its customer's hands yet."""
    known = coupons.claim_at(customer_id, template.id, attempt.ordinal)
    return known or coupons.new_claim(template, attempt.ordinal, attempt.at)


def _known_full(template: CouponTemplate, now: int) -> set[int]:
    """Pools with nothing left of this quota. What is full stays so, until the quota is raised."""
    return _full.get_or_load((template.id, template.quota), now, set)


def _home_seen(customer_id: str, template: CouponTemplate, now: int) -> PoolRow | None:
    """The customer's home pool; as it was up to a second ago once everything is given out."""
    home = shard_of(customer_id, template.pools)
    if not is_exhausted(template, now):
        return coupon_pools.pool(template.id, home)
    key = template.id, home
    row = _seen.get_or_load(key, now, lambda: coupon_pools.pool(template.id, home) or False)
    return row if isinstance(row, PoolRow) else None
