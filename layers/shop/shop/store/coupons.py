"""Coupon templates, and claims with their moves (`shop.domain.coupon.CLAIM_MOVES`).

A claim belongs to its customer's partition, so nobody can reach another's. UNUSED -> HELD happens
in the checkout's transaction, HELD -> USED or back to UNUSED only by the order that holds it.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from pynamodb.attributes import (
    BinaryAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.coupon import (
    CLAIM_MOVES,
    ClaimEvent,
    ClaimStatus,
    CouponClaim,
    CouponTemplate,
)
from shop.errors import ConflictError
from shop.store import reads
from shop.store.blobs import pack, unpack
from shop.store.table import (
    CLAIM_PREFIX,
    Entity,
    Key,
    claim_key,
    coupon_key,
    coupon_list_key,
    customer_partition,
)
from shop.store.writes import (
    ConditionFailed,
    Write,
    absent,
    apply,
    put,
    together,
    update,
)

KEPT_SECONDS = 180 * 86_400
"""How long a claim is kept after its end, so that what a quote reads does not grow for ever."""


class TemplateRow(Entity):
    """One template: its terms as they were set up, and what staff may change. Below 1 KB."""

    terms = BinaryAttribute(legacy_encoding=False, attr_name="b")
    quota = NumberAttribute(attr_name="q")
    closes_at = NumberAttribute(attr_name="ce")

    def template(self) -> CouponTemplate:
        """The template as it is now."""
        terms = unpack(self.terms, CouponTemplate)
        return replace(terms, quota=int(self.quota), claim_ends_at=int(self.closes_at))


class TemplateListRow(Entity):
    """The ids of all templates, so that a list needs no scan."""

    ids = UnicodeSetAttribute(attr_name="ids")


class ClaimRow(Entity):
    """One claim with the terms it was made under. Below 1 KB."""

    status = UnicodeAttribute(attr_name="st")
    terms = BinaryAttribute(legacy_encoding=False, attr_name="b")
    valid_from = NumberAttribute(attr_name="vf")
    valid_until = NumberAttribute(attr_name="vu")
    order_no = UnicodeAttribute(attr_name="o", null=True)
    claimed_at = NumberAttribute(attr_name="ca")
    expires_at = NumberAttribute(attr_name="ttl")

    @property
    def claim_id(self) -> str:
        """The claim's id, from its key."""
        coupon_id, _, ordinal = str(self.SK).removeprefix(CLAIM_PREFIX).rpartition("#")
        return f"{coupon_id}-{ordinal}"

    def claim(self) -> CouponClaim:
        """The claim as the rules see it."""
        return CouponClaim(
            claim_id=self.claim_id,
            template=unpack(self.terms, CouponTemplate),
            status=ClaimStatus(self.status),
            valid_from=int(self.valid_from),
            valid_until=int(self.valid_until),
            claimed_at=int(self.claimed_at),
        )


def create_template(template: CouponTemplate, also: Sequence[Write] = ()) -> bool:
    """Keep a template. Repeating it with the same terms changes nothing.

    Args:
        template: The terms.
        also: Writes that must happen with it; they come first.

    Returns:
        True if it was new.

    Raises:
        ConditionFailed: One of `also` did not hold.
        ConflictError: `coupon_exists`: the id is taken by other terms.
    """
    terms = pack(template)
    row = TemplateRow(
        *coupon_key(template.id),
        terms=terms,
        quota=template.quota,
        closes_at=template.claim_ends_at,
    )
    listed = TemplateListRow(*coupon_list_key())
    writes = [put(row, absent()), update(listed, [TemplateListRow.ids.add({template.id})])]
    try:
        together([*also, *writes])
    except ConditionFailed as failed:
        if any(old is not None for old in failed.failed[: len(also)]):
            raise
        if TemplateRow.from_raw_data(dict(failed.old)).terms != terms:
            raise ConflictError("coupon_exists", "该优惠券编号已被使用") from failed
        return False
    return True


def change(was: CouponTemplate, then: CouponTemplate) -> Write:
    """Change the quota and the end of claiming of a template that is still as it was."""
    still: Condition = TemplateRow.quota == was.quota
    still &= TemplateRow.closes_at == was.claim_ends_at
    return update(
        TemplateRow(*coupon_key(was.id)),
        [TemplateRow.quota.set(then.quota), TemplateRow.closes_at.set(then.claim_ends_at)],
        still,
    )


def template_of(coupon_id: str) -> CouponTemplate | None:
    """One template; half a unit."""
    row = reads.get(TemplateRow, coupon_key(coupon_id))
    return row.template() if row else None


