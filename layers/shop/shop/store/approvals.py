"""Requests that wait for a second person: durable, keyed, decided once."""

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shop.store import reads
from shop.store.table import APPROVAL_PARTITION, Entity, approval_key
from shop.store.writes import Write, absent, put, update

PENDING, APPROVED, REFUSED = "PENDING", "APPROVED", "REFUSED"
PENDING_SECONDS = 7 * 86_400
"""How long a request may wait. Stock and money move on; an old request is asked anew."""
KEPT_SECONDS = 90 * 86_400
"""How long a decided one is listed; the audit log keeps both steps."""


class ApprovalRow(Entity):
    """One request and what became of it. `content` is JSON."""

    kind = UnicodeAttribute(attr_name="k")
    subject = UnicodeAttribute(attr_name="su")
    content = UnicodeAttribute(attr_name="f")
    reason = UnicodeAttribute(attr_name="r")
    requested_by = UnicodeAttribute(attr_name="by")
    requested_at = NumberAttribute(attr_name="at")
    status = UnicodeAttribute(attr_name="st")
    decided_by = UnicodeAttribute(attr_name="db", null=True)
    decided_at = NumberAttribute(attr_name="da", null=True)
    decision_reason = UnicodeAttribute(attr_name="dr", null=True)
    expires_at = NumberAttribute(attr_name="ttl")

    @property
    def wanted(self) -> dict[str, int]:
        """The content, read."""
        return msgspec.json.decode(self.content, type=dict[str, int])


def ask(
    approval_id: str, kind: str, subject: str, content: object, reason: str, actor: str, now: int
) -> Write:
    """A request that waits, if it is new."""
    row = ApprovalRow(
        *approval_key(approval_id),
        kind=kind,
        subject=subject,
        content=msgspec.json.encode(content).decode(),
        reason=reason,
        requested_by=actor,
        requested_at=now,
        status=PENDING,
        expires_at=now + PENDING_SECONDS,
    )
    return put(row, absent())


def decide(approval_id: str, status: str, actor: str, reason: str, now: int) -> Write:
    """Decide a request that waits; nobody approves their own."""
    waits = (ApprovalRow.status == PENDING) & (ApprovalRow.expires_at > now)
    if status == APPROVED:
        waits &= ApprovalRow.requested_by != actor
    return update(
        ApprovalRow(*approval_key(approval_id)),
        [
            ApprovalRow.status.set(status),
            ApprovalRow.decided_by.set(actor),
            ApprovalRow.decided_at.set(now),
            ApprovalRow.decision_reason.set(reason),
            ApprovalRow.expires_at.set(now + KEPT_SECONDS),
        ],
        waits,
    )


def find(approval_id: str) -> ApprovalRow | None:
    """A request as it is now."""
    return reads.get(ApprovalRow, approval_key(approval_id), consistent=True)


def every() -> list[ApprovalRow]:
    """All that are kept, newest first."""
    rows = reads.query(ApprovalRow, APPROVAL_PARTITION, consistent=True)
    return sorted(rows, key=place)


def place(row: ApprovalRow) -> tuple[int, str]:
    """Where a request stands among all."""
    return -int(row.requested_at), str(row.SK)
