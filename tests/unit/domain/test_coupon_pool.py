"""Pools: entries are kept exactly, and shares sum to the quota and never shrink (hypothesis)."""

from hypothesis import given
from hypothesis import strategies as st

from shop.domain.coupon_pool import (
    CLAIMS_PER_POOL,
    Attempt,
    Entry,
    mark_of,
    pool_count,
    share_of,
)

attempts = st.builds(
    Attempt,
    mark=st.binary(min_size=6, max_size=6),
    at=st.integers(0, 2**32 - 1),
    ordinal=st.integers(1, 99),
    here=st.booleans(),
    pool=st.integers(0, 2**24 - 1),
)
quotas = st.integers(1, 100_000)


@given(st.lists(attempts, max_size=99))
def test_an_entry_is_read_as_it_was_packed(made: list[Attempt]) -> None:
    entry = Entry(tuple(made))
    assert Entry.read(entry.packed()) == entry
    assert Entry.read(None) == Entry()
    assert len(entry.packed()) == 14 * len(made)


@given(quotas, st.integers(0, 500))
def test_shares_sum_to_the_quota_and_only_grow(quota: int, more: int) -> None:
    pools = pool_count(quota)
    shares = [share_of(quota, pools, number) for number in range(pools)]
    assert sum(shares) == quota
    assert 1 <= min(shares) <= max(shares) <= CLAIMS_PER_POOL
    raised = [share_of(quota + more, pools, number) for number in range(pools)]
    assert sum(raised) == quota + more
    assert all(after >= before for before, after in zip(shares, raised, strict=True))


def test_keys_of_a_customer_are_told_apart() -> None:
    marks = {mark_of(who, key) for who in ("wang", "li") for key in ("a", "b", "gift#a")}
    assert len(marks) == 6
    entry = Entry().adding(Attempt(mark_of("wang", "a"), 9, 1, here=False, pool=3))
    sent = entry.sending(entry.attempts[0], 7)
    assert (sent.away[0].pool, sent.next_ordinal) == (7, 2)
    assert sent.find(mark_of("wang", "b")) is None
