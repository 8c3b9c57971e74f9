"""Second-person approval: what one member of staff asks for, another one lets happen, once.

The decision and its effect are one transaction, so that no crash and no second approval can part
or repeat them. A new kind brings its permission and its effect.

Keys are kept for 30 days, requests that wait for 7 and decided ones for 90, but what adds up is
done once for ever: each effect writes, or rests on, a row of its own that never expires. For stock
that is the adjustment's, under the same number whether it was made at once or approved; for a
refund its own; for a gift its announcement.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shop.domain.staff_roles import Permission, may
from shop.errors import ConflictError, ForbiddenError, NotFoundError
from shop.store import approvals, coupon_gifts, staff
from shop.store.approvals import ApprovalRow
from shop.store.staff import StaffWrite
from shop.store.writes import ConditionFailed, Write, together
from shop.usecases import refund_decision, stock_adjustment


class Kind(StrEnum):
    """What can wait for a second person."""

    STOCK_ADJUSTMENT = "stock_adjustment"
    REFUND = "refund"
    COUPON_GIFT = "coupon_gift"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an approval lets happen.

    Attributes:
        permission: What the second person must be allowed to do as well.
        carry_out: Does it, once, together with the writes it is given; raises ConditionFailed
            when one of those does not hold.
    """

    permission: Permission
    carry_out: Callable[[StaffWrite, ApprovalRow, Sequence[Write]], None]


def _adjust_stock(write: StaffWrite, row: ApprovalRow, also: Sequence[Write]) -> None:
    delta = row.wanted["delta"]
    stock_adjustment.carry_out(write, row.subject, delta, key=str(row.SK), also=also)


def _approve_refund(write: StaffWrite, row: ApprovalRow, also: Sequence[Write]) -> None:
    case = refund_decision.find(row.subject)
    refund_decision.grant_request(write, case, row.wanted["amount_fen"], also=also)


def _allow_gift(write: StaffWrite, row: ApprovalRow, also: Sequence[Write]) -> None:
    coupon_id, _, gift_id = row.subject.partition("/")
    noted = replace(write, before={"allowed": False}, after={"allowed": True})
    try:
        together([*staff.guard(noted), *also, coupon_gifts.allow(coupon_id, gift_id)])
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            raise


EFFECTS: Mapping[Kind, Effect] = {
    Kind.STOCK_ADJUSTMENT: Effect(Permission.STOCK_WRITE, _adjust_stock),
    Kind.REFUND: Effect(Permission.REFUNDS_DECIDE, _approve_refund),
    Kind.COUPON_GIFT: Effect(Permission.PROMOTIONS_WRITE, _allow_gift),
}


def ask(
    write: StaffWrite,
    kind: Kind,
    content: Mapping[str, int],
    *,
    subject: str | None = None,
    also: Sequence[Write] = (),
) -> ApprovalRow:
    """Ask for something that needs a second person; once per key.

    Args:
        write: Who asks, and under which key.
        kind: What for.
        content: Its numbers.
        subject: What it is about, where that is not what the request names.
        also: Written with it or not at all.

    Raises:
        ConditionFailed: One of `also` does not hold.
        ConflictError: `approval_decided`: the request waited too long; a new key asks anew.
        ValidationError: `idempotency_key_reused`.
    """
    approval_id, about = request_id(write), subject or write.subject
    asked = approvals.ask(approval_id, kind, about, content, write.reason, write.actor, write.at)
    try:
        noted = replace(write, after={"status": approvals.PENDING, **content})
        together([*also, *staff.guard(noted), asked])
    except ConditionFailed as refused:
        is_repeat = staff.replayed(write, refused.failed[len(also)])
        if not is_repeat and any(one is not None for one in refused.failed[: len(also)]):
            raise
    row = approvals.find(approval_id)
    if row is None or (row.status == approvals.PENDING and int(row.expires_at) <= write.at):
        raise _decided()
    if (row.kind, row.subject, row.wanted) != (kind, about, content):
        raise staff.key_reused()
    return row


def approve(write: StaffWrite, approval_id: str) -> ApprovalRow:
    """Let it happen.

    Raises:
        NotFoundError: There is no such request.
        ForbiddenError: `second_person_needed`: one's own request; or a role that may not do it.
        ConflictError: `approval_decided`: it was decided, or waited too long; or the effect is
            refused, and the request still waits.
        ValidationError: `idempotency_key_reused`.
    """
    row = _found(approval_id)
    effect = EFFECTS[Kind(row.kind)]
    if row.requested_by == write.actor:
        raise ForbiddenError("second_person_needed", "需要另一位同事审批")
    account = staff.account(write.actor)
    if account is None or not may(account.role, effect.permission):
        raise ForbiddenError
    decided = approvals.decide(approval_id, approvals.APPROVED, write.actor, write.reason, write.at)
    try:
        effect.carry_out(write, row, [decided])
    except ConditionFailed as refused:
        raise _decided() from refused
    return _found(approval_id)


def refuse(write: StaffWrite, approval_id: str) -> ApprovalRow:
    """Let it not happen. Who asked may withdraw this way.

    Raises:
        NotFoundError: There is no such request.
        ConflictError: `approval_decided`.
        ValidationError: `idempotency_key_reused`.
    """
    _found(approval_id)
    decided = approvals.decide(approval_id, approvals.REFUSED, write.actor, write.reason, write.at)
    try:
        was, now = {"status": approvals.PENDING}, {"status": approvals.REFUSED}
        together([*staff.guard(replace(write, before=was, after=now)), decided])
    except ConditionFailed as refused:
        if not staff.replayed(write, refused.failed[0]):
            raise _decided() from refused
    return _found(approval_id)


def waiting_for(write: StaffWrite) -> str | None:
    """The id of the request that this very write has made, while it waits."""
    row = approvals.find(request_id(write))
    return str(row.SK) if row and row.status == approvals.PENDING else None


def request_id(write: StaffWrite) -> str:
    """What names a keyed request for ever: of whom, where and under which key."""
    made_of = f"{write.actor}|{write.route}|{write.key}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def _found(approval_id: str) -> ApprovalRow:
    row = approvals.find(approval_id)
    if row is None:
        raise NotFoundError
    return row


def _decided() -> ConflictError:
    return ConflictError("approval_decided", "该申请已处理或已过期")
