"""Coupon rows: each moved only by the order that may move it; templates changed only safely."""

import dataclasses

import pytest

from shop.domain.coupon import (
    CLAIM_MOVES,
    ClaimEvent,
    ClaimStatus,
    CouponKind,
    CouponTemplate,
    Scope,
)
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


def handed_out(customer: str = "alice") -> str:
    coupons.create_template(TEMPLATE)
    claim = coupons.new_claim(TEMPLATE, 1, NOW)
    coupons.hand_out(customer, claim)
    return claim.claim_id


def test_a_template_is_made_once_and_other_terms_are_refused() -> None:
    assert coupons.create_template(TEMPLATE)
    assert not coupons.create_template(TEMPLATE)
    with pytest.raises(ConflictError):
        coupons.create_template(dataclasses.replace(TEMPLATE, quota=9))
    assert coupons.templates() == [TEMPLATE]


def test_a_template_changes_only_from_what_was_read() -> None:
    coupons.create_template(TEMPLATE)
    changed = dataclasses.replace(TEMPLATE, quota=5, claim_ends_at=NOW + 50)
    apply(coupons.change(TEMPLATE, changed))
    with pytest.raises(ConditionFailed):
        apply(coupons.change(TEMPLATE, dataclasses.replace(TEMPLATE, quota=9)))
    assert coupons.template_of(TEMPLATE.id) == changed
    assert not coupons.create_template(TEMPLATE)


def test_a_claim_is_put_into_its_customers_hands_once() -> None:
    claim_id = handed_out()
    apply(coupons.hold("alice", claim_id, "ORDER1", NOW))
    coupons.hand_out("alice", coupons.new_claim(TEMPLATE, 1, NOW))
    assert status() == [ClaimStatus.HELD]


def found(refused: ConditionFailed) -> tuple[str, str]:
    """State and order of the claim that refused a write."""
    row = coupons.ClaimRow.from_raw_data(dict(refused.old))
    return row.status, row.order_no


def test_only_the_holding_order_moves_a_claim_on() -> None:
    claim_id = handed_out()
    apply(coupons.hold("alice", claim_id, "ORDER1", NOW))
    with pytest.raises(ConditionFailed) as held:
        apply(coupons.hold("alice", claim_id, "ORDER2", NOW))
    assert found(held.value) == ("HELD", "ORDER1")
    for move in (coupons.mark_used, coupons.release, coupons.return_used):
        with pytest.raises(ConditionFailed):
            apply(move("alice", claim_id, "ORDER2"))
    apply(coupons.release("alice", claim_id, "ORDER1"))
    assert status() == [ClaimStatus.UNUSED]
    apply(coupons.rehold("alice", claim_id, "ORDER1"))
    apply(coupons.mark_used("alice", claim_id, "ORDER1"))
    assert status() == [ClaimStatus.USED]
    with pytest.raises(ConditionFailed) as used:
        apply(coupons.release("alice", claim_id, "ORDER1"))
    assert found(used.value) == ("USED", "ORDER1")
    apply(coupons.return_used("alice", claim_id, "ORDER1"))
    assert status() == [ClaimStatus.UNUSED]


MOVES = {
    ClaimEvent.ORDERED: lambda claim_id: coupons.hold("alice", claim_id, "ORDER1", NOW),
    ClaimEvent.PAID: lambda claim_id: coupons.mark_used("alice", claim_id, "ORDER1"),
    ClaimEvent.ORDER_CLOSED: lambda claim_id: coupons.release("alice", claim_id, "ORDER1"),
    ClaimEvent.REFUNDED_WHOLE: lambda claim_id: coupons.return_used("alice", claim_id, "ORDER1"),
}
TO_STATE = {
    ClaimStatus.UNUSED: (),
    ClaimStatus.HELD: (ClaimEvent.ORDERED,),
    ClaimStatus.USED: (ClaimEvent.ORDERED, ClaimEvent.PAID),
}


@pytest.mark.parametrize("event", ClaimEvent)
@pytest.mark.parametrize("state", TO_STATE)
def test_the_table_of_states_is_what_the_writes_do(event: ClaimEvent, state: ClaimStatus) -> None:
    claim_id = handed_out()
    for earlier in TO_STATE[state]:
        apply(MOVES[earlier](claim_id))
    move = CLAIM_MOVES[event]
    if state in move.sources:
        apply(MOVES[event](claim_id))
        assert status() == [move.target]
    else:
        with pytest.raises(ConditionFailed):
            apply(MOVES[event](claim_id))
        assert status() == [state]


def test_an_expired_or_foreign_claim_cannot_be_held() -> None:
    claim_id = handed_out()
    for customer, at in (("alice", NOW + 7 * 86_400), ("alice", NOW - 1), ("bob", NOW)):
        with pytest.raises(ConditionFailed):
            apply(coupons.hold(customer, claim_id, "ORDER1", at))
    assert status("bob") == []
    with pytest.raises(ConditionFailed) as nobody:
        apply(coupons.hold("bob", claim_id, "ORDER1", NOW))
    assert not nobody.value.old
