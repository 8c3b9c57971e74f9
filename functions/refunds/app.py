"""Staff: refunds that wait for a person, and what is decided about them.

Every write is keyed and audited. Nothing here calls WeChat Pay.
"""

from collections.abc import Iterator
from itertools import islice

from shop import wiring
from shop.config import settings
from shop.domain.refund import RefundOrder
from shop.store import refunds_waiting
from shop.usecases import refund_decision, refund_desk, staff_login
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import PageQuery, PageView, page_after
from shop.web.schemas import refunds as shapes
from shop.web.schemas.staff import ReasonRequest
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

CREATED = 201

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "GET",
    "/v1/admin/refunds",
    auth=Auth.STAFF,
    query=PageQuery,
    reply=PageView[shapes.StaffRefundView],
    codes=("invalid_cursor",),
)
def list_refunds(request: Request[Empty, PageQuery]) -> PageView[shapes.StaffRefundView]:
    """Refunds that wait for a person: REQUESTED, ABNORMAL and CLOSED, the longest waiting first."""

    def read(after: str, count: int) -> Iterator[tuple[str, RefundOrder]]:
        return islice(refunds_waiting.for_staff(after), count)

    shown, cursor = page_after(
        read, lambda one: one[0], wiring.key_ring(), request.query, "refunds"
    )
    return PageView([shapes.StaffRefundView.of(refund) for _, refund in shown], cursor)


@api.route(
    "POST",
    "/v1/admin/refunds",
    auth=Auth.STAFF,
    body=shapes.CreateRefundRequest,
    reply=shapes.StaffRefundView,
    status=CREATED,
    codes=(
        "not_refundable",
        "refund_exceeds_rest",
        "refund_limit_reached",
        "nothing_to_refund",
        "approval_decided",
    ),
    idempotent=True,
)
def create_refund(
    request: Request[shapes.CreateRefundRequest, Empty],
) -> shapes.StaffRefundView:
    """Begin a refund unasked; a large one waits for a second person."""
    wanted = request.body.wanted()
    write = staff_write(request, wanted.order_no, tidy("reason", request.body.reason))
    return shapes.StaffRefundView.decided(
        refund_desk.create(
            write, wiring.key_ring(), wanted, most_fen=settings().approval_refund_fen
        )
    )


@api.route(
    "POST",
    "/v1/admin/refunds/{refund_no}/approve",
    auth=Auth.STAFF,
    body=shapes.ApproveRefundRequest,
    reply=shapes.StaffRefundView,
    codes=("refund_decided", "approval_decided"),
    idempotent=True,
)
def approve_refund(
    request: Request[shapes.ApproveRefundRequest, Empty],
) -> shapes.StaffRefundView:
    """Grant a request; a large one waits for a second person."""
    refund_no, body = request.path["refund_no"], request.body
    write = staff_write(request, refund_no, tidy("reason", body.reason))
    return shapes.StaffRefundView.decided(
        refund_desk.approve(
            write, refund_no, body.amount_fen, most_fen=settings().approval_refund_fen
        )
    )


@api.route(
    "POST",
    "/v1/admin/refunds/{refund_no}/refuse",
    auth=Auth.STAFF,
    body=ReasonRequest,
    reply=shapes.StaffRefundView,
    codes=("refund_decided",),
    idempotent=True,
)
def refuse_refund(request: Request[ReasonRequest, Empty]) -> shapes.StaffRefundView:
    """Refuse a request; its pieces may be asked back again."""
    refund_no = request.path["refund_no"]
    write = staff_write(request, refund_no, tidy("reason", request.body.reason))
    return shapes.StaffRefundView.of(refund_decision.refuse(write, refund_no))


@api.route(
    "POST",
    "/v1/admin/refunds/{refund_no}/redirect",
    auth=Auth.STAFF,
    body=ReasonRequest,
    reply=shapes.StaffRefundView,
    codes=("refund_decided",),
    idempotent=True,
)
def redirect_refund(request: Request[ReasonRequest, Empty]) -> shapes.StaffRefundView:
    """Send an ABNORMAL refund to the shop's own card; staff then pay the buyer themselves."""
    refund_no = request.path["refund_no"]
    write = staff_write(request, refund_no, tidy("reason", request.body.reason))
    return shapes.StaffRefundView.of(refund_decision.redirect(write, refund_no))


@api.route(
    "POST",
    "/v1/admin/refunds/{refund_no}/reopen",
    auth=Auth.STAFF,
    body=ReasonRequest,
    reply=shapes.StaffRefundView,
    codes=("refund_decided", "refund_limit_reached"),
    idempotent=True,
)
def reopen_refund(request: Request[ReasonRequest, Empty]) -> shapes.StaffRefundView:
    """Begin a CLOSED refund anew under the next number, which is answered."""
    refund_no = request.path["refund_no"]
    write = staff_write(request, refund_no, tidy("reason", request.body.reason))
    return shapes.StaffRefundView.of(refund_decision.reopen(write, refund_no))


lambda_handler = api.handle
