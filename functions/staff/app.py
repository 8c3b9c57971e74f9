"""Staff sign-in, accounts, second-person approvals, the audit log and who read personal data.

Every write is keyed and audited.
"""

from shop import wiring
from shop.domain.calendar import business_day
from shop.store import approvals as store
from shop.store import personal_reads, staff
from shop.usecases import approvals, staff_accounts, staff_login, staff_password
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import ItemsView, PageQuery, PageView, page_after, page_of
from shop.web.schemas import staff as shapes
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

CREATED, NO_CONTENT = 201, 204

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "POST",
    "/v1/admin/login",
    auth=Auth.PUBLIC,
    body=shapes.StaffLoginRequest,
    reply=shapes.StaffTokenView,
    codes=("staff_login_failed",),
    limited=True,
)
def sign_in(request: Request[shapes.StaffLoginRequest, Empty]) -> shapes.StaffTokenView:
    """Staff sign-in with password and one-time code."""
    given = staff_login.Credentials(request.body.username, request.body.password, request.body.code)
    token = staff_login.sign_in(
        given,
        wiring.first_staff(),
        wiring.key_ring(),
        wiring.entropy(16).hex(),
        now=request.now,
    )
    return shapes.StaffTokenView(token.access_token, token.expires_in)


@api.route("GET", "/v1/admin/staff", auth=Auth.STAFF, reply=ItemsView[shapes.StaffView])
def list_staff(_: Request[Empty, Empty]) -> ItemsView[shapes.StaffView]:
    """Every staff account, closed ones too."""
    return ItemsView([shapes.StaffView.of(row) for row in staff.accounts()])


@api.route(
    "POST",
    "/v1/admin/staff",
    auth=Auth.STAFF,
    body=shapes.AddStaffRequest,
    reply=shapes.NewStaffView,
    status=CREATED,
    codes=("staff_exists",),
    idempotent=True,
)
def add_staff(request: Request[shapes.AddStaffRequest, Empty]) -> shapes.NewStaffView:
    """Open a staff account; its password and code secret are told once."""
    wanted = request.body
    write = staff_write(request, wanted.username, tidy("reason", wanted.reason))
    opened = staff_accounts.add(
        write, wanted.username, wanted.role, wiring.key_ring(), wiring.entropy
    )
    return shapes.NewStaffView.of(opened)


@api.route(
    "POST",
    "/v1/admin/staff/{username}/disable",
    auth=Auth.STAFF,
    body=shapes.ReasonRequest,
    reply=shapes.StaffView,
    codes=("own_account",),
    idempotent=True,
)
def disable_staff(request: Request[shapes.ReasonRequest, Empty]) -> shapes.StaffView:
    """Close a staff account at once."""
    username = request.path["username"]
    write = staff_write(request, username, tidy("reason", request.body.reason))
    return shapes.StaffView.of(staff_accounts.disable(write, username))


@api.route(
    "POST",
    "/v1/admin/staff/{username}/reset",
    auth=Auth.STAFF,
    body=shapes.ReasonRequest,
    reply=shapes.NewStaffView,
    codes=("own_account", "staff_closed"),
    idempotent=True,
)
def reset_staff(request: Request[shapes.ReasonRequest, Empty]) -> shapes.NewStaffView:
    """Give another's account new secrets, which are told once, and end its sign-ins."""
    username = request.path["username"]
    write = staff_write(request, username, tidy("reason", request.body.reason))
    opened = staff_accounts.reset(write, username, wiring.key_ring(), wiring.entropy)
    return shapes.NewStaffView.of(opened)


@api.route(
    "PUT",
    "/v1/admin/password",
    auth=Auth.STAFF,
    body=shapes.PasswordRequest,
    status=NO_CONTENT,
    codes=("staff_password_wrong", "too_many_requests"),
    idempotent=True,
)
def change_password(request: Request[shapes.PasswordRequest, Empty]) -> None:
    """Change one's own password with the old one and a code; other sign-ins end."""
    body = request.body
    given = staff_password.PasswordChange(body.current_password, body.new_password, body.code)
    write = staff_write(request, request.staff.username)
    staff_password.change(write, request.staff, given, wiring.key_ring())


@api.route(
    "GET",
    "/v1/admin/approvals",
    auth=Auth.STAFF,
    query=PageQuery,
    reply=PageView[shapes.ApprovalView],
    codes=("invalid_cursor",),
)
def list_approvals(request: Request[Empty, PageQuery]) -> PageView[shapes.ApprovalView]:
    """What waits for a second person or was decided lately, newest first."""
    shown, cursor = page_of(
        store.every(), store.place, wiring.key_ring(), request.query, "approvals", ""
    )
    return PageView([shapes.ApprovalView.of(row) for row in shown], cursor)


@api.route(
    "POST",
    "/v1/admin/approvals/{approval_id}/approve",
    auth=Auth.STAFF,
    body=shapes.ReasonRequest,
    reply=shapes.ApprovalView,
    codes=("second_person_needed", "approval_decided", "insufficient_stock"),
    idempotent=True,
)
def approve(request: Request[shapes.ReasonRequest, Empty]) -> shapes.ApprovalView:
    """Let happen what another member of staff asked for."""
    approval_id = request.path["approval_id"]
    write = staff_write(request, approval_id, tidy("reason", request.body.reason))
    return shapes.ApprovalView.of(approvals.approve(write, approval_id))


@api.route(
    "POST",
    "/v1/admin/approvals/{approval_id}/refuse",
    auth=Auth.STAFF,
    body=shapes.ReasonRequest,
    reply=shapes.ApprovalView,
    codes=("approval_decided",),
    idempotent=True,
)
def refuse(request: Request[shapes.ReasonRequest, Empty]) -> shapes.ApprovalView:
    """Refuse a request, or withdraw one's own."""
    approval_id = request.path["approval_id"]
    write = staff_write(request, approval_id, tidy("reason", request.body.reason))
    return shapes.ApprovalView.of(approvals.refuse(write, approval_id))


@api.route(
    "GET",
    "/v1/admin/audit",
    auth=Auth.STAFF,
    query=shapes.AuditQuery,
    reply=PageView[shapes.AuditView],
    codes=("invalid_cursor",),
)
def show_audit(request: Request[Empty, shapes.AuditQuery]) -> PageView[shapes.AuditView]:
    """What staff did on a day, oldest first."""
    day = request.query.day or business_day(request.now)
    shown, cursor = page_after(
        lambda after, limit: staff.audits(day, after, limit),
        lambda row: str(row.SK),
        wiring.key_ring(),
        request.query,
        f"audit/{day}",
    )
    return PageView([shapes.AuditView.of(row) for row in shown], cursor)


@api.route(
    "GET",
    "/v1/admin/personal-reads",
    auth=Auth.STAFF,
    query=shapes.PersonalReadsQuery,
    reply=PageView[shapes.PersonalReadView],
    codes=("invalid_cursor",),
)
def show_personal_reads(
    request: Request[Empty, shapes.PersonalReadsQuery],
) -> PageView[shapes.PersonalReadView]:
    """Who read personal data, on a day or about a customer, oldest first."""
    whose = request.query.whose(business_day(request.now))
    shown, cursor = page_after(
        lambda after, limit: personal_reads.listed(whose, after, limit),
        lambda row: str(row.SK),
        wiring.key_ring(),
        request.query,
        f"personal-reads/{whose}",
    )
    return PageView([shapes.PersonalReadView.of(row) for row in shown], cursor)


lambda_handler = api.handle
