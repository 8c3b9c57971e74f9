"""Staff accounts and the audit log on the wire."""

from typing import Annotated, Any

import msgspec

from shop.domain.staff_roles import Role
from shop.store.approvals import ApprovalRow
from shop.store.personal_reads import PersonalReadRow
from shop.store.staff import AuditRow, StaffRow
from shop.usecases.staff_accounts import Opened
from shop.web.pages import PageQuery
from shop.web.schemas.texts import wrong
from shop.web.schemas.times import rfc3339, rfc3339_or_none

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class StaffLoginRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/admin/login`."""

    username: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z_.-]{1,32}$")]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")]


class StaffTokenView(msgspec.Struct, frozen=True):
    """A staff access token."""

    access_token: str
    expires_in: int


class AddStaffRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new account."""

    username: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z_-]{1,32}$")]
    role: Role
    reason: Reason


class PasswordRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One's own new password."""

    current_password: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    new_password: Annotated[str, msgspec.Meta(min_length=12, max_length=128)]
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")]


class ReasonRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision, and why."""

    reason: Reason


class AuditQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`GET /v1/admin/audit`; today (Shanghai) unless told."""

    day: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8})?$")] = ""


class PersonalReadsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`GET /v1/admin/personal-reads`: of a day, or about a customer; today unless told."""

    day: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8})?$")] = ""
    customer_id: Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Za-z_-]{1,64})?$")] = ""

    def whose(self, today: str) -> str:
        """The day or the customer that is asked about.

        Raises:
            ValidationError: Both are given.
        """
        if self.day and self.customer_id:
            raise wrong("customer_id", "or day: one of the two")
        return self.customer_id or self.day or today


class PersonalReadView(msgspec.Struct, frozen=True):
    """One reading of personal data: who read whose, and what; never the data."""

    at: str
    actor: str
    customer_id: str
    what: str

    @classmethod
    def of(cls, row: PersonalReadRow) -> "PersonalReadView":
        """The view of a row."""
        return cls(rfc3339(int(row.at)), row.actor, row.customer_id, row.what)


class StaffView(msgspec.Struct, frozen=True):
    """An account; `disabled_at` is null while it is open."""

    username: str
    role: str
    created_at: str
    disabled_at: str | None

    @classmethod
    def of(cls, row: StaffRow) -> "StaffView":
        """The view of an account."""
        return cls(
            username=str(row.SK),
            role=row.role,
            created_at=rfc3339(int(row.created_at)),
            disabled_at=rfc3339_or_none(int(row.disabled_at or 0)),
        )


class NewStaffView(msgspec.Struct, frozen=True):
    """A new account; its secrets are told once and are null in the answer to a repeat."""

    username: str
    role: str
    password: str | None
    totp_secret: str | None

    @classmethod
    def of(cls, opened: Opened) -> "NewStaffView":
        """The view of an account that was just opened."""
        row = opened.row
        return cls(str(row.SK), row.role, opened.password, opened.totp_secret)


class AuditView(msgspec.Struct, frozen=True):
    """One staff write. `before` and `after` are null where the write itself does not know them."""

    at: str
    actor: str
    route: str
    subject: str
    reason: str
    content: Any
    before: Any
    after: Any

    @classmethod
    def of(cls, row: AuditRow) -> "AuditView":
        """The view of an audit row."""
        return cls(
            at=rfc3339(int(row.at)),
            actor=row.actor,
            route=row.route,
            subject=row.subject,
            reason=row.reason,
            content=_decoded(row.facts),
            before=_decoded(row.before),
            after=_decoded(row.after),
        )


class ApprovalView(msgspec.Struct, frozen=True):
    """A request for a second person: PENDING, APPROVED or REFUSED."""

    id: str
    kind: str
    subject: str
    content: Any
    reason: str
    requested_by: str
    requested_at: str
    status: str
    decided_by: str | None
    decided_at: str | None
    decision_reason: str | None

    @classmethod
    def of(cls, row: ApprovalRow) -> "ApprovalView":
        """The view of a request."""
        return cls(
            id=str(row.SK),
            kind=row.kind,
            subject=row.subject,
            content=_decoded(row.content),
            reason=row.reason,
            requested_by=row.requested_by,
            requested_at=rfc3339(int(row.requested_at)),
            status=row.status,
            decided_by=row.decided_by,
            decided_at=rfc3339_or_none(int(row.decided_at or 0)),
            decision_reason=row.decision_reason,
        )


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
