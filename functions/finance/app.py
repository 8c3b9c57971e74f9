"""Money for staff: how each day's bill compared with our books. Writes are keyed and audited."""

from itertools import islice

from shop import wiring
from shop.domain.reconciliation import Report
from shop.errors import NotFoundError
from shop.store import anomalies, reconciliations
from shop.usecases import reconcile, staff_login, staff_writes
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import PageQuery, read_cursor, write_cursor
from shop.web.schemas.reconciliation import ReconciliationView
from shop.web.schemas.staff import ReasonRequest
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "GET",
    "/v1/admin/reconciliations/{day}",
    auth=Auth.STAFF,
    query=PageQuery,
    reply=ReconciliationView,
    codes=("invalid_cursor",),
)
def show_reconciliation(request: Request[Empty, PageQuery]) -> ReconciliationView:
    """How a day's bill compared with our books, with all differences ever found."""
    day = request.path["day"]
    report = reconciliations.of_day(day)
    if report is None:
        raise NotFoundError
    return _view(report, request.query)


@api.route(
    "POST",
    "/v1/admin/reconciliations/{day}",
    auth=Auth.STAFF,
    body=ReasonRequest,
    reply=ReconciliationView,
    codes=("day_not_billed",),
    idempotent=True,
)
def reconcile_again(request: Request[ReasonRequest, Empty]) -> ReconciliationView:
    """Compare a day once more; differences that are known are not opened again."""
    day = reconcile.billed_day(request.path["day"], request.now)
    staff_writes.begin(staff_write(request, day, tidy("reason", request.body.reason)))
    known = reconciliations.of_day(day)
    report = reconcile.reconcile(day, wiring.reconciliation(request.remaining_seconds), known)
    return _view(report, PageQuery())


def _view(report: Report, query: PageQuery) -> ReconciliationView:
    name, ring = f"reconciliation/{report.day}", wiring.key_ring()
    after = read_cursor(ring, name, query.cursor)
    rows = list(islice(anomalies.of_kinds(report.day, "bill_", after), query.limit + 1))
    shown = rows[: query.limit]
    cursor = write_cursor(ring, name, str(shown[-1].SK)) if len(rows) > len(shown) else None
    return ReconciliationView.of(report, shown, cursor)


lambda_handler = api.handle