def templates() -> list[CouponTemplate]:
    """Every template by id; half a unit each and half for the list."""
    listed = reads.get(TemplateListRow, coupon_list_key())
    if listed is None:
        return []
    rows = reads.batch(TemplateRow, [coupon_key(one) for one in sorted(listed.ids)])
    return [row.template() for _, row in sorted(rows.items())]


def claims_of(customer_id: str) -> Iterator[CouponClaim]:
    """A customer's claims, of one coupon together and in order."""
    partition = customer_partition(customer_id)
    for row in reads.query(ClaimRow, partition, ClaimRow.SK.startswith(CLAIM_PREFIX)):
        yield row.claim()


def claims_named(customer_id: str, claim_ids: Sequence[str]) -> list[CouponClaim]:
    """A customer's claims of these ids; half a unit each, one request."""
    rows = reads.batch(ClaimRow, [_key(customer_id, one) for one in claim_ids])
    return [row.claim() for row in rows.values()]


def claim_at(customer_id: str, coupon_id: str, ordinal: int) -> CouponClaim | None:
    """One claim, which may be a moment old; half a unit."""
    row = reads.get(ClaimRow, claim_key(customer_id, coupon_id, ordinal))
    return row.claim() if row else None


def new_claim(template: CouponTemplate, ordinal: int, at: int) -> CouponClaim:
    """A claim as it is when it has just been made."""
    valid_from, valid_until = template.validity(at)
    claim_id = f"{template.id}-{ordinal}"
    return CouponClaim(claim_id, template, ClaimStatus.UNUSED, valid_from, valid_until, at)


def hand_out(customer_id: str, claim: CouponClaim) -> None:
    """Put a claim that a pool has given out into its customer's hands, if it is not there."""
    row = ClaimRow(
        *_key(customer_id, claim.claim_id),
        status=claim.status.value,
        terms=pack(claim.template),
        valid_from=claim.valid_from,
        valid_until=claim.valid_until,
        claimed_at=claim.claimed_at,
        expires_at=claim.valid_until + KEPT_SECONDS,
    )
    with suppress(ConditionFailed):
        apply(put(row, absent()))


def hold(customer_id: str, claim_id: str, order_no: str, now: int) -> Write:
    """UNUSED and valid now -> HELD by the order."""
    valid: Condition = (ClaimRow.valid_from <= now) & (ClaimRow.valid_until > now)
    return _held(customer_id, claim_id, order_no, _may(ClaimEvent.ORDERED) & valid)


def rehold(customer_id: str, claim_id: str, order_no: str) -> Write:
    """UNUSED -> HELD again for an order paid late; it was valid when the order was made."""
    return _held(customer_id, claim_id, order_no, _may(ClaimEvent.ORDERED))


def mark_used(customer_id: str, claim_id: str, order_no: str) -> Write:
    """HELD by this order -> USED. It keeps the order's number."""
    row = ClaimRow(*_key(customer_id, claim_id))
    is_its: Condition = ClaimRow.order_no == order_no
    return update(row, [_becomes(ClaimEvent.PAID)], _may(ClaimEvent.PAID) & is_its)


def release(customer_id: str, claim_id: str, order_no: str) -> Write:
    """HELD by this order -> UNUSED."""
    return _let_go(ClaimEvent.ORDER_CLOSED, customer_id, claim_id, order_no)


def return_used(customer_id: str, claim_id: str, order_no: str) -> Write:
    """HELD or USED by this order -> UNUSED, with its whole refund before shipping."""
    return _let_go(ClaimEvent.REFUNDED_WHOLE, customer_id, claim_id, order_no)


def _held(customer_id: str, claim_id: str, order_no: str, condition: Condition) -> Write:
    row = ClaimRow(*_key(customer_id, claim_id))
    actions: list[Action] = [_becomes(ClaimEvent.ORDERED), ClaimRow.order_no.set(order_no)]
    return update(row, actions, condition)


def _let_go(event: ClaimEvent, customer_id: str, claim_id: str, order_no: str) -> Write:
    row = ClaimRow(*_key(customer_id, claim_id))
    is_its: Condition = ClaimRow.order_no == order_no
    return update(row, [_becomes(event), ClaimRow.order_no.remove()], _may(event) & is_its)


def _may(event: ClaimEvent) -> Condition:
    """The claim is in a state from which the table lets it move."""
    sources: Condition = ClaimRow.status.is_in(*CLAIM_MOVES[event].sources)
    return sources


def _becomes(event: ClaimEvent) -> Action:
    return ClaimRow.status.set(CLAIM_MOVES[event].target.value)


def _key(customer_id: str, claim_id: str) -> Key:
    coupon_id, _, ordinal = claim_id.rpartition("-")
    return claim_key(customer_id, coupon_id, int(ordinal))
