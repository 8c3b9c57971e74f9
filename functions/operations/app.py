"""Staff: what needs a person's look, and what the outbox could not do."""

from shop import clock, wiring
from shop.domain.calendar import business_day
from shop.store import anomalies
from shop.store import dead_letters as letters
from shop.usecases import dead_letters, staff_login
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import PageQuery, PageView, page_after
from shop.web.schemas import operations as shapes
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "GET",
    "/v1/admin/anomalies",
    auth=Auth.STAFF,
    query=shapes.DayQuery,
    reply=PageView[shapes.AnomalyView],
    codes=("invalid_cursor",),
)
def list_anomalies(request: Request[Empty, shapes.DayQuery]) -> PageView[shapes.AnomalyView]:
    """What a person must look at of one day, by kind."""
    day = request.query.day or business_day(request.now)
    shown, cursor = page_after(
        lambda after, limit: anomalies.of_day(day, after, limit),
        lambda row: str(row.SK),
        wiring.key_ring(),
        request.query,
        f"anomalies/{day}",
    )
    return PageView([shapes.AnomalyView.of(row) for row in shown], cursor)


@api.route(
    "GET",
    "/v1/admin/dead-letters",
    auth=Auth.STAFF,
    query=PageQuery,
    reply=PageView[shapes.DeadLetterView],
    codes=("invalid_cursor",),
)
def list_dead_letters(request: Request[Empty, PageQuery]) -> PageView[shapes.DeadLetterView]:
    """Stored changes whose followers failed, the oldest first."""
    shown, cursor = page_after(
        letters.waiting, lambda row: row.id, wiring.key_ring(), request.query, "dead-letters"
    )
    return PageView([shapes.DeadLetterView.of(row) for row in shown], cursor)


@api.route(
    "POST",
    "/v1/admin/dead-letters/redrive",
    auth=Auth.STAFF,
    body=shapes.RedriveRequest,
    reply=shapes.RedriveView,
    idempotent=True,
)
def redrive(request: Request[shapes.RedriveRequest, Empty]) -> shapes.RedriveView:
    """Do dead letters again, each with effect at most once; send again while there are more."""
    write = staff_write(request, "dead-letters", tidy("reason", request.body.reason))
    remaining = request.remaining_seconds
    return shapes.RedriveView.of(
        dead_letters.redrive(
            write, request.body.limit, wiring.outlets(remaining), remaining, clock.now
        )
    )


lambda_handler = api.handle
