"""Coupon rows: each claim counted once, each move made by the order that may make it."""

import dataclasses

import pytest

from shop.domain.coupon import ClaimStatus, CouponKind, CouponTemplate, Scope
from shop.errors import ConflictError
from shop.store import coupons
from shop.store.writes import ConditionFailed, apply

pytestmark = pytest.mark.usefixtures("table")

NOW = 1_760_000_000
TEMPLATE = CouponTemplate(
    id="k-199-30",
    title="全场满199减30",
    kind=CouponKind.AMOUNT,
    threshold_fen=19_900,
    amount_fen=3_000,
    percent_off=0,
    cap_fen=0,
    scope=Scope(),
    claim_starts_at=NOW - 100,
    claim_ends_at=NOW + 100,
    valid_from=0,
    valid_until=0,
    valid_days=7,
    quota=2,
    per_customer=2,
)


def status(customer: str = "alice") -> list[ClaimStatus]:
    return [claim.status for claim in coupons.claims_of(customer)]


def test_a_template_is_made_once_and_other_terms_are_refused() -> None:
    assert coupons.create_template(TEMPLATE)
    assert not coupons.create_template(TEMPLATE)
    with pytest.raises(ConflictError):
        coupons.create_template(dataclasses.replace(TEMPLATE, quota=9))
    assert [one.template for one in coupons.templates()] == [TEMPLATE]


def test_claims_stop_at_the_quota_and_outside_the_window() -> None:
    coupons.create_template(TEMPLATE)
    with pytest.raises(ConditionFailed) as closed:
        coupons.claim("alice", TEMPLATE, 1, "k1", NOW + 100)
    assert closed.value.failed[0] is None
    made = coupons.claim("alice", TEMPLATE, 1, "k1", NOW)
    assert (made.claim_id, made.valid_until) == ("k-199-30-1", NOW + 7 * 86_400)
    with pytest.raises(ConditionFailed) as again:
        coupons.claim("alice", TEMPLATE, 1, "k2", NOW)
    assert coupons.ClaimRow.from_raw_data(dict(again.value.old)).idempotency_key == "k1"
    coupons.claim("bob", TEMPLATE, 1, "k1", NOW)
    with pytest.raises(ConditionFailed) as empty:
        coupons.claim("carol", TEMPLATE, 1, "k1", NOW)
    assert empty.value.failed[0] is None
    assert [one.claimed for one in coupons.templates()] == [2]


def test_only_the_holding_order_moves_a_claim_on() -> None:
    coupons.create_template(TEMPLATE)
    claim_id = coupons.claim("alice", TEMPLATE, 1, "k1", NOW).claim_id
    apply(coupons.hold("alice", claim_id, "ORDER1", NOW))
    with pytest.raises(ConditionFailed) as held:
        apply(coupons.hold("alice", claim_id, "ORDER2", NOW))
    assert coupons.state_of(held.value.old) == (ClaimStatus.HELD, "ORDER1")
    for move in (coupons.mark_used, coupons.release):
        with pytest.raises(ConditionFailed):
            apply(move("alice", claim_id, "ORDER2"))
    apply(coupons.release("alice", claim_id, "ORDER1"))
    assert status() == [ClaimStatus.UNUSED]
    apply(coupons.rehold("alice", claim_id, "ORDER1"))
    apply(coupons.mark_used("alice", claim_id, "ORDER1"))
    assert status() == [ClaimStatus.USED]
    with pytest.raises(ConditionFailed) as used:
        apply(coupons.release("alice", claim_id, "ORDER1"))
    assert coupons.state_of(used.value.old) == (ClaimStatus.USED, "ORDER1")


def test_an_expired_or_foreign_claim_cannot_be_held() -> None:
    coupons.create_template(TEMPLATE)
    claim_id = coupons.claim("alice", TEMPLATE, 1, "k1", NOW).claim_id
    for customer, at in (("alice", NOW + 7 * 86_400), ("alice", NOW - 1), ("bob", NOW)):
        with pytest.raises(ConditionFailed):
            apply(coupons.hold(customer, claim_id, "ORDER1", at))
    assert status("bob") == []
    with pytest.raises(ConditionFailed) as nobody:
        apply(coupons.hold("bob", claim_id, "ORDER1", NOW))
    assert coupons.state_of(nobody.value.old) is None
