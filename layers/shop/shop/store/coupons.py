"""Coupon templates with their claimed counters, and claims with their one-way moves.

A claim belongs to its customer's partition, so nobody can reach another's. UNUSED -> HELD happens
in the checkout's transaction, HELD -> USED or back to UNUSED only by the order that holds it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pynamodb.attributes import (
    BinaryAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.coupon import ClaimStatus, CouponClaim, CouponTemplate
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
    Raw,
    Write,
    absent,
    put,
    together,
    update,
)


class TemplateRow(Entity):
    """One template: its terms, and what a claim's condition looks at. Below 1 KB."""

    terms = BinaryAttribute(legacy_encoding=False, attr_name="b")
    claimed = NumberAttribute(attr_name="n")
    quota = NumberAttribute(attr_name="q")
    opens_at = NumberAttribute(attr_name="cs")
    closes_at = NumberAttribute(attr_name="ce")


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
    idempotency_key = UnicodeAttribute(attr_name="ik")

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


@dataclass(frozen=True, slots=True)
class Offering:
    """A template and how many of it were claimed when it was read."""

    template: CouponTemplate
    claimed: int


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
        claimed=0,
        quota=template.quota,
        opens_at=template.claim_starts_at,
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


def template_of(coupon_id: str) -> Offering | None:
    """One template; half a unit."""
    row = reads.get(TemplateRow, coupon_key(coupon_id))
    return _offering(row) if row else None


def templates() -> list[Offering]:
    """Every template by id; half a unit each and half for the list."""
    listed = reads.get(TemplateListRow, coupon_list_key())
    if listed is None:
        return []
    rows = reads.batch(TemplateRow, [coupon_key(one) for one in sorted(listed.ids)])
    return [_offering(row) for _, row in sorted(rows.items())]


def claims_of(customer_id: str) -> Iterator[CouponClaim]:
    """A customer's claims, of one coupon together and in order."""
    partition = customer_partition(customer_id)
    for row in reads.query(ClaimRow, partition, ClaimRow.SK.startswith(CLAIM_PREFIX)):
        yield row.claim()


def claims_of_coupon(customer_id: str, coupon_id: str) -> list[ClaimRow]:
    """A customer's claims of one coupon as they are now, by ordinal."""
    rows = reads.query(
        ClaimRow,
        customer_partition(customer_id),
        ClaimRow.SK.startswith(f"{CLAIM_PREFIX}{coupon_id}#"),
        consistent=True,
    )
    return sorted(rows, key=lambda row: int(str(row.SK).rpartition("#")[2]))


def known(rows: Sequence[ClaimRow], idempotency_key: str) -> CouponClaim | None:
    """The claim that this key made, among a customer's claims of one coupon."""
    return next((row.claim() for row in rows if row.idempotency_key == idempotency_key), None)


def claim(
    customer_id: str, template: CouponTemplate, ordinal: int, idempotency_key: str, now: int
) -> CouponClaim:
    """Give a customer the ordinal-th claim, if some are left and claiming is open.

    Four units in one request. One claim of a key needs `ordinal` not to skip a free one.

    Raises:
        ConditionFailed: Entry 0 is the claim that has this ordinal already, entry 1 the template
            that has none left or is not open.
    """
    valid_from, valid_until = template.validity(now)
    row = ClaimRow(
        *claim_key(customer_id, template.id, ordinal),
        status=ClaimStatus.UNUSED.value,
        terms=pack(template),
        valid_from=valid_from,
        valid_until=valid_until,
        claimed_at=now,
        idempotency_key=idempotency_key,
    )
    some_left: Condition = TemplateRow.claimed < TemplateRow.quota
    is_open: Condition = (TemplateRow.opens_at <= now) & (TemplateRow.closes_at > now)
    count = update(
        TemplateRow(*coupon_key(template.id)), [TemplateRow.claimed.add(1)], some_left & is_open
    )
    together([put(row, absent()), count])
    return row.claim()


def hold(customer_id: str, claim_id: str, order_no: str, now: int) -> Write:
    """UNUSED and valid now -> HELD by the order."""
    valid: Condition = (ClaimRow.valid_from <= now) & (ClaimRow.valid_until > now)
    return _held(customer_id, claim_id, order_no, (ClaimRow.status == _UNUSED) & valid)


def rehold(customer_id: str, claim_id: str, order_no: str) -> Write:
    """UNUSED -> HELD again for an order paid late; it was valid when the order was made."""
    return _held(customer_id, claim_id, order_no, ClaimRow.status == _UNUSED)


def mark_used(customer_id: str, claim_id: str, order_no: str) -> Write:
    """HELD by this order -> USED. It keeps the order's number."""
    row = ClaimRow(*_key(customer_id, claim_id))
    return update(row, [ClaimRow.status.set(ClaimStatus.USED.value)], _held_by(order_no))


def release(customer_id: str, claim_id: str, order_no: str) -> Write:
    """HELD by this order -> UNUSED."""
    row = ClaimRow(*_key(customer_id, claim_id))
    actions: list[Action] = [ClaimRow.status.set(_UNUSED), ClaimRow.order_no.remove()]
    return update(row, actions, _held_by(order_no))


def state_of(old: Raw) -> tuple[ClaimStatus, str] | None:
    """A failed write's claim: its state and the order that holds or used it ("" if none).

    None when there is no such claim.
    """
    if not old:
        return None
    row = ClaimRow.from_raw_data(dict(old))
    return ClaimStatus(row.status), str(row.order_no or "")


_UNUSED = ClaimStatus.UNUSED.value


def _held(customer_id: str, claim_id: str, order_no: str, condition: Condition) -> Write:
    row = ClaimRow(*_key(customer_id, claim_id))
    actions: list[Action] = [
        ClaimRow.status.set(ClaimStatus.HELD.value),
        ClaimRow.order_no.set(order_no),
    ]
    return update(row, actions, condition)


def _held_by(order_no: str) -> Condition:
    held: Condition = (ClaimRow.status == ClaimStatus.HELD.value) & (ClaimRow.order_no == order_no)
    return held


def _key(customer_id: str, claim_id: str) -> Key:
    coupon_id, _, ordinal = claim_id.rpartition("-")
    return claim_key(customer_id, coupon_id, int(ordinal))


def _offering(row: TemplateRow) -> Offering:
    return Offering(unpack(row.terms, CouponTemplate), int(row.claimed))
